// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Codes to numbers as an operation: mistaken formats, biases, ends and specials.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <numeric>

#include "analysis/cast_cases.h"
#include "analysis/operations.h"
#include "spec/batch.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Arguments;
using spec::CaseLevel;
using spec::Change;
using spec::Format;
using spec::Operation;
using spec::OperationKind;

constexpr std::uint32_t kNan = 0x7FC00000;
constexpr std::uint32_t kInfinity = 0x7F800000;

struct Decisions {
  Format format;
  bool flush_results = false;
  bool flush_codes = false;    ///< subnormal codes are zeros
  bool zero_of_least = false;  ///< code 0 is zero in a format without
  bool nans_continue = false;  ///< NaN codes are the values that would follow
  bool nan_is_infinity = false;
  bool drops_sign = false;  ///< of zero

  bool apply(const Change& change) {
    if (change.field == "format") {
      const Format& other = spec::find_format(change.value);
      if (other.storage_bits != format.storage_bits) return false;
      format = other;
    } else if (change.field == "bias") {
      if (format.kind == spec::FormatKind::kFixed) return false;
      std::from_chars(change.value.data(), change.value.data() + change.value.size(), format.bias);
    } else if (change.field == "subnormals") {
      flush_codes = true;
    } else if (change.field == "result_subnormals") {
      flush_results = true;
    } else if (change.field == "code_0") {
      zero_of_least = true;
    } else if (change.field == "nan") {
      nans_continue = change.value == "the next values";
      nan_is_infinity = change.value == "infinity";
    } else if (change.field == "negative_zero") {
      drops_sign = true;
    }
    return true;
  }
};

/// Every code decoded, by its stored word.
class Decoder {
 public:
  explicit Decoder(const Decisions& d)
      : bytes_(static_cast<std::size_t>(d.format.storage_bits) / 8) {
    Format format = d.format;
    if (d.nans_continue) {
      format.high_nans = 0;
      format.infinities = false;
    }
    const std::size_t words = std::size_t{1} << d.format.storage_bits;
    table_.resize(words);
    std::vector<std::uint16_t> wide(words);
    std::vector<std::uint8_t> narrow(words);
    for (std::size_t w = 0; w < words; ++w) {
      // Bits beyond the format's are passed over.
      const auto kept = w & (format.code_mask() << format.storage_shift);
      wide[w] = static_cast<std::uint16_t>(kept);
      narrow[w] = static_cast<std::uint8_t>(kept);
    }
    const spec::BatchDecode decode(format);
    decode.decode(bytes_ == 1 ? static_cast<const void*>(narrow.data()) : wide.data(),
                  table_.data(), words);
    for (std::size_t w = 0; w < words; ++w) {
      const spec::Code code = (w >> format.storage_shift) & format.code_mask();
      std::uint32_t& word = table_[w];
      const std::uint32_t sign = word & 0x80000000;
      const spec::CodeClass kind = format.classify(code);
      if (kind == spec::CodeClass::kNan) word = d.nan_is_infinity ? kInfinity | sign : kNan;
      if (d.flush_codes && kind == spec::CodeClass::kSubnormal) word = sign;
      if (d.flush_results && (word & kInfinity) == 0) word = sign;
      if (d.zero_of_least && code == 0) word = 0;
      if (d.drops_sign && word == 0x80000000) word = 0;
    }
  }

  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) const {
    for (std::size_t i = 0; i < count; ++i)
      spec::write_word(results, 4, i, table_[spec::read_word(inputs, bytes_, i)]);
  }

 private:
  std::size_t bytes_;
  std::vector<std::uint32_t> table_;
};

std::optional<spec::Model> model(const Format& format, std::span<const Change> changes) {
  Decisions decisions{format};
  for (const Change& change : changes)
    if (!decisions.apply(change)) return std::nullopt;
  try {
    spec::validate(decisions.format);
    return [decoder = std::make_shared<const Decoder>(decisions)](
               std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
      decoder->run(count, inputs, results);
    };
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<Change> suspects(const Format& format) {
  std::vector<Change> out;
  if (!format.zero) out.push_back({"code_0", "zero", "the least value"});
  if (format.has_nan()) {
    out.push_back({"nan", "infinity", "NaN"});
    out.push_back({"nan", "the next values", "NaN"});
  }
  out.push_back({"subnormals", "flushed", "kept"});
  out.push_back({"result_subnormals", "flushed", "kept"});
  if (format.is_signed) out.push_back({"negative_zero", "dropped", "kept"});
  for (const Format& other : spec::builtin_formats())
    if (other.bits == format.bits && other.storage_bits == format.storage_bits &&
        other.name != format.name)
      out.push_back({"format", other.name, format.name});
  const std::string bias = std::to_string(format.bias);
  for (const int step : {1, -1}) out.push_back({"bias", std::to_string(format.bias + step), bias});
  return out;
}

Operation make(const OperationKind& kind, const Arguments& arguments) {
  const Format format = spec::find_format(spec::argument(kind, arguments, "from"));
  if (format.storage_bits > 16)
    throw Error(fmt::format("decode is for formats of at most 16 bits, and {} has {}", format.name,
                            format.bits));
  const spec::BatchDecode refuses_wide_ones(format);
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format("decode {} to fp32", format.name);
  out.source = format.source;
  out.arguments = spec::complete(kind, arguments);
  out.input.fields = {{"code", format.name, format.storage_bits, 1}};
  out.result.fields = {{"x", "fp32", 32, 1}};
  out.cases = [format](CaseLevel, std::uint64_t) {
    std::vector<std::uint64_t> words(format.code_mask() + 1);
    std::iota(words.begin(), words.end(), 0U);
    for (std::uint64_t& word : words) word <<= format.storage_shift;
    return listed_cases(std::move(words), static_cast<std::size_t>(format.storage_bits) / 8);
  };
  out.model = [format](std::span<const Change> changes) { return model(format, changes); };
  out.changes = suspects(format);
  out.canonical = [](std::size_t count, std::uint8_t* results) {
    for (std::size_t i = 0; i < count; ++i)
      if ((spec::read_word(results, 4, i) & 0x7FFFFFFF) > kInfinity)
        spec::write_word(results, 4, i, kNan);
  };
  return out;
}

}  // namespace

OperationKind decode_operation() {
  OperationKind out;
  out.name = "decode";
  out.summary = "Codes to numbers";
  out.parameters = {{"from", "The format of the codes, by name or alias", "", true}};
  out.example = "--from e8m0";
  out.make = [kind = out](const Arguments& arguments) { return make(kind, arguments); };
  return out;
}

}  // namespace mxscope::analysis
