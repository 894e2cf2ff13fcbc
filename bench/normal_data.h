// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Random normal numbers that fit into no cache.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <random>

namespace mxscope::bench {

inline constexpr std::size_t kCount = std::size_t{1}
                                      << 26;  ///< 256 MiB of floats, beyond most caches

/// Memory in huge pages where the system has them.
class Buffer {
 public:
  explicit Buffer(std::size_t bytes)
      : bytes_(bytes),
        data_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (data_ == MAP_FAILED) throw std::bad_alloc();
    madvise(data_, bytes_, MADV_HUGEPAGE);
    std::memset(data_, 0, bytes_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { munmap(data_, bytes_); }

  float* floats() const { return static_cast<float*>(data_); }
  std::uint8_t* bytes() const { return static_cast<std::uint8_t*>(data_); }

 private:
  std::size_t bytes_;
  void* data_;
};

/// Filled on first use.
inline const Buffer& normal_data() {
  static const Buffer data(kCount * sizeof(float));
  static const bool filled = [] {
    std::mt19937_64 engine(1);
    std::normal_distribution<float> normal;
    constexpr std::size_t kSome = std::size_t{1} << 20;
    for (std::size_t i = 0; i < kSome; ++i) data.floats()[i] = normal(engine);
    for (std::size_t i = kSome; i < kCount; i += kSome)
      std::memcpy(data.floats() + i, data.floats(), kSome * sizeof(float));
    return true;
  }();
  static_cast<void>(filled);
  return data;
}

}  // namespace mxscope::bench
