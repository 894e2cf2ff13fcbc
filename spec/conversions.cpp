// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What real software does, as policies: one row per conversion. Rows are checked against outputs of
// the software itself: tables in tests/vectors, and, where the larger reference data is at hand,
// digests of every binary32 input of every other chunk of 2^24 (mxscope conform digest).
#include "spec/conversions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

constexpr auto kSat = Overflow::kSaturate;
constexpr auto kInf = Overflow::kInfinity;
constexpr auto kNan = Overflow::kNan;

constexpr Policy with(Policy p, Rounding rounding) {
  p.rounding = rounding;
  return p;
}

constexpr Policy with(Policy p, Overflow overflow, Overflow infinity) {
  p.overflow = overflow;
  p.infinity = infinity;
  return p;
}

constexpr Policy with(Policy p, NanRule nan, NanSign sign) {
  p.nan = nan;
  p.nan_sign = sign;
  return p;
}

constexpr Policy truncated(Policy p) {
  p.rounding = Rounding::kTowardZero;
  p.directed_overflow = DirectedOverflow::kAlways;
  return p;
}

// NVIDIA: a NaN gives the positive canonical one, or the positive maximum where there is none.
constexpr Policy kNvSat{};
constexpr Policy kNvNan = with(kNvSat, kNan, kNan);
constexpr Policy kNvInf = with(kNvSat, kInf, kInf);
constexpr Policy kNvNoNan = with(kNvSat, NanRule::kMaximum, NanSign::kPositive);
constexpr Policy kNvScaleDown = {.rounding = Rounding::kTowardZero,
                                 .negative = NegativeRule::kMagnitude};
constexpr Policy kNvScaleUp = with(kNvScaleDown, Rounding::kUp);

// The binary64 path keeps the sign of a NaN, and the payload where E5M2 has room for it.
constexpr Policy kNv64Sat = with(kNvSat, NanRule::kPayload, NanSign::kKeep);

// ml_dtypes: kSaturate does not apply to infinite inputs; formats without NaN get a zero of the
// opposite sign.
constexpr Policy kMlNan = with(with({}, kNan, kNan), NanRule::kQuiet, NanSign::kKeep);
constexpr Policy kMlInf = with(kMlNan, kInf, kInf);
constexpr Policy kMlNanSat = with(kMlNan, kSat, kNan);
constexpr Policy kMlInfSat = with(kMlInf, kSat, kInf);
constexpr Policy kMlNoNan = with({}, NanRule::kZero, NanSign::kFlip);
constexpr Policy kMlScale = {.tie_p1 = TieP1::kUp,
                             .overflow = kNan,
                             .infinity = kNan,
                             .negative = NegativeRule::kNan,
                             .zero = LowRule::kNan,
                             .low_grid = LowGrid::kFromZero};
constexpr Policy kMlScaleSat = {.tie_p1 = TieP1::kUp,
                                .overflow = kSat,
                                .infinity = kNan,
                                .negative = NegativeRule::kLowestFinite,
                                .low_grid = LowGrid::kFromZero};

constexpr Policy kPtScale = {.tie_p1 = TieP1::kUp,
                             .overflow = kNan,
                             .infinity = kNan,
                             .negative = NegativeRule::kMagnitude,
                             .low_grid = LowGrid::kFromZero};

// torchao reads the bits of a NaN as if its exponent were an ordinary one.
constexpr Policy kAoNoNan = with({}, NanRule::kRebias, NanSign::kKeep);

constexpr Policy kIeee = with(with({}, kInf, kInf), NanRule::kPayload, NanSign::kKeep);

constexpr Policy kUnScale = {.rounding = Rounding::kNearestLog2,
                             .negative = NegativeRule::kLowestFinite};

/// Which software, where in it, and how what it does is known.
struct Origin {
  std::string source, evidence;
};

// Every other chunk of 2^24 binary32 inputs was compared, by digest (mxscope conform digest).
constexpr const char* kHalf = "on 2^31 binary32 inputs";

Origin cuda(std::string_view header, std::string_view what) {
  return {fmt::format("CUDA 13.0 {}, {}", header, what),
          fmt::format("run: CUDA 13.0 headers on the host, {}", kHalf)};
}

std::vector<Conversion> make_named() {
  const Origin nv8 = cuda("cuda_fp8.h", "cvt from float");
  const Origin nv6 = cuda("cuda_fp6.h", "cvt from float");
  const Origin nv4 = cuda("cuda_fp4.h", "cvt from float");
  const Origin nv64 = {"CUDA 13.0 cuda_fp8.h, fp6, fp4: cvt from double",
                       "run: CUDA 13.0 headers on the host, on 30 special binary64 inputs"};
  const Origin ml = {"ml_dtypes 0.6, ConvertFrom<kSaturate, kTruncate, float>",
                     fmt::format("run: ml_dtypes 0.6 (b793a6e2), {}", kHalf)};
  const Origin ct = {"CUTLASS, host constructor from float",
                     fmt::format("run: CUTLASS 7107b055 on the host, {}", kHalf)};
  const Origin pt = {
      "PyTorch, torch/headeronly float8 conversions",
      fmt::format("run: the functions of PyTorch's headers (0316fdce, 09472326, 31db7314), "
                  "transcribed, {}",
                  kHalf)};
  const Origin un = {"Universal, microfloat and e8m0 from float",
                     fmt::format("run: Universal e6aa3570, {}", kHalf)};
  const Origin ao = {"torchao, _f32_to_floatx_unpacked",
                     "run: torchao 36027d82 with torch 1.13.0a0 on the CPU, on 8343 binary32 "
                     "inputs"};
  std::vector<Conversion> rows;
  const auto add = [&](std::string name, std::string format, const Policy& policy,
                       const Origin& origin) {
    rows.push_back(
        {std::move(name), std::move(format), policy, {}, origin.source, origin.evidence});
  };
  add("nv_e4m3_sat", "e4m3", kNvSat, nv8);
  add("nv_e4m3_nosat", "e4m3", kNvNan, nv8);
  add("nv_e5m2_sat", "e5m2", kNvSat, nv8);
  add("nv_e5m2_nosat", "e5m2", kNvInf, nv8);
  for (const std::string f : {"e2m3", "e3m2", "e2m1"}) {
    const Origin& from = f == "e2m1" ? nv4 : nv6;
    add("nv_" + f + "_rn", f, kNvNoNan, from);
    add("nv_" + f + "_rz", f, with(kNvNoNan, Rounding::kTowardZero), from);
  }
  add("nv_e8m0_rz_sat", "e8m0", kNvScaleDown, nv8);
  add("nv_e8m0_rp_sat", "e8m0", kNvScaleUp, nv8);
  add("nv_e8m0_rz_nosat", "e8m0", with(kNvScaleDown, kNan, kNan), nv8);
  add("nv_e8m0_rp_nosat", "e8m0", with(kNvScaleUp, kNan, kNan), nv8);
  for (const std::string f : {"bf16", "fp16"}) {
    const Origin nv16 = cuda(fmt::format("cuda_{}.h", f), "host cvt from float");
    add("nv_" + f + "_rn", f, kNvInf, nv16);
    add("nv_" + f + "_rz", f, with(kNvInf, Rounding::kTowardZero), nv16);
    add("nv_" + f + "_ru", f, with(kNvInf, Rounding::kUp), nv16);
    add("nv_" + f + "_rd", f, with(kNvInf, Rounding::kDown), nv16);
  }
  add("nv_fp64_e4m3_sat", "e4m3", kNv64Sat, nv64);
  add("nv_fp64_e4m3_nosat", "e4m3", with(kNv64Sat, kNan, kNan), nv64);
  add("nv_fp64_e5m2_sat", "e5m2", kNv64Sat, nv64);
  add("nv_fp64_e5m2_nosat", "e5m2", with(kNv64Sat, kInf, kInf), nv64);
  for (const std::string f : {"e2m3", "e3m2", "e2m1"})
    add("nv_fp64_" + f + "_rn", f, kNvNoNan, nv64);
  add("nv_fp64_e8m0_rz_sat", "e8m0", kNvScaleDown, nv64);
  add("nv_fp64_e8m0_rp_sat", "e8m0", kNvScaleUp, nv64);

  add("ml_float4_e2m1fn", "e2m1", kMlNoNan, ml);
  add("ml_float6_e2m3fn", "e2m3", kMlNoNan, ml);
  add("ml_float6_e3m2fn", "e3m2", kMlNoNan, ml);
  add("ml_float4_e2m1fn_trunc", "e2m1", truncated(kMlNoNan), ml);
  add("ml_float6_e2m3fn_trunc", "e2m3", truncated(kMlNoNan), ml);
  add("ml_float6_e3m2fn_trunc", "e3m2", truncated(kMlNoNan), ml);
  add("ml_float8_e4m3fn", "e4m3", kMlNan, ml);
  add("ml_float8_e4m3fn_sat", "e4m3", kMlNanSat, ml);
  add("ml_float8_e4m3fn_trunc", "e4m3", truncated(kMlNan), ml);
  add("ml_float8_e5m2", "e5m2", kMlInf, ml);
  add("ml_float8_e5m2_sat", "e5m2", kMlInfSat, ml);
  add("ml_float8_e5m2_trunc", "e5m2", truncated(kMlInf), ml);
  for (const std::string f : {"e4m3fnuz", "e5m2fnuz"}) {
    add("ml_float8_" + f, f, kMlNan, ml);
    add("ml_float8_" + f + "_sat", f, kMlNanSat, ml);
  }
  add("ml_float8_e4m3b11fnuz", "e4m3b11fnuz", kMlNan, ml);
  add("ml_float8_e4m3", "e4m3ieee", kMlInf, ml);
  add("ml_float8_e3m4", "e3m4ieee", kMlInf, ml);
  add("ml_float8_e8m0fnu", "e8m0", kMlScale, ml);
  add("ml_float8_e8m0fnu_sat", "e8m0", kMlScaleSat, ml);
  add("ml_float8_e8m0fnu_trunc", "e8m0", truncated(kMlScale), ml);

  add("ct_float_e4m3_t", "e4m3", kNvSat, ct);
  add("ct_float_e5m2_t", "e5m2", kNvSat, ct);
  for (const std::string f : {"e2m1", "e2m3", "e3m2"})
    add("ct_float_" + f + "_t", f, with({}, NanRule::kMaximum, NanSign::kKeep), ct);
  add("ct_float_ue4m3_t", "ue4m3", {.negative = NegativeRule::kMagnitude}, ct);
  add("ct_float_ue8m0_t", "e8m0", with(kNvScaleUp, kSat, kNan), ct);

  add("pt_float8_e4m3fn", "e4m3", kMlNan, pt);
  add("pt_float8_e5m2", "e5m2", with(kMlInf, NanRule::kTop, NanSign::kKeep), pt);
  add("pt_float8_e8m0fnu", "e8m0", kPtScale, pt);

  add("un_e4m3", "e4m3", kMlNan, un);
  add("un_e5m2", "e5m2", kMlInf, un);
  for (const std::string f : {"e2m1", "e2m3", "e3m2"})
    add("un_" + f, f, with({}, NanRule::kZero, NanSign::kPositive), un);
  add("un_e8m0", "e8m0", kUnScale, un);

  add("ao_f32_to_f4_unpacked", "e2m1", kAoNoNan, ao);
  add("ao_f32_to_f6_e2m3_unpacked", "e2m3", kAoNoNan, ao);
  add("ao_f32_to_f6_e3m2_unpacked", "e3m2", kAoNoNan, ao);
  return rows;
}

constexpr std::string_view kGfloat = "gfloat_";

/// gfloat's round_float and encode_float for a format: sat, rounding mode and random bits are its
/// arguments, everything else is fixed. A value that it raises on is a refusal here.
Policy gfloat_policy(const Format& f, bool saturate) {
  Policy p;
  p.overflow = saturate ? kSat : f.infinities ? kInf : f.has_nan() ? kNan : Overflow::kError;
  p.infinity = p.overflow;
  p.nan = f.has_nan() ? NanRule::kTop : NanRule::kError;
  // One NaN code, the highest of all.
  p.nan_sign = NanSign::kNegative;
  p.made_nan_sign = NanSign::kNegative;
  if (!f.is_signed)
    p.negative = f.infinities ? NegativeRule::kRoundThenError : NegativeRule::kRoundThenNan;
  if (f.kind == FormatKind::kFloat && !f.zero) {
    p.zero = LowRule::kNan;
    p.underflow = LowRule::kNan;
  }
  return p;
}

/// "TiesToEven_sat", "Stochastic_n3_b5": gfloat's arguments spelled as a column name.
std::optional<Conversion> gfloat_conversion(std::string_view stem, std::string_view column) {
  Conversion c;
  c.name = fmt::format("{}.{}", stem, column);
  c.source = "gfloat, round_float then encode_float";
  c.evidence = "run: gfloat b142762d on tables for 29 formats; for others by the same rule";
  const std::string_view format_name = stem.substr(kGfloat.size());
  c.format = std::string(format_name);
  const Format& format = find_format(format_name);
  const auto mode_end = column.find('_');
  if (mode_end == std::string_view::npos) return std::nullopt;
  const std::string_view rest = column.substr(mode_end);
  c.policy = gfloat_policy(format, rest != "_nosat");
  c.policy.rounding = parse_rounding(column.substr(0, mode_end));
  if (!is_stochastic(c.policy.rounding))
    return rest == "_sat" || rest == "_nosat" ? std::optional(c) : std::nullopt;
  const char* const end = rest.data() + rest.size();
  if (rest.substr(0, 2) != "_n") return std::nullopt;
  const auto bits = std::from_chars(rest.data() + 2, end, c.random.count);
  if (bits.ec != std::errc{} || end - bits.ptr < 3 || std::string_view(bits.ptr, 2) != "_b")
    return std::nullopt;
  const auto value = std::from_chars(bits.ptr + 2, end, c.random.value);
  return value.ec == std::errc{} && value.ptr == end ? std::optional(c) : std::nullopt;
}

}  // namespace

const std::vector<Conversion>& named_conversions() {
  static const std::vector<Conversion> rows = make_named();
  return rows;
}

Conversion find_conversion(std::string_view name, std::string_view family) {
  const auto row = [](std::string_view wanted) {
    const auto& rows = named_conversions();
    const auto it = std::find_if(rows.begin(), rows.end(),
                                 [&](const Conversion& c) { return c.name == wanted; });
    return it == rows.end() ? nullptr : &*it;
  };
  if (const Conversion* c = row(name)) return *c;
  const std::string prefix(family.substr(0, family.rfind('_')));
  if (const Conversion* c = row(prefix + "_" + std::string(name))) return *c;
  std::string_view stem = family;
  std::string_view column = name;
  if (const auto dot = name.find('.'); dot != std::string_view::npos) {
    stem = name.substr(0, dot);
    column = name.substr(dot + 1);
  }
  if (stem.substr(0, kGfloat.size()) == kGfloat)
    if (auto c = gfloat_conversion(stem, column)) return *c;
  std::vector<std::string> known;
  for (const Conversion& c : named_conversions()) known.push_back(c.name);
  known.emplace_back("gfloat_ocp_e4m3.TiesToEven_sat");
  throw unknown_name("conversion", name, known);
}

std::vector<std::string> policy_names() {
  return {"ocp",     "ocp-nosat", "ieee",      "nv",      "nv-nosat", "ml_dtypes",
          "pytorch", "cutlass",   "universal", "torchao", "gfloat"};
}

Policy named_policy(std::string_view name, const Format& f) {
  const bool scale = f.kind == FormatKind::kFloat && !f.zero && f.mantissa_bits == 0;
  const Policy nosat = with({}, kInf, kInf);
  if (name == "ocp") return adapted(f, {});
  if (name == "ocp-nosat") return adapted(f, nosat);
  if (name == "ieee") return adapted(f, kIeee);
  if (name == "nv") return adapted(f, scale ? kNvScaleUp : kNvSat);
  if (name == "nv-nosat") return adapted(f, scale ? with(kNvScaleUp, kNan, kNan) : nosat);
  if (name == "ml_dtypes")
    return scale ? kMlScale : f.has_nan() ? adapted(f, kMlInf) : adapted(f, kMlNoNan);
  // torchao has arithmetic of its own for formats without NaN alone, and casts to others by
  // PyTorch.
  if (name == "torchao" && !f.has_nan())
    return adapted(f, conflict(f, adapted(f, kAoNoNan)).empty() ? kAoNoNan : Policy{});
  if (name == "pytorch" || name == "torchao")
    return scale ? kPtScale : adapted(f, with(kMlInf, NanRule::kTop, NanSign::kKeep));
  if (name == "cutlass") {
    if (scale) return with(kNvScaleUp, kSat, kNan);
    return adapted(f, f.has_nan() ? kNvSat : with({}, NanRule::kMaximum, NanSign::kKeep));
  }
  if (name == "universal") {
    if (scale) return kUnScale;
    return adapted(f, f.has_nan() ? kMlInf : with({}, NanRule::kZero, NanSign::kPositive));
  }
  if (name == "gfloat") return gfloat_policy(f, true);
  throw unknown_name("policy", name, policy_names());
}

std::string_view default_policy_name(const Format& f) {
  return f.infinities && f.source.rfind("OCP ", 0) != 0 ? "ieee" : "ocp";
}

}  // namespace mxscope::spec
