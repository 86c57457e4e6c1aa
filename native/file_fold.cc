#include "file_fold.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace {

// 0 seconds 4 fraction 8 captured bytes 12 bytes on the wire 16 frame (draft-ietf-opsawg-pcap)
constexpr size_t PCAP_HEADER_BYTES = 16;
// libpcap's own bound for one frame
constexpr uint32_t MAX_FRAME_BYTES = 262'144;
// A file has one arena, which nobody drains before its end.
constexpr uint64_t GENERATION = 1;

// By the Ethernet type alone, behind a VLAN tag too: the decoder judges the rest.
bool is_arp(const uint8_t* frame, size_t length) {
  const size_t at = length >= 14 && frame[12] == 0x81 && frame[13] == 0x00 ? 16 : 12;
  return length >= at + 2 && frame[at] == 0x08 && frame[at + 1] == 0x06;
}

}  // namespace

FileFold::~FileFold() {
  if (records_ != nullptr) munmap(records_, capacity_ * RECORD_BYTES);
}

bool FileFold::reserve(size_t records) {
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* pages = mmap(nullptr, records * RECORD_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (pages == MAP_FAILED) return false;
  records_ = static_cast<uint8_t*>(pages);
  capacity_ = records;
  return repeats_.reserve();
}

size_t FileFold::take(const uint8_t* bytes, size_t length, const PcapDialect& dialect) {
  size_t at = 0;
  while (length - at >= PCAP_HEADER_BYTES) {
    uint32_t words[4];
    std::memcpy(words, bytes + at, sizeof words);
    if (dialect.swapped) std::for_each(words, words + 4, [](uint32_t& word) { word = __builtin_bswap32(word); });
    const uint32_t captured = words[2];
    if (captured > MAX_FRAME_BYTES || captured > length - at - PCAP_HEADER_BYTES) break;
    const uint8_t* frame = bytes + at + PCAP_HEADER_BYTES;
    RecordHeader header{};
    header.at_ns = words[0] * 1'000'000'000ULL + static_cast<uint64_t>(words[1]) * dialect.fraction_ns;
    header.last_ns = header.at_ns;
    header.frames = 1;
    header.wire_length = std::max(captured, words[3]);
    header.captured_length = static_cast<uint16_t>(std::min<size_t>(captured, SNAP_LENGTH));
    if (!is_arp(frame, captured)) others_++;
    else if (!keep(header, frame)) break;
    at += PCAP_HEADER_BYTES + captured;
  }
  return at;
}

// False: there is no room for it.
bool FileFold::keep(const RecordHeader& header, const uint8_t* frame) {
  Repeats::Entry* entry = repeats_.find(frame, header.captured_length, header.wire_length, GENERATION);
  if (entry != nullptr && entry->generation == GENERATION) {
    auto* record = reinterpret_cast<RecordHeader*>(records_ + entry->record * RECORD_BYTES);
    record->frames++;
    record->last_ns = header.at_ns;
    return true;
  }
  if (count_ == capacity_) return false;
  uint8_t* record = records_ + count_ * RECORD_BYTES;
  std::memcpy(record, &header, sizeof header);
  std::memcpy(record + sizeof header, frame, header.captured_length);
  if (entry != nullptr) {
    entry->generation = GENERATION;
    entry->record = static_cast<uint32_t>(count_);
  }
  count_++;
  return true;
}
