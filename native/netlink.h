// Reads rtnetlink's tables and waits for their changes. Ships the kernel's bytes: src/host understands them.
// Knows no Node-API.
#pragma once
#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "trouble.h"

// Sends one dump request and reads its whole answer; blocks only while the kernel writes it, within the calls
// themselves. False: `trouble` says why. Any thread.
bool netlink_dump(const uint8_t* request, size_t length, std::vector<uint8_t>* answer, Trouble* trouble);

// True when the datagram holds the message that ends a dump, or a length that leads nowhere.
bool netlink_ends_dump(const uint8_t* bytes, size_t length);

// Multicast groups of rtnetlink, read on a thread of its own into a bounded buffer.
// Shutdown, in this order: stop the thread, join it, then whoever owns the callback releases it.
class NetlinkWatch {
 public:
  NetlinkWatch() = default;
  ~NetlinkWatch();
  NetlinkWatch(const NetlinkWatch&) = delete;
  NetlinkWatch& operator=(const NetlinkWatch&) = delete;

  // `on_events` is called on the reading thread: once, then not again before the next drain.
  bool open(uint32_t groups, std::function<void()> on_events, Trouble* trouble);
  // Moves the messages that wait into `messages`. False: the reading has ended, `trouble` says why.
  bool drain(std::vector<uint8_t>* messages, Trouble* trouble);
  // Any number of times.
  void stop();

 private:
  static void* run_thread(void* self);
  void run();
  void keep(const uint8_t* message, size_t length);
  void keep_overrun();
  void fail(int error);
  void announce();

  int socket_ = -1;
  int wake_ = -1;
  bool running_ = false;  // the owner's
  pthread_t thread_{};
  std::function<void()> on_events_;

  std::mutex mutex_;                // guards what follows
  std::vector<uint8_t> waiting_;
  bool announced_ = false;
  int error_ = 0;
};
