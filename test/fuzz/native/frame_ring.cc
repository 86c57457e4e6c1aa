// libFuzzer on the store between the capture's thread and JavaScript: any order of bursts, drains and looks, with
// records whose lengths lie, against a queue that does the same slowly. The input's first bytes choose the sizes.
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const size_t capacity = 1 + input.byte() % 8;
  const size_t snap_length = 1 + input.byte() % 200;
  FrameRing ring;
  must(ring.reserve(capacity, snap_length));
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
