// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/lattice_bound.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <optional>
#include <vector>

#include "spec/block.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Recipe;

/// Magnitudes of the input format in ascending order: 0 is zero.
class Lattice {
 public:
  explicit Lattice(const Recipe& recipe)
      : shift_(recipe.input == spec::Precision::kBf16 ? 16 : 0) {}

  Rational value(std::uint32_t index) const {
    return Rational(static_cast<double>(std::bit_cast<float>(index << shift_)));
  }

  /// The greatest index whose value is at most x >= 0.
  std::uint32_t at_most(const Rational& x) const {
    const std::uint32_t greatest = std::uint32_t{0x7F7FFFFF} >> shift_;
    std::uint32_t low = 0;
    std::uint32_t high = greatest;
    while (low < high) {
      const std::uint32_t middle = high - (high - low) / 2;
      if (value(middle) <= x)
        low = middle;
      else
        high = middle - 1;
    }
    return low;
  }

 private:
  int shift_;
};

/// A run of indices with one image.
struct Run {
  std::uint32_t first = 0;
  std::uint32_t last = 0;
  Rational value;
  spec::Code code = 0;
};

class Bounder {
 public:
  Bounder(const Recipe& recipe, const Rational& tensor_amax) : recipe_(recipe), lattice_(recipe) {
    if (!recipe.has_tensor_scale()) {
      greatest_ = lattice_.at_most(spec::power_of_two(128));
      return;
    }
    tensor_ = spec::tensor_scales(recipe, Number::finite(tensor_amax));
    greatest_ = lattice_.at_most(tensor_amax);
  }

  LatticeBound run(const std::atomic<bool>& stop) {
    const std::vector<Run> scales = scale_runs();
    out_.scale_steps = scales.size();
    for (std::size_t i = 0; i < scales.size() && !stop; ++i) {
      const Run& scale = scales[i];
      const bool inner = i > 0 && i + 1 < scales.size() &&
                         recipe_.scale.classify(scale.code) == spec::CodeClass::kNormal;
      for (const bool negative : {false, true}) add_elements(scale, negative, inner);
      guess_scale_ = scale.value;
    }
    return out_;
  }

 private:
  /// What an index becomes; none where that is no number.
  struct Image {
    Rational value;
    spec::Code code = 0;

    bool operator==(const Image&) const = default;
  };
  using Images = std::vector<std::optional<Image>>;
  using Evaluate = std::function<Images(const std::vector<std::uint32_t>&)>;

  /// Joins the images of all indices from the first to the last of `points`, which are sorted.
  /// Between equal neighbours all is equal; between others the middle is asked for, all middles at
  /// once, until they are next to one another. `points` become the ends of the runs.
  static std::vector<Run> runs_of(std::vector<std::uint32_t>& points, const Evaluate& evaluate) {
    Images images = evaluate(points);
    for (;;) {
      std::vector<std::uint32_t> middles;
      for (std::size_t i = 1; i < points.size(); ++i)
        if (images[i - 1] != images[i] && points[i] - points[i - 1] > 1)
          middles.push_back(points[i - 1] + (points[i] - points[i - 1]) / 2);
      if (middles.empty()) break;
      const Images found = evaluate(middles);
      std::vector<std::uint32_t> all;
      Images all_images;
      for (std::size_t i = 0, k = 0; i < points.size(); ++i) {
        for (; k < middles.size() && middles[k] < points[i]; ++k) {
          all.push_back(middles[k]);
          all_images.push_back(found[k]);
        }
        all.push_back(points[i]);
        all_images.push_back(images[i]);
      }
      points = std::move(all);
      images = std::move(all_images);
    }
    std::vector<Run> runs;
    for (std::size_t i = 0; i < points.size() && images[i]; ++i) {
      const bool same = i > 0 && images[i - 1] == images[i];
      if (same)
        runs.back().last = points[i];
      else
        runs.push_back({points[i], points[i], images[i]->value, images[i]->code});
    }
    points.clear();
    for (const Run& run : runs) {
      points.push_back(run.first);
      if (run.last != run.first) points.push_back(run.last);
    }
    return runs;
  }

  std::vector<Run> scale_runs() {
    std::vector<std::uint32_t> ends = {1, greatest_};
    return runs_of(ends, [&](const std::vector<std::uint32_t>& points) {
      Images images;
      for (const std::uint32_t m : points) {
        const std::array<Number, 1> block = {Number::finite(lattice_.value(m))};
        const spec::BlockCodes codes = quantize(block);
        const Number scale = spec::decode(recipe_.scale, codes.scale);
        images.emplace_back();
        if (!codes.refused && scale.kind == spec::NumberKind::kFinite)
          images.back() = Image{scale.magnitude, codes.scale};
      }
      return images;
    });
  }

  /// Elements of one sign under a scale, in blocks whose maximum is the greatest under it, so that
  /// every element of any such block is there.
  std::vector<Run> element_runs(const Run& scale, bool negative) {
    std::vector<std::uint32_t>& guess = guesses_[negative ? 1 : 0];
    // Where the last scale's steps ended, these may end too: a good guess, and no more.
    std::vector<std::uint32_t> points = {0, scale.last};
    if (guess_scale_ > 0 && scale.value > 0)
      for (const std::uint32_t end : guess)
        points.push_back(std::min(
            lattice_.at_most(lattice_.value(end) * scale.value / guess_scale_), scale.last));
    std::sort(points.begin(), points.end());
    points.erase(std::unique(points.begin(), points.end()), points.end());
    std::vector<Run> runs = runs_of(points, [&](const std::vector<std::uint32_t>& asked) {
      std::vector<Number> block = {Number::finite(lattice_.value(scale.last))};
      for (const std::uint32_t x : asked) {
        block.push_back(Number::finite(lattice_.value(x)));
        block.back().negative = negative;
      }
      const spec::BlockCodes codes = quantize(block);
      if (codes.refused || codes.scale != scale.code)
        throw Error(fmt::format("{} does not give blocks with maximum {} one scale", recipe_.name,
                                to_text(block.front())));
      const std::vector<Number> decoded = spec::dequantize_block(recipe_, codes, tensor_);
      Images images;
      for (std::size_t i = 1; i < decoded.size(); ++i) {
        images.emplace_back();
        if (decoded[i].kind != spec::NumberKind::kFinite) continue;
        const Rational y = decoded[i].value();
        images.back() = Image{negative ? Rational(-y) : y, 0};
      }
      return images;
    });
    guess = std::move(points);
    return runs;
  }

  void add_elements(const Run& scale, bool negative, bool inner) {
    const std::vector<Run> runs = element_runs(scale, negative);
    out_.element_steps += runs.size();
    const Rational least = lattice_.value(scale.first);
    if (!out_.not_finite && runs.back().last != scale.last) {
      const Rational x = lattice_.value(runs.back().last + 1);
      out_.not_finite = {0, lattice_.value(scale.last), negative ? Rational(-x) : x};
    }
    for (const Run& run : runs) {
      const Rational low = lattice_.value(run.first);
      const Rational high = lattice_.value(run.last);
      offer(low, run.value, std::max(low, least), negative, inner);
      offer(high, run.value, std::max(high, least), negative, inner);
      if (low < least && least < high) offer(least, run.value, least, negative, inner);
    }
  }

  void offer(const Rational& x, const Rational& y, const Rational& m, bool negative, bool inner) {
    const Rational ratio = abs(Rational(x - y)) / m;
    const LatticeWorst here = {ratio, m, negative ? Rational(-x) : x};
    if (ratio > out_.all.ratio) out_.all = here;
    if (inner && ratio > out_.inner.ratio) out_.inner = here;
  }

  spec::BlockCodes quantize(std::span<const Number> block) {
    out_.evaluations += block.size();
    return spec::quantize_block(recipe_, block, tensor_);
  }

  Recipe recipe_;
  Lattice lattice_;
  spec::TensorScales tensor_;
  std::uint32_t greatest_ = 0;
  std::array<std::vector<std::uint32_t>, 2> guesses_;  ///< ends of the last scale's steps, by sign
  Rational guess_scale_ = 0;
  LatticeBound out_;
};

}  // namespace

std::string not_on_lattice(const Recipe& recipe) {
  if (recipe.kind != spec::BlockKind::kScaled) return "its blocks have more than one scale";
  if (recipe.search != spec::ScaleSearch::kNone) return "its scale is searched";
  if (recipe.random_bits > 0) return "its rounding is random";
  if (recipe.scale_used != spec::ScaleUsed::kStored) return "its elements use another scale";
  if (recipe.flush_below) return "it flushes blocks below a limit of its own";
  if (recipe.tensor_scale == spec::TensorScale::kDivideBf16 ||
      recipe.tensor_scale == spec::TensorScale::kMultiplyBf16)
    return "its elements are rounded again after the tensor scale";
  if (recipe.element_method != spec::ElementMethod::kCast)
    return "its rounding of elements is not monotone";
  if (recipe.scale.bits > 8) return "its scales are floating-point numbers of 32 bits";
  return "";
}

LatticeBound lattice_bound(const Recipe& recipe, const Rational& tensor_amax,
                           const std::atomic<bool>& stop) {
  if (const std::string why = not_on_lattice(recipe); !why.empty())
    throw Error(fmt::format("{} has no bound on a lattice: {}", recipe.name, why));
  return Bounder(recipe, tensor_amax).run(stop);
}

Rational lattice_ratio(const Recipe& recipe, const Rational& tensor_amax,
                       const LatticeWorst& pair) {
  spec::TensorScales tensor;
  if (recipe.has_tensor_scale()) tensor = spec::tensor_scales(recipe, Number::finite(tensor_amax));
  const std::array<Number, 2> block = {Number::finite(pair.block_max),
                                       Number::finite(pair.element)};
  const Number y =
      spec::dequantize_block(recipe, spec::quantize_block(recipe, block, tensor), tensor)[1];
  return abs(Rational(pair.element - y.value())) / pair.block_max;
}

}  // namespace mxscope::analysis
