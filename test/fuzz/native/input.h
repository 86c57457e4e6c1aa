// The fuzzer's bytes, taken from the front; zeros once they are used up.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

class Input {
 public:
  Input(const uint8_t* data, size_t size) : at_(data), left_(size) {}

  bool ended() const { return left_ == 0; }

  uint8_t byte() {
    if (left_ == 0) return 0;
    left_--;
    return *at_++;
  }

  // At most `wanted`, in memory of exactly their size, so that the sanitizer sees a read beyond them.
  std::vector<uint8_t> bytes(size_t wanted) {
    const size_t taken = wanted < left_ ? wanted : left_;
    std::vector<uint8_t> result(at_, at_ + taken);
    result.shrink_to_fit();
    at_ += taken;
    left_ -= taken;
    return result;
  }

 private:
  const uint8_t* at_;
  size_t left_;
};
