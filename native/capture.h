// One interface: the only part that knows libpcap. Owns the receive thread, the sender, the link watch and the ring.
#pragma once
#include <pcap/pcap.h>
#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "frame_ring.h"
#include "link_watch.h"
#include "sender.h"
#include "trouble.h"

struct CaptureOptions {
  std::string device;
  std::string filter;
  // ETH_P_ALL taps what this host sends as well; a socket for one EtherType does not, like those of MetalLB.
  int ether_type = 0;
  int snap_length = 0;
  int kernel_buffer_bytes = 0;
  size_t ring_frames = 0;
  // Blocks that the kernel closes, instead of a wake-up for each frame.
  bool high_rate = false;
  // A frame that says the same as one that waits is counted there.
  bool fold_repeats = false;
};

struct CaptureStats {
  uint64_t received = 0;
  uint64_t kernel_drops = 0;
  uint64_t ring_drops = 0;
  uint64_t sent = 0;
  uint64_t send_errors = 0;
};

// What a wake-up is about; several may come in one.
enum CaptureEvent : uint32_t {
  EVENT_FRAMES = 1,
  EVENT_SENT = 2,
  EVENT_TROUBLE = 4,
};

class Capture {
 public:
  Capture() = default;
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  // Opens everything and starts the threads. `wake` is called from them with CaptureEvents and must not block.
  bool open(const CaptureOptions& options, std::function<void(uint32_t)> wake, Trouble* trouble);
  // Ends both threads and frees all but the totals; no wake-up comes after it. May be called again.
  void close();

  FrameRing& ring() { return ring_; }
  Sender& sender() { return sender_; }
  const LinkState& opened_link() const { return opened_link_; }
  // Totals since opening; after close() the last ones.
  CaptureStats stats();
  // What has happened to the interface since the last call, oldest first.
  std::vector<Trouble> take_troubles();

 private:
  bool open_pcap(const CaptureOptions& options, Trouble* trouble);
  bool set_filter(const std::string& filter, Trouble* trouble);
  void discard_unfiltered();
  void free_handle();
  bool refuse(Trouble* trouble, const std::string& why);

  static void* run_thread(void* self);
  void run();
  void receive();
  void gather(size_t frames);
  void hold_back();
  int poll_timeout_ms() const;
  size_t receive_all();
  int receive_burst();
  void handle_error();
  void read_link();
  void give_up(const std::string& why);
  void add_troubles(std::vector<Trouble> troubles);
  static void on_frame(u_char* burst, const pcap_pkthdr* header, const u_char* bytes);

  std::function<void(uint32_t)> wake_;
  LinkWatch link_;
  LinkState opened_link_;
  FrameRing ring_;
  Sender sender_;
  pcap_t* pcap_ = nullptr;
  int wake_fd_ = -1;  // eventfd: time to stop
  pthread_t thread_{};
  bool running_ = false;
  bool handle_alive_ = true;  // the receive thread's: false once nothing can come any more
  int errors_in_a_row_ = 0;   // the receive thread's
  bool high_rate_ = false;
  int64_t received_ns_ = 0;   // the receive thread's: when frames were last found
  int64_t repeats_due_ns_ = 0;  // the receive thread's: when to tell of what only repeats; 0: nothing is held back
  std::atomic<bool> stop_{false};
  CaptureStats totals_;       // the environment's thread's
  pcap_stat counted_{};       // the environment's thread's: what totals_ already holds
  std::mutex mutex_;
  std::vector<Trouble> troubles_;  // under the mutex
};
