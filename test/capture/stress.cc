// Drives the addon's C++ without Node, so that the sanitizers see all of it: floods, drains, statistics, links that go
// down, and closing at any moment. Arguments: near device, far device, rounds. Prints "drained N" and exits with 0.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "capture.h"

namespace {

constexpr size_t FRAME_BYTES = 60;
constexpr int DRAINS = 200;

CaptureOptions options_for(const char* device, int round) {
  CaptureOptions options;
  options.device = device;
  options.filter = "arp";
  options.ether_type = 3;
  options.snap_length = 128;
  options.kernel_buffer_bytes = 1 << 20;
  options.ring_frames = 500;
  options.high_rate = round % 4 >= 2;
  options.fold_repeats = round % 2 == 1;
  return options;
}

SendBatch replies(size_t count, int64_t gap_ns) {
  SendBatch batch;
  batch.count = count;
  batch.gap_ns = gap_ns;
  batch.bytes.reset(new uint8_t[count * FRAME_BYTES]());
  batch.lengths.reset(new uint16_t[count]);
  for (size_t i = 0; i < count; i++) {
    uint8_t* frame = batch.bytes.get() + i * FRAME_BYTES;
    std::memset(frame, 0xff, 6);
    frame[6] = 2;
    frame[12] = 8;
    frame[13] = 6;
    // replies of 50 addresses, each with two answerers
    const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, static_cast<uint8_t>(i % 2), 10, 9, 0, static_cast<uint8_t>(i % 50)};
    std::memcpy(frame + 14, arp, sizeof arp);
    batch.lengths[i] = FRAME_BYTES;
  }
  return batch;
}

// One life: opens both ends, floods from the far one, drains the near one a while, ends in the middle of it.
size_t live_once(const char* near_device, const char* far_device, int round) {
  std::atomic<int> wakes{0};
  Trouble trouble;
  auto near_end = std::make_unique<Capture>();
  auto far_end = std::make_unique<Capture>();
  if (!near_end->open(options_for(near_device, round), [&](uint32_t) { wakes++; }, &trouble) ||
      !far_end->open(options_for(far_device, 0), [&](uint32_t) { wakes++; }, &trouble)) {
    // down for the moment: somebody else flaps the link
    if (trouble.code == "interface-down") return 0;
    std::fprintf(stderr, "%s\n", trouble.message.c_str());
    std::exit(1);
  }
  for (int i = 0; i < 4; i++) far_end->sender().enqueue(replies(2000, i % 2 == 0 ? 0 : 20'000));
  std::vector<uint8_t> records(near_end->ring().record_bytes() * 64);
  size_t drained = 0;
  for (int i = 0; i < DRAINS + round; i++) {
    drained += near_end->ring().drain(records.data(), 1 + static_cast<size_t>(i) % 64);
    if (i % 3 == 0) near_end->ring().ready();
    near_end->ring().pending();
    near_end->stats();
    far_end->take_troubles();
    near_end->take_troubles();
  }
  near_end->close();
  near_end->stats();
  return drained;
}

}  // namespace

int main(int, char** arguments) {
  size_t drained = 0;
  for (int round = 0; round < std::atoi(arguments[3]); round++) drained += live_once(arguments[1], arguments[2], round);
  std::printf("drained %zu\n", drained);
  return drained > 0 ? 0 : 1;
}
