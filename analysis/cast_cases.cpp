// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Inputs of conversions: where results change, bit patterns, and weighted random words.
#include "analysis/cast_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::CaseLevel;
using spec::CaseList;
using spec::Format;
using spec::Source;

constexpr std::uint64_t kRandomWords = std::uint64_t{1} << 24;
constexpr std::int64_t kFewValues = 256;       ///< of each sign: neighbours at all distances
constexpr std::int64_t kManyValues = 1 << 16;  ///< beyond: not every value

const Format& format_of(const Source& source) {
  for (const spec::SourceRow& row : spec::kSources)
    if (row.source == source) return spec::find_format(row.format);
  throw Error("no such source of conversions");
}

std::size_t bytes_of(const Source& source) { return static_cast<std::size_t>(source.bits()) / 8; }

/// The source code of a magnitude, cut to the source's precision.
class MagnitudeCodes {
 public:
  explicit MagnitudeCodes(const Source& source) : is_f64_(source == spec::kF64) {
    if (is_f64_) return;
    spec::Policy cut = spec::adapted(format_of(source), {});
    cut.rounding = spec::Rounding::kTowardZero;
    codec_ = spec::make_codec(spec::kF64, format_of(source), cut);
  }
  std::uint64_t operator()(double magnitude) const {
    const auto bits = std::bit_cast<std::uint64_t>(magnitude);
    return is_f64_ ? bits : codec_.encode(bits).code;
  }

 private:
  bool is_f64_;
  spec::Codec codec_;
};

/// The ordinals whose values and upper midpoints are cases: all of a small format, the ends of the
/// binades of a large one; a little below the least and above the largest.
std::vector<std::int64_t> ordinals_of(const Format& target) {
  const std::int64_t last = target.max_ordinal();
  std::vector<std::int64_t> out;
  if (!target.zero && target.kind == spec::FormatKind::kFloat)
    for (std::int64_t i = -3; i < 0; ++i) out.push_back(i);
  if (last <= kManyValues) {
    for (std::int64_t i = 0; i <= last; ++i) out.push_back(i);
  } else {
    const std::int64_t binade = std::int64_t{1} << target.mantissa_bits;
    for (std::int64_t base = 0; base <= last; base += binade)
      for (const std::int64_t i :
           {std::int64_t{0}, std::int64_t{1}, binade / 3, binade / 2, binade - 2, binade - 1})
        out.push_back(std::min(base + i, last));
  }
  for (std::int64_t i = 1; i <= 3; ++i) out.push_back(last + i);
  return out;
}

void add_near(std::vector<std::uint64_t>& out, std::uint64_t code, int distances,
              std::uint64_t most) {
  out.push_back(std::min(code, most));
  for (int j = 0; j < distances; ++j) {
    const std::uint64_t away = std::uint64_t{1} << j;
    out.push_back(std::min(code + away, most));
    out.push_back(code - std::min(code, away));
  }
}

void add_specials(std::vector<std::uint64_t>& out, const Source& s) {
  const int m = s.mantissa_bits;
  const std::uint64_t ones = (std::uint64_t{1} << m) - 1;
  const std::uint64_t infinity = (std::uint64_t{1} << (s.exponent_bits + m)) - (ones + 1);
  for (std::uint64_t exponent = 0; exponent < infinity; exponent += ones + 1)
    for (const std::uint64_t mantissa :
         {std::uint64_t{0}, std::uint64_t{1}, ones, ones - 1, (ones + 1) / 2, (ones + 1) / 2 - 1,
          ones / 3, ones - ones / 3})
      out.push_back(exponent | mantissa);
  out.push_back(infinity);
  for (int i = 0; i < m; ++i) {
    out.push_back(infinity | (std::uint64_t{1} << i));
    out.push_back(infinity | (ones + 1) / 2 | (std::uint64_t{1} << i));
  }
  out.push_back(infinity | ones);
  out.push_back(infinity | ones / 2);
}

template <typename Word, typename Rule>
void fill_words(std::uint64_t first, std::size_t n, std::uint8_t* records, const Rule& rule) {
  for (std::size_t i = 0; i < n; ++i) {
    const auto word = static_cast<Word>(rule(first + i));
    std::memcpy(records + i * sizeof(Word), &word, sizeof(Word));
  }
}

/// The words that a rule gives by number.
template <typename Rule>
CaseList generated(std::uint64_t count, std::size_t bytes, Rule rule) {
  return {count, [bytes, rule = std::move(rule)](std::uint64_t first, std::size_t n,
                                                 std::uint8_t* records) {
            if (bytes == 1) fill_words<std::uint8_t>(first, n, records, rule);
            if (bytes == 2) fill_words<std::uint16_t>(first, n, records, rule);
            if (bytes == 4) fill_words<std::uint32_t>(first, n, records, rule);
            if (bytes == 8) fill_words<std::uint64_t>(first, n, records, rule);
          }};
}

/// Every sign and exponent with every mantissa that is one run of ones, or one of zeros.
CaseList runs_of_bits(const Source& s) {
  const int m = s.mantissa_bits;
  std::vector<std::uint64_t> mantissas;
  const std::uint64_t ones = (std::uint64_t{1} << m) - 1;
  for (int high = 1; high <= m; ++high)
    for (int low = 0; low < high; ++low) {
      const std::uint64_t run = (std::uint64_t{1} << high) - (std::uint64_t{1} << low);
      mantissas.push_back(run);
      mantissas.push_back(ones & ~run);
    }
  const std::uint64_t each = mantissas.size();
  return generated(
      each << (s.exponent_bits + 1), bytes_of(s),
      [=, all = std::move(mantissas)](std::uint64_t i) { return (i / each << m) | all[i % each]; });
}

/// Half of the words are uniform; of the others, exponents lie in the target's range or a little
/// outside, and the bits below a few leading ones of the mantissa are all zeros, or nearly.
CaseList weighted_words(const Source& s, const Format& target, std::uint64_t seed) {
  const int bias = s.bias();
  const int low = std::clamp(target.emin() - target.mantissa_bits - 2 + bias, 0, 2 * bias);
  const int high = std::clamp(target.emax() + 2 + bias, low, 2 * bias);
  const auto exponents = static_cast<std::uint64_t>(high - low + 1);
  const int m = s.mantissa_bits;
  const std::uint64_t all = s.bits() == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << s.bits()) - 1;
  const std::uint64_t ones = (std::uint64_t{1} << m) - 1;
  const auto kept = static_cast<unsigned>(std::min(m, target.mantissa_bits + 2));
  const unsigned cut = static_cast<unsigned>(m) - kept;
  return generated(kRandomWords, bytes_of(s), [=](std::uint64_t i) {
    const std::uint64_t r = mixed_word(seed, i);
    if ((i & 1) == 0) return r & all;
    const std::uint64_t q = mixed_word(~seed, i);
    const std::uint64_t exponent = static_cast<std::uint64_t>(low) + ((q >> 32) * exponents >> 32);
    std::uint64_t mantissa = r & ones;
    if ((q & 1) != 0) {  // next to a value or a tie
      mantissa = mantissa >> cut << cut;
      const std::uint64_t nudge = (q >> 2) & 3;
      mantissa = (mantissa + nudge - 1) & ones;
    }
    return ((q >> 1 & 1) << (s.bits() - 1)) | (exponent << m) | mantissa;
  });
}

}  // namespace

std::vector<std::uint64_t> boundary_inputs(const Source& source, const Format& target) {
  const MagnitudeCodes code(source);
  const std::uint64_t sign = std::uint64_t{1} << (source.bits() - 1);
  const bool few = target.max_ordinal() <= kFewValues;
  const int distances = few ? std::max(1, source.mantissa_bits - target.mantissa_bits) : 1;
  std::vector<std::uint64_t> out;
  add_specials(out, source);
  for (const std::int64_t ordinal : ordinals_of(target)) {
    const auto value = target.ordinal_value(ordinal).convert_to<double>();
    const auto next = target.ordinal_value(ordinal + 1).convert_to<double>();
    add_near(out, code(value), 1, sign - 1);
    add_near(out, code(value + (next - value) / 2), distances, sign - 1);
  }
  const std::size_t positive = out.size();
  for (std::size_t i = 0; i < positive; ++i) out.push_back(out[i] | sign);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

CaseList listed_cases(std::vector<std::uint64_t> words, std::size_t word_bytes) {
  const auto all = std::make_shared<const std::vector<std::uint64_t>>(std::move(words));
  return generated(all->size(), word_bytes, [all](std::uint64_t i) { return (*all)[i]; });
}

CaseList joined(std::vector<CaseList> parts, std::size_t record_bytes) {
  std::uint64_t count = 0;
  for (const CaseList& part : parts) count += part.count;
  return {count, [parts = std::move(parts), record_bytes](std::uint64_t first, std::size_t n,
                                                          std::uint8_t* records) {
            for (const CaseList& part : parts) {
              if (n == 0) return;
              if (first >= part.count) {
                first -= part.count;
                continue;
              }
              const auto here =
                  static_cast<std::size_t>(std::min<std::uint64_t>(n, part.count - first));
              part.fill(first, here, records);
              records += here * record_bytes;
              n -= here;
              first = 0;
            }
          }};
}

CaseList source_cases(const Source& source, const Format& target, CaseLevel level,
                      std::uint64_t seed) {
  const std::size_t bytes = bytes_of(source);
  if (level == CaseLevel::kEverything) {
    if (source.bits() > 32)
      throw Error("level 3 is every input, and binary64 has too many; use level 1 or 2");
    return generated(std::uint64_t{1} << source.bits(), bytes, [](std::uint64_t i) { return i; });
  }
  CaseList boundaries = listed_cases(boundary_inputs(source, target), bytes);
  if (level == CaseLevel::kBoundaries) return boundaries;
  return joined({std::move(boundaries), runs_of_bits(source), weighted_words(source, target, seed)},
                bytes);
}

}  // namespace mxscope::analysis
