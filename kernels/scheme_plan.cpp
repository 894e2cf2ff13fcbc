// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Statistics of channels and tokens, and what schemes make of them.
#include "kernels/scheme_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "kernels/error_statistics.h"
#include "kernels/hadamard.h"
#include "spec/error.h"
#include "spec/number.h"

namespace mxscope::kernels {
namespace {

constexpr double kLeastMaximum = 1e-5;  // SmoothQuant's clamp

std::vector<double> channel_maxima(const MatrixView& x) {
  std::vector<double> out(static_cast<std::size_t>(x.columns));
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const auto row = x.row(i);
    for (std::size_t j = 0; j < out.size(); ++j)
      out[j] = std::max<double>(out[j], std::fabs(row[j]));
  }
  return out;
}

/// What channels are ordered by.
std::vector<double> statistic(ChannelOrder order, const MatrixView& x) {
  if (order == ChannelOrder::kMax) return channel_maxima(x);
  std::vector<CompensatedSum> sums(static_cast<std::size_t>(x.columns));
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const auto row = x.row(i);
    for (std::size_t j = 0; j < sums.size(); ++j) {
      const double value = row[j];
      sums[j].add(order == ChannelOrder::kMean ? std::fabs(value) : value * value);
    }
  }
  std::vector<double> out;
  for (const CompensatedSum& sum : sums) out.push_back(sum.value());
  return out;
}

/// A threshold of two exact binary64 numbers: with a binary32 number's 24 bits, at most 53.
struct Share {
  double numerator = 0;
  double denominator = 1;
};

std::vector<Share> shares_of(const ChannelSplit& split) {
  std::vector<Share> out;
  for (const spec::Rational& t : split.thresholds)
    out.push_back({numerator(t).convert_to<double>(), denominator(t).convert_to<double>()});
  return out;
}

std::size_t level_of(double x, double largest, const std::vector<Share>& shares, bool inclusive) {
  std::size_t level = 0;
  for (const Share& share : shares) {
    const double left = x * share.denominator;
    const double right = largest * share.numerator;
    if (inclusive ? left <= right : left < right) break;
    ++level;
  }
  return level;
}

/// How many elements are of each level.
std::vector<std::uint64_t> element_levels(const ChannelSplit& split, const MatrixView& x) {
  const std::vector<Share> shares = shares_of(split);
  std::vector<std::uint64_t> out(split.levels());
  for (std::int64_t i = 0; i < x.rows; ++i) {
    const auto row = x.row(i);
    double largest = split.signed_max ? row.front() : 0;
    for (const float value : row)
      largest = std::max<double>(largest, split.signed_max ? value : std::fabs(value));
    for (const float value : row)
      ++out[level_of(split.signed_value ? value : std::fabs(value), largest, shares,
                     split.inclusive)];
  }
  return out;
}

std::vector<std::uint64_t> channel_levels(const ChannelSplit& split, const MatrixView& x) {
  const std::vector<double> maxima = channel_maxima(x);
  const double largest = *std::max_element(maxima.begin(), maxima.end());
  std::vector<std::uint64_t> out(split.levels());
  for (const double c : maxima) ++out[level_of(c, largest, shares_of(split), split.inclusive)];
  return out;
}

/// ceil(channels part / whole / multiple) multiple.
std::int64_t rounded_count(std::int64_t channels, std::uint64_t part, std::uint64_t whole,
                           std::int64_t multiple) {
  if (part == 0) return 0;
  const spec::Integer wanted = spec::Integer(channels) * part;
  const spec::Integer group = spec::Integer(whole) * multiple;
  return multiple * ((wanted + group - 1) / group).convert_to<std::int64_t>();
}

std::vector<std::int64_t> split_channels(const Scheme& scheme, const MatrixView& x) {
  const ChannelSplit& split = scheme.split;
  std::vector<std::int64_t> out(split.levels());
  if (split.by == SplitBy::kCounts) {
    for (std::size_t i = 0; i < split.counts.size(); ++i)
      out[i + 1] = rounded_count(split.counts[i], 1, 1, split.multiple);
  } else if (split.by != SplitBy::kNothing) {
    const bool elements = split.by == SplitBy::kElements;
    const auto found = elements ? element_levels(split, x) : channel_levels(split, x);
    const std::uint64_t whole = std::accumulate(found.begin(), found.end(), std::uint64_t{0});
    for (std::size_t i = 1; i < out.size(); ++i)
      out[i] = rounded_count(x.columns, found[i], whole, split.multiple);
  }
  std::int64_t left = x.columns;
  for (std::size_t i = out.size(); i-- > 1;) {
    if (split.clamp) out[i] = std::min(out[i], left);
    left -= out[i];
  }
  if (left < 0)
    throw Error(fmt::format(
        "scheme {}: the levels after the first take {} channels of {}, and it does not limit them",
        scheme.name, x.columns - left, x.columns));
  out.front() = left;
  return out;
}

void require_finite(const MatrixView& x, std::string_view what) {
  for (std::size_t i = 0; i < x.values.size(); ++i)
    if (!std::isfinite(x.values[i]))
      throw Error(fmt::format("{}: row {}, column {} is {}; quantizing needs finite numbers", what,
                              i / static_cast<std::size_t>(x.columns),
                              i % static_cast<std::size_t>(x.columns), x.values[i]));
}

std::vector<float> smoothing_factors(double alpha, const MatrixView& x, const MatrixView& w) {
  const std::vector<double> xs = channel_maxima(x);
  const std::vector<double> ws = channel_maxima(w);
  std::vector<float> out;
  for (std::size_t j = 0; j < xs.size(); ++j)
    out.push_back(static_cast<float>(
        std::max(kLeastMaximum, std::pow(std::max(xs[j], kLeastMaximum), alpha) /
                                    std::pow(std::max(ws[j], kLeastMaximum), 1 - alpha))));
  return out;
}

void rotate(const Scheme& scheme, Matrix& matrix) {
  if (scheme.rotation == Rotation::kNone) return;
  HadamardRotation(matrix.columns, scheme.rotation_block, scheme.random_signs,
                   static_cast<std::uint64_t>(scheme.seed))
      .apply(matrix);
}

Matrix reordered(Matrix matrix, const std::vector<std::uint32_t>& order) {
  if (order.empty()) return matrix;
  std::vector<float> row(order.size());
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    const std::span<float> values = matrix.row(i);
    for (std::size_t j = 0; j < order.size(); ++j) row[j] = values[order[j]];
    std::copy(row.begin(), row.end(), values.begin());
  }
  return matrix;
}

template <typename Operation>
Matrix transformed(const Scheme& scheme, const LayerPlan& plan, const MatrixView& from,
                   Operation smooth) {
  Matrix out{from.rows, from.columns, {from.values.begin(), from.values.end()}};
  if (!plan.smoothing.empty())
    for (std::int64_t i = 0; i < out.rows; ++i) {
      const std::span<float> row = out.row(i);
      for (std::size_t j = 0; j < row.size(); ++j) row[j] = smooth(row[j], plan.smoothing[j]);
    }
  rotate(scheme, out);
  return reordered(std::move(out), plan.order);
}

}  // namespace

LayerPlan calibrate_layer(const Scheme& scheme, const MatrixView& activations,
                          const MatrixView& weights) {
  require_finite(activations, "activations");
  LayerPlan plan{.channels = activations.columns};
  if (!scheme.smoothing.empty()) {
    if (weights.rows == 0)
      throw Error(fmt::format("scheme {} smooths, which takes weights too", scheme.name));
    require_finite(weights, "weights");
    plan.smoothing = smoothing_factors(
        spec::parse_number(scheme.smoothing).value().convert_to<double>(), activations, weights);
  }
  const Matrix x = transformed_activations(scheme, plan, activations);
  if (scheme.order != ChannelOrder::kNone) {
    const std::vector<double> by = statistic(scheme.order, x.view());
    plan.order.resize(by.size());
    std::iota(plan.order.begin(), plan.order.end(), 0U);
    std::stable_sort(plan.order.begin(), plan.order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return by[a] < by[b]; });
  }
  plan.levels = split_channels(scheme, x.view());
  return plan;
}

void validate(const LayerPlan& plan, const Scheme& scheme) {
  const auto channels = static_cast<std::size_t>(plan.channels);
  if (plan.channels <= 0) throw Error("field channels: must be positive");
  if (plan.smoothing.empty() != scheme.smoothing.empty() ||
      (!plan.smoothing.empty() && plan.smoothing.size() != channels))
    throw Error(fmt::format("field smoothing: {} factors, and scheme {} has {}",
                            plan.smoothing.size(), scheme.name,
                            scheme.smoothing.empty() ? 0 : channels));
  for (const float factor : plan.smoothing)
    if (!(factor > 0) || !std::isfinite(factor))
      throw Error(fmt::format("field smoothing: {} is no positive number", factor));
  const bool ordered = scheme.order != ChannelOrder::kNone;
  if (plan.order.size() != (ordered ? channels : 0))
    throw Error(fmt::format("field order: {} channels, and scheme {} has {}", plan.order.size(),
                            scheme.name, ordered ? channels : 0));
  std::vector<bool> seen(plan.order.size());
  for (const std::uint32_t channel : plan.order) {
    if (channel >= seen.size() || seen[channel])
      throw Error(fmt::format("field order: channel {} is {}", channel,
                              channel < seen.size() ? "there twice" : "not one of the layer's"));
    seen[channel] = true;
  }
  if (plan.levels.size() != scheme.split.levels())
    throw Error(fmt::format("field levels: {} numbers, and scheme {} has {} levels",
                            plan.levels.size(), scheme.name, scheme.split.levels()));
  std::int64_t left = plan.channels;
  for (const std::int64_t level : plan.levels) {
    if (level < 0 || level > left)
      throw Error(fmt::format("field levels: must be shares of the {} channels", plan.channels));
    left -= level;
  }
  if (left != 0)
    throw Error(fmt::format("field levels: their sum is not the {} channels", plan.channels));
}

Matrix transformed_activations(const Scheme& scheme, const LayerPlan& plan,
                               const MatrixView& activations) {
  return transformed(scheme, plan, activations, [](float x, float factor) { return x / factor; });
}

Matrix transformed_weights(const Scheme& scheme, const LayerPlan& plan, const MatrixView& weights) {
  return transformed(scheme, plan, weights, [](float w, float factor) { return w * factor; });
}

std::vector<PartChannels> part_channels(const Scheme& scheme, const LayerPlan& plan) {
  std::vector<PartChannels> out;
  std::size_t level = 0;
  std::int64_t first = 0;
  for (const SchemePart& part : scheme.parts) {
    PartChannels channels{.first = first};
    for (int i = 0; i < part.levels; ++i) {
      channels.residuals = part.residuals ? plan.levels[level] : 0;
      channels.count += plan.levels[level++];
    }
    first += channels.count;
    out.push_back(channels);
  }
  return out;
}

AverageBits average_bits(const Scheme& scheme, const LayerPlan& plan, std::int64_t tokens,
                         std::int64_t outputs, const spec::RecipeTable& recipes) {
  AverageBits out;
  const std::vector<PartChannels> parts = part_channels(scheme, plan);
  const auto channels = static_cast<double>(plan.channels);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].count == 0) continue;
    const double share = static_cast<double>(parts[i].columns()) / channels;
    out.activations += share * element_bits(activation_recipe(scheme.parts[i], recipes), tokens,
                                            parts[i].columns());
    out.weights +=
        share * element_bits(weight_recipe(scheme.parts[i], recipes), outputs, parts[i].columns());
  }
  const double rank = static_cast<double>(scheme.low_rank);
  out.weights += 16 * rank * (1 / static_cast<double>(outputs) + 1 / channels);
  return out;
}

}  // namespace mxscope::kernels
