// libFuzzer on the store between the capture's thread and JavaScript: any order of bursts, drains and looks. Frames of any
// bytes against a queue that does the same slowly; ARP frames that repeat each other, where each must be counted once. The
// input's first bytes choose which, and the sizes.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

#include "frame_ring.h"
#include "input.h"

namespace {

struct Expected {
  uint64_t at_ns;
  std::vector<uint8_t> bytes;
};

void must(bool holds) {
  if (!holds) std::abort();
}

// One record as a reader takes it apart; the oldest that is expected.
void check_record(const uint8_t* record, std::deque<Expected>* waiting) {
  must(!waiting->empty());
  RecordHeader header;
  std::memcpy(&header, record, sizeof header);
  const Expected& expected = waiting->front();
  must(header.at_ns == expected.at_ns && header.captured_length == expected.bytes.size());
  must(header.captured_length == 0 ||
       std::memcmp(record + sizeof header, expected.bytes.data(), header.captured_length) == 0);
  waiting->pop_front();
}

// A ring that folds repeats has a third argument, and counts what a record stands for.
template <typename Ring>
auto reserve(Ring& ring, size_t frames, size_t snap_length, bool fold, int)
    -> decltype(ring.reserve(frames, snap_length, fold)) {
  return ring.reserve(frames, snap_length, fold);
}
template <typename Ring>
bool reserve(Ring& ring, size_t frames, size_t snap_length, bool, long) {
  return ring.reserve(frames, snap_length);
}
template <typename Header>
auto frames_of(Header* header, int) -> decltype(&header->frames) {
  return &header->frames;
}
template <typename Header>
uint32_t* frames_of(Header*, long) {
  static uint32_t one;
  one = 1;
  return &one;
}

// An ARP frame like few others: four senders, four addresses, questions and answers, padded or not.
std::vector<uint8_t> arp_frame(uint8_t choice, uint8_t target) {
  std::vector<uint8_t> frame(choice & 0x80 ? 60 : 42);
  const uint8_t fixed[] = {0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00};
  std::memcpy(frame.data() + 12, fixed, sizeof fixed);
  frame[21] = choice & 0x40 ? 1 : 2;
  frame[27] = frame[11] = choice & 3;
  frame[31] = (choice >> 2) & 3;
  frame[41] = target & 3;
  return frame;
}

// Every frame that was pushed is in one record that was drained, or counted as dropped.
void count_repeats(Input input) {
  const size_t capacity = 1 + input.byte() % 8;
  FrameRing ring;
  must(reserve(ring, capacity, 64, true, 0));
  std::vector<uint8_t> into(ring.record_bytes() * capacity);
  uint64_t pushed = 0, drained = 0;
  const auto drain = [&](size_t room) {
    const size_t moved = ring.drain(into.data(), room);
    for (size_t i = 0; i < moved; i++) {
      RecordHeader header;
      std::memcpy(&header, into.data() + i * ring.record_bytes(), sizeof header);
      must(header.captured_length == 42 || header.captured_length == 60);
      must(*frames_of(&header, 0) >= 1);
      drained += *frames_of(&header, 0);
    }
    return moved;
  };
  while (!input.ended()) {
    const uint8_t what = input.byte();
    if (what % 4 == 0) {
      drain(1 + what / 4 % capacity);
      continue;
    }
    FrameRing::Burst burst(ring);
    for (int left = what / 4 % 16; left > 0; left--) {
      const std::vector<uint8_t> frame = arp_frame(input.byte(), input.byte());
      RecordHeader header{};
      header.at_ns = ++pushed;
      *frames_of(&header, 0) = 1;
      header.wire_length = static_cast<uint32_t>(frame.size());
      header.captured_length = static_cast<uint16_t>(frame.size());
      burst.push(header, frame.data());
    }
    burst.announce();
  }
  while (drain(capacity) > 0) {
  }
  must(drained + ring.drops() == pushed && ring.pending() == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  if (input.byte() % 2 == 1) {
    count_repeats(input);
    return 0;
  }
  const size_t capacity = 1 + input.byte() % 8;
  const size_t snap_length = 1 + input.byte() % 200;
  FrameRing ring;
  must(reserve(ring, capacity, snap_length, false, 0));
  std::deque<Expected> front, back;
  uint64_t dropped = 0, stamp = 0;
  std::vector<uint8_t> into(ring.record_bytes() * 16);
  while (!input.ended()) {
    switch (input.byte() % 4) {
      case 0: {  // a burst
        FrameRing::Burst burst(ring);
        for (size_t left = input.byte() % 12; left > 0 && !input.ended(); left--) {
          const std::vector<uint8_t> frame = input.bytes(input.byte());
          RecordHeader header{};
          header.at_ns = ++stamp;
          *frames_of(&header, 0) = 1;
          header.wire_length = static_cast<uint32_t>(frame.size());
          header.captured_length = static_cast<uint16_t>(frame.size());
          const uint8_t nothing = 0;  // an empty vector has no address
          burst.push(header, frame.empty() ? &nothing : frame.data());
          const size_t kept = frame.size() < snap_length ? frame.size() : snap_length;
          if (back.size() == capacity) dropped++;
          else back.push_back({stamp, {frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(kept)}});
        }
        burst.announce();
        break;
      }
      case 1: {
        const size_t room = input.byte() % 16;
        if (front.empty()) front.swap(back);
        const size_t moved = ring.drain(into.data(), room);
        must(moved == (front.size() < room ? front.size() : room));
        for (size_t i = 0; i < moved; i++) check_record(into.data() + i * ring.record_bytes(), &front);
        break;
      }
      case 2:
        if (front.empty()) front.swap(back);
        must(ring.ready() == front.size());
        break;
      default:
        must(ring.pending() == front.size() + back.size());
    }
    must(ring.drops() == dropped);
  }
  ring.release();
  ring.release();
  return 0;
}
