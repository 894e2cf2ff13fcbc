// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Names of the policy fields, and which policies a format can follow.
#include "spec/policy.h"

#include <fmt/format.h>

#include <array>
#include <functional>
#include <span>

#include "spec/field_values.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

/// One field: how to read it as an index, write it, and name its values.
struct Field {
  std::string_view name;
  std::vector<std::string_view> values;
  std::function<std::size_t(const Policy&)> get;
  std::function<void(Policy&, std::size_t)> set;
};

template <typename Enum>
Field field(std::string_view name, Enum Policy::*member, std::vector<std::string_view> values) {
  return {name, std::move(values),
          [member](const Policy& p) { return static_cast<std::size_t>(p.*member); },
          [member](Policy& p, std::size_t v) { p.*member = static_cast<Enum>(v); }};
}

std::vector<std::string_view> rounding_names() {
  std::vector<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Rounding::kStochasticCarry); ++i)
    names.push_back(to_string(static_cast<Rounding>(i)));
  return names;
}

// Values in the order of the enumerators.
const std::vector<Field>& fields() {
  static const std::vector<Field> all = {
      field("rounding", &Policy::rounding, rounding_names()),
      field("tie_p1", &Policy::tie_p1, {"even-code", "up", "toward-zero"}),
      field("overflow", &Policy::overflow, {"saturate", "infinity", "nan", "error"}),
      field("directed_overflow", &Policy::directed_overflow, {"ieee754", "always"}),
      field("infinity", &Policy::infinity, {"saturate", "infinity", "nan", "error"}),
      field("nan", &Policy::nan, {"top", "quiet", "payload", "maximum", "zero", "error", "rebias"}),
      field("nan_sign", &Policy::nan_sign, {"positive", "negative", "keep", "flip"}),
      field("made_nan_sign", &Policy::made_nan_sign, {"positive", "negative", "keep", "flip"}),
      field("negative", &Policy::negative,
            {"keep", "magnitude", "lowest", "lowest-finite", "nan", "error", "round-then-nan",
             "round-then-error"}),
      field("zero", &Policy::zero, {"lowest", "nan", "error"}),
      field("underflow", &Policy::underflow, {"lowest", "nan", "error"}),
      field("low_grid", &Policy::low_grid, {"unbounded", "from-zero"}),
  };
  return all;
}

const Field& find_field(std::string_view name) {
  std::vector<std::string> known;
  for (const Field& f : fields()) {
    if (f.name == name) return f;
    known.emplace_back(f.name);
  }
  throw unknown_name("policy field", name, known);
}

bool lacks_zero(const Format& format) { return format.kind == FormatKind::kFloat && !format.zero; }

std::string missing(const Format& format, std::string_view field, std::string_view what,
                    std::string_view instead) {
  return fmt::format("{} has no {}, which policy field {} asks for; use {}", format.name, what,
                     field, instead);
}

}  // namespace

std::string conflict(const Format& f, const Policy& p) {
  const auto special = [&](std::string_view name, Overflow rule) -> std::string {
    if (rule == Overflow::kInfinity && !f.infinities)
      return missing(f, name, "infinity",
                     f.has_nan() ? "saturate, nan or error" : "saturate or error");
    if (rule == Overflow::kNan && !f.has_nan())
      return missing(f, name, "NaN",
                     f.infinities ? "saturate, infinity or error" : "saturate or error");
    return "";
  };
  if (auto text = special("overflow", p.overflow); !text.empty()) return text;
  if (auto text = special("infinity", p.infinity); !text.empty()) return text;
  const bool nan_needed =
      p.nan == NanRule::kTop || p.nan == NanRule::kQuiet || p.nan == NanRule::kPayload;
  if (nan_needed && !f.has_nan()) return missing(f, "nan", "NaN", "maximum, zero or error");
  // torchao's arithmetic on the exponent field must not go below zero.
  if (p.nan == NanRule::kRebias && (f.kind != FormatKind::kFloat || f.bits > 8 || f.bias < -128))
    return "policy field nan = rebias is for float formats of at most 8 bits, bias -128 or more";
  if (!f.is_signed && p.negative == NegativeRule::kKeep)
    return missing(f, "negative", "sign", "magnitude, lowest, nan or error");
  const bool negative_nan =
      p.negative == NegativeRule::kNan || p.negative == NegativeRule::kRoundThenNan;
  if (negative_nan && !f.has_nan()) return missing(f, "negative", "NaN", "magnitude or lowest");
  const bool mirrored =
      p.negative == NegativeRule::kRoundThenNan || p.negative == NegativeRule::kRoundThenError;
  if (mirrored && (f.is_signed || is_stochastic(p.rounding)))
    return "policy field negative = round-then-... is for unsigned formats and deterministic modes";
  if (lacks_zero(f)) {
    if (p.zero == LowRule::kNan && !f.has_nan())
      return missing(f, "zero", "NaN", "lowest or error");
    if (p.underflow == LowRule::kNan && !f.has_nan())
      return missing(f, "underflow", "NaN", "lowest or error");
    const bool grid_mode = p.rounding == Rounding::kNearestEven ||
                           p.rounding == Rounding::kNearestAway ||
                           p.rounding == Rounding::kTowardZero;
    if (p.low_grid == LowGrid::kFromZero && (f.mantissa_bits != 0 || !grid_mode))
      return "policy field low_grid = from-zero is for precision 1 and modes rne, rna and rtz";
  }
  if (p.rounding == Rounding::kNearestLog2 &&
      (f.kind != FormatKind::kFloat || f.mantissa_bits != 0 || f.exponent_bits > 8))
    return fmt::format("rounding mode log2 is for formats of precision 1, and {} has precision {}",
                       f.name, f.precision());
  return "";
}

Policy adapted(const Format& format, Policy p) {
  const auto fit = [&](Overflow rule) {
    if (rule == Overflow::kInfinity && !format.infinities) rule = Overflow::kNan;
    if (rule == Overflow::kNan && !format.has_nan()) rule = Overflow::kSaturate;
    return rule;
  };
  p.overflow = fit(p.overflow);
  p.infinity = fit(p.infinity);
  const bool nan_needed =
      p.nan == NanRule::kTop || p.nan == NanRule::kQuiet || p.nan == NanRule::kPayload;
  if (nan_needed && !format.has_nan()) p.nan = NanRule::kMaximum;
  if (!format.is_signed && p.negative == NegativeRule::kKeep) p.negative = NegativeRule::kMagnitude;
  return p;
}

std::vector<PolicyField> describe(const Policy& policy) {
  std::vector<PolicyField> out;
  for (const Field& f : fields()) out.push_back({f.name, f.values[f.get(policy)]});
  return out;
}

std::vector<std::string> policy_field_values(std::string_view name) {
  const Field& f = find_field(name);
  return {f.values.begin(), f.values.end()};
}

Policy with_field(Policy from, const Policy& to, std::string_view name) {
  const Field& f = find_field(name);
  f.set(from, f.get(to));
  return from;
}

void set_field(Policy& policy, std::string_view name, std::string_view value) {
  if (name == "rounding") {
    policy.rounding = parse_rounding(value);
    return;
  }
  const Field& f = find_field(name);
  std::vector<std::string> known;
  for (std::size_t i = 0; i < f.values.size(); ++i) {
    if (f.values[i] == value) return f.set(policy, i);
    known.emplace_back(f.values[i]);
  }
  throw unknown_name(fmt::format("value of policy field {}:", name), value, known);
}

}  // namespace mxscope::spec
