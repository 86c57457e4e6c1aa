// The ARP frames of a pcap or pcapng file, those that say the same folded into one; knows neither Node-API nor libpcap.
#pragma once
#include <cstddef>
#include <cstdint>

#include "frame_ring.h"
#include "repeats.h"

// How a pcap file words its records.
struct PcapDialect {
  bool swapped = false;      // against this machine's byte order
  uint32_t fraction_ns = 1;  // one unit of a stamp's second field
};

// An interface of a pcapng section, by the number that its frames name it by.
struct PcapngInterface {
  int64_t source;                 // its place in the whole file; negative: its frames are not ours
  uint64_t ticks_per_second;
  int64_t offset_ns;              // added to each stamp
};
static_assert(sizeof(PcapngInterface) == 24, "three numbers of 64 bits for each interface");

class FileFold {
 public:
  static constexpr size_t SNAP_LENGTH = 128;
  static constexpr size_t RECORD_BYTES = sizeof(RecordHeader) + SNAP_LENGTH;

  FileFold() = default;
  ~FileFold();
  FileFold(const FileFold&) = delete;
  FileFold& operator=(const FileFold&) = delete;

  // Room for so many records. False when there is none.
  bool reserve(size_t records);
  // Takes whole records from `bytes` and returns how many bytes they took: up to one that is cut off or impossible, or for
  // which there is no room.
  size_t take(const uint8_t* bytes, size_t length, const PcapDialect& dialect);

  // The same of a pcapng section's Enhanced Packet Blocks: up to any other block, one that is not whole or lies about its
  // length, a frame of an interface that is not ours, or a stamp that is none.
  size_t take_blocks(const uint8_t* bytes, size_t length, bool swapped, const PcapngInterface* interfaces, size_t count);

  const uint8_t* records() const { return records_; }
  size_t count() const { return count_; }
  // Frames that are no ARP.
  uint64_t others() const { return others_; }

 private:
  bool keep(const uint8_t* frame, uint32_t captured, uint32_t wire_length, uint64_t at_ns, uint32_t source);
  bool count_again(size_t index, uint64_t at_ns);

  Repeats repeats_;
  uint8_t* records_ = nullptr;
  size_t capacity_ = 0;
  size_t count_ = 0;
  uint64_t others_ = 0;
};
