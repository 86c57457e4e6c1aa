#include "repeats.h"

#include <sys/mman.h>

#include <cstring>

namespace {

// Twice the addresses of a /16, 8 MiB of address space; memory is touched only where pairs were heard.
constexpr size_t HOMES = 1 << 17;
// Places that an address may have, from its home on: its answerers, and those of neighbours in the table.
constexpr size_t PROBES = 8;
// From one address's home to the next one's.
constexpr uint32_t PLACES_EACH = 4;
constexpr size_t TABLE_BYTES = (HOMES + PROBES) * sizeof(Repeats::Entry);
// RFC 826: offsets in an untagged Ethernet frame
constexpr size_t OPERATION = 21, SENDER_ADDRESS = 28, TARGET_ADDRESS = 38, ADDRESS_BYTES = 4;
constexpr uint8_t ETHERNET_IPV4_ARP[9] = {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00};
constexpr uint8_t WHO_HAS = 1, REPLY = 2;

bool is_same_address(const uint8_t* a, const uint8_t* b) { return std::memcmp(a, b, ADDRESS_BYTES) == 0; }

uint64_t word_at(const uint8_t* bytes, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, bytes + offset, sizeof word);
  return word;
}

// In words, the last two of which overlap; a call of memcmp for each frame costs as much as all the rest of the search.
bool is_same_key(const uint8_t* a, const uint8_t* b) {
  uint64_t differences = 0;
  for (size_t at = 0; at < 40; at += 8) differences |= word_at(a, at) ^ word_at(b, at);
  return (differences | (word_at(a, 34) ^ word_at(b, 34))) == 0;
}

}  // namespace

bool Repeats::reserve() {
  void* pages = mmap(nullptr, TABLE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  entries_ = pages == MAP_FAILED ? nullptr : static_cast<Entry*>(pages);
  return entries_ != nullptr;
}

void Repeats::release() {
  if (entries_ != nullptr) munmap(entries_, TABLE_BYTES);
  entries_ = nullptr;
}

Repeats::Entry* Repeats::find(const uint8_t* frame, size_t captured, uint32_t wire_length, uint64_t generation) {
  if (entries_ == nullptr || captured < KEY_BYTES || wire_length > UINT16_MAX) return nullptr;
  if (std::memcmp(frame + 12, ETHERNET_IPV4_ARP, sizeof ETHERNET_IPV4_ARP) != 0) return nullptr;
  if (frame[OPERATION] == WHO_HAS && !is_same_address(frame + SENDER_ADDRESS, frame + TARGET_ADDRESS)) {
    forget(frame + TARGET_ADDRESS);
    return nullptr;
  }
  if (frame[OPERATION] != WHO_HAS && frame[OPERATION] != REPLY) return nullptr;
  return place_for(frame, wire_length, generation);
}

Repeats::Entry* Repeats::place_for(const uint8_t* frame, uint32_t wire_length, uint64_t generation) {
  Entry* const first = home(frame + SENDER_ADDRESS);
  Entry* oldest = first;
  for (Entry* entry = first; entry < first + PROBES; entry++) {
    const bool same = entry->generation != 0 && entry->wire_length == wire_length;
    if (same && is_same_key(entry->key, frame)) return entry;
    if (entry->generation < oldest->generation) oldest = entry;
  }
  // who still waits keeps its place: it would be counted twice as news
  if (oldest->generation == generation) {
    misfits_++;
    return nullptr;
  }
  std::memcpy(oldest->key, frame, KEY_BYTES);
  oldest->wire_length = static_cast<uint16_t>(wire_length);
  oldest->generation = 0;
  return oldest;
}

void Repeats::forget(const uint8_t* address) {
  Entry* const first = home(address);
  for (Entry* entry = first; entry < first + PROBES; entry++)
    if (is_same_address(entry->key + SENDER_ADDRESS, address)) entry->generation = 0;
}

// By the sender address alone, so that a question finds all that answered for it. Neighbours on a segment are neighbours
// here: spread over the table, each of them would cost a page of memory and a miss of the TLB for each frame.
Repeats::Entry* Repeats::home(const uint8_t* address) {
  const uint32_t network = static_cast<uint32_t>(address[0] << 8 | address[1]);
  const uint32_t host = static_cast<uint32_t>(address[2] << 8 | address[3]);
  return entries_ + (host * PLACES_EACH + network * 0x9e3779b1u) % HOMES;
}
