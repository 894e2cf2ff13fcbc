// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Casts for C: the integer codec for a few values, the batch codec for many, the oracle for the one
// rounding mode that has no codec.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include "capi/call.h"
#include "spec/batch.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::capi {
namespace {

using spec::Format;

/// From here on a batch codec's tables are worth their making.
constexpr std::size_t kBatch = 4096;

std::uint64_t load(const void* words, int bytes, std::size_t i) {
  std::uint64_t word = 0;  // little-endian, which spec insists on
  std::memcpy(&word, static_cast<const char*>(words) + i * static_cast<std::size_t>(bytes),
              static_cast<std::size_t>(bytes));
  return word;
}

void store(void* words, int bytes, std::size_t i, std::uint64_t word) {
  std::memcpy(static_cast<char*>(words) + i * static_cast<std::size_t>(bytes), &word,
              static_cast<std::size_t>(bytes));
}

/// The values of `random`, checked; none where it is null.
std::span<const std::uint32_t> random_values(const mxscope_random* random, std::size_t count,
                                             const spec::Policy& policy) {
  const bool wanted = spec::is_stochastic(policy.rounding);
  if (!wanted && random != nullptr)
    throw Failure(MXSCOPE_UNSUPPORTED, fmt::format("rounding mode {} takes no random bits",
                                                   spec::to_string(policy.rounding)));
  if (!wanted) return {};
  require(random, "random");
  if (random->bits < 1 || random->bits > 32)
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  fmt::format("random->bits is {}; it is 1 to 32", random->bits));
  if (random->count != 1 && random->count != count)
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  fmt::format("random->count is {}; it is 1, or {}, one for each input",
                              random->count, count));
  require(random->values, random->count, "random->values");
  const std::span values(random->values, random->count);
  for (const std::uint32_t value : values)
    if (random->bits < 32 && value >> random->bits != 0)
      throw Failure(
          MXSCOPE_BAD_ARGUMENT,
          fmt::format("a random value is {}, which is not below 2^{}", value, random->bits));
  return values;
}

int cast(const mxscope_format* target, const mxscope_policy* policy, const mxscope_random* random,
         const spec::SourceRow& source, const void* values, std::size_t count, void* words,
         std::size_t* refused) {
  const Format& format = row(target);
  const spec::Policy rules = read(policy);
  require(values, count, "values");
  require(words, count, "words");
  const auto bits = random_values(random, count, rules);
  const int random_bits = random == nullptr ? 0 : random->bits;
  const int from = source.source.bits() / 8;
  const int to = format.storage_bits / 8;
  std::optional<std::size_t> first;
  const auto each = [&](const auto& encode) {
    for (std::size_t i = 0; i < count; ++i) {
      const spec::Outcome outcome = encode(load(values, from, i), i);
      store(words, to, i, outcome.refused ? 0 : outcome.code << format.storage_shift);
      if (outcome.refused && !first) first = i;
    }
  };
  if (rules.rounding == spec::Rounding::kNearestLog2) {
    const Format& codes = spec::find_format(source.format);
    each([&](std::uint64_t word, std::size_t) {
      return spec::cast(spec::decode(codes, word), format, rules);
    });
  } else if (count < kBatch) {
    const spec::Codec codec = spec::make_codec(source.source, format, rules, random_bits);
    each([&](std::uint64_t word, std::size_t i) {
      return codec.encode(word, bits.empty() ? 0 : bits[bits.size() == 1 ? 0 : i]);
    });
  } else {
    const spec::BatchCast batch(source.source, format, rules, random_bits);
    first = batch.encode(values, words, count, bits);
  }
  if (refused != nullptr) *refused = first.value_or(count);
  if (!first) return MXSCOPE_OK;
  return failed(MXSCOPE_REFUSED,
                fmt::format("the policy refuses input {}, 0x{:x}; choose another rule than error",
                            *first, load(values, from, *first)));
}

/// Whether every value is one of an IEEE format with this precision and these exponents.
bool is_held(const Format& format, int precision, int emax, int least) {
  if (format.kind == spec::FormatKind::kFixed)
    return format.bits <= precision && format.mantissa_bits <= -least;
  return format.precision() <= precision && format.emax() <= emax &&
         format.emin() - format.mantissa_bits >= least;
}

bool fits_f32(const Format& format) { return format.bits <= 32 && is_held(format, 24, 127, -149); }

spec::Code code_of(const Format& format, const void* words, std::size_t i) {
  return (load(words, format.storage_bits / 8, i) >> format.storage_shift) & format.code_mask();
}

void refuse_decoding(const Format& format, std::string_view type) {
  throw Failure(MXSCOPE_UNSUPPORTED,
                fmt::format("{} does not hold every value of {}", type, format.name));
}

double exact_double(const Format& format, spec::Code code) {
  const spec::Number number = spec::decode(format, code);
  double magnitude = 0;
  if (number.kind == spec::NumberKind::kFinite)
    magnitude = number.magnitude.convert_to<double>();
  else
    magnitude = std::bit_cast<double>(number.kind == spec::NumberKind::kInfinity
                                          ? std::uint64_t{0x7FF0000000000000}
                                          : std::uint64_t{0x7FF8000000000000});
  return number.negative ? -magnitude : magnitude;
}

}  // namespace
}  // namespace mxscope::capi

using namespace mxscope;
using namespace mxscope::capi;

int mxscope_cast_f32(const mxscope_format* format, const mxscope_policy* policy,
                     const mxscope_random* random, const float* values, size_t count, void* words,
                     size_t* refused) {
  return guarded(
      [&] { return cast(format, policy, random, spec::kF32Row, values, count, words, refused); });
}

int mxscope_cast_f64(const mxscope_format* format, const mxscope_policy* policy,
                     const mxscope_random* random, const double* values, size_t count, void* words,
                     size_t* refused) {
  return guarded(
      [&] { return cast(format, policy, random, spec::kF64Row, values, count, words, refused); });
}

int mxscope_cast_words(const mxscope_format* format, const mxscope_policy* policy,
                       const mxscope_random* random, const mxscope_format* source,
                       const void* values, size_t count, void* words, size_t* refused) {
  return guarded([&] {
    const std::string& name = row(source, "source").name;
    const auto* const found =
        std::find_if(spec::kSources.begin(), spec::kSources.end(),
                     [&](const spec::SourceRow& s) { return s.format == name; });
    if (found == spec::kSources.end())
      throw Failure(MXSCOPE_UNSUPPORTED,
                    fmt::format("{} is no source of casts; fp32, fp64, bf16 and fp16 are", name));
    return cast(format, policy, random, *found, values, count, words, refused);
  });
}

int mxscope_decode_f32(const mxscope_format* format, const void* words, size_t count,
                       float* values) {
  return guarded([&] {
    const spec::Format& f = row(format);
    require(words, count, "words");
    require(values, count, "values");
    if (!fits_f32(f)) refuse_decoding(f, "binary32");
    for (std::size_t i = 0; i < count; ++i)
      values[i] = std::bit_cast<float>(spec::decode_to_f32(f, code_of(f, words, i)));
  });
}

int mxscope_decode_f64(const mxscope_format* format, const void* words, size_t count,
                       double* values) {
  return guarded([&] {
    const spec::Format& f = row(format);
    require(words, count, "words");
    require(values, count, "values");
    if (f.name == "fp64") {
      if (count > 0) std::memcpy(values, words, count * sizeof(double));
      return;
    }
    const bool narrow = fits_f32(f);
    if (!narrow && !is_held(f, 53, 1023, -1074)) refuse_decoding(f, "binary64");
    for (std::size_t i = 0; i < count; ++i) {
      const spec::Code code = code_of(f, words, i);
      values[i] =
          narrow ? std::bit_cast<float>(spec::decode_to_f32(f, code)) : exact_double(f, code);
    }
  });
}
