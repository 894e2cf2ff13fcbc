// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Block quantization of float32 data, one thread, in turn with a peer; "ratio" is the peer's time
// over ours. Beside memcpy of the same data in memory, 1/ratio is how many copies it costs; beside
// one thread, how far two threads scale; and beside quantizers written in NumPy (gguf's own, and a
// few lines around ml_dtypes' casts) what compiled code gains over them.
#include <cstring>
#include <memory>
#include <thread>

#include "bench/normal_data.h"
#include "bench/ratio.h"
#include "kernels/simd_quantizer.h"
#include "spec/recipes.h"

#ifdef MXSCOPE_HAVE_PYTHON
#include "bench/python_call.h"
#endif

namespace mxscope::bench {
namespace {

/// A recipe on the data above, into memory of its own.
class Quantizer {
 public:
  explicit Quantizer(const char* recipe)
      : simd_(kernels::SimdQuantizer::make(spec::RecipeTable().find(recipe))) {}

  bool available() const { return simd_.has_value(); }

  /// Elements from `first` on; both are multiples of any block.
  void run(std::size_t first, std::size_t count) const {
    const spec::Recipe& recipe = simd_->routine().recipe();
    const auto length = static_cast<std::size_t>(recipe.block.columns);
    const spec::Packing packing = spec::packing_for(recipe.element.bits);
    simd_->quantize(normal_data().floats() + first, count / length, factors_, packing,
                    elements().bytes() + spec::packed_bytes(packing, first),
                    scales().bytes() + first / length);
  }

  static const Buffer& elements() {
    static const Buffer buffer(kCount);
    return buffer;
  }
  static const Buffer& scales() {
    static const Buffer buffer(kCount / 16);
    return buffer;
  }

 private:
  std::optional<kernels::SimdQuantizer> simd_;
  kernels::TensorFactors factors_ =
      simd_ ? simd_->routine().tensor_factors(5.5F) : kernels::TensorFactors{};
};

constexpr const char* kNoKernel = "no SIMD kernel on this processor";

void quantize(benchmark::State& state, const char* recipe) {
  const Quantizer ours(recipe);
  if (!ours.available()) return state.SkipWithError(kNoKernel);
  static const Buffer copy(kCount * sizeof(float));
  const float* data = normal_data().floats();
  compare(
      state, static_cast<double>(kCount), 0, [&] { ours.run(0, kCount); },
      [&] {
        std::memcpy(copy.bytes(), data, kCount * sizeof(float));
        benchmark::DoNotOptimize(copy.bytes());
      });
}

/// Calls run(first, count) for both halves at once.
template <typename Run>
void by_two_threads(const Run& run) {
  std::thread other([&] { run(kCount / 2, kCount / 2); });
  run(0, kCount / 2);
  other.join();
}

void two_threads(benchmark::State& state, const char* recipe) {
  const Quantizer ours(recipe);
  if (!ours.available()) return state.SkipWithError(kNoKernel);
  const auto run = [&](std::size_t first, std::size_t count) { ours.run(first, count); };
  compare(
      state, static_cast<double>(kCount), 0, [&] { by_two_threads(run); }, [&] { run(0, kCount); });
}

/// The same for memcpy: how far the memory itself lets two threads scale.
void two_threads_memcpy(benchmark::State& state) {
  static const Buffer copy(kCount * sizeof(float));
  const auto run = [&](std::size_t first, std::size_t count) {
    std::memcpy(copy.floats() + first, normal_data().floats() + first, count * sizeof(float));
    benchmark::DoNotOptimize(copy.bytes());
  };
  compare(
      state, static_cast<double>(kCount), 0, [&] { by_two_threads(run); }, [&] { run(0, kCount); });
}

#ifdef MXSCOPE_HAVE_PYTHON

/// ggml's MXFP4 as its Python package has it. A block of theirs is a scale and the codes of two
/// halves in the low and the high nibbles; here they are put as ours are, scales before elements.
constexpr const char* kGguf =
    "import numpy, gguf\n"
    "a = numpy.frombuffer(data, numpy.float32)\n"
    "call = lambda: gguf.quants.quantize(a, gguf.GGMLQuantizationType.MXFP4)\n"
    "blocks = call().reshape(-1, 17)\n"
    "each = numpy.concatenate([blocks[:, 1:] & 15, blocks[:, 1:] >> 4], axis=1)\n"
    "codes = numpy.concatenate([blocks[:, 0], each.ravel()])\n";

/// OCP's MXFP8 with E4M3 in NumPy, cast by ml_dtypes, which does not saturate by itself.
constexpr const char* kNumpy =
    "import numpy, ml_dtypes\n"
    "a = numpy.frombuffer(data, numpy.float32).reshape(-1, 32)\n"
    "def call():\n"
    "    amax = numpy.abs(a).max(axis=1, keepdims=True)\n"
    "    scale = numpy.maximum(amax.view(numpy.uint32) >> 23, 8) - 8\n"
    "    factor = ((254 - scale) << 23).view(numpy.float32)\n"
    "    scaled = numpy.clip(a * factor, -448, 448)\n"
    "    return scale.astype(numpy.uint8), scaled.astype(ml_dtypes.float8_e4m3fn)\n"
    "scale, each = call()\n"
    "codes = numpy.concatenate([scale.ravel(), each.view(numpy.uint8).ravel()])\n";

void against_python(benchmark::State& state, const char* recipe, const char* setup) {
  constexpr std::size_t kSome = std::size_t{1} << 20;
  const Quantizer ours(recipe);
  if (!ours.available()) return state.SkipWithError(kNoKernel);
  const PythonCall peer(setup, {normal_data().floats(), kSome}, "");
  if (!peer.available()) return state.SkipWithError("Python has no package for this");
  compare(
      state, static_cast<double>(kSome), 0, [&] { ours.run(0, kSome); }, peer);
  // -0 counts as 0: ggml's search prefers the latter.
  const std::vector<std::uint8_t> codes = peer.codes();
  const std::size_t blocks = codes.size() - kSome;
  std::vector<std::uint8_t> mine(kSome);
  const spec::Packing packing = setup == kGguf ? spec::Packing::kNibble : spec::Packing::kByte;
  spec::unpack(packing, {Quantizer::elements().bytes(), spec::packed_bytes(packing, kSome)}, mine);
  const std::uint8_t negative_zero = packing == spec::Packing::kNibble ? 0x8 : 0x80;
  std::size_t differing = 0;
  for (std::size_t b = 0; b < blocks; ++b)
    differing += Quantizer::scales().bytes()[b] != codes[b] ? 1 : 0;
  for (std::size_t i = 0; i < kSome; ++i) {
    const std::uint8_t theirs = codes[blocks + i];
    const bool zeros = (mine[i] | theirs | negative_zero) == negative_zero;
    differing += mine[i] != theirs && !zeros ? 1 : 0;
  }
  state.counters["differing"] = static_cast<double>(differing);
}

BENCHMARK_CAPTURE(against_python, gguf_mxfp4, "mxfp4", kGguf)->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(against_python, numpy_mxfp8, "mxfp8_e4m3", kNumpy)
    ->UseManualTime()
    ->Iterations(11);

#endif  // MXSCOPE_HAVE_PYTHON

BENCHMARK_CAPTURE(two_threads, nvfp4_division, "nvfp4_1level")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(two_threads, mxfp4, "mxfp4")->UseManualTime()->Iterations(11);
BENCHMARK(two_threads_memcpy)->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, nvfp4_division, "nvfp4_1level")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, nvfp4, "nvfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, te_nvfp4, "te_nvfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp4, "mxfp4")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp6_e3m2, "mxfp6_e3m2")->UseManualTime()->Iterations(11);
BENCHMARK_CAPTURE(quantize, mxfp8_e4m3, "mxfp8_e4m3")->UseManualTime()->Iterations(11);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
