// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Bytes choose a format (a built-in row or a user's own), a policy, a source and inputs: whenever
// the pair is accepted, the oracle and the integer codec give one outcome.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "spec/codec.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace {

namespace spec = mxscope::spec;
using spec::Policy;

/// The fuzzer's bytes as choices; zeros once they run out.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  bool empty() const { return size_ == 0; }

  std::uint8_t next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

  std::uint64_t word(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | next();
    return value;
  }

  template <typename Enum>
  Enum pick(Enum last) {
    return static_cast<Enum>(next() % (static_cast<int>(last) + 1));
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

spec::Format pick_format(Bytes& bytes) {
  const auto& rows = spec::builtin_formats();
  const std::size_t choice = bytes.next();
  if (choice < rows.size()) return rows[choice];
  if (choice < 96) {
    const int bits = 3 + bytes.next() % 13;
    const bool is_signed = (choice & 1) != 0;
    const int precision = 1 + bytes.next() % (is_signed ? bits - 1 : bits);
    return spec::p3109_format(bits, precision, is_signed, (choice & 2) != 0);
  }
  spec::Format f;
  f.name = "fuzzed";
  const std::uint8_t flags = bytes.next();
  f.is_signed = (flags & 1) == 0;
  f.negative_zero = (flags & 2) == 0;
  f.infinities = (flags & 4) != 0;
  f.subnormals = (flags & 8) == 0;
  f.zero = (flags & 16) == 0;
  f.symmetric = (flags & 32) != 0;
  if ((flags & 192) == 192) f.kind = spec::FormatKind::kFixed;
  f.mantissa_bits = bytes.next() % 70;
  if (f.kind == spec::FormatKind::kFixed) {
    f.bits = bytes.next() % 33;
  } else {
    f.exponent_bits = 1 + bytes.next() % 16;
    f.bits = f.exponent_bits + f.mantissa_bits + (f.is_signed ? 1 : 0);
  }
  f.bias = static_cast<std::int16_t>(bytes.word(2));
  const std::uint8_t nans = bytes.next();
  f.high_nans =
      nans == 255 && f.mantissa_bits < 62 ? (std::int64_t{1} << f.mantissa_bits) - 1 : nans % 17;
  f.storage_bits = 64;
  return f;
}

Policy pick_policy(Bytes& bytes) {
  Policy p;
  p.rounding = bytes.pick(spec::Rounding::kStochasticCarry);
  p.tie_p1 = bytes.pick(spec::TieP1::kTowardZero);
  p.overflow = bytes.pick(spec::Overflow::kError);
  p.directed_overflow = bytes.pick(spec::DirectedOverflow::kAlways);
  p.infinity = bytes.pick(spec::Overflow::kError);
  p.nan = bytes.pick(spec::NanRule::kRebias);
  p.nan_sign = bytes.pick(spec::NanSign::kFlip);
  p.made_nan_sign = bytes.pick(spec::NanSign::kFlip);
  p.negative = bytes.pick(spec::NegativeRule::kRoundThenError);
  p.zero = bytes.pick(spec::LowRule::kError);
  p.underflow = bytes.pick(spec::LowRule::kError);
  p.low_grid = bytes.pick(spec::LowGrid::kFromZero);
  return p;
}

/// A source word near a value of the target or the middle of two, where codecs go wrong.
spec::Code near_a_cut(Bytes& bytes, const spec::Format& source, const spec::Format& target) {
  const auto top = static_cast<std::uint64_t>(target.max_ordinal());
  const auto ordinal = static_cast<std::int64_t>(bytes.word(8) % (top + 1));
  const std::uint8_t how = bytes.next();
  spec::Rational value = target.ordinal_value(ordinal);
  if ((how & 1) != 0) value = (value + target.ordinal_value(ordinal + 1)) / 2;
  Policy toward_zero;
  toward_zero.rounding = spec::Rounding::kTowardZero;
  spec::Code word = spec::cast(spec::Number::finite(value), source, toward_zero).code;
  const int ulps = static_cast<int>((how >> 1) & 3) - 1;
  word = (word + static_cast<spec::Code>(ulps)) & (source.code_mask() >> 1);
  return (how & 8) != 0 ? word | source.sign_mask() : word;
}

std::string describe(const spec::Format& f, const Policy& p) {
  std::string text = fmt::format(
      "{} kind {} bits {} exponent_bits {} mantissa_bits {} bias {} signed {} negative_zero {} "
      "infinities {} high_nans {} subnormals {} zero {} symmetric {};",
      f.name, static_cast<int>(f.kind), f.bits, f.exponent_bits, f.mantissa_bits, f.bias,
      f.is_signed, f.negative_zero, f.infinities, f.high_nans, f.subnormals, f.zero, f.symmetric);
  for (const auto& [name, value] : spec::describe(p)) text += fmt::format(" {}={}", name, value);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  const spec::Format target = pick_format(bytes);
  const Policy policy = pick_policy(bytes);
  const spec::SourceRow& named = spec::kSources[bytes.next() % spec::kSources.size()];
  const spec::Format& source = spec::find_format(named.format);
  const int random_bits = spec::is_stochastic(policy.rounding) ? 1 + bytes.next() % 32 : 0;
  spec::Codec codec;
  try {
    spec::validate(target);
    codec = spec::make_codec(named.source, target, policy, random_bits);
  } catch (const mxscope::Error&) {
    return 0;
  }
  for (int i = 0; i < 64 && !bytes.empty(); ++i) {
    const bool aimed = (bytes.next() & 1) != 0;
    const spec::Code input =
        aimed ? near_a_cut(bytes, source, target) : bytes.word(source.bits / 8);
    std::uint32_t random = 0;
    if (random_bits > 0)
      random = static_cast<std::uint32_t>(bytes.word(4) & ((std::uint64_t{1} << random_bits) - 1));
    const spec::Outcome expected = spec::cast(spec::decode(source, input), target, policy,
                                              {.value = random, .count = random_bits});
    const spec::Outcome actual = codec.encode(input, random);
    if (expected == actual) continue;
    fmt::print(stderr, "{} 0x{:x} with random {} of {} bits: oracle 0x{:x}{}, codec 0x{:x}{}\n{}\n",
               named.format, input, random, random_bits, expected.code,
               expected.refused ? " refused" : "", actual.code, actual.refused ? " refused" : "",
               describe(target, policy));
    std::abort();
  }
  return 0;
}
