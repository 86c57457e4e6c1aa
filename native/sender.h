// Sends batches of whole frames on a thread of its own; knows neither Node-API nor libpcap.
#pragma once
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "trouble.h"

struct SendBatch {
  std::unique_ptr<uint8_t[]> bytes;     // the frames, one behind the other
  std::unique_ptr<uint16_t[]> lengths;  // of each frame
  size_t count = 0;
  int64_t gap_ns = 0;
};

class Sender {
 public:
  Sender() = default;
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Opens the socket and starts the thread. `on_done` is called on that thread after each batch.
  bool open(int interface_index, std::function<void()> on_done, Trouble* trouble);
  // Queues a batch behind the others; false when too many frames wait.
  bool enqueue(SendBatch batch);
  // Tells the thread to stop within one burst and to drop what waits. It closes its socket itself: that takes the kernel
  // some milliseconds, in which others can close theirs.
  void ask_to_stop();
  // Waits until it has, and frees the rest. May be called again.
  void stop();

  uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  uint64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  // Batches whose last frame was sent or refused.
  uint64_t batches_done() const { return batches_done_.load(std::memory_order_acquire); }

 private:
  struct Progress {
    size_t next = 0;          // frame
    size_t offset = 0;        // its first byte
    int64_t due_ns = 0;       // when the next frame may leave
    int64_t retry_until = 0;  // 0 while the kernel takes frames
  };

  void close_socket();
  static void* run_thread(void* self);
  void run();
  bool next_batch(SendBatch* batch);
  void send_batch(const SendBatch& batch);
  size_t frames_due(const SendBatch& batch, Progress* progress, int64_t now_ns) const;
  void send_burst(const SendBatch& batch, size_t count, Progress* progress);
  void refused(int error, Progress* progress, const SendBatch& batch);
  void advance(const SendBatch& batch, size_t count, Progress* progress);
  void wait(int64_t until_ns, bool for_room);

  int socket_ = -1;
  int wake_fd_ = -1;  // eventfd: there is a batch, or it is time to stop
  pthread_t thread_{};
  bool running_ = false;
  std::function<void()> on_done_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::deque<SendBatch> queue_;  // under the mutex
  size_t queued_frames_ = 0;     // under the mutex; the batch in hand counts until it is done
  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> errors_{0};
  std::atomic<uint64_t> batches_done_{0};
};
