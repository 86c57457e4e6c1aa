#include "netlink.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "threads.h"

namespace {

// A routing table of a million entries needs 60 MB: such a host is refused, not waited for.
constexpr size_t MAX_DUMP_BYTES = 32u << 20;
constexpr int64_t MAX_DUMP_NS = 2'000'000'000;
// The kernel fits its datagrams to the reader's buffer, up to 32 KiB.
constexpr size_t DATAGRAM_BYTES = 64u << 10;
// Events that wait for a drain; what does not fit becomes one NLMSG_OVERRUN.
constexpr size_t MAX_WAITING_BYTES = 256u << 10;
constexpr int RECEIVE_BUFFER_BYTES = 1 << 20;

Trouble failed(const char* what, int error) {
  return {"host-unreadable", std::string("netlink ") + what + ": " + std::strerror(error)};
}

// A socket in the multicast groups; -1 with errno set.
int open_netlink(uint32_t groups) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &RECEIVE_BUFFER_BYTES, sizeof RECEIVE_BUFFER_BYTES);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

// One datagram; its length, 0 for one that is not from the kernel, -1 with errno set.
ssize_t receive(int fd, std::vector<uint8_t>* buffer, int flags) {
  sockaddr_nl from{};
  socklen_t from_length = sizeof from;
  const ssize_t length = recvfrom(fd, buffer->data(), buffer->size(), flags | MSG_TRUNC,
                                  reinterpret_cast<sockaddr*>(&from), &from_length);
  if (length < 0 || from.nl_pid != 0) return length < 0 ? -1 : 0;
  if (static_cast<size_t>(length) <= buffer->size()) return length;
  errno = EMSGSIZE;
  return -1;
}

void append(std::vector<uint8_t>* all, const uint8_t* bytes, size_t length) {
  all->insert(all->end(), bytes, bytes + length);
  all->resize(NLMSG_ALIGN(all->size()));
}

// Reads datagrams up to the end of the dump; the errno that stopped it, or 0.
int read_dump(int fd, std::vector<uint8_t>* answer) {
  std::vector<uint8_t> datagram(DATAGRAM_BYTES);
  const int64_t deadline = monotonic_ns() + MAX_DUMP_NS;
  while (monotonic_ns() < deadline) {
    const ssize_t length = receive(fd, &datagram, 0);
    if (length < 0 && errno != EINTR) return errno == EAGAIN ? ETIMEDOUT : errno;
    if (length <= 0) continue;
    append(answer, datagram.data(), static_cast<size_t>(length));
    if (netlink_ends_dump(datagram.data(), static_cast<size_t>(length))) return 0;
    if (answer->size() > MAX_DUMP_BYTES) return EFBIG;
  }
  return ETIMEDOUT;
}

}  // namespace

bool netlink_ends_dump(const uint8_t* bytes, size_t length) {
  nlmsghdr header;
  for (size_t at = 0; at + sizeof header <= length; at += NLMSG_ALIGN(static_cast<size_t>(header.nlmsg_len))) {
    std::memcpy(&header, bytes + at, sizeof header);
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) return true;
    // NLMSG_ALIGN is of 32 bits: a length of almost 2^32 would be a step of none, for ever
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at) return true;
  }
  return false;
}

bool netlink_dump(const uint8_t* request, size_t length, std::vector<uint8_t>* answer, Trouble* trouble) {
  const int fd = open_netlink(0);
  if (fd < 0) {
    *trouble = failed("socket", errno);
    return false;
  }
  const timeval patience{MAX_DUMP_NS / 1'000'000'000, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const int error = send(fd, request, length, 0) < 0 ? errno : read_dump(fd, answer);
  close(fd);
  if (error != 0) *trouble = failed("dump", error);
  return error == 0;
}

// The owner's thread.
NetlinkWatch::~NetlinkWatch() { stop(); }

// The owner's thread.
bool NetlinkWatch::open(uint32_t groups, std::function<void()> on_events, Trouble* trouble) {
  on_events_ = std::move(on_events);
  socket_ = open_netlink(groups);
  wake_ = open_wake_fd();
  running_ = socket_ >= 0 && wake_ >= 0 && start_thread(&thread_, "arpcheck-host", run_thread, this);
  if (!running_) *trouble = failed("subscription", errno);
  return running_;
}

// The owner's thread.
bool NetlinkWatch::drain(std::vector<uint8_t>* messages, Trouble* trouble) {
  std::lock_guard<std::mutex> lock(mutex_);
  messages->swap(waiting_);
  announced_ = false;
  if (error_ == 0) return true;
  *trouble = failed("events", error_);
  return false;
}

// The owner's thread.
void NetlinkWatch::stop() {
  if (running_) {
    raise_wake_fd(wake_);
    pthread_join(thread_, nullptr);
  }
  running_ = false;
  for (int* fd : {&socket_, &wake_}) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
}

void* NetlinkWatch::run_thread(void* self) {
  static_cast<NetlinkWatch*>(self)->run();
  return nullptr;
}

// The reading thread, as all below.
void NetlinkWatch::run() {
  std::vector<uint8_t> datagram(DATAGRAM_BYTES);
  for (;;) {
    pollfd waits[2] = {{socket_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (poll(waits, 2, -1) < 0 && errno != EINTR) return fail(errno);
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    const ssize_t length = receive(socket_, &datagram, MSG_DONTWAIT);
    if (length > 0) keep(datagram.data(), static_cast<size_t>(length));
    if (length >= 0 || errno == EAGAIN || errno == EINTR) continue;
    // ENOBUFS: the kernel had more news than the socket had room.
    if (errno != ENOBUFS && errno != EMSGSIZE) return fail(errno);
    keep_overrun();
  }
}

void NetlinkWatch::keep(const uint8_t* message, size_t length) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (waiting_.size() + length <= MAX_WAITING_BYTES) {
      append(&waiting_, message, length);
      return announce();
    }
  }
  keep_overrun();
}

// What waits gives way to the one message that says that events were lost.
void NetlinkWatch::keep_overrun() {
  nlmsghdr overrun{};
  overrun.nlmsg_len = sizeof overrun;
  overrun.nlmsg_type = NLMSG_OVERRUN;
  std::lock_guard<std::mutex> lock(mutex_);
  waiting_.clear();
  append(&waiting_, reinterpret_cast<const uint8_t*>(&overrun), sizeof overrun);
  announce();
}

void NetlinkWatch::fail(int error) {
  std::lock_guard<std::mutex> lock(mutex_);
  error_ = error;
  announce();
}

// Under the mutex: a drain cannot fall between the test and the call.
void NetlinkWatch::announce() {
  if (announced_) return;
  announced_ = true;
  on_events_();
}
