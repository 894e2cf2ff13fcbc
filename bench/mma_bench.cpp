// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Matrix instructions on packed operands of 512 x 512 x 2048, one thread, in turn with a peer;
// "ratio" is the peer's time over ours. Beside OpenBLAS's SGEMM of the same shape, 1/ratio is how
// many of those bits cost; the reference executor, which computes a 16 x 16 corner, is timed by
// multiply-adds. Operands are normal numbers rounded to the format; "odd" ones have a NaN, an
// infinity or a large scale in every hundredth row, column or block.
#include <random>
#include <thread>

#include "bench/ratio.h"
#include "sim/mma_fast.h"
#include "spec/codec.h"
#include "spec/formats.h"

#ifdef MXSCOPE_HAVE_OPENBLAS
#include <cblas.h>
extern "C" void openblas_set_num_threads(int threads);
#endif

namespace mxscope::bench {
namespace {

constexpr std::int64_t kRows = 512;
constexpr std::int64_t kK = 2048;
constexpr double kMultiplyAdds = static_cast<double>(kRows) * kRows * kK;
constexpr int kRounds = 11;

const std::vector<float>& normal_data() {
  static const std::vector<float> data = [] {
    std::mt19937_64 engine(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(kRows * kK);
    for (float& x : values) x = normal(engine);
    return values;
  }();
  return data;
}

/// One row of the units with operands for it.
class Product {
 public:
  Product(const char* unit, const char* format, int block, bool odd)
      : mma_(sim::bind_unit(sim::find_unit(unit), format, format, {}, block)), fast_(mma_) {
    std::mt19937_64 engine(2);
    const spec::Format& f = mma_.a;
    // A block's largest element fills the format's range, as quantizers have it.
    const float scale = static_cast<float>(f.max_value().convert_to<double>() / 4);
    const bool fixed = f.kind == spec::FormatKind::kFixed;
    spec::Policy policy;
    policy.overflow = spec::Overflow::kSaturate;
    policy.nan = spec::NanRule::kError;  // there is none among the data
    const spec::Format named = spec::find_format(fixed ? "int8" : f.name);
    const spec::Codec codec = spec::make_codec(spec::kF32, named, policy);
    const bool wide = f.bits > 8;
    for (float x : normal_data()) {
      const float scaled = wide ? x : x * scale;
      std::uint64_t word = codec.encode(std::bit_cast<std::uint32_t>(scaled)).code;
      if (odd && engine() % (100 * kK) == 0) word = f.nan_code(false).value_or(word);
      word <<= f.storage_shift;
      for (int i = 0; i < f.storage_bits / 8; ++i)
        codes_.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
    for (std::int64_t i = 0; i < kRows * mma_.scales_per_row(kK); ++i) {
      const bool powers = mma_.scale->mantissa_bits == 0;
      std::uint64_t code = (powers ? 125 : 0x34) + engine() % (powers ? 4 : 16);
      if (odd && engine() % 100 == 0) code = engine() & 0xFF;
      scales_.push_back(static_cast<std::uint8_t>(code));
    }
    a_ = fast_.pack_a(matrix(kRows));
    b_ = fast_.pack_b(matrix(kRows));
  }

  void run(const sim::MmaTile& tile = {0, kRows, 0, kRows}) {
    for (std::int64_t row = tile.row; row < tile.row + tile.rows; ++row)
      std::fill_n(d_.begin() + row * kRows + tile.column, tile.columns, 0);
    fast_.run(a_, b_, tile, d_);
  }

  void run_reference(std::int64_t rows) const {
    std::vector<std::uint64_t> d(static_cast<std::size_t>(rows * rows));
    sim::reference_mma(mma_, matrix(rows), matrix(rows), d);
    benchmark::DoNotOptimize(d.data());
  }

 private:
  sim::MmaMatrix matrix(std::int64_t rows) const {
    const auto part = [&](const std::vector<std::uint8_t>& bytes) {
      return std::span(bytes).first(bytes.size() / kRows * static_cast<std::size_t>(rows));
    };
    return {rows, kK, part(codes_), part(scales_)};
  }

  sim::Mma mma_;
  sim::FastMma fast_;
  std::vector<std::uint8_t> codes_, scales_;
  sim::PackedOperand a_, b_;
  std::vector<std::uint32_t> d_ = std::vector<std::uint32_t>(kRows * kRows);
};

#ifdef MXSCOPE_HAVE_OPENBLAS

void sgemm(benchmark::State& state, const char* unit, const char* format, int block, bool odd) {
  Product ours(unit, format, block, odd);
  std::vector<float> d(kRows * kRows);
  openblas_set_num_threads(1);
  const float* data = normal_data().data();
  compare(
      state, kMultiplyAdds, 0, [&] { ours.run(); },
      [&] {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kRows, kRows, kK, 1, data, kK, data,
                    kK, 0, d.data(), kRows);
        benchmark::DoNotOptimize(d.data());
      });
}

#define MXSCOPE_BESIDE_SGEMM(name, ...) \
  BENCHMARK_CAPTURE(sgemm, name, __VA_ARGS__)->UseManualTime()->Iterations(kRounds)

MXSCOPE_BESIDE_SGEMM(nvfp4, "sm120.mxf4nvf4", "e2m1", 16, false);
MXSCOPE_BESIDE_SGEMM(nvfp4_odd, "sm120.mxf4nvf4", "e2m1", 16, true);
MXSCOPE_BESIDE_SGEMM(mxfp4, "sm120.mma.mxf4", "e2m1", 32, false);
MXSCOPE_BESIDE_SGEMM(ada_e4m3, "sm89.mma.fp8", "e4m3", 0, false);
MXSCOPE_BESIDE_SGEMM(hopper_e4m3, "sm90.wgmma.fp8", "e4m3", 0, false);
MXSCOPE_BESIDE_SGEMM(hopper_e4m3_odd, "sm90.wgmma.fp8", "e4m3", 0, true);
MXSCOPE_BESIDE_SGEMM(hopper_e5m2, "sm90.wgmma.fp8", "e5m2", 0, false);
MXSCOPE_BESIDE_SGEMM(blackwell_e4m3, "sm100.tcgen05.f8f6f4", "e4m3", 0, false);
MXSCOPE_BESIDE_SGEMM(blackwell_e2m3, "sm100.tcgen05.f8f6f4", "e2m3", 0, false);
MXSCOPE_BESIDE_SGEMM(mxfp8_e4m3, "sm100.tcgen05.mxf8f6f4", "e4m3", 32, false);
MXSCOPE_BESIDE_SGEMM(mxfp8_e4m3_odd, "sm100.tcgen05.mxf8f6f4", "e4m3", 32, true);
MXSCOPE_BESIDE_SGEMM(mxfp8_e5m2, "sm100.tcgen05.mxf8f6f4", "e5m2", 32, false);
MXSCOPE_BESIDE_SGEMM(split_e4m3, "sm100.mma.fp8", "e4m3", 0, false);
MXSCOPE_BESIDE_SGEMM(fp16, "sm100.tcgen05.f16", "fp16", 0, false);
MXSCOPE_BESIDE_SGEMM(bf16, "sm100.tcgen05.bf16", "bf16", 0, false);
MXSCOPE_BESIDE_SGEMM(tf32, "sm100.tcgen05.tf32", "tf32", 0, false);
MXSCOPE_BESIDE_SGEMM(int8, "sm80.mma.s8", "s8", 0, false);

#endif  // MXSCOPE_HAVE_OPENBLAS

/// "ratio": how many times faster than the reference executor, by multiply-adds.
void reference(benchmark::State& state, const char* unit, const char* format, int block) {
  constexpr std::int64_t kCorner = 16;
  constexpr double kParts = static_cast<double>(kRows) * kRows / (kCorner * kCorner);
  Product ours(unit, format, block, false);
  compare(
      state, kMultiplyAdds / kParts, 0,
      [&] {
        ours.run({0, kCorner, 0, kCorner});
      },
      [&] { ours.run_reference(kCorner); });
}

BENCHMARK_CAPTURE(reference, nvfp4, "sm120.mxf4nvf4", "e2m1", 16)
    ->UseManualTime()
    ->Iterations(kRounds);
BENCHMARK_CAPTURE(reference, hopper_e4m3, "sm90.wgmma.fp8", "e4m3", 0)
    ->UseManualTime()
    ->Iterations(kRounds);
BENCHMARK_CAPTURE(reference, mxfp8_e4m3, "sm100.tcgen05.mxf8f6f4", "e4m3", 32)
    ->UseManualTime()
    ->Iterations(kRounds);
BENCHMARK_CAPTURE(reference, fp16, "sm100.tcgen05.f16", "fp16", 0)
    ->UseManualTime()
    ->Iterations(kRounds);

/// "ratio": one thread's time over that of two.
void two_threads(benchmark::State& state, const char* unit, const char* format, int block) {
  Product ours(unit, format, block, false);
  compare(
      state, kMultiplyAdds, 0,
      [&] {
        std::thread other([&] { ours.run({kRows / 2, kRows / 2, 0, kRows}); });
        ours.run({0, kRows / 2, 0, kRows});
        other.join();
      },
      [&] { ours.run(); });
}

BENCHMARK_CAPTURE(two_threads, nvfp4, "sm120.mxf4nvf4", "e2m1", 16)
    ->UseManualTime()
    ->Iterations(kRounds);
BENCHMARK_CAPTURE(two_threads, hopper_e4m3, "sm90.wgmma.fp8", "e4m3", 0)
    ->UseManualTime()
    ->Iterations(kRounds);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
