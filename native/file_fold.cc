#include "file_fold.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace {

// 0 seconds 4 fraction 8 captured bytes 12 bytes on the wire 16 frame (draft-ietf-opsawg-pcap)
constexpr size_t PCAP_HEADER_BYTES = 16;
// 0 type 4 length 8 interface 12 stamp 20 captured bytes 24 bytes on the wire 28 frame, options … length again
// (draft-ietf-opsawg-pcapng)
constexpr uint32_t ENHANCED_PACKET = 6, BLOCK_BYTES = 32, BLOCK_FRAME = 28;
// libpcap's own bounds for one block and one frame
constexpr uint32_t MAX_BLOCK_BYTES = 16 << 20, MAX_FRAME_BYTES = 262'144;
constexpr uint64_t NS_PER_SECOND = 1'000'000'000;
constexpr __int128 LAST_STAMP_NS = static_cast<__int128>(1) << 63;
// A file has one arena, which nobody drains before its end.
constexpr uint64_t GENERATION = 1;

// By the Ethernet type alone, behind a VLAN tag too: the decoder judges the rest.
bool is_arp(const uint8_t* frame, size_t length) {
  const size_t at = length >= 14 && frame[12] == 0x81 && frame[13] == 0x00 ? 16 : 12;
  return length >= at + 2 && frame[at] == 0x08 && frame[at + 1] == 0x06;
}

template <size_t Count>
void read_words(const uint8_t* bytes, bool swapped, uint32_t (&words)[Count]) {
  std::memcpy(words, bytes, sizeof words);
  if (swapped)
    for (uint32_t& word : words) word = __builtin_bswap32(word);
}

// False for a stamp before 1970 or after 2262.
bool stamp(uint64_t ticks, const PcapngInterface& by, uint64_t* at_ns) {
  const auto wide = static_cast<unsigned __int128>(ticks) * NS_PER_SECOND;
  const bool is_ns = by.ticks_per_second == NS_PER_SECOND;
  const __int128 ns = static_cast<__int128>(is_ns ? ticks : wide / by.ticks_per_second) + by.offset_ns;
  *at_ns = static_cast<uint64_t>(ns);
  return ns >= 0 && ns < LAST_STAMP_NS;
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
    read_words(bytes + at, dialect.swapped, words);
    const uint32_t captured = words[2];
    if (captured > MAX_FRAME_BYTES || captured > length - at - PCAP_HEADER_BYTES) break;
    const uint64_t at_ns = words[0] * NS_PER_SECOND + static_cast<uint64_t>(words[1]) * dialect.fraction_ns;
    if (!keep(bytes + at + PCAP_HEADER_BYTES, captured, words[3], at_ns, 0)) break;
    at += PCAP_HEADER_BYTES + captured;
  }
  return at;
}

size_t FileFold::take_blocks(const uint8_t* bytes, size_t length, bool swapped, const PcapngInterface* interfaces,
                             size_t count) {
  size_t at = 0;
  while (length - at >= BLOCK_BYTES) {
    uint32_t words[7];
    read_words(bytes + at, swapped, words);
    const uint32_t block = words[1], captured = words[5];
    if (words[0] != ENHANCED_PACKET || block < BLOCK_BYTES || block % 4 != 0) break;
    if (block > MAX_BLOCK_BYTES || block > length - at) break;
    uint32_t again[1];
    read_words(bytes + at + block - sizeof again, swapped, again);
    if (again[0] != block || words[2] >= count || captured > std::min(block - BLOCK_BYTES, MAX_FRAME_BYTES)) break;
    const PcapngInterface& by = interfaces[words[2]];
    uint64_t at_ns = 0;
    const uint64_t ticks = static_cast<uint64_t>(words[3]) << 32 | words[4];
    if (by.source < 0 || by.ticks_per_second == 0 || !stamp(ticks, by, &at_ns)) break;
    if (!keep(bytes + at + BLOCK_FRAME, captured, words[6], at_ns, static_cast<uint32_t>(by.source))) break;
    at += block;
  }
  return at;
}

// False: there is no room for it.
bool FileFold::keep(const uint8_t* frame, uint32_t captured, uint32_t wire_length, uint64_t at_ns, uint32_t source) {
  if (!is_arp(frame, captured)) {
    others_++;
    return true;
  }
  const size_t kept = std::min<size_t>(captured, SNAP_LENGTH);
  wire_length = std::max(captured, wire_length);
  Repeats::Entry* entry = repeats_.find(frame, kept, wire_length, GENERATION, source);
  if (entry != nullptr && entry->generation == GENERATION && count_again(entry->record, at_ns)) return true;
  if (count_ == capacity_) return false;
  RecordHeader header{};
  header.at_ns = header.last_ns = at_ns;
  header.frames = 1;
  header.wire_length = wire_length;
  header.captured_length = static_cast<uint16_t>(kept);
  header.source = source;
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

// A stamp before the last one of its kind begins a record of its own: between the two others may lie.
bool FileFold::count_again(size_t index, uint64_t at_ns) {
  auto* record = reinterpret_cast<RecordHeader*>(records_ + index * RECORD_BYTES);
  if (at_ns < record->last_ns) return false;
  record->frames++;
  record->last_ns = at_ns;
  return true;
}
