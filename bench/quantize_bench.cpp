// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Block quantization of float32 data that lies in memory, beside memcpy of the same data, one
// thread, in turn: "ratio" is memcpy's time over ours, so 1/ratio is how many copies it costs.
#include <sys/mman.h>

#include <cstring>
#include <memory>
#include <new>
#include <random>

#include "bench/ratio.h"
#include "kernels/simd_quantizer.h"
#include "spec/recipes.h"

namespace mxscope::bench {
namespace {

constexpr std::size_t kCount = std::size_t{1} << 26;  ///< 256 MiB of floats, beyond any cache

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

const Buffer& normal_data() {
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

void quantize(benchmark::State& state, const char* recipe) {
  const auto simd = kernels::SimdQuantizer::make(spec::RecipeTable().find(recipe));
  if (!simd) {
    state.SkipWithError("no SIMD kernel on this processor");
    return;
  }
  const auto length = static_cast<std::size_t>(simd->routine().recipe().block.columns);
  const spec::Packing packing = spec::packing_for(simd->routine().recipe().element.bits);
  const kernels::TensorFactors tensor = simd->routine().tensor_factors(5.5F);
  static const Buffer elements(kCount);
  static const Buffer scales(kCount / 16);
  static const Buffer copy(kCount * sizeof(float));
  const float* data = normal_data().floats();
  compare(
      state, static_cast<double>(kCount), 0,
      [&] {
        simd->quantize(data, kCount / length, tensor, packing, elements.bytes(), scales.bytes());
      },
      [&] {
        std::memcpy(copy.bytes(), data, kCount * sizeof(float));
        benchmark::DoNotOptimize(copy.bytes());
      });
}

BENCHMARK_CAPTURE(quantize, nvfp4_division, "nvfp4_1level")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, nvfp4, "nvfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, te_nvfp4, "te_nvfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp4, "mxfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp6_e3m2, "mxfp6_e3m2")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp8_e4m3, "mxfp8_e4m3")->UseManualTime()->Iterations(11);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
