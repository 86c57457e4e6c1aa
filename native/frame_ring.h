// A bounded store of captured frames between one writer and one reader; knows neither Node-API nor libpcap.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "repeats.h"

// Before the frame's bytes in every record, in the machine's byte order; native/README.md documents it for readers.
struct RecordHeader {
  uint64_t at_ns;            // nanoseconds since 1970
  uint64_t last_ns;          // the same of the last frame that it stands for
  uint32_t frames;           // how many it stands for: itself, and those that said the same while it waited
  uint32_t wire_length;      // bytes that were on the wire
  uint16_t captured_length;  // bytes that follow, at most the snap length
  uint16_t known;            // 1: the same was said before, in a record that was drained
  uint32_t reserved;         // 0
};
static_assert(sizeof(RecordHeader) == 32, "readers rely on the layout");

// Two arenas of fixed-size records. The writer fills the back one; a drain that has emptied the front one swaps them.
// An arena is always filled from its start, so a quiet capture touches few pages however large the bound is.
class FrameRing {
 public:
  FrameRing() = default;
  ~FrameRing() { release(); }
  FrameRing(const FrameRing&) = delete;
  FrameRing& operator=(const FrameRing&) = delete;

  // Reserves address space for `frames` records of `snap_length` bytes. False when there is none. With `fold_repeats` a
  // frame that says the same as one that waits is counted there.
  bool reserve(size_t frames, size_t snap_length, bool fold_repeats);

  // Frees the memory and what waits in it; the count of drops stays. Only when there is no writer any more.
  void release();

  size_t record_bytes() const { return record_bytes_; }

  // Writer: holds the ring for one burst. Keep bursts short: a drain waits for them.
  class Burst {
   public:
    explicit Burst(FrameRing& ring) : ring_(ring), lock_(ring.mutex_) {}
    void push(const RecordHeader& header, const uint8_t* bytes);
    // True when the reader must be told: there is news and it has not been told since its last drain.
    bool announce();

   private:
    bool fold(const RecordHeader& header, Repeats::Entry* entry);
    FrameRing& ring_;
    std::lock_guard<std::mutex> lock_;
  };

  // Writer: whether there are frames that the reader was not told of, because they only repeat what it knows.
  bool holds_back();
  // Writer: true when the reader must be told of those.
  bool announce_all();

  // Reader: turns to what came since, when all before is drained; returns how many records the next drain can move.
  // What comes after it is announced again.
  size_t ready();
  // Reader: moves at most `records` of those, oldest first, and returns how many; 0 only when there are none.
  size_t drain(uint8_t* into, size_t records);
  // Reader: frames that wait, announced or not; those that were folded count while nobody has turned to them.
  size_t pending();
  // Any thread: frames dropped for want of room.
  uint64_t drops();

 private:
  struct Arena {
    uint8_t* bytes = nullptr;
    size_t count = 0;
  };

  std::mutex mutex_;
  Arena back_;                // under the mutex
  size_t folded_ = 0;         // under the mutex: into records of the back arena
  uint64_t drops_ = 0;        // under the mutex
  bool announced_ = false;    // under the mutex
  bool news_ = false;         // under the mutex: something waits that the reader does not know
  uint64_t generation_ = 1;   // under the mutex: how often the arenas were swapped
  Repeats repeats_;           // under the mutex
  Arena front_;               // the reader's
  size_t front_taken_ = 0;    // the reader's
  size_t capacity_ = 0;
  size_t record_bytes_ = 0;
  size_t snap_length_ = 0;
  size_t arena_bytes_ = 0;
};
