// libFuzzer on what folds a capture file: the bytes are the file, pcap or pcapng, as for the target `capture-file`. Taken whole
// or in two pieces the records are the same, each frame is counted once, and nothing is read beyond the file's last byte. What
// the fold hands back is stepped over here as the reader in TypeScript would, or a few bytes at a time.
#include "file_fold.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr size_t ROOM = 64;
// The last two are not ours, and no clock's.
constexpr PcapngInterface INTERFACES[] = {
    {0, 1'000'000, 0},  {1, 1'000'000'000, -1'000'000'000}, {2, 1 << 20, INT64_MAX}, {3, 1, INT64_MIN},
    {4, INT64_MAX, 77}, {-1, 1'000'000, 0},                 {6, 0, 0},
};
constexpr size_t INTERFACE_COUNT = sizeof INTERFACES / sizeof *INTERFACES;

void must(bool holds) {
  if (!holds) std::abort();
}

struct Dialect {
  bool blocks;
  bool swapped;
  uint32_t fraction_ns;
};

uint32_t word_at(const std::vector<uint8_t>& file, size_t at) {
  uint32_t word = 0;
  if (at + sizeof word <= file.size()) std::memcpy(&word, file.data() + at, sizeof word);
  return word;
}

Dialect dialect_of(const std::vector<uint8_t>& file) {
  const uint32_t magic = word_at(file, 0);
  if (magic == 0x0a0d0d0a) return {true, word_at(file, 8) == 0x4d3c2b1a, 1};
  const bool swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
  return {false, swapped, magic == 0xa1b23c4d || magic == 0x4d3cb2a1 ? 1u : 1000u};
}

// In memory of exactly its size, so that the sanitizer sees a read beyond it.
size_t take(FileFold& fold, const Dialect& dialect, std::vector<uint8_t> piece) {
  piece.shrink_to_fit();
  const uint8_t nothing = 0;
  const uint8_t* bytes = piece.empty() ? &nothing : piece.data();
  const size_t taken = dialect.blocks
                           ? fold.take_blocks(bytes, piece.size(), dialect.swapped, INTERFACES, INTERFACE_COUNT)
                           : fold.take(bytes, piece.size(), {dialect.swapped, dialect.fraction_ns});
  must(taken <= piece.size());
  return taken;
}

// Over a block that is not for the fold, or anything else.
size_t step(const std::vector<uint8_t>& file, size_t at, const Dialect& dialect) {
  uint32_t length = word_at(file, at + 4);
  if (dialect.swapped) length = __builtin_bswap32(length);
  return dialect.blocks && length >= 12 && length % 4 == 0 && length <= file.size() - at ? length : 4;
}

// The file from `at` on, where a piece ends at `cut`.
void read(FileFold& fold, const Dialect& dialect, const std::vector<uint8_t>& file, size_t cut) {
  size_t at = dialect.blocks ? 0 : 24;
  while (at < file.size()) {
    for (const size_t end : {std::max(at, cut), file.size()})
      at += take(fold, dialect, {file.begin() + static_cast<std::ptrdiff_t>(at), file.begin() + static_cast<std::ptrdiff_t>(end)});
    if (fold.count() == ROOM) return;
    at += at < file.size() ? step(file, at, dialect) : 0;
  }
}

void check(const FileFold& fold) {
  must(fold.count() <= ROOM);
  for (size_t i = 0; i < fold.count(); i++) {
    RecordHeader header;
    std::memcpy(&header, fold.records() + i * FileFold::RECORD_BYTES, sizeof header);
    must(header.frames >= 1 && header.at_ns <= header.last_ns && header.last_ns <= INT64_MAX);
    must(header.captured_length <= FileFold::SNAP_LENGTH && header.captured_length <= header.wire_length);
    must(header.source < INTERFACE_COUNT - 2 && header.known == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::vector<uint8_t> file(data, data + size);
  const Dialect dialect = dialect_of(file);
  FileFold whole, cut;
  must(whole.reserve(ROOM) && cut.reserve(ROOM));
  read(whole, dialect, file, 0);
  read(cut, dialect, file, size > 0 ? file.back() * size / 256 : 0);
  check(whole);
  must(whole.count() == cut.count() && whole.others() == cut.others());
  must(whole.count() == 0 ||
       std::memcmp(whole.records(), cut.records(), whole.count() * FileFold::RECORD_BYTES) == 0);
  return 0;
}
