// Which ARP frame says the same as one before it; knows neither Node-API nor libpcap.
#pragma once
#include <cstddef>
#include <cstdint>

// Remembers the answers and announcements that were seen last, each by all that it says: Ethernet addresses, operation, both
// pairs of addresses, length on the wire. A question about an address ends what was heard of it: the answer after it is news.
// Bounded: where there is no place for one more, frames are kept as they are.
class Repeats {
 public:
  static constexpr size_t KEY_BYTES = 42;  // an ARP frame without its padding

  // One cache line.
  struct Entry {
    uint8_t key[KEY_BYTES];
    uint16_t wire_length;
    uint32_t record;      // where its last record lies, in the arena of that generation
    uint64_t generation;  // 0: free
    uint64_t unused;
  };

  Repeats() = default;
  ~Repeats() { release(); }
  Repeats(const Repeats&) = delete;
  Repeats& operator=(const Repeats&) = delete;

  bool reserve();
  void release();

  // The entry of the frame, known or (generation 0) given to it now; nullptr: it is none that repeats, or there is
  // no place for it while all near it wait in `generation`.
  Entry* find(const uint8_t* frame, size_t captured, uint32_t wire_length, uint64_t generation);
  // Frames that repeat, perhaps, and had no place.
  uint64_t misfits() const { return misfits_; }

 private:
  Entry* place_for(const uint8_t* frame, uint32_t wire_length, uint64_t generation);
  void forget(const uint8_t* address);
  Entry* home(const uint8_t* address);

  Entry* entries_ = nullptr;
  uint64_t misfits_ = 0;
};
static_assert(sizeof(Repeats::Entry) == 64, "one cache line each");
