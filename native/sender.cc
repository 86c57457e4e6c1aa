#include "sender.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "threads.h"

namespace {

constexpr size_t BURST_FRAMES = 64;
constexpr size_t MAX_QUEUED_FRAMES = 1 << 20;
// A sender that fell behind (the process was stopped, the machine paused) catches up by this much and forgives the
// rest: a burst of everything that is overdue is what a paced prober must never send.
constexpr int64_t MAX_CATCH_UP_NS = 20'000'000;
// How long the kernel may have no room before a frame counts as refused.
constexpr int64_t MAX_RETRY_NS = 100'000'000;
constexpr int64_t RETRY_PAUSE_NS = 1'000'000;
constexpr int64_t FOREVER = -1;

}  // namespace

// The owner's thread.
Sender::~Sender() { stop(); }

// The thread of the environment. The socket has protocol 0 (it hears nothing) and is not the capturing one: a packet
// socket never sees what it sent itself, and our who-has must pass the tap to get its stamp.
bool Sender::open(int interface_index, std::function<void()> on_done, Trouble* trouble) {
  on_done_ = std::move(on_done);
  socket_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) {
    const bool denied = errno == EPERM || errno == EACCES;
    *trouble = {denied ? "no-permission" : "capture-failed", "Cannot open a packet socket: " + std::string(std::strerror(errno)) + "."};
    return false;
  }
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = interface_index;
  wake_fd_ = open_wake_fd();
  if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && wake_fd_ >= 0) {
    running_ = start_thread(&thread_, "arpcheck-send", run_thread, this);
  }
  if (!running_) *trouble = {"capture-failed", "Cannot start sending: " + std::string(std::strerror(errno)) + "."};
  return running_;
}

// The thread of the environment.
bool Sender::enqueue(SendBatch batch) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (queued_frames_ + batch.count > MAX_QUEUED_FRAMES) return false;
    queued_frames_ += batch.count;
    queue_.push_back(std::move(batch));
  }
  raise_wake_fd(wake_fd_);
  return true;
}

// The thread of the environment.
void Sender::ask_to_stop() {
  stop_ = true;
  if (running_) raise_wake_fd(wake_fd_);
}

// The thread of the environment.
void Sender::stop() {
  ask_to_stop();
  if (running_) pthread_join(thread_, nullptr);
  running_ = false;
  close_socket();
  if (wake_fd_ >= 0) close(wake_fd_);
  wake_fd_ = -1;
}

// The sender's thread at its end; the environment's when there was none.
void Sender::close_socket() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

// All below: the sender's thread.
void* Sender::run_thread(void* self) {
  static_cast<Sender*>(self)->run();
  return nullptr;
}

void Sender::run() {
  // The default slack of 50 us would turn a steady 20,000 frames/s into pairs.
  prctl(PR_SET_TIMERSLACK, 1UL);
  SendBatch batch;
  while (next_batch(&batch)) {
    send_batch(batch);
    {
      std::lock_guard<std::mutex> lock(mutex_);
      queued_frames_ -= batch.count;
    }
    batch = SendBatch();
    batches_done_.fetch_add(1, std::memory_order_release);
    on_done_();
  }
  close_socket();
}

// Waits for a batch; false when it is time to stop.
bool Sender::next_batch(SendBatch* batch) {
  while (!stop_) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!queue_.empty()) {
        *batch = std::move(queue_.front());
        queue_.pop_front();
        return true;
      }
    }
    wait(FOREVER, false);
  }
  return false;
}

void Sender::send_batch(const SendBatch& batch) {
  Progress progress;
  progress.due_ns = monotonic_ns();
  while (!stop_ && progress.next < batch.count) {
    const size_t due = frames_due(batch, &progress, monotonic_ns());
    if (due == 0) {
      wait(progress.due_ns, false);
    } else {
      send_burst(batch, due, &progress);
    }
  }
}

// How many frames may leave now. Deadlines are absolute, so a late wake-up does not push the rest back.
size_t Sender::frames_due(const SendBatch& batch, Progress* progress, int64_t now_ns) const {
  const size_t most = std::min(BURST_FRAMES, batch.count - progress->next);
  if (batch.gap_ns == 0) return most;
  progress->due_ns = std::max(progress->due_ns, now_ns - MAX_CATCH_UP_NS);
  if (now_ns < progress->due_ns) return 0;
  return std::min<size_t>(most, static_cast<size_t>((now_ns - progress->due_ns) / batch.gap_ns) + 1);
}

void Sender::send_burst(const SendBatch& batch, size_t count, Progress* progress) {
  iovec parts[BURST_FRAMES];
  mmsghdr messages[BURST_FRAMES]{};
  size_t offset = progress->offset;
  for (size_t i = 0; i < count; i++) {
    const uint16_t length = batch.lengths[progress->next + i];
    parts[i] = {batch.bytes.get() + offset, length};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    offset += length;
  }
  const int taken = sendmmsg(socket_, messages, static_cast<unsigned>(count), MSG_DONTWAIT);
  if (taken <= 0) return refused(errno, progress, batch);
  sent_.fetch_add(static_cast<uint64_t>(taken), std::memory_order_relaxed);
  progress->retry_until = 0;
  advance(batch, static_cast<size_t>(taken), progress);
}

// The kernel did not take the first frame of a burst: it is tried again while room may come, then counted. A link that
// is down or gone (ENETDOWN, ENXIO) refuses at once; the link watch tells of it.
void Sender::refused(int error, Progress* progress, const SendBatch& batch) {
  if (error == EINTR) return;
  const bool full = error == EAGAIN || error == ENOBUFS || error == ENOMEM;
  const int64_t now = monotonic_ns();
  if (full && progress->retry_until == 0) progress->retry_until = now + MAX_RETRY_NS;
  if (full && now < progress->retry_until) {
    // A full queue below the socket (ENOBUFS) leaves the socket writable: only time helps there.
    wait(now + RETRY_PAUSE_NS, error == EAGAIN);
    return;
  }
  errors_.fetch_add(1, std::memory_order_relaxed);
  advance(batch, 1, progress);
}

void Sender::advance(const SendBatch& batch, size_t count, Progress* progress) {
  for (size_t i = 0; i < count; i++) progress->offset += batch.lengths[progress->next + i];
  progress->next += count;
  progress->due_ns += batch.gap_ns * static_cast<int64_t>(count);
}

// Sleeps until a moment of CLOCK_MONOTONIC, a new batch or the end; `for_room` also until the socket takes frames.
void Sender::wait(int64_t until_ns, bool for_room) {
  pollfd watched[2] = {{wake_fd_, POLLIN, 0}, {socket_, POLLOUT, 0}};
  const int64_t left = std::max<int64_t>(until_ns - monotonic_ns(), 0);
  const timespec timeout = {left / 1'000'000'000, left % 1'000'000'000};
  const int ready = ppoll(watched, for_room ? 2 : 1, until_ns == FOREVER ? nullptr : &timeout, nullptr);
  if (ready > 0 && (watched[0].revents & POLLIN) != 0) clear_wake_fd(wake_fd_);
}
