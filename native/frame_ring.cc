#include "frame_ring.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace {

constexpr size_t RECORD_ALIGNMENT = 8;

uint8_t* reserve_pages(size_t bytes) {
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return pages == MAP_FAILED ? nullptr : static_cast<uint8_t*>(pages);
}

}  // namespace

// The reader's thread. May be called again.
void FrameRing::release() {
  for (Arena* arena : {&back_, &front_}) {
    if (arena->bytes != nullptr) munmap(arena->bytes, arena_bytes_);
    *arena = Arena();
  }
  repeats_.release();
  front_taken_ = 0;
}

// The owner's thread, once, before there is a writer.
bool FrameRing::reserve(size_t frames, size_t snap_length, bool fold_repeats) {
  snap_length_ = snap_length;
  record_bytes_ = (sizeof(RecordHeader) + snap_length + RECORD_ALIGNMENT - 1) / RECORD_ALIGNMENT * RECORD_ALIGNMENT;
  capacity_ = frames;
  arena_bytes_ = capacity_ * record_bytes_;
  back_.bytes = reserve_pages(arena_bytes_);
  front_.bytes = reserve_pages(arena_bytes_);
  return back_.bytes != nullptr && front_.bytes != nullptr && (!fold_repeats || repeats_.reserve());
}

// The writer's thread.
void FrameRing::Burst::push(const RecordHeader& header, const uint8_t* bytes) {
  Arena& back = ring_.back_;
  Repeats::Entry* entry = ring_.repeats_.find(bytes, header.captured_length, header.wire_length, ring_.generation_);
  if (entry != nullptr && fold(header, entry)) return;
  if (back.count == ring_.capacity_) {
    ring_.drops_++;
    return;
  }
  uint8_t* record = back.bytes + back.count * ring_.record_bytes_;
  RecordHeader stored = header;
  stored.captured_length = static_cast<uint16_t>(std::min<size_t>(header.captured_length, ring_.snap_length_));
  stored.known = entry != nullptr && entry->generation != 0;
  std::memcpy(record, &stored, sizeof stored);
  std::memcpy(record + sizeof stored, bytes, stored.captured_length);
  if (stored.known == 0) ring_.news_ = true;
  if (entry != nullptr) {
    entry->generation = ring_.generation_;
    entry->record = static_cast<uint32_t>(back.count);
  }
  back.count++;
}

// Into the record that says the same, if it still waits.
bool FrameRing::Burst::fold(const RecordHeader& header, Repeats::Entry* entry) {
  if (entry->generation != ring_.generation_) return false;
  auto* record = reinterpret_cast<RecordHeader*>(ring_.back_.bytes + entry->record * ring_.record_bytes_);
  record->frames++;
  ring_.folded_++;
  record->last_ns = header.at_ns;
  return true;
}

// The writer's thread.
bool FrameRing::Burst::announce() {
  if (ring_.announced_ || !ring_.news_) return false;
  ring_.announced_ = true;
  return true;
}

// The writer's thread.
bool FrameRing::holds_back() {
  std::lock_guard<std::mutex> lock(mutex_);
  return !announced_ && back_.count > 0;
}

// The writer's thread.
bool FrameRing::announce_all() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (announced_ || back_.count == 0) return false;
  announced_ = true;
  return true;
}

// The reader's thread. A reader that sizes its buffer by this leaves nothing behind that nobody would announce.
size_t FrameRing::ready() {
  if (front_taken_ == front_.count) {
    std::lock_guard<std::mutex> lock(mutex_);
    announced_ = false;
    news_ = false;
    folded_ = 0;
    generation_++;
    front_taken_ = 0;
    front_.count = 0;
    std::swap(front_, back_);
  }
  return front_.count - front_taken_;
}

// The reader's thread. Copies whole records, so that a reader can step through them by a fixed stride.
size_t FrameRing::drain(uint8_t* into, size_t records) {
  const size_t moved = std::min(records, ready());
  if (moved == 0) return 0;
  std::memcpy(into, front_.bytes + front_taken_ * record_bytes_, moved * record_bytes_);
  front_taken_ += moved;
  return moved;
}

// The reader's thread.
size_t FrameRing::pending() {
  std::lock_guard<std::mutex> lock(mutex_);
  return front_.count - front_taken_ + back_.count + folded_;
}

// Any thread.
uint64_t FrameRing::drops() {
  std::lock_guard<std::mutex> lock(mutex_);
  return drops_;
}
