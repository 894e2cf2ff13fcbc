// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Batch conversion of random normal binary32 data beside ml_dtypes (through NumPy), MPFR and
// memcpy, one thread, as ratios measured in turn.
#include <mpfr.h>

#include <cstring>
#include <random>

#include "bench/ratio.h"
#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/formats.h"

#ifdef MXSCOPE_HAVE_PYTHON
#include "bench/python_call.h"
#endif

namespace mxscope::bench {
namespace {

constexpr std::size_t kCount = std::size_t{1} << 20;

const std::vector<float>& normal_data() {
  static const std::vector<float> data = [] {
    std::mt19937_64 engine(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(kCount);
    for (float& v : values) v = normal(engine);
    return values;
  }();
  return data;
}

spec::BatchCast batch(std::string_view conversion, std::string_view backend) {
  const spec::Conversion c = spec::find_conversion(conversion);
  return {spec::kF32, spec::find_format(c.format), c.policy, 0, backend};
}

void against_memcpy(benchmark::State& state, const char* conversion, const char* backend) {
  const auto cast = batch(conversion, backend);
  std::vector<std::uint8_t> codes(kCount);
  std::vector<float> copy(kCount);
  compare(
      state, static_cast<double>(kCount), 0,
      [&] { cast.encode(normal_data().data(), codes.data(), kCount); },
      [&] {
        std::memcpy(copy.data(), normal_data().data(), kCount * sizeof(float));
        benchmark::DoNotOptimize(copy.data());
      });
}

/// MPFR as a converter to E4M3: precision 4, its exponent range, subnormalize; no code is formed.
void against_mpfr(benchmark::State& state) {
  const auto cast = batch("ml_float8_e4m3fn", "auto");
  std::vector<std::uint8_t> codes(kCount);
  constexpr std::size_t kSome = kCount / 64;
  mpfr_t value;
  mpfr_init2(value, 4);
  const mpfr_exp_t emin = mpfr_get_emin();
  const mpfr_exp_t emax = mpfr_get_emax();
  mpfr_set_emin(-8);  // MPFR's exponents are one higher than IEEE 754's: 2^-9 is 0.5 * 2^-8
  mpfr_set_emax(9);
  compare(
      state, static_cast<double>(kSome), 0,
      [&] { cast.encode(normal_data().data(), codes.data(), kSome); },
      [&] {
        for (std::size_t i = 0; i < kSome; ++i) {
          int ternary = mpfr_set_flt(value, normal_data()[i], MPFR_RNDN);
          ternary = mpfr_check_range(value, ternary, MPFR_RNDN);
          benchmark::DoNotOptimize(mpfr_subnormalize(value, ternary, MPFR_RNDN));
        }
      });
  mpfr_set_emin(emin);
  mpfr_set_emax(emax);
  mpfr_clear(value);
}

#ifdef MXSCOPE_HAVE_PYTHON

/// numpy.copyto(out, a, casting="unsafe") on arrays of an ml_dtypes type: its astype, without the
/// allocation.
constexpr const char* kMlDtypes =
    "import numpy, ml_dtypes, functools\n"
    "a = numpy.frombuffer(data, numpy.float32)\n"
    "out = numpy.empty(a.shape, getattr(ml_dtypes, name))\n"
    "call = functools.partial(numpy.copyto, out, a, casting='unsafe')\n"
    "codes = memoryview(out.view(numpy.uint8))\n";

void against_ml_dtypes(benchmark::State& state, const char* dtype, const char* backend) {
  const auto cast = batch(std::string("ml_") + dtype, backend);
  const std::span all(normal_data());
  const PythonCall peer(kMlDtypes, all, dtype);
  const PythonCall tiny(kMlDtypes, all.first(1), dtype);
  if (!peer.available()) return state.SkipWithError("Python has no numpy and ml_dtypes");
  std::vector<std::uint8_t> codes(kCount);
  compare(
      state, static_cast<double>(kCount), tiny.overhead(),
      [&] { cast.encode(normal_data().data(), codes.data(), kCount); }, peer);
  if (peer.codes() != codes) state.SkipWithError("the codes differ from ml_dtypes'");
}

BENCHMARK_CAPTURE(against_ml_dtypes, e4m3, "float8_e4m3fn", "auto")
    ->UseManualTime()
    ->Iterations(31);
BENCHMARK_CAPTURE(against_ml_dtypes, e5m2, "float8_e5m2", "auto")->UseManualTime()->Iterations(31);
BENCHMARK_CAPTURE(against_ml_dtypes, e2m1, "float4_e2m1fn", "auto")
    ->UseManualTime()
    ->Iterations(31);
BENCHMARK_CAPTURE(against_ml_dtypes, e4m3_portable, "float8_e4m3fn", "portable")
    ->UseManualTime()
    ->Iterations(31);
BENCHMARK_CAPTURE(against_ml_dtypes, e2m1_portable, "float4_e2m1fn", "portable")
    ->UseManualTime()
    ->Iterations(31);

#endif  // MXSCOPE_HAVE_PYTHON

BENCHMARK(against_mpfr)->UseManualTime()->Iterations(31);
BENCHMARK_CAPTURE(against_memcpy, e4m3, "nv_e4m3_sat", "auto")->UseManualTime()->Iterations(31);
BENCHMARK_CAPTURE(against_memcpy, e2m1, "nv_e2m1_rn", "auto")->UseManualTime()->Iterations(31);

}  // namespace
}  // namespace mxscope::bench

BENCHMARK_MAIN();
