// The ARP frames of a pcap file, those that say the same folded into one; knows neither Node-API nor libpcap.
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

  const uint8_t* records() const { return records_; }
  size_t count() const { return count_; }
  // Frames that are no ARP.
  uint64_t others() const { return others_; }

 private:
  bool keep(const RecordHeader& header, const uint8_t* frame);

  Repeats repeats_;
  uint8_t* records_ = nullptr;
  size_t capacity_ = 0;
  size_t count_ = 0;
  uint64_t others_ = 0;
};
