// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Blocks for other quantizers: at the boundaries of scales, adversarial, and all bfloat16 pairs.
#include "kernels/block_cases.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

#include "kernels/code_difference.h"
#include "spec/philox.h"

namespace mxscope::kernels {
namespace {

using spec::CaseLevel;
using spec::CaseList;
using spec::Recipe;

constexpr std::uint32_t kInfinity = 0x7F800000;
constexpr std::uint64_t kSeedsOfLevel2 = 16;
constexpr std::uint64_t kRandomMagnitudes = std::uint64_t{1} << 20;

std::uint32_t pattern(double x) { return std::bit_cast<std::uint32_t>(static_cast<float>(x)); }

/// Writes records one after the other.
class RecordWriter {
 public:
  /// `number`: of the first record.
  RecordWriter(const Recipe& recipe, std::size_t elements, std::uint64_t seed,
               std::uint64_t number = 0)
      : recipe_(recipe), elements_(elements), random_{seed, 1}, first_(number) {}

  /// A block, filled up with zeros; its tensor's largest magnitude is some power of two times its
  /// own, as is usual, or its own.
  void add(const std::vector<std::uint32_t>& block) {
    for (std::size_t i = 0; i < elements_; ++i) put(i < block.size() ? block[i] : 0);
    const std::uint64_t n = first_ + count_++;
    if (recipe_.has_tensor_scale()) {
      std::uint32_t most = 0;
      for (const std::uint32_t x : block)
        if ((x & ~kSign) <= kInfinity) most = std::max(most, x & ~kSign);
      const float amax = std::bit_cast<float>(most);
      const float tensor = std::ldexp(amax, static_cast<int>(n % 5 == 0 ? 0 : n * 7 % 16));
      put(std::isfinite(tensor) ? std::bit_cast<std::uint32_t>(tensor) : most);
    }
    if (recipe_.random_bits > 0)
      for (std::size_t i = 0; i < elements_; ++i)
        put(random_.words(n * elements_ + i)[0] >> (32 - recipe_.random_bits));
  }

  CaseList cases() {
    const auto all = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes_));
    const std::size_t record = block_record_bytes(recipe_, elements_);
    return {count_, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
              std::memcpy(records, all->data() + first * record, n * record);
            }};
  }

  static constexpr std::uint32_t kSign = 0x80000000;

 private:
  void put(std::uint32_t word) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + sizeof word);
    std::memcpy(&bytes_[at], &word, sizeof word);
  }

  const Recipe& recipe_;
  std::size_t elements_;
  spec::RandomStream random_;
  std::uint64_t first_;
  std::uint64_t count_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// The largest in any place, the others small, and a few on either side of half of it.
void add_boundary_blocks(RecordWriter& out, const Recipe& recipe, std::size_t elements) {
  std::size_t place = 0;
  for (const std::uint32_t magnitude : scale_boundaries(recipe)) {
    std::vector<std::uint32_t> block(elements);
    const float amax = std::bit_cast<float>(magnitude);
    for (std::size_t i = 0; i < elements; ++i) {
      const float part = static_cast<float>(i + 1) / static_cast<float>(elements + 1);
      if (std::isfinite(amax)) block[i] = pattern((i % 2 == 0 ? -amax : amax) * part);
    }
    block[place % elements] = magnitude | ((place & 1) != 0 ? RecordWriter::kSign : 0);
    ++place;
    out.add(block);
  }
}

void add_special_blocks(RecordWriter& out, std::size_t elements) {
  const std::uint32_t specials[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC00000,
                                    0x7F800001, 0xFFFFFFFF, 0x7FFFFFFF, 0x00000001,
                                    0x80000001, 0x007FFFFF, 0x7F7FFFFF, 0xFF7FFFFF};
  for (const std::uint32_t special : specials)
    for (const std::uint32_t rest : {0U, 0x3F800000U, 0x7F800000U, 0xC2FF0000U, 0x80000000U})
      for (const std::size_t place : {std::size_t{0}, elements / 2, elements - 1}) {
        std::vector<std::uint32_t> block(elements, rest);
        block[place] = special;
        out.add(block);
      }
}

void add_matrices(RecordWriter& out, const Recipe& recipe, std::size_t elements,
                  std::uint64_t seed) {
  for (const LabelledMatrix& matrix : adversarial_matrices(recipe, seed)) {
    const std::size_t whole = matrix.values.size() / elements;
    std::vector<std::uint32_t> block(elements);
    for (std::size_t b = 0; b < whole; ++b) {
      std::memcpy(block.data(), &matrix.values[b * elements], elements * sizeof(float));
      out.add(block);
    }
  }
}

/// Every bfloat16 magnitude as a block's first element, every bfloat16 number among the others.
CaseList all_pairs(const Recipe& recipe, std::size_t elements, std::uint64_t seed) {
  const std::uint64_t others = std::max<std::uint64_t>(elements - 1, 1);
  const std::uint64_t rows = (65536 + others - 1) / others;
  return {32768 * rows, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
            for (std::size_t i = 0; i < n; ++i) {
              const std::uint64_t at = first + i;
              std::vector<std::uint32_t> block(elements);
              block[0] = static_cast<std::uint32_t>(at / rows) << 16;
              for (std::size_t e = 1; e < elements; ++e)
                block[e] = static_cast<std::uint32_t>((at % rows * others + e - 1) & 0xFFFF) << 16;
              RecordWriter writer(recipe, elements, seed, at);
              writer.add(block);
              const std::size_t bytes = block_record_bytes(recipe, elements);
              writer.cases().fill(0, 1, records + i * bytes);
            }
          }};
}

}  // namespace

std::size_t block_record_bytes(const Recipe& recipe, std::size_t elements) {
  return sizeof(std::uint32_t) *
         (elements + (recipe.has_tensor_scale() ? 1 : 0) + (recipe.random_bits > 0 ? elements : 0));
}

std::vector<std::uint32_t> scale_boundaries(const Recipe& recipe) {
  std::vector<std::uint32_t> out = {0,          1,         2,          0x007FFFFF, 0x00800000,
                                    0x7F7FFFFF, kInfinity, 0x7FC00000, 0x7F800001, 0x7FFFFFFF};
  const auto add_near = [&](double x) {
    if (!(x < 0x1p128)) return;
    const std::uint32_t code = pattern(x);
    for (std::uint32_t away = 0; away <= 2; ++away) {
      out.push_back(std::min(code + away, kInfinity));
      out.push_back(code - std::min(code, away));
    }
  };
  const auto divisor = recipe.divisor.convert_to<double>();
  const std::int64_t last = recipe.scale.max_ordinal();
  for (int e = -149; e < 128; ++e) {
    add_near(std::ldexp(1.0, e));
    add_near(std::ldexp(1.5, e));
  }
  if (last <= 65536)
    for (std::int64_t i = recipe.scale.zero ? 0 : -2; i <= last + 1; ++i) {
      const auto value = recipe.scale.ordinal_value(i).convert_to<double>();
      const auto next = recipe.scale.ordinal_value(i + 1).convert_to<double>();
      add_near(value * divisor);
      add_near((value + next) / 2 * divisor);
    }
  const double shapes[] = {recipe.element.max_value().convert_to<double>(), divisor};
  for (int e = -149; e < 128; e += last <= 65536 ? 8 : 1)
    for (const double shape : shapes) add_near(std::ldexp(shape, e));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

CaseList block_cases(const Recipe& recipe, std::size_t elements, CaseLevel level,
                     std::uint64_t seed) {
  if (level == CaseLevel::kEverything) return all_pairs(recipe, elements, seed);
  RecordWriter out(recipe, elements, seed);
  add_boundary_blocks(out, recipe, elements);
  add_special_blocks(out, elements);
  const std::uint64_t seeds = level == CaseLevel::kPatterns ? kSeedsOfLevel2 : 1;
  for (std::uint64_t s = 0; s < seeds; ++s) add_matrices(out, recipe, elements, seed + s);
  return out.cases();
}

CaseList magnitude_cases(const Recipe& recipe, CaseLevel level, std::uint64_t seed) {
  RecordWriter out(recipe, 1, seed);
  if (level == CaseLevel::kEverything)
    return {std::uint64_t{1} << 32, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
              for (std::size_t i = 0; i < n; ++i) {
                RecordWriter writer(recipe, 1, seed, first + i);
                writer.add({static_cast<std::uint32_t>(first + i)});
                writer.cases().fill(0, 1, records + i * block_record_bytes(recipe, 1));
              }
            }};
  for (const std::uint32_t magnitude : scale_boundaries(recipe))
    for (const std::uint32_t sign : {0U, RecordWriter::kSign}) out.add({magnitude | sign});
  if (level == CaseLevel::kPatterns) {
    for (std::uint32_t i = 0; i < 65536; ++i) out.add({i << 16});
    const spec::RandomStream random{seed, 2};
    for (std::uint64_t i = 0; i < kRandomMagnitudes / 4; ++i)
      for (const std::uint32_t word : random.words(i)) out.add({word});
  }
  return out.cases();
}

}  // namespace mxscope::kernels
