#include "capture.h"

#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "threads.h"

namespace {

// Frames per hold of the ring: a drain never waits longer than these take (some microseconds).
constexpr int BURST_FRAMES = 256;
// How long to let frames gather before looking again while traffic flows: the first pause and the longest. Measured in
// docs/decisions/0011; the longest is also what a burst's last frame may wait, never its stamp.
constexpr long FIRST_PAUSE_NS = 200'000;
constexpr long LONGEST_PAUSE_NS = 1'000'000;
// The same where few frames come, but steadily: two threads wake for each frame otherwise.
constexpr long TRICKLE_PAUSE_NS = 2'000'000;
constexpr size_t TRICKLE_FRAMES = 8;
// What only repeats waits so long before JavaScript hears of it: its work is bounded by who answers, not by how often.
constexpr int64_t REPEATS_WAIT_NS = 100'000'000;
// High rate: a block of the kernel's is closed when full or after so long. What a stopped process survives is blocks x this.
constexpr int BLOCK_MS = 10;
// An interface that flaps faster than JavaScript listens must not fill memory.
constexpr size_t MAX_TROUBLES = 64;
constexpr int MAX_ERRORS_IN_A_ROW = 100;

const char* code_of(int status) {
  switch (status) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return "no-permission";
    case PCAP_ERROR_NO_SUCH_DEVICE:
      return "no-such-interface";
    case PCAP_ERROR_IFACE_NOT_UP:
      return "interface-down";
    default:
      return "capture-failed";
  }
}

}  // namespace

// The thread of the environment.
Capture::~Capture() { close(); }

// The thread of the environment, once.
bool Capture::open(const CaptureOptions& options, std::function<void(uint32_t)> wake, Trouble* trouble) {
  wake_ = std::move(wake);
  if (!link_.open(options.device, trouble)) return false;
  opened_link_ = link_.state();
  if (!opened_link_.ethernet) {
    *trouble = {"not-ethernet", options.device + " is not an Ethernet interface: there is no ARP on it."};
    return false;
  }
  if (!opened_link_.usable()) {
    *trouble = {"interface-down", options.device + " is down (" + (opened_link_.up ? "no carrier" : "switched off") + ")."};
    return false;
  }
  if (!open_pcap(options, trouble)) return false;
  wake_fd_ = open_wake_fd();
  if (wake_fd_ < 0 || !ring_.reserve(options.ring_frames, static_cast<size_t>(options.snap_length), options.fold_repeats)) {
    return refuse(trouble, std::strerror(errno));
  }
  if (!sender_.open(opened_link_.index, [this] { wake_(EVENT_SENT); }, trouble)) return false;
  running_ = start_thread(&thread_, "arpcheck-recv", run_thread, this);
  return running_ || refuse(trouble, "no thread can be started");
}

// Immediate mode: the kernel wakes us per frame, and the gathering below makes bursts of them. Its alternative for high
// rates, blocks that the kernel closes by a timer, loses frames when we are stopped for longer than blocks x timer.
bool Capture::open_pcap(const CaptureOptions& options, Trouble* trouble) {
  char message[PCAP_ERRBUF_SIZE] = "";
  pcap_ = pcap_create(options.device.c_str(), message);
  if (pcap_ == nullptr) return refuse(trouble, message);
  pcap_set_snaplen(pcap_, options.snap_length);
  pcap_set_promisc(pcap_, 0);
  pcap_set_protocol_linux(pcap_, options.ether_type);
  high_rate_ = options.high_rate;
  if (high_rate_) pcap_set_timeout(pcap_, BLOCK_MS);
  else pcap_set_immediate_mode(pcap_, 1);
  pcap_set_buffer_size(pcap_, options.kernel_buffer_bytes);
  pcap_set_tstamp_precision(pcap_, PCAP_TSTAMP_PRECISION_NANO);
  const int status = pcap_activate(pcap_);
  if (status < 0) {
    const char* detail = pcap_geterr(pcap_);
    *trouble = {code_of(status), "Cannot open " + options.device + ": " + (*detail != '\0' ? detail : pcap_statustostr(status)) + "."};
    return false;
  }
  if (pcap_datalink(pcap_) != DLT_EN10MB) {
    *trouble = {"not-ethernet", options.device + " is not an Ethernet interface: there is no ARP on it."};
    return false;
  }
  if (pcap_get_tstamp_precision(pcap_) != PCAP_TSTAMP_PRECISION_NANO) {
    return refuse(trouble, "no nanosecond time stamps");
  }
  if (pcap_setnonblock(pcap_, 1, message) != 0) return refuse(trouble, message);
  if (!set_filter(options.filter, trouble)) return false;
  discard_unfiltered();
  return true;
}

// Attached by ourselves: pcap_setfilter also runs the first frames through libpcap's own interpreter, which cannot tell
// inbound from outbound and would lose them (libpcap 1.10.3, blocks_to_filter_in_userland).
bool Capture::set_filter(const std::string& filter, Trouble* trouble) {
  bpf_program program{};
  if (pcap_compile(pcap_, &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return refuse(trouble, pcap_geterr(pcap_));
  }
  static_assert(sizeof(bpf_insn) == sizeof(sock_filter), "libpcap's instructions are the kernel's");
  const sock_fprog code = {static_cast<unsigned short>(program.bf_len), reinterpret_cast<sock_filter*>(program.bf_insns)};
  const bool attached = setsockopt(pcap_fileno(pcap_), SOL_SOCKET, SO_ATTACH_FILTER, &code, sizeof code) == 0;
  pcap_freecode(&program);
  return attached || refuse(trouble, std::strerror(errno));
}

// Throws away what came before the filter was there, from the ring and from the counters.
void Capture::discard_unfiltered() {
  const auto ignore = [](u_char*, const pcap_pkthdr*, const u_char*) {};
  while (pcap_dispatch(pcap_, BURST_FRAMES, ignore, nullptr) > 0) {
  }
  pcap_stats(pcap_, &counted_);
}

bool Capture::refuse(Trouble* trouble, const std::string& why) {
  *trouble = {"capture-failed", "Cannot capture on " + link_.state().name + ": " + why + "."};
  return false;
}

// The thread of the environment. Each closing of a packet socket waits for every CPU (RCU), some 10 ms: the sender's
// goes on while we free the handle, which nobody uses once its thread has ended.
void Capture::close() {
  stop_ = true;
  sender_.ask_to_stop();
  if (running_) {
    raise_wake_fd(wake_fd_);
    pthread_join(thread_, nullptr);
    running_ = false;
  }
  free_handle();
  sender_.stop();
}

void Capture::free_handle() {
  stats();
  if (pcap_ != nullptr) pcap_close(pcap_);
  pcap_ = nullptr;
  if (wake_fd_ >= 0) ::close(wake_fd_);
  wake_fd_ = -1;
  link_.close();
  ring_.release();
}

// The thread of the environment. libpcap's totals are 32 bits wide and wrap, so we add the differences.
CaptureStats Capture::stats() {
  pcap_stat now{};
  if (pcap_ != nullptr && pcap_stats(pcap_, &now) == 0) {
    totals_.received += now.ps_recv - counted_.ps_recv;
    totals_.kernel_drops += now.ps_drop - counted_.ps_drop;
    counted_ = now;
  }
  totals_.ring_drops = ring_.drops();
  totals_.sent = sender_.sent();
  totals_.send_errors = sender_.errors();
  return totals_;
}

// The thread of the environment.
std::vector<Trouble> Capture::take_troubles() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(troubles_, {});
}

// All below: the receive thread.
void* Capture::run_thread(void* self) {
  static_cast<Capture*>(self)->run();
  return nullptr;
}

// Sleeps without a time-out: an idle capture costs nothing. A negative descriptor is one that poll leaves out.
void Capture::run() {
  while (!stop_) {
    pollfd watched[3] = {{wake_fd_, POLLIN, 0},
                         {handle_alive_ ? pcap_fileno(pcap_) : -1, POLLIN, 0},
                         {link_.gone() ? -1 : link_.fd(), POLLIN, 0}};
    if (poll(watched, 3, poll_timeout_ms()) < 0 && errno != EINTR) return give_up(std::strerror(errno));
    if (watched[1].revents != 0) receive();
    if (watched[2].revents != 0) read_link();
    hold_back();
  }
}

// Tells of the first frames at once, then lets more gather while each look finds some: the kernel would otherwise wake us
// for every few frames. A lone frame costs one wake-up and no pause.
void Capture::receive() {
  const size_t frames = receive_all();
  const int64_t now = monotonic_ns();
  const bool flows = frames > 1 || now - received_ns_ < TRICKLE_PAUSE_NS;
  received_ns_ = now;
  if (!high_rate_ && flows) gather(frames);
}

void Capture::gather(size_t frames) {
  timespec pause = {0, FIRST_PAUSE_NS};
  while (handle_alive_ && !stop_ && frames > 0) {
    pollfd watched[2] = {{wake_fd_, POLLIN, 0}, {link_.gone() ? -1 : link_.fd(), POLLIN, 0}};
    if (ppoll(watched, 2, &pause, nullptr) > 0 && watched[1].revents != 0) read_link();
    frames = receive_all();
    hold_back();
    pause.tv_nsec = std::min(2 * pause.tv_nsec, frames < TRICKLE_FRAMES ? TRICKLE_PAUSE_NS : LONGEST_PAUSE_NS);
  }
  received_ns_ = monotonic_ns();
}

// Tells of what only repeats once it has waited long enough.
void Capture::hold_back() {
  if (!ring_.holds_back()) {
    repeats_due_ns_ = 0;
    return;
  }
  const int64_t now = monotonic_ns();
  if (repeats_due_ns_ == 0) repeats_due_ns_ = now + REPEATS_WAIT_NS;
  if (now < repeats_due_ns_) return;
  repeats_due_ns_ = 0;
  if (ring_.announce_all()) wake_(EVENT_FRAMES);
}

int Capture::poll_timeout_ms() const {
  if (repeats_due_ns_ == 0) return -1;
  return static_cast<int>(std::max<int64_t>(0, repeats_due_ns_ - monotonic_ns()) / 1'000'000) + 1;
}

// Empties the kernel's ring into ours.
size_t Capture::receive_all() {
  size_t frames = 0;
  int got = 0;
  do {
    got = receive_burst();
    if (got > 0) frames += static_cast<size_t>(got);
  } while (got > 0 && !stop_);
  if (got < 0) handle_error();
  if (frames > 0) errors_in_a_row_ = 0;
  return frames;
}

int Capture::receive_burst() {
  int got = 0;
  bool announce = false;
  {
    FrameRing::Burst burst(ring_);
    got = pcap_dispatch(pcap_, BURST_FRAMES, on_frame, reinterpret_cast<u_char*>(&burst));
    announce = burst.announce();
  }
  if (announce) wake_(EVENT_FRAMES);
  return got;
}

void Capture::on_frame(u_char* burst, const pcap_pkthdr* header, const u_char* bytes) {
  RecordHeader record{};
  // tv_usec holds nanoseconds: that is what PCAP_TSTAMP_PRECISION_NANO means
  record.at_ns = static_cast<uint64_t>(header->ts.tv_sec) * 1'000'000'000ULL + static_cast<uint64_t>(header->ts.tv_usec);
  record.last_ns = record.at_ns;
  record.frames = 1;
  record.wire_length = header->len;
  record.captured_length = static_cast<uint16_t>(header->caplen);
  reinterpret_cast<FrameRing::Burst*>(burst)->push(record, bytes);
}

// libpcap also fails for reasons that pass (it looks a renamed interface up by its old name), so only an interface that
// is gone, or an error that does not end, ends the capture.
void Capture::handle_error() {
  read_link();
  if (++errors_in_a_row_ >= MAX_ERRORS_IN_A_ROW) give_up(pcap_geterr(pcap_));
}

void Capture::read_link() {
  add_troubles(link_.read_changes());
  if (link_.gone()) handle_alive_ = false;
}

void Capture::give_up(const std::string& why) {
  handle_alive_ = false;
  add_troubles({{"capture-failed", "Capturing on " + link_.state().name + " stopped: " + why + "."}});
}

void Capture::add_troubles(std::vector<Trouble> troubles) {
  if (troubles.empty()) return;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // the newest count: the last one says how things are
    for (Trouble& trouble : troubles) troubles_.push_back(std::move(trouble));
    if (troubles_.size() > MAX_TROUBLES) troubles_.erase(troubles_.begin(), troubles_.end() - MAX_TROUBLES);
  }
  wake_(EVENT_TROUBLE);
}
