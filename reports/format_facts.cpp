// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a format's row implies, as text and JSON.
#include "reports/format_facts.h"

#include <fmt/format.h>

#include <optional>

#include "analysis/encoding_json.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using spec::Code;
using spec::CodeClass;
using spec::Format;
using spec::FormatKind;
using spec::Integer;
using spec::Rational;
using spec::to_approximate_text;
using spec::to_hex_text;
using spec::to_text;

std::string bits_text(Code value, int count) {
  std::string out;
  for (int i = count - 1; i >= 0; --i) out += (value >> i & 1) != 0 ? '1' : '0';
  return out;
}

/// The ordinal of 1, where the format holds it.
std::optional<std::int64_t> ordinal_of_one(const Format& f) {
  // Ordinals ascend with values: bisect.
  std::int64_t low = 0;
  std::int64_t high = f.max_ordinal();
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (f.ordinal_value(middle) < 1)
      low = middle + 1;
    else
      high = middle;
  }
  if (f.ordinal_value(low) != 1) return std::nullopt;
  return low;
}

nlohmann::json limit_json(const Rational& value) {
  return {{"value", to_text(value)}, {"hex_value", to_hex_text(value)}};
}

}  // namespace

std::string fields_text(const Format& f, Code code) {
  if (f.kind == FormatKind::kFixed) return bits_text(code, f.bits);
  std::string out;
  if (f.is_signed) out += bits_text(code >> (f.bits - 1), 1) + " ";
  out += bits_text(code >> f.mantissa_bits, f.exponent_bits);
  if (f.mantissa_bits > 0) out += " " + bits_text(code, f.mantissa_bits);
  return out;
}

std::string code_text(const Format& f, Code code) {
  return fmt::format("0x{:0{}x}", code, (f.bits + 3) / 4);
}

std::string class_text(CodeClass code_class) {
  switch (code_class) {
    case CodeClass::kZero:
      return "zero";
    case CodeClass::kSubnormal:
      return "subnormal";
    case CodeClass::kNormal:
      return "normal";
    case CodeClass::kInfinity:
      return "infinity";
    case CodeClass::kNan:
      return "nan";
    case CodeClass::kUnused:
      break;
  }
  return "unused";
}

Integer nan_codes(const Format& f) {
  if (f.kind == FormatKind::kFixed) return 0;
  const Integer high = f.high_nans;
  return f.is_signed ? Integer(2 * high + (f.negative_zero ? 0 : 1)) : high;
}

Integer infinity_codes(const Format& f) { return !f.infinities ? 0 : f.is_signed ? 2 : 1; }

Integer finite_values(const Format& f) {
  const Integer positive = Integer(f.max_ordinal()) + 1;
  return f.is_signed ? Integer(positive + f.max_ordinal(true)) : positive;
}

std::string short_text(const Rational& value, std::size_t width) {
  const Integer num = numerator(value);
  const Integer den = denominator(value);
  // Small powers of two read better as numbers: 0.5, 16.
  std::string exact = to_text(value, 18);
  if (exact.size() <= width && exact.find_first_of("/*") == std::string::npos) return exact;
  if (num > 0 && lsb(num) == msb(num) && spec::is_dyadic(value)) {
    const auto exponent = static_cast<std::int64_t>(msb(num)) - static_cast<std::int64_t>(msb(den));
    return fmt::format("2^{}", exponent);
  }
  return to_approximate_text(value, 3);
}

std::vector<Landmark> landmarks(const Format& f) {
  std::vector<Landmark> out;
  const auto both = [&](const std::string& name, std::int64_t ordinal) {
    out.push_back({name, f.encode(false, ordinal)});
    if (f.is_signed) out.push_back({"-(" + name + ")", f.encode(true, ordinal)});
  };
  if (f.zero || f.kind == FormatKind::kFixed) {
    out.push_back({"zero", 0});
    if (f.kind == FormatKind::kFloat && f.is_signed && f.negative_zero)
      out.push_back({"negative zero", f.sign_mask()});
  }
  if (f.kind == FormatKind::kFixed) {
    both("least positive", 1);
  } else {
    const std::int64_t implicit = std::int64_t{1} << f.mantissa_bits;
    if (f.subnormals && f.mantissa_bits > 0) {
      both("least subnormal", 1);
      if (implicit > 2) both("greatest subnormal", implicit - 1);
    }
    const std::int64_t normal = f.subnormals ? implicit : f.zero ? 1 : 0;
    if (normal <= f.max_ordinal()) both("least normal", normal);
  }
  if (const auto one = ordinal_of_one(f)) {
    if (*one > 0) both("before one", *one - 1);
    both("one", *one);
    if (*one < f.max_ordinal()) both("after one", *one + 1);
  }
  out.push_back({"greatest", f.encode(false, f.max_ordinal())});
  if (f.is_signed) out.push_back({"most negative", f.encode(true, f.max_ordinal(true))});
  for (const bool negative : {false, true}) {
    if (negative && !f.is_signed) continue;
    const std::string sign = negative ? "negative " : "";
    if (const auto code = f.infinity_code(negative)) out.push_back({sign + "infinity", *code});
    if (negative && f.high_nans == 0) continue;  // one NaN for both signs
    const auto quiet = f.quiet_nan_code(negative);
    if (quiet)
      out.push_back({sign + (quiet == f.nan_code(negative) ? "NaN" : "quiet NaN"), *quiet});
    if (quiet && quiet != f.nan_code(negative))
      out.push_back({sign + "NaN, all ones", *f.nan_code(negative)});
  }
  return out;
}

nlohmann::json format_json(const Format& f) {
  nlohmann::json json = analysis::encoding_json(f);
  // The row's default is true; here it says whether there is such a code.
  json["negative_zero"] = f.kind == FormatKind::kFloat && f.is_signed && f.negative_zero;
  json["name"] = f.name;
  json["aliases"] = f.aliases;
  json["nan_codes"] = nan_codes(f).str();
  json["finite_values"] = finite_values(f).str();
  json["emin"] = f.emin();
  json["emax"] = f.emax();
  json["max"] = limit_json(f.max_value());
  json["min"] = limit_json(f.min_value());
  json["min_positive"] = limit_json(f.min_positive());
  json["min_normal"] = f.min_normal() ? limit_json(*f.min_normal()) : nlohmann::json();
  json["storage_bits"] = f.storage_bits;
  json["storage_shift"] = f.storage_shift;
  json["source"] = f.source;
  json["note"] = f.note;
  return json;
}

nlohmann::json code_json(const Format& f, Code code) {
  const spec::Number number = decode(f, code);
  const CodeClass code_class = f.classify(code);
  nlohmann::json json = {{"code", code_text(f, code)},
                         {"fields", fields_text(f, code)},
                         {"class", class_text(code_class)},
                         {"value", nullptr},
                         {"hex_value", nullptr}};
  if (code_class == CodeClass::kUnused) return json;
  json["value"] = to_text(number);
  if (number.kind == spec::NumberKind::kFinite)
    json["hex_value"] = (number.negative ? "-" : "") + to_hex_text(number.magnitude);
  return json;
}

}  // namespace mxscope::reports
