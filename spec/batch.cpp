// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Batch conversion: a table over rounding cells where one exists, else the scalar codec; the SIMD
// kernels are in batch_simd.cpp.
#include "spec/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "spec/batch_simd.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

template <typename T>
T load(const void* base, std::size_t index) {
  T word;
  std::memcpy(&word, static_cast<const char*>(base) + index * sizeof(T), sizeof(T));
  return word;
}

template <typename T>
void store(void* base, std::size_t index, T word) {
  std::memcpy(static_cast<char*>(base) + index * sizeof(T), &word, sizeof(T));
}

int bytes_of(Source source) { return source.bits() / 8; }

/// The cell of a binary32 input: sign, exponent, seven mantissa bits, and one bit that says whether
/// anything follows. Inputs of one cell round alike to any format of at most six mantissa bits.
constexpr std::uint64_t cell_of(std::uint64_t f32) {
  // The floor and the ceiling of the same quotient differ by the sticky bit.
  return (f32 >> 16) + ((f32 + 0xFFFF) >> 16);
}

constexpr std::size_t kCells = std::size_t{1} << 17;

/// Codes by cell, or nothing if some cell holds inputs with different codes or a refusal.
std::vector<std::uint8_t> cell_table(const Codec& codec) {
  std::vector<std::uint8_t> table(kCells);
  for (std::uint32_t cell = 0; cell < kCells; ++cell) {
    // Within a cell the exponent is one, so the codec is monotone there: its ends decide.
    const std::uint32_t base = (cell >> 1) << 16;
    const Outcome first = codec.encode((cell & 1) != 0 ? base | 1 : base);
    const Outcome last = codec.encode((cell & 1) != 0 ? base | 0xFFFF : base);
    if (!(first == last) || first.refused) return {};
    table[cell] = static_cast<std::uint8_t>(first.code);
  }
  return table;
}

/// Codes by 16-bit input, or nothing if some input is refused.
std::vector<std::uint8_t> input_table(const Codec& codec) {
  std::vector<std::uint8_t> table(std::size_t{1} << 16);
  for (std::uint32_t input = 0; input < table.size(); ++input) {
    const Outcome outcome = codec.encode(input);
    if (outcome.refused) return {};
    table[input] = static_cast<std::uint8_t>(outcome.code);
  }
  return table;
}

}  // namespace

struct BatchCast::Plan {
  Codec codec;
  int source_bytes = 0;
  int word_bytes = 0;
  int storage_shift = 0;
  std::string backend;
  std::vector<std::uint8_t> table;  ///< by cell for binary32, by input for 16-bit sources
  SimdKernel kernel;

  std::uint64_t source_word(const void* source, std::size_t i) const {
    if (source_bytes == 2) return load<std::uint16_t>(source, i);
    if (source_bytes == 4) return load<std::uint32_t>(source, i);
    return load<std::uint64_t>(source, i);
  }

  void store_word(void* words, std::size_t i, Code code) const {
    const Code word = code << storage_shift;
    if (word_bytes == 1) return store(words, i, static_cast<std::uint8_t>(word));
    if (word_bytes == 2) return store(words, i, static_cast<std::uint16_t>(word));
    if (word_bytes == 4) return store(words, i, static_cast<std::uint32_t>(word));
    store(words, i, word);
  }

  void encode_by_table(const void* source, void* words, std::size_t count) const {
    auto* out = static_cast<std::uint8_t*>(words);
    const std::uint8_t* codes = table.data();
    if (source_bytes == 2) {
      for (std::size_t i = 0; i < count; ++i) out[i] = codes[load<std::uint16_t>(source, i)];
      return;
    }
    for (std::size_t i = 0; i < count; ++i) out[i] = codes[cell_of(load<std::uint32_t>(source, i))];
  }

  std::optional<std::size_t> encode_by_codec(const void* source, void* words, std::size_t count,
                                             std::span<const std::uint32_t> random) const {
    std::optional<std::size_t> refused;
    const Codec local = codec;  // the stores below cannot change it
    const bool one_each = random.size() > 1;
    const std::uint32_t shared = random.empty() ? 0 : random[0];
    for (std::size_t i = 0; i < count; ++i) {
      const Outcome outcome = local.encode(source_word(source, i), one_each ? random[i] : shared);
      store_word(words, i, outcome.refused ? 0 : outcome.code);
      if (outcome.refused && !refused) refused = i;
    }
    return refused;
  }
};

std::vector<std::string> batch_backends() {
  std::vector<std::string> names = simd_targets();
  names.emplace_back("portable");
  return names;
}

BatchCast::BatchCast(Source source, const Format& format, const Policy& policy, int random_bits,
                     std::string_view backend) {
  Plan plan;
  plan.codec = make_codec(source, format, policy, random_bits);
  plan.source_bytes = bytes_of(source);
  plan.word_bytes = format.storage_bits / 8;
  plan.storage_shift = format.storage_shift;
  plan.backend = "portable";
  const auto names = batch_backends();
  if (backend != "auto" && std::find(names.begin(), names.end(), backend) == names.end())
    throw unknown_name("back end", backend, names);
  if (backend != "portable") {
    const std::string target = backend == "auto" ? names.front() : std::string(backend);
    plan.kernel = find_simd_kernel(plan.codec, {plan.word_bytes, plan.storage_shift}, target);
    if (plan.kernel) plan.backend = target;
  }
  const bool has_table = !plan.kernel && plan.word_bytes == 1 && plan.storage_shift == 0 &&
                         !is_stochastic(policy.rounding);
  if (has_table && plan.source_bytes == 2) plan.table = input_table(plan.codec);
  if (has_table && source == kF32) plan.table = cell_table(plan.codec);
  plan_ = std::make_unique<const Plan>(std::move(plan));
}

BatchCast::BatchCast(BatchCast&&) noexcept = default;
BatchCast& BatchCast::operator=(BatchCast&&) noexcept = default;
BatchCast::~BatchCast() = default;

std::optional<std::size_t> BatchCast::encode(const void* source, void* words, std::size_t count,
                                             std::span<const std::uint32_t> random) const {
  const bool wants_random = is_stochastic(plan_->codec.rounding);
  if (wants_random ? random.size() != 1 && random.size() != count : !random.empty())
    throw Error(fmt::format("{} random values for {} inputs of rounding mode {}", random.size(),
                            count, to_string(plan_->codec.rounding)));
  if (plan_->kernel) {
    plan_->kernel(source, words, count, random);
    return std::nullopt;
  }
  if (!plan_->table.empty()) {
    plan_->encode_by_table(source, words, count);
    return std::nullopt;
  }
  return plan_->encode_by_codec(source, words, count, random);
}

int BatchCast::source_bytes() const { return plan_->source_bytes; }
int BatchCast::word_bytes() const { return plan_->word_bytes; }
std::string_view BatchCast::backend() const { return plan_->backend; }

BatchDecode::BatchDecode(const Format& format) : format_(format) {
  // Exponents are added with care: a row of up to 16 exponent bits may have any bias.
  const bool held = format.precision() <= 24 && format.bits <= 32 &&
                    (format.kind == FormatKind::kFixed
                         ? format.bits <= 24 && format.mantissa_bits <= 126
                         : format.emax() <= 127 && format.emin() - format.mantissa_bits >= -149);
  if (!held)
    throw Error(fmt::format("binary32 does not hold every value of {}; decode it to exact numbers",
                            format.name));
  if (format.storage_bits > 16) return;
  table_.resize(std::size_t{1} << format.storage_bits);
  for (std::size_t word = 0; word < table_.size(); ++word)
    table_[word] = decode_to_f32(format_, (word >> format_.storage_shift) & format_.code_mask());
}

int BatchDecode::word_bytes() const { return format_.storage_bits / 8; }

void BatchDecode::decode(const void* words, std::uint32_t* f32, std::size_t count) const {
  if (word_bytes() == 1) {
    for (std::size_t i = 0; i < count; ++i) f32[i] = table_[load<std::uint8_t>(words, i)];
  } else if (word_bytes() == 2) {
    for (std::size_t i = 0; i < count; ++i) f32[i] = table_[load<std::uint16_t>(words, i)];
  } else {
    const bool wide = word_bytes() == 8;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t word =
          wide ? load<std::uint64_t>(words, i) : load<std::uint32_t>(words, i);
      f32[i] = decode_to_f32(format_, (word >> format_.storage_shift) & format_.code_mask());
    }
  }
}

}  // namespace mxscope::spec
