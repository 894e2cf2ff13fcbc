// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The format table: one row each, with the document and clause it follows.
#include "spec/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>

#include "spec/names.h"

namespace mxscope::spec {
namespace {

constexpr auto kFixed = FormatKind::kFixed;

std::vector<Format> make_builtin() {
  return {
      {.name = "e2m1",
       .bits = 4,
       .exponent_bits = 2,
       .mantissa_bits = 1,
       .bias = 1,
       .storage_bits = 8,
       .aliases = {"fp4", "mxfp4", "float4_e2m1fn", "float4_e2m1fn_x2", "ocp_e2m1"},
       .source = "OCP Microscaling Formats (MX) v1.0, 5.3.3"},
      {.name = "e2m3",
       .bits = 6,
       .exponent_bits = 2,
       .mantissa_bits = 3,
       .bias = 1,
       .storage_bits = 8,
       .aliases = {"float6_e2m3fn", "ocp_e2m3"},
       .source = "OCP Microscaling Formats (MX) v1.0, 5.3.2"},
      {.name = "e3m2",
       .bits = 6,
       .exponent_bits = 3,
       .mantissa_bits = 2,
       .bias = 3,
       .storage_bits = 8,
       .aliases = {"float6_e3m2fn", "ocp_e3m2"},
       .source = "OCP Microscaling Formats (MX) v1.0, 5.3.2"},
      {.name = "e4m3",
       .bits = 8,
       .exponent_bits = 4,
       .mantissa_bits = 3,
       .bias = 7,
       .high_nans = 1,
       .storage_bits = 8,
       .aliases = {"float8_e4m3fn", "e4m3fn", "ocp_e4m3"},
       .source = "OCP 8-bit Floating Point (OFP8) v1.0, 5.1 and Table 2"},
      {.name = "e5m2",
       .bits = 8,
       .exponent_bits = 5,
       .mantissa_bits = 2,
       .bias = 15,
       .infinities = true,
       .high_nans = 3,
       .storage_bits = 8,
       .aliases = {"float8_e5m2", "ocp_e5m2"},
       .source = "OCP 8-bit Floating Point (OFP8) v1.0, 5.1 and Table 2"},
      {.name = "mxint8",
       .kind = kFixed,
       .bits = 8,
       .mantissa_bits = 6,
       .storage_bits = 8,
       .aliases = {"ocp_int8"},
       .source = "OCP Microscaling Formats (MX) v1.0, 5.3.4",
       .note = "code 0x80 = -2 exists here; the clause lets it be left unused for symmetry"},
      {.name = "e8m0",
       .bits = 8,
       .exponent_bits = 8,
       .mantissa_bits = 0,
       .bias = 127,
       .is_signed = false,
       .high_nans = 1,
       .subnormals = false,
       .zero = false,
       .storage_bits = 8,
       .aliases = {"ue8m0", "float8_e8m0fnu", "ocp_e8m0"},
       .source = "OCP Microscaling Formats (MX) v1.0, 5.4.1"},
      {.name = "ue4m3",
       .bits = 7,
       .exponent_bits = 4,
       .mantissa_bits = 3,
       .bias = 7,
       .is_signed = false,
       .high_nans = 1,
       .storage_bits = 8,
       .aliases = {"nvfp4_scale"},
       .source = "PTX ISA 9.0, 5.2.3 (.ue4m3): 7 bits, bit 7 of the byte is padding"},
      {.name = "ue5m3",
       .bits = 8,
       .exponent_bits = 5,
       .mantissa_bits = 3,
       .bias = 15,
       .is_signed = false,
       .high_nans = 1,
       .storage_bits = 8,
       .aliases = {"ue5m3_guess"},
       .source = "proposal in the literature, no standard",
       .note = "bias 15 and one NaN at 0xFF are our choice; papers differ"},
      {.name = "e4m3fnuz",
       .bits = 8,
       .exponent_bits = 4,
       .mantissa_bits = 3,
       .bias = 8,
       .negative_zero = false,
       .storage_bits = 8,
       .aliases = {"float8_e4m3fnuz"},
       .source = "Noune et al., 8-bit Numerical Formats for Deep Neural Networks, 2022 (FNUZ)"},
      {.name = "e5m2fnuz",
       .bits = 8,
       .exponent_bits = 5,
       .mantissa_bits = 2,
       .bias = 16,
       .negative_zero = false,
       .storage_bits = 8,
       .aliases = {"float8_e5m2fnuz"},
       .source = "Noune et al., 8-bit Numerical Formats for Deep Neural Networks, 2022 (FNUZ)"},
      {.name = "e4m3b11fnuz",
       .bits = 8,
       .exponent_bits = 4,
       .mantissa_bits = 3,
       .bias = 11,
       .negative_zero = false,
       .storage_bits = 8,
       .aliases = {"float8_e4m3b11fnuz", "e4m3b11"},
       .source = "ml_dtypes float8_e4m3b11fnuz (Google, bias 11)"},
      {.name = "e4m3ieee",
       .bits = 8,
       .exponent_bits = 4,
       .mantissa_bits = 3,
       .bias = 7,
       .infinities = true,
       .high_nans = 7,
       .storage_bits = 8,
       .aliases = {"float8_e4m3", "e4m3_ieee"},
       .source = "ml_dtypes float8_e4m3, the encoding of IEEE 754-2019 3.4 at these widths"},
      {.name = "e3m4ieee",
       .bits = 8,
       .exponent_bits = 3,
       .mantissa_bits = 4,
       .bias = 3,
       .infinities = true,
       .high_nans = 15,
       .storage_bits = 8,
       .aliases = {"float8_e3m4", "e3m4", "e3m4_ieee"},
       .source = "ml_dtypes float8_e3m4, the encoding of IEEE 754-2019 3.4 at these widths"},
      {.name = "s1p2",
       .bits = 4,
       .exponent_bits = 1,
       .mantissa_bits = 2,
       .bias = 1,
       .storage_bits = 8,
       .aliases = {"hif4_element", "e1m2"},
       .source = "HiF4 element: sign, one integer and two fraction bits (ARCQuant's model code)"},
      {.name = "e6m2",
       .bits = 8,
       .exponent_bits = 6,
       .mantissa_bits = 2,
       .bias = 48,
       .is_signed = false,
       .high_nans = 1,
       .subnormals = false,
       .zero = false,
       .storage_bits = 8,
       .aliases = {"ue6m2", "hif4_scale"},
       .source = "HiF4 group scale: 2^-48 to 1.5*2^15, one NaN (ARCQuant's model code)"},
      {.name = "int4",
       .kind = kFixed,
       .bits = 4,
       .mantissa_bits = 0,
       .symmetric = true,
       .storage_bits = 8,
       .aliases = {"s4"},
       .source = "symmetric two's complement integer, -7 to 7",
       .note = "code 8 = -8 is left unused, as symmetric quantizers do"},
      {.name = "int8",
       .kind = kFixed,
       .bits = 8,
       .mantissa_bits = 0,
       .symmetric = true,
       .storage_bits = 8,
       .aliases = {"s8"},
       .source = "symmetric two's complement integer, -127 to 127",
       .note = "code 0x80 = -128 is left unused, as symmetric quantizers do"},
      {.name = "bf16",
       .bits = 16,
       .exponent_bits = 8,
       .mantissa_bits = 7,
       .bias = 127,
       .infinities = true,
       .high_nans = 127,
       .storage_bits = 16,
       .aliases = {"bfloat16"},
       .source = "PTX ISA 9.0, 5.2.3 (.bf16); IEEE 754-2019 3.4 at these widths"},
      {.name = "fp16",
       .bits = 16,
       .exponent_bits = 5,
       .mantissa_bits = 10,
       .bias = 15,
       .infinities = true,
       .high_nans = 1023,
       .storage_bits = 16,
       .aliases = {"f16", "float16", "half", "binary16"},
       .source = "IEEE 754-2019 3.6, binary16"},
      {.name = "tf32",
       .bits = 19,
       .exponent_bits = 8,
       .mantissa_bits = 10,
       .bias = 127,
       .infinities = true,
       .high_nans = 1023,
       .storage_bits = 32,
       .storage_shift = 13,
       .aliases = {"tensorfloat32"},
       .source = "PTX ISA 9.0, 5.2.3 (.tf32): the range of binary32, 10 mantissa bits",
       .note = "stored in the top 19 bits of a 32-bit word; the low 13 are zero here"},
      {.name = "fp32",
       .bits = 32,
       .exponent_bits = 8,
       .mantissa_bits = 23,
       .bias = 127,
       .infinities = true,
       .high_nans = (1 << 23) - 1,
       .storage_bits = 32,
       .aliases = {"f32", "float32", "float", "single", "binary32"},
       .source = "IEEE 754-2019 3.6, binary32"},
      {.name = "fp64",
       .bits = 64,
       .exponent_bits = 11,
       .mantissa_bits = 52,
       .bias = 1023,
       .infinities = true,
       .high_nans = (std::int64_t{1} << 52) - 1,
       .storage_bits = 64,
       .aliases = {"f64", "float64", "double", "binary64"},
       .source = "IEEE 754-2019 3.6, binary64"},
  };
}

/// "p3109_k8p3se" -> its row; nothing when the text has another form.
std::optional<Format> parse_p3109(std::string_view name) {
  constexpr std::string_view kPrefix = "p3109_k";
  if (name.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const char* const end = name.data() + name.size();
  int bits = 0;
  const auto after_bits = std::from_chars(name.data() + kPrefix.size(), end, bits);
  if (after_bits.ec != std::errc{} || after_bits.ptr == end || *after_bits.ptr != 'p')
    return std::nullopt;
  int precision = 0;
  const auto after_precision = std::from_chars(after_bits.ptr + 1, end, precision);
  if (after_precision.ec != std::errc{}) return std::nullopt;
  const std::string_view suffix(after_precision.ptr,
                                static_cast<std::size_t>(end - after_precision.ptr));
  if (suffix != "se" && suffix != "sf" && suffix != "ue" && suffix != "uf") return std::nullopt;
  return p3109_format(bits, precision, suffix[0] == 's', suffix[1] == 'e');
}

bool is_called(const Format& format, std::string_view name) {
  return format.name == name ||
         std::find(format.aliases.begin(), format.aliases.end(), name) != format.aliases.end();
}

Error unknown_format(std::string_view name, const std::vector<Format>& rows) {
  std::vector<std::string> known;
  for (const Format& f : rows) known.push_back(f.name);
  for (const Format& f : rows) known.insert(known.end(), f.aliases.begin(), f.aliases.end());
  known.emplace_back("p3109_k8p3se");
  return unknown_name("format", name, known);
}

}  // namespace

const std::vector<Format>& builtin_formats() {
  static const std::vector<Format> rows = make_builtin();
  return rows;
}

Format p3109_format(int bits, int precision, bool is_signed, bool extended) {
  const int most = is_signed ? bits - 1 : bits;
  if (bits < 3 || bits > 15 || precision < 1 || precision > most)
    throw Error(
        fmt::format("P3109 has no {} format of width {} and precision {}: widths are 3 to "
                    "15, precisions 1 to width{}",
                    is_signed ? "signed" : "unsigned", bits, precision, is_signed ? " - 1" : ""));
  const int exponent_bits = bits - precision + (is_signed ? 0 : 1);
  return {.name = fmt::format("p3109_k{}p{}{}{}", bits, precision, is_signed ? 's' : 'u',
                              extended ? 'e' : 'f'),
          .bits = bits,
          .exponent_bits = exponent_bits,
          .mantissa_bits = precision - 1,
          .bias = 1 << (exponent_bits - 1),
          .is_signed = is_signed,
          .negative_zero = false,
          .infinities = extended,
          .high_nans = is_signed ? 0 : 1,
          .storage_bits = bits > 8 ? 16 : 8,
          .source =
              "IEEE P3109 interim report 3.1, 4 (formats by width, precision, signedness and "
              "domain)"};
}

std::vector<Format> p3109_formats(int first_bits, int last_bits) {
  std::vector<Format> rows;
  for (int bits = first_bits; bits <= last_bits; ++bits)
    for (int precision = 1; precision <= bits; ++precision)
      for (const bool is_signed : {true, false})
        for (const bool extended : {true, false}) {
          if (is_signed && precision == bits) continue;
          Format row = p3109_format(bits, precision, is_signed, extended);
          // Three codes cannot hold zero, a value, an infinity and a NaN.
          if (row.max_ordinal() >= 1) rows.push_back(std::move(row));
        }
  return rows;
}

const Format& find_format(std::string_view name) {
  for (const Format& f : builtin_formats())
    if (is_called(f, name)) return f;
  if (auto row = parse_p3109(name)) {
    static std::mutex mutex;
    static std::map<std::string, Format, std::less<>> made;
    const std::lock_guard lock(mutex);
    return made.try_emplace(std::string(name), std::move(*row)).first->second;
  }
  throw unknown_format(name, builtin_formats());
}

void FormatTable::add(Format format) {
  validate(format);
  std::vector<std::string> names = format.aliases;
  names.push_back(format.name);
  for (const std::string& name : names)
    if (parse_p3109(name))
      throw Error(fmt::format("format '{}': the name '{}' belongs to IEEE P3109; choose another",
                              format.name, name));
  for (const Format& row : rows_)
    for (const std::string& name : names)
      if (is_called(row, name))
        throw Error(fmt::format("format '{}': the name '{}' already belongs to {}; choose another",
                                format.name, name, row.name));
  rows_.push_back(std::move(format));
}

Format FormatTable::find(std::string_view name) const {
  for (const Format& f : rows_)
    if (is_called(f, name)) return f;
  if (auto row = parse_p3109(name)) return *row;
  throw unknown_format(name, rows_);
}

}  // namespace mxscope::spec
