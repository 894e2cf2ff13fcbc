// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A conversion in stages: what is done to the word, the batch codec, what is done to the code.
#include "analysis/cast_decisions.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "analysis/cast_cases.h"
#include "spec/batch.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/names.h"
#include "spec/oracle.h"

namespace mxscope::analysis {
namespace {

using spec::BatchCast;
using spec::Format;
using spec::Policy;
using spec::Rounding;
using spec::Source;

constexpr std::size_t kChunk = 4096;

bool is_tie_rule(std::string_view text) {
  return std::find(kTieRules.begin(), kTieRules.end(), text) != kTieRules.end();
}

/// A stage that makes words of another source of the words it is given.
struct Narrowing {
  BatchCast cast;
  Source to;
};

std::optional<Source> via_source(std::string_view via) {
  const std::string_view name = via.substr(0, via.find('-'));
  if (name == "bf16") return spec::kBf16;
  if (name == "fp16") return spec::kF16;
  if (name == "tf32" || name == "fp32") return spec::kF32;  // a stored TF32 word is a binary32
  return std::nullopt;
}

const Format& format_of(const Source& source) { return spec::find_format(source_name(source)); }

BatchCast narrowing_cast(const Source& from, std::string_view via) {
  const Format& format = spec::find_format(via.substr(0, via.find('-')));
  Policy policy = spec::adapted(format, {});
  policy.overflow = policy.infinity = spec::Overflow::kInfinity;
  policy.nan = spec::NanRule::kPayload;
  policy.nan_sign = spec::NanSign::kKeep;
  if (via.find("-cut") != std::string_view::npos) policy.rounding = Rounding::kTowardZero;
  return {from, format, policy};
}

template <typename Word>
void flush_subnormal_words(Word* words, std::size_t count, const Source& source) {
  const auto mantissa = static_cast<Word>((std::uint64_t{1} << source.mantissa_bits) - 1);
  const auto sign = static_cast<Word>(std::uint64_t{1} << (source.bits() - 1));
  for (std::size_t i = 0; i < count; ++i)
    if ((words[i] & static_cast<Word>(~(sign | mantissa))) == 0) words[i] &= sign;
}

/// Words of any size as 64-bit ones, read and written in place.
struct WordArray {
  std::uint8_t* data;
  std::size_t bytes;

  std::uint64_t operator[](std::size_t i) const { return spec::read_word(data, bytes, i); }
  void set(std::size_t i, std::uint64_t word) const { spec::write_word(data, bytes, i, word); }
};

/// The compiled stages.
class Stages {
 public:
  explicit Stages(const CastDecisions& d) : d_(d), target_(d.target), codec_source_(d.source) {
    target_.bias += d.bias_step;
    if (const auto via = via_source(d.via); !d.via.empty() && via) {
      via_.emplace(Narrowing{narrowing_cast(d.source, d.via), *via});
      codec_source_ = *via;
    }
    Policy policy = d.policy;
    if (policy.rounding == Rounding::kNearestLog2) {
      runs_ = spec::step_map(format_of(codec_source_), target_, policy);
      policy.rounding = Rounding::kNearestEven;  // for what the codec is asked besides
    }
    if (!d.ties.empty()) policy.rounding = Rounding::kNearestEven;
    cast_.emplace(codec_source_, target_, policy, d.random_bits);
    if (d.ties.empty()) return;
    policy.rounding = Rounding::kNearestAway;
    away_.emplace(codec_source_, target_, policy);
    policy.rounding = Rounding::kTowardZero;
    zero_.emplace(codec_source_, target_, policy);
  }

  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) const {
    const std::size_t in_bytes = source_bytes() + (d_.random_bits > 0 ? 4 : 0);
    const std::size_t out_bytes = static_cast<std::size_t>(cast_->word_bytes());
    if (d_.random_bits == 0 && !d_.flush_inputs && !via_ && d_.ties.empty() && runs_.empty()) {
      cast_->encode(inputs, results, count);
      return finish(count, results);
    }
    for (std::size_t first = 0; first < count; first += kChunk) {
      const std::size_t n = std::min(kChunk, count - first);
      run_chunk(n, inputs + first * in_bytes, results + first * out_bytes);
    }
  }

 private:
  std::size_t source_bytes() const { return static_cast<std::size_t>(d_.source.bits()) / 8; }

  void run_chunk(std::size_t n, const std::uint8_t* inputs, std::uint8_t* results) const {
    std::vector<std::uint64_t> storage(kChunk);
    auto* const words = reinterpret_cast<std::uint8_t*>(storage.data());
    std::vector<std::uint32_t> random;
    if (d_.random_bits > 0) {
      const std::size_t record = source_bytes() + 4;
      random.resize(n);
      for (std::size_t i = 0; i < n; ++i) {
        std::memcpy(words + i * source_bytes(), inputs + i * record, source_bytes());
        std::memcpy(&random[i], inputs + i * record + source_bytes(), 4);
      }
    } else {
      std::memcpy(words, inputs, n * source_bytes());
    }
    if (d_.flush_inputs) flush(words, n);
    std::vector<std::uint64_t> narrow;
    const std::uint8_t* last = words;
    if (via_) {
      narrow.resize(kChunk);
      via_->cast.encode(words, narrow.data(), n);
      last = reinterpret_cast<const std::uint8_t*>(narrow.data());
    }
    if (runs_.empty())
      cast_->encode(last, results, n, random);
    else
      look_up(n, last, results);
    if (!d_.ties.empty()) settle_ties(n, last, results);
    finish(n, results);
  }

  void look_up(std::size_t n, const std::uint8_t* words, std::uint8_t* results) const {
    const auto in_bytes = static_cast<std::size_t>(codec_source_.bits()) / 8;
    const WordArray out{results, static_cast<std::size_t>(cast_->word_bytes())};
    for (std::size_t i = 0; i < n; ++i)
      out.set(i, spec::lookup(runs_, spec::read_word(words, in_bytes, i)).code
                     << target_.storage_shift);
  }

  void flush(std::uint8_t* words, std::size_t n) const {
    if (source_bytes() == 2)
      flush_subnormal_words(reinterpret_cast<std::uint16_t*>(words), n, d_.source);
    else if (source_bytes() == 4)
      flush_subnormal_words(reinterpret_cast<std::uint32_t*>(words), n, d_.source);
    else
      flush_subnormal_words(reinterpret_cast<std::uint64_t*>(words), n, d_.source);
  }

  /// A source has every midpoint of two values between which it has any number, so that a tie is
  /// the first number that rounds away from the lower one.
  void settle_ties(std::size_t n, const std::uint8_t* words, std::uint8_t* results) const {
    const auto bytes = static_cast<std::size_t>(codec_source_.bits()) / 8;
    const WordArray out{results, static_cast<std::size_t>(cast_->word_bytes())};
    const std::uint64_t sign = std::uint64_t{1} << (codec_source_.bits() - 1);
    std::vector<std::uint8_t> below(n * bytes);
    std::vector<std::uint8_t> before(n * out.bytes), away(n * out.bytes), zero(n * out.bytes);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t word = spec::read_word(words, bytes, i);
      spec::write_word(below.data(), bytes, i, (word & ~sign) == 0 ? word : word - 1);
    }
    away_->encode(below.data(), before.data(), n);
    away_->encode(words, away.data(), n);
    zero_->encode(words, zero.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t up = spec::read_word(away.data(), out.bytes, i);
      const std::uint64_t down = spec::read_word(zero.data(), out.bytes, i);
      if (up == down) continue;
      const std::uint64_t even = (up >> target_.storage_shift & 1) == 0 ? up : down;
      if (d_.ties == "no-sticky") {
        out.set(i, even);
        continue;
      }
      if (spec::read_word(before.data(), out.bytes, i) != down) continue;
      const bool negative = (spec::read_word(words, bytes, i) & sign) != 0;
      const bool goes_up = d_.ties == "half-up"     ? !negative
                           : d_.ties == "half-down" ? negative
                           : d_.ties == "half-odd"  ? even == down
                                                    : false;
      out.set(i, goes_up ? up : down);
    }
  }

  void finish(std::size_t n, std::uint8_t* results) const {
    if (!d_.flush_results && !d_.drop_negative_zero && !d_.big_endian) return;
    const WordArray out{results, static_cast<std::size_t>(cast_->word_bytes())};
    for (std::size_t i = 0; i < n; ++i) {
      std::uint64_t code = out[i] >> target_.storage_shift;
      if (d_.flush_results && target_.classify(code) == spec::CodeClass::kSubnormal)
        code &= target_.negative_zero ? target_.sign_mask() : 0;
      if (d_.drop_negative_zero && target_.classify(code) == spec::CodeClass::kZero) code = 0;
      out.set(i, code << target_.storage_shift);
      if (d_.big_endian) std::reverse(results + i * out.bytes, results + (i + 1) * out.bytes);
    }
  }

  CastDecisions d_;
  Format target_;
  Source codec_source_;
  std::optional<Narrowing> via_;
  std::optional<BatchCast> cast_, away_, zero_;
  std::vector<spec::Run> runs_;  ///< of rounding log2, which no codec has
};

}  // namespace

bool CastDecisions::apply(const spec::Change& change) {
  const std::string& value = change.value;
  if (change.field == "rounding") {
    if (is_tie_rule(value)) {
      ties = value;
      return random_bits == 0;
    }
    policy.rounding = spec::parse_rounding(value);
    ties.clear();
    return is_stochastic(policy.rounding) == (random_bits > 0);
  }
  if (change.field == "via") {
    via = value;
    return true;
  }
  if (change.field == "to") {
    const Format& other = spec::find_format(value);
    if (other.storage_bits != target.storage_bits) return false;
    target = other;
    policy = spec::adapted(target, policy);
    return true;
  }
  if (change.field == "bias") {
    int bias = 0;
    std::from_chars(value.data(), value.data() + value.size(), bias);
    bias_step = bias - target.bias;
    return target.kind == spec::FormatKind::kFloat;
  }
  if (change.field == "largest") {
    const std::int64_t fewer = value == "one code less" ? 1 : -1;
    target.high_nans += fewer;
    return target.kind == spec::FormatKind::kFloat && target.high_nans >= 0;
  }
  const auto flag = [&](bool CastDecisions::*member) {
    this->*member = true;
    return true;
  };
  if (change.field == "input_subnormals") return flag(&CastDecisions::flush_inputs);
  if (change.field == "result_subnormals")
    return flag(&CastDecisions::flush_results) && target.subnormals && target.zero;
  if (change.field == "negative_zero")
    return flag(&CastDecisions::drop_negative_zero) && target.is_signed && target.negative_zero;
  if (change.field == "byte_order") return flag(&CastDecisions::big_endian);
  spec::set_field(policy, change.field, value);
  return true;
}

bool CastDecisions::sound() const {
  Format format = target;
  format.bias += bias_step;
  try {
    spec::validate(format);
  } catch (const Error&) {
    return false;
  }
  if (!spec::conflict(format, policy).empty()) return false;
  if (via.empty()) return true;
  const auto narrow = via_source(via);
  // A number passes through a narrower format, not through its own.
  if (!narrow || source.mantissa_bits <= narrow->mantissa_bits)
    return narrow && source == spec::kF32 && via.substr(0, 4) == "tf32";
  return true;
}

spec::Model CastDecisions::model() const {
  return [stages = std::make_shared<const Stages>(*this)](
             std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
    stages->run(count, inputs, results);
  };
}

spec::Source source_named(std::string_view name) {
  std::vector<std::string> known;
  for (const spec::SourceRow& row : spec::kSources) {
    if (row.format == name || row.name == name) return row.source;
    known.emplace_back(row.format);
  }
  throw spec::unknown_name("source", name, known);
}

std::string source_name(const Source& source) {
  for (const spec::SourceRow& row : spec::kSources)
    if (row.source == source) return std::string(row.format);
  return "";
}

spec::CaseList with_random_words(const CastDecisions& decisions, spec::CaseList words,
                                 std::uint64_t seed) {
  const auto bytes = static_cast<std::size_t>(decisions.source.bits()) / 8;
  const int n = decisions.random_bits;
  const std::uint64_t mask = (std::uint64_t{1} << n) - 1;
  constexpr std::uint64_t kEach = 8;  ///< words of random bits for every number
  return {words.count * kEach, [=](std::uint64_t first, std::size_t count, std::uint8_t* records) {
            std::vector<std::uint8_t> word(bytes);
            for (std::size_t i = 0; i < count; ++i) {
              const std::uint64_t at = first + i;
              if (i == 0 || at % kEach == 0) words.fill(at / kEach, 1, word.data());
              const std::uint64_t chosen[] = {0, mask, (mask >> 1) + 1, mask >> 1};
              const std::uint64_t random =
                  at % kEach < 4 ? chosen[at % kEach] : mixed_word(seed, at) & mask;
              std::memcpy(records + i * (bytes + 4), word.data(), bytes);
              spec::write_word(records + i * (bytes + 4) + bytes, 4, 0, random);
            }
          }};
}

}  // namespace mxscope::analysis
