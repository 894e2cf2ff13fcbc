// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/bf16_stages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>

#include "spec/error.h"

namespace mxscope::analysis {
namespace {

using spec::Number;
using spec::Recipe;

/// A bfloat16 magnitude by its code.
double bf16_value(std::uint32_t code) { return std::bit_cast<float>(code << 16); }

/// The nearest bfloat16, ties to even, of a number that is exact in binary64.
double to_bf16(double x) {
  if (x == 0) return x;
  constexpr int kPrecision = 8;
  constexpr int kLeastExponent = -133;  // of the least subnormal
  const double quantum =
      std::ldexp(1.0, std::max(std::ilogb(x) - (kPrecision - 1), kLeastExponent));
  return std::nearbyint(x / quantum) * quantum;
}

std::uint32_t bf16_code(double magnitude) {
  return std::bit_cast<std::uint32_t>(static_cast<float>(magnitude)) >> 16;
}

double as_double(const Number& x) {
  if (x.kind != spec::NumberKind::kFinite)
    throw Error("a block of finite numbers got an infinite or undefined value");
  return x.value().convert_to<double>();
}

/// Everything the recipe does to bfloat16 magnitudes, by code.
struct Tables {
  std::uint32_t count = 0;                   ///< codes 0 .. count - 1 are at most the limit
  std::vector<std::uint8_t> scale_of;        ///< by the code of the block maximum
  std::vector<std::vector<double>> decoded;  ///< [scale code][code]: the reconstruction
  std::vector<std::vector<double>> largest;  ///< [scale code][code]: error up to this code
};

Number number(double x) { return Number::finite(Rational(x)); }

/// What x becomes in a block with maximum m, and that -x becomes the opposite.
double reconstruction(const Recipe& recipe, std::uint32_t m, std::uint32_t x) {
  const std::array<Number, 3> block = {number(bf16_value(m)), number(bf16_value(x)),
                                       number(-bf16_value(x))};
  const auto decoded = spec::dequantize_block(recipe, spec::quantize_block(recipe, block));
  const double y = as_double(decoded[1]);
  if (as_double(decoded[2]) != -y)
    throw Error(fmt::format("{} does not treat signs alike", recipe.name));
  return y;
}

/// Reconstructions of the codes from `low` to `high` in blocks with maximum m. Each operation of a
/// recipe rounds monotonically, so equal ends have equal points between.
void fill(const Recipe& recipe, std::uint32_t m, std::uint32_t low, std::uint32_t high,
          std::vector<double>& decoded) {
  decoded[low] = reconstruction(recipe, m, low);
  decoded[high] = reconstruction(recipe, m, high);
  if (decoded[low] > decoded[high])
    throw Error(fmt::format("{} does not round monotonically", recipe.name));
  if (decoded[low] == decoded[high]) {
    std::fill(decoded.begin() + low, decoded.begin() + high, decoded[low]);
  } else if (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    fill(recipe, m, low, middle, decoded);
    fill(recipe, m, middle, high, decoded);
  }
}

Tables tables_of(const Bf16Kernel& kernel, const std::atomic<bool>& stop) {
  const Recipe& recipe = kernel.recipe;
  if (recipe.search != spec::ScaleSearch::kNone || recipe.kind != spec::BlockKind::kScaled ||
      recipe.random_bits > 0 || recipe.has_tensor_scale() || recipe.scale.bits > 8)
    throw Error(fmt::format(
        "{} is not a kernel with one block scale and no tensor scale of its own", recipe.name));
  if (kernel.stages == 2 && kernel.residual.precision != spec::Precision::kBf16)
    throw Error("residuals that are not bfloat16 numbers cannot be enumerated");
  Tables out;
  while (Rational(bf16_value(out.count)) <= kernel.limit) ++out.count;
  out.scale_of.assign(out.count, 0);
  std::vector<std::uint32_t> last(256, 0);
  for (std::uint32_t c = 1; c < out.count && !stop; ++c) {
    const std::array<Number, 1> block = {number(bf16_value(c))};
    const spec::BlockCodes codes = spec::quantize_block(recipe, block);
    out.scale_of[c] = static_cast<std::uint8_t>(codes.scale);
    last[codes.scale] = c;
  }
  out.decoded.resize(256);
  out.largest.resize(256);
  for (std::size_t s = 0; s < 256 && !stop; ++s) {
    if (last[s] == 0) continue;
    out.decoded[s].resize(last[s] + 1);
    fill(recipe, last[s], 0, last[s], out.decoded[s]);
    double most = 0;
    for (std::uint32_t c = 0; c <= last[s]; ++c) {
      most = std::max(most, std::abs(bf16_value(c) - out.decoded[s][c]));
      out.largest[s].push_back(most);
    }
  }
  return out;
}

/// The first stage of one block maximum: what each element leaves over, and what the second stage
/// is given.
struct FirstStage {
  std::vector<double> left;      ///< x - q s, the true remainder
  std::vector<double> residual;  ///< what the kernel computes of it
};

/// The scale that the residual is computed with, for blocks with this maximum.
double residual_scale(const Bf16Kernel& kernel, double block_max, double stored) {
  if (!kernel.residual.unrounded_scale) return stored;
  const std::array<Number, 1> block = {number(block_max)};
  const spec::BlockCodes codes = spec::quantize_block(kernel.recipe, block);
  spec::ResidualRule exact = kernel.residual;
  exact.precision = spec::Precision::kExact;
  const Rational left =
      spec::block_residual(kernel.recipe, block, codes, {}, exact).front().value();
  const Rational q = spec::decode(kernel.recipe.element, codes.elements.front()).value();
  if (q == 0) return stored;
  return Rational((Rational(block_max) - left) / q).convert_to<double>();
}

class Search {
 public:
  Search(const Bf16Kernel& kernel, Tables tables) : kernel_(kernel), t_(std::move(tables)) {}

  std::vector<Bf16Maximum> run(const std::atomic<bool>& stop) {
    std::vector<Bf16Maximum> out;
    for (std::uint32_t m = 1; m < t_.count && !stop; ++m) out.push_back(one_maximum(m));
    return out;
  }

 private:
  /// Remainders of the codes up to m under m's scale; kept while the scale and its use stay.
  void prepare(std::uint32_t m) {
    const std::uint8_t scale = t_.scale_of[m];
    const double stored = as_double(spec::decode(kernel_.recipe.scale, scale));
    const double used = residual_scale(kernel_, bf16_value(m), stored);
    if (first_.left.empty() || scale != scale_ || used != used_) {
      first_ = {};
      from_.assign(256, 0);
      scale_ = scale;
      used_ = used;
    }
    for (auto x = static_cast<std::uint32_t>(first_.left.size()); x <= m; ++x) {
      const double y = t_.decoded[scale][x];
      const double left = bf16_value(x) - y;
      const double seen = used == stored ? left : bf16_value(x) - y / stored * used;
      first_.left.push_back(left);
      first_.residual.push_back(to_bf16(seen));
      const std::uint32_t r = bf16_code(std::abs(first_.residual.back()));
      std::uint32_t& widest = from_[t_.scale_of[r]];
      if (r > 0 && (widest == 0 || r > residual_code(widest))) widest = x;
    }
  }

  std::uint32_t residual_code(std::uint32_t x) const {
    return bf16_code(std::abs(first_.residual[x]));
  }

  Bf16Maximum one_maximum(std::uint32_t m) {
    prepare(m);
    Bf16Maximum out;
    out.block_max = bf16_value(m);
    if (kernel_.stages == 1) {
      for (std::uint32_t x = 0; x <= m; ++x)
        if (std::abs(first_.left[x]) > out.error)
          out = {out.block_max, std::abs(first_.left[x]), bf16_value(x), 0};
      return out;
    }
    // The computed residual differs from the true remainder by at most this.
    double apart = 0;
    for (std::uint32_t x = 0; x <= m; ++x)
      apart = std::max(apart, std::abs(first_.left[x] - first_.residual[x]));
    for (std::size_t s = 255; s < 256; --s) {
      const std::uint32_t from = from_[s];
      if (from == 0) continue;
      const std::uint32_t widest = residual_code(from);
      if (t_.largest[s][widest] + apart <= out.error) continue;
      for (std::uint32_t x = 0; x <= m; ++x) {
        const std::uint32_t r = residual_code(x);
        if (r > widest) continue;
        const double second = std::copysign(t_.decoded[s][r], first_.residual[x]);
        const double error = std::abs(first_.left[x] - second);
        if (error > out.error) out = {out.block_max, error, bf16_value(x), bf16_value(from)};
      }
    }
    return out;
  }

  const Bf16Kernel& kernel_;
  Tables t_;
  FirstStage first_;
  std::vector<std::uint32_t> from_;  ///< by second scale code: the element of widest residual
  std::uint8_t scale_ = 0;
  double used_ = 0;
};

}  // namespace

std::vector<Bf16Maximum> bf16_maxima(const Bf16Kernel& kernel, const std::atomic<bool>& stop) {
  Tables tables = tables_of(kernel, stop);
  if (stop) return {};
  return Search(kernel, std::move(tables)).run(stop);
}

Bf16Worst bf16_worst(const std::vector<Bf16Maximum>& maxima, double least) {
  Bf16Worst worst;
  for (const Bf16Maximum& m : maxima) {
    if (m.block_max < least) continue;
    const Rational ratio = Rational(m.error) / Rational(m.block_max);
    if (ratio > worst.ratio) worst = {ratio, m};
  }
  return worst;
}

double bf16_last_excess(const std::vector<Bf16Maximum>& maxima, const Rational& bound) {
  const auto found = std::find_if(maxima.rbegin(), maxima.rend(), [&](const Bf16Maximum& m) {
    return Rational(m.error) > bound * Rational(m.block_max);
  });
  return found == maxima.rend() ? 0 : found->block_max;
}

Rational bf16_measured_ratio(const Bf16Kernel& kernel, const std::vector<double>& block) {
  std::vector<Number> values;
  for (const double x : block) values.push_back(number(x));
  const std::vector<Number> original = values;
  std::vector<Rational> sum(block.size(), Rational(0));
  for (int stage = 0; stage < kernel.stages; ++stage) {
    const spec::BlockCodes codes = spec::quantize_block(kernel.recipe, values);
    const std::vector<Number> decoded = spec::dequantize_block(kernel.recipe, codes);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += decoded[i].value();
    values = spec::block_residual(kernel.recipe, values, codes, {}, kernel.residual);
  }
  Rational worst = 0;
  Rational largest = 0;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    worst = std::max(worst, Rational(abs(original[i].value() - sum[i])));
    largest = std::max(largest, original[i].magnitude);
  }
  return worst / largest;
}

}  // namespace mxscope::analysis
