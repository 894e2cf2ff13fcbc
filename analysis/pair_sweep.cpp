// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// All pairs of a block maximum and an element: the exact path at the ends of runs, memcmp between.
#include "analysis/pair_sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <stdexcept>
#include <vector>

#include "spec/block.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Rational;
using spec::Recipe;

constexpr std::uint16_t kSign = 0x8000;
constexpr std::uint32_t kBinade = 128;  ///< bfloat16 patterns from a number to its double

float value_of(std::uint32_t bf16) { return std::bit_cast<float>(bf16 << 16); }

Number number_of(std::uint16_t bf16) {
  static const spec::Format& format = spec::find_format("bf16");
  return spec::decode(format, bf16);
}

/// Elements in the order of the sweep: +0, -0, then each magnitude with both signs, so that the
/// elements of a block maximum `a` are those before 2 (a + 1).
std::uint16_t element_at(std::size_t index) {
  return static_cast<std::uint16_t>(index / 2 | (index % 2 != 0 ? kSign : 0));
}
std::size_t elements_up_to(std::uint32_t amax) { return 2 * (std::size_t{amax} + 1); }

/// Consecutive block maxima with one scale, and with one code for each element.
struct Class {
  std::uint64_t scale = 0;
  std::uint8_t zero = 0;  ///< the codes of +0 and -0: blocks that count as zeros differ in them
  std::uint8_t negative_zero = 0;
  bool alone = false;  ///< more than scale and element may decide here
  std::vector<std::uint16_t> maxima;

  bool shares_codes_with(const Class& other) const {
    return scale == other.scale && zero == other.zero && negative_zero == other.negative_zero &&
           !alone && !other.alone;
  }
};

/// The element codes of a scale that have been decided, for maxima up to `amax`.
struct Decided {
  std::int64_t exponent = 0;
  std::uint16_t amax = 0;
  std::vector<std::uint8_t> codes;
};

bool is_monotone(const Recipe& r) { return r.element_method == spec::ElementMethod::kCast; }

/// Whether the scaled element is a function of the quotient x / s.
bool sees_quotient(const Recipe& r) {
  const bool power_of_two = r.scale.mantissa_bits == 0 && r.scale.kind == spec::FormatKind::kFloat;
  return !r.has_tensor_scale() && r.scale_used == spec::ScaleUsed::kStored &&
         r.input != spec::Precision::kF16 &&
         (power_of_two || r.element_order == spec::ElementOrder::kExact);
}

class Sweep {
 public:
  Sweep(const Recipe& recipe, const BlockQuantizer& quantizer, const PairDomain& domain)
      : recipe_(recipe),
        quantizer_(quantizer),
        domain_(domain),
        scales_(spec::tensor_scales(recipe, number_of(domain.tensor_amax))),
        per_block_(quantizer.length - 1) {
    const std::size_t blocks = blocks_of(domain.tensor_amax);
    values_.resize(blocks * quantizer.length);
    raw_.resize(values_.size());
    expected_.resize(values_.size());
    fast_scales_.resize(blocks);
    for (std::size_t i = 0; i < blocks * per_block_; ++i)
      values_[place(i)] = i < elements_up_to(domain.tensor_amax) ? value_of(element_at(i)) : 0;
    for (spec::Code code = 0; code <= recipe.element.code_mask(); ++code) {
      const Number value = spec::decode(recipe.element, code);
      element_values_.push_back(value.kind == spec::NumberKind::kFinite
                                    ? value.value().convert_to<double>()
                                    : std::nan(""));
    }
  }

  PairSweep run(const std::atomic<bool>& stop) {
    Class next;
    for (std::uint32_t amax = 0; amax <= domain_.tensor_amax && !out_.disagreement;
         amax += static_cast<std::uint32_t>(domain_.stride)) {
      if (stop) return stopped();
      Class one = class_of(static_cast<std::uint16_t>(amax));
      if (!next.maxima.empty() && !next.shares_codes_with(one)) {
        check(next);
        next = {};
      }
      one.maxima.insert(one.maxima.begin(), next.maxima.begin(), next.maxima.end());
      next = std::move(one);
    }
    if (!out_.disagreement) check(next);
    return out_;
  }

 private:
  PairSweep stopped() {
    out_.finished = false;
    return out_;
  }

  std::size_t blocks_of(std::uint32_t amax) const {
    return (elements_up_to(amax) + per_block_ - 1) / per_block_;
  }
  std::size_t place(std::size_t index) const {
    return index / per_block_ * quantizer_.length + 1 + index % per_block_;
  }

  /// The exact codes of a block of the maximum and the elements of these indices.
  spec::BlockCodes exact(std::uint16_t amax, const std::vector<std::size_t>& indices) {
    std::vector<Number> numbers = {number_of(amax)};
    for (const std::size_t i : indices) numbers.push_back(number_of(element_at(i)));
    out_.exact_cases += indices.size();
    return spec::quantize_block(recipe_, numbers, scales_);
  }

  Class class_of(std::uint16_t amax) {
    const spec::BlockCodes codes = exact(amax, {0, 1});
    Class out{.scale = codes.scale,
              .zero = codes.elements[1],
              .negative_zero = codes.elements[2],
              .alone = amax == 0,
              .maxima = {amax}};
    if (codes.refused) out.scale = BlockQuantizer::kRefused;
    if (recipe_.flush_below &&
        !spec::less(Number::finite(*recipe_.flush_below * 2), number_of(amax)))
      out.alone = true;
    if (recipe_.scale_used == spec::ScaleUsed::kUnclamped) out.alone = true;
    return out;
  }

  void check(const Class& c) {
    const std::uint16_t top = c.maxima.back();
    if (!quantize(c, top)) return;
    const std::size_t count = elements_up_to(top);
    codes_.resize(count);
    for (std::size_t first = 0; first < count; first += per_block_)
      std::copy_n(raw_.begin() + static_cast<std::ptrdiff_t>(place(first)),
                  std::min(per_block_, count - first),
                  codes_.begin() + static_cast<std::ptrdiff_t>(first));
    if (!decide(c, top)) return;
    note_errors(c);
    std::copy_n(raw_.begin(), blocks_of(top) * quantizer_.length, expected_.begin());
    for (const std::uint16_t amax : c.maxima)
      if (amax != top && (!quantize(c, amax) || !compare(amax))) return;
  }

  /// Runs the quantizer on all elements of a maximum; false when it has a wrong scale.
  bool quantize(const Class& c, std::uint16_t amax) {
    const std::size_t blocks = blocks_of(amax);
    const std::size_t used = elements_up_to(amax);
    for (std::size_t b = 0; b < blocks; ++b) values_[b * quantizer_.length] = value_of(amax);
    std::vector<float> kept;
    for (std::size_t i = used; i < blocks * per_block_; ++i) {
      kept.push_back(values_[place(i)]);
      values_[place(i)] = 0;
    }
    quantizer_.quantize({values_.data(), blocks * quantizer_.length}, value_of(domain_.tensor_amax),
                        {raw_.data(), blocks * quantizer_.length}, {fast_scales_.data(), blocks});
    for (std::size_t i = used; i < blocks * per_block_; ++i) values_[place(i)] = kept[i - used];
    out_.cases += used;
    const auto wrong = std::find_if(fast_scales_.begin(),
                                    fast_scales_.begin() + static_cast<std::ptrdiff_t>(blocks),
                                    [&](std::uint64_t scale) { return scale != c.scale; });
    if (wrong != fast_scales_.begin() + static_cast<std::ptrdiff_t>(blocks)) {
      const auto block = static_cast<std::size_t>(wrong - fast_scales_.begin());
      out_.disagreement = {{amax, element_at(block * per_block_)}, true, c.scale, *wrong};
      return false;
    }
    // The maximum itself leads every block, and is an element too.
    const std::size_t own = 2 * std::size_t{amax};
    const std::uint8_t code = raw_[place(own)];
    for (std::size_t b = 0; b < blocks; ++b)
      if (const std::uint8_t leads = raw_[b * quantizer_.length]; leads != code)
        return disagree(amax, own, leads == exact(amax, {own}).elements[1] ? code : leads);
    return true;
  }

  /// Reports a fast code that cannot be the exact one.
  bool disagree(std::uint16_t amax, std::size_t index, std::uint8_t fast) {
    const std::uint8_t code = exact(amax, {index}).elements[1];
    if (code == fast)
      throw std::logic_error(fmt::format("{} does not reduce to pairs as it should: {}",
                                         recipe_.name, Bf16Pair{amax, element_at(index)}.text()));
    out_.disagreement = {{amax, element_at(index)}, false, code, fast};
    return false;
  }

  /// Compares the codes of another maximum of the class with those of its greatest.
  bool compare(std::uint16_t amax) {
    const std::size_t count = elements_up_to(amax);
    for (std::size_t first = 0; first < count; first += per_block_) {
      const std::size_t here = place(first);
      const std::size_t length = std::min(per_block_, count - first);
      if (std::memcmp(&raw_[here], &expected_[here], length) == 0) continue;
      for (std::size_t i = 0; i < length; ++i)
        if (raw_[here + i] != expected_[here + i]) return disagree(amax, first + i, raw_[here + i]);
    }
    return true;
  }

  /// Compares codes_ with the exact path; false when they differ.
  bool decide(const Class& c, std::uint16_t amax) {
    std::size_t first = 0;  // elements from here to `last` have a twin that is decided
    std::size_t last = 0;
    const Number s = spec::decode(recipe_.scale, c.scale);
    const bool chained =
        sees_quotient(recipe_) && !c.alone && s.kind == spec::NumberKind::kFinite && !s.is_zero();
    Decided* chain = nullptr;
    std::int64_t exponent = 0;
    if (chained) {
      exponent = spec::floor_log2(s.magnitude);
      chain = &decided_[Rational(s.magnitude / spec::power_of_two(exponent))];
      if (!chain->codes.empty() && chain->exponent + 1 == exponent) {
        // x and x / 2 are both exact from twice the least normal number on.
        first = std::min(codes_.size(), elements_up_to(2 * kBinade - 1));
        last = std::max(first, std::min(codes_.size(), elements_up_to(chain->amax + kBinade)));
        const auto* twin = chain->codes.data() + (first - 2 * kBinade);
        if (const std::size_t n = last - first; n > 0 && std::memcmp(&codes_[first], twin, n) != 0)
          for (std::size_t i = first; i < last; ++i)
            if (codes_[i] != twin[i - first]) return disagree(amax, i, codes_[i]);
      }
    }
    if (!decide_range(amax, 0, first) || !decide_range(amax, last, codes_.size())) return false;
    if (chain != nullptr) *chain = {exponent, amax, codes_};
    return true;
  }

  bool decide_range(std::uint16_t amax, std::size_t first, std::size_t last) {
    std::vector<std::size_t> indices;
    for (std::size_t i = first; i < last; ++i) {
      const bool inside = is_monotone(recipe_) && i >= first + 2 && i + 2 < last &&
                          codes_[i - 2] == codes_[i] && codes_[i + 2] == codes_[i];
      if (!inside) indices.push_back(i);
    }
    if (indices.empty()) return true;
    const spec::BlockCodes codes = exact(amax, indices);
    for (std::size_t k = 0; k < indices.size(); ++k)
      if (codes.refused || codes.elements[k + 1] != codes_[indices[k]])
        return disagree(amax, indices[k], codes_[indices[k]]);
    return true;
  }

  /// The class's part of the largest error. Within a run of one code, |x - q| is largest at an end,
  /// and |x - q| / amax under the least maximum that the class has for x.
  void note_errors(const Class& c) {
    if (c.maxima.back() == 0) return;
    const double scale = spec::decode(recipe_.scale, c.scale).magnitude.convert_to<double>() *
                         scales_.decode.magnitude.convert_to<double>();
    const std::uint16_t least = std::max<std::uint16_t>(c.maxima.front(), 1);
    ErrorRatio worst;
    double about_worst = 0;
    auto amax = c.maxima.begin();
    for (std::size_t i = 0; i < codes_.size(); ++i) {
      const bool inside = i >= 2 && i + 2 < codes_.size() && codes_[i - 2] == codes_[i] &&
                          codes_[i + 2] == codes_[i];
      if (inside && i / 2 != least) continue;
      while (*amax < i / 2) ++amax;
      const Bf16Pair pair{std::max(*amax, least), element_at(i)};
      const double decoded = element_values_[codes_[i]] * scale;
      const double most = (std::fabs(value_of(pair.element) - decoded) +
                           std::fabs(decoded) * 0x1p-8) /  // it may be rounded to bfloat16
                          value_of(pair.amax);
      if (std::fabs(decoded) < 0x1p127 && most < about_worst * (1 - 0x1p-30)) continue;
      note_error(c, codes_[i], pair, worst);
      about_worst = worst.value.convert_to<double>();
    }
    if (worst.value > out_.worst.value) out_.worst = worst;
    if (worst.value > out_.inner.value && is_unclamped_scale(recipe_, c.scale)) out_.inner = worst;
  }

  void note_error(const Class& c, std::uint8_t code, const Bf16Pair& pair, ErrorRatio& worst) {
    const spec::BlockCodes codes = {.scale = c.scale, .elements = {code}};
    const Number value = spec::dequantize_block(recipe_, codes, scales_).front();
    if (value.kind != spec::NumberKind::kFinite) {
      if (!out_.not_finite) out_.not_finite = pair;
      return;
    }
    const Rational ratio =
        abs(number_of(pair.element).value() - value.value()) / number_of(pair.amax).magnitude;
    if (ratio > worst.value) worst = {ratio, pair};
  }

  const Recipe& recipe_;
  const BlockQuantizer& quantizer_;
  const PairDomain domain_;
  const spec::TensorScales scales_;
  const std::size_t per_block_;  ///< elements beside the maximum
  std::vector<float> values_;
  std::vector<std::uint8_t> raw_;       ///< the quantizer's codes, block by block
  std::vector<std::uint8_t> expected_;  ///< those of the class's greatest maximum
  std::vector<std::uint8_t> codes_;     ///< the same by element index
  std::vector<std::uint64_t> fast_scales_;
  std::vector<double> element_values_;
  std::map<Rational, Decided> decided_;  ///< by significand of the scale: the one decided last
  PairSweep out_;
};

}  // namespace

std::string Bf16Pair::text() const {
  return fmt::format("amax 0x{:04x}, element 0x{:04x}", amax, element);
}

std::string PairDisagreement::text() const {
  const auto code = [](std::uint64_t c) {
    return c == BlockQuantizer::kRefused ? "refused" : fmt::format("0x{:02x}", c);
  };
  return fmt::format("{}: {} code {}, exactly {}", pair.text(), is_scale ? "scale" : "element",
                     code(fast), code(exact));
}

bool is_unclamped_scale(const Recipe& recipe, spec::Code scale) {
  const spec::Format& f = recipe.scale;
  const spec::CodeClass kind = f.classify(scale);
  if (kind != spec::CodeClass::kNormal && kind != spec::CodeClass::kSubnormal) return false;
  const Rational s = spec::decode(f, scale).magnitude;
  return f.ordinal(scale) > (f.zero ? 1 : 0) && f.ordinal(scale) < f.max_ordinal() &&
         !(recipe.scale_floor && s <= *recipe.scale_floor) &&
         !(recipe.scale_ceiling && s >= *recipe.scale_ceiling);
}

bool reduces_to_pairs(const Recipe& recipe) {
  return recipe.kind == spec::BlockKind::kScaled && recipe.search == spec::ScaleSearch::kNone &&
         recipe.random_bits == 0 && recipe.element_policy.overflow != spec::Overflow::kError &&
         recipe.scale_policy.overflow != spec::Overflow::kError &&
         (is_monotone(recipe) || (sees_quotient(recipe) && recipe.scale.mantissa_bits == 0));
}

PairSweep sweep_pairs(const Recipe& recipe, const BlockQuantizer& quantizer,
                      const PairDomain& domain, const std::atomic<bool>& stop) {
  if (!reduces_to_pairs(recipe)) throw std::logic_error(recipe.name + " does not reduce to pairs");
  return Sweep(recipe, quantizer, domain).run(stop);
}

PairSweep sweep_special_pairs(const Recipe& recipe, const BlockQuantizer& quantizer,
                              const std::atomic<bool>& stop) {
  constexpr std::size_t kBlocks = 256;  // at a time
  PairSweep out;
  std::vector<float> values(kBlocks * quantizer.length);
  std::vector<std::uint8_t> elements(values.size());
  std::vector<std::uint64_t> scales(kBlocks);
  const spec::TensorScales tensor = spec::tensor_scales(recipe, Number::finite(1));
  for (const std::uint16_t special : {std::uint16_t{0x7F80}, std::uint16_t{0x7FC0}})
    for (std::uint32_t first = 0; first < 0x10000; first += kBlocks) {
      if (stop) {
        out.finished = false;
        return out;
      }
      for (std::size_t b = 0; b < kBlocks; ++b) {
        const auto block = values.begin() + static_cast<std::ptrdiff_t>(b * quantizer.length);
        std::fill_n(block, quantizer.length, value_of(first + static_cast<std::uint32_t>(b)));
        *block = value_of(special);
      }
      quantizer.quantize(values, 1, elements, scales);
      for (std::size_t b = 0; b < kBlocks; ++b) {
        const Bf16Pair pair{special, static_cast<std::uint16_t>(first + b)};
        const Number numbers[] = {number_of(special), number_of(pair.element)};
        const spec::BlockCodes codes = spec::quantize_block(recipe, numbers, tensor);
        out.exact_cases += 1;
        out.cases += 1;
        const std::uint64_t scale = codes.refused ? BlockQuantizer::kRefused : codes.scale;
        if (scales[b] != scale) {
          out.disagreement = {pair, true, scale, scales[b]};
          return out;
        }
        for (std::size_t i = 0; i < quantizer.length; ++i) {
          const std::uint8_t fast = elements[b * quantizer.length + i];
          if (const std::uint8_t code = codes.elements[i == 0 ? 0 : 1]; code != fast) {
            out.disagreement = {pair, false, code, fast};
            return out;
          }
        }
      }
    }
  return out;
}

}  // namespace mxscope::analysis
