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
#define PY_SSIZE_T_CLEAN
#include <Python.h>
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
class MlDtypes {
 public:
  MlDtypes(const char* dtype, std::size_t count) {
    static const bool started = [] {
      Py_InitializeEx(0);
      return true;
    }();
    static_cast<void>(started);
    globals_ = PyDict_New();
    PyDict_SetItemString(globals_, "__builtins__", PyEval_GetBuiltins());
    data_ = PyMemoryView_FromMemory(
        const_cast<char*>(reinterpret_cast<const char*>(normal_data().data())),
        static_cast<Py_ssize_t>(count * sizeof(float)), PyBUF_READ);
    PyDict_SetItemString(globals_, "data", data_);
    PyObject* name = PyUnicode_FromString(dtype);
    PyDict_SetItemString(globals_, "name", name);
    Py_DECREF(name);
    const char* setup =
        "import numpy, ml_dtypes, functools\n"
        "a = numpy.frombuffer(data, numpy.float32)\n"
        "out = numpy.empty(a.shape, getattr(ml_dtypes, name))\n"
        "call = functools.partial(numpy.copyto, out, a, casting='unsafe')\n"
        "codes = memoryview(out.view(numpy.uint8))\n";
    PyObject* result = PyRun_String(setup, Py_file_input, globals_, globals_);
    if (result == nullptr) {
      PyErr_Clear();
      return;
    }
    Py_DECREF(result);
    call_ = PyDict_GetItemString(globals_, "call");
  }
  MlDtypes(const MlDtypes&) = delete;
  MlDtypes& operator=(const MlDtypes&) = delete;
  ~MlDtypes() {
    Py_XDECREF(globals_);
    Py_XDECREF(data_);
  }

  bool available() const { return call_ != nullptr; }
  void convert() const { Py_XDECREF(PyObject_CallNoArgs(call_)); }

  bool equals(const std::vector<std::uint8_t>& codes) const {
    Py_buffer view;
    if (PyObject_GetBuffer(PyDict_GetItemString(globals_, "codes"), &view, PyBUF_SIMPLE) != 0)
      return false;
    const bool equal = static_cast<std::size_t>(view.len) == codes.size() &&
                       std::memcmp(view.buf, codes.data(), codes.size()) == 0;
    PyBuffer_Release(&view);
    return equal;
  }

 private:
  PyObject* globals_ = nullptr;
  PyObject* data_ = nullptr;
  PyObject* call_ = nullptr;
};

void against_ml_dtypes(benchmark::State& state, const char* dtype, const char* backend) {
  const auto cast = batch(std::string("ml_") + dtype, backend);
  const MlDtypes peer(dtype, kCount);
  const MlDtypes tiny(dtype, 1);
  if (!peer.available()) return state.SkipWithError("Python has no numpy and ml_dtypes");
  std::vector<double> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(seconds([&] { tiny.convert(); }));
  std::vector<std::uint8_t> codes(kCount);
  compare(
      state, static_cast<double>(kCount), median(calls),
      [&] { cast.encode(normal_data().data(), codes.data(), kCount); }, [&] { peer.convert(); });
  if (!peer.equals(codes)) state.SkipWithError("the codes differ from ml_dtypes'");
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
