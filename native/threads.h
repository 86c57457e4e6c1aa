// Threads and wake-ups without exceptions: what cannot be had is a false, never an abort.
#pragma once
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

// Starts a thread that takes no signals (they belong to the event loop). Any thread.
inline bool start_thread(pthread_t* thread, const char* name, void* (*run)(void*), void* argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const bool started = pthread_create(thread, nullptr, run, argument) == 0;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (started) pthread_setname_np(*thread, name);
  return started;
}

inline int open_wake_fd() { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Any thread.
inline void raise_wake_fd(int fd) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd, &one, sizeof one);
}

inline void clear_wake_fd(int fd) {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(fd, &count, sizeof count);
}

inline int64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}
