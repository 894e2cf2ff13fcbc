// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Heavy-tailed activations with a few large channels, from counters.
#include "kernels/synthetic_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/narrowing.h"
#include "spec/philox.h"

namespace mxscope::kernels {
namespace {

constexpr std::uint64_t kActivations = 0, kScales = 1, kGains = 2, kWeights = 3;
constexpr std::uint64_t kNormals = 6;  // of an activation
constexpr double kOctaves = 0.866;     // 0.6 in natural logarithms

double nearly_normal(const spec::RandomStream& stream, std::uint64_t index) {
  std::int64_t sum = 0;
  for (const std::uint32_t word : stream.words(index)) sum += static_cast<std::int64_t>(word >> 16);
  return static_cast<double>(2 * sum - 4 * 65535) * 0x1p-17 * std::sqrt(3.0);
}

double power(double x) {
  const double whole = std::floor(x);
  return std::ldexp(1 + (x - whole), static_cast<int>(whole));
}

std::vector<double> channel_sizes(std::int64_t channels, std::uint64_t seed) {
  const spec::RandomStream scales{seed, kScales};
  const spec::RandomStream gains{seed, kGains};
  std::vector<double> out;
  std::vector<std::pair<std::uint32_t, std::size_t>> words;
  for (std::int64_t j = 0; j < channels; ++j) {
    const auto index = static_cast<std::uint64_t>(j);
    out.push_back(power(kOctaves * nearly_normal(scales, index)));
    words.emplace_back(gains.words(index)[0], static_cast<std::size_t>(j));
  }
  const auto outliers = std::max<std::ptrdiff_t>(1, (channels + 125) / 250);
  std::partial_sort(words.begin(), words.begin() + outliers, words.end());
  for (std::ptrdiff_t i = 0; i < outliers; ++i) {
    const std::size_t j = words[static_cast<std::size_t>(i)].second;
    out[j] *= power(4.25 + 2.5 * gains.words(j)[1] * 0x1p-32);
  }
  return out;
}

}  // namespace

SyntheticLayer synthetic_layer(std::int64_t tokens, std::int64_t outputs, std::int64_t channels,
                               std::uint64_t seed) {
  SyntheticLayer out{{tokens, channels, {}}, {outputs, channels, {}}};
  const std::vector<double> sizes = channel_sizes(channels, seed);
  const spec::RandomStream activations{seed, kActivations};
  for (std::int64_t i = 0; i < tokens * channels; ++i) {
    const auto first = static_cast<std::uint64_t>(i) * kNormals;
    double squares = 0;
    for (std::uint64_t d = 1; d < kNormals; ++d) {
      const double n = nearly_normal(activations, first + d);
      squares += n * n;
    }
    const double t = nearly_normal(activations, first) / std::sqrt(squares / 5);
    out.activations.values.push_back(
        nearest_bf16(t * sizes[static_cast<std::size_t>(i % channels)]));
  }
  const spec::RandomStream weights{seed, kWeights};
  const double size = std::sqrt(static_cast<double>(channels));
  for (std::int64_t i = 0; i < outputs * channels; ++i)
    out.weights.values.push_back(
        nearest_bf16(nearly_normal(weights, static_cast<std::uint64_t>(i)) / size));
  return out;
}

}  // namespace mxscope::kernels
