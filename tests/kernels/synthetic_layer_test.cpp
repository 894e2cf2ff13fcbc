// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Made-up layers are the same every time and look as they say.
#include "kernels/synthetic_layer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace mxscope::kernels {
namespace {

TEST(SyntheticLayer, IsTheSeedsAndOfBfloat16Numbers) {
  const SyntheticLayer a = synthetic_layer(8, 4, 64, 1);
  EXPECT_EQ(a.activations.values, synthetic_layer(8, 4, 64, 1).activations.values);
  EXPECT_NE(a.activations.values, synthetic_layer(8, 4, 64, 2).activations.values);
  EXPECT_NE(a.weights.values, synthetic_layer(8, 4, 64, 2).weights.values);
  // More tokens or outputs continue what fewer begin.
  const SyntheticLayer more = synthetic_layer(9, 5, 64, 1);
  EXPECT_TRUE(std::equal(a.activations.values.begin(), a.activations.values.end(),
                         more.activations.values.begin()));
  for (const float x : a.activations.values)
    EXPECT_EQ(std::bit_cast<std::uint32_t>(x) & 0xFFFF, 0u) << x;
}

TEST(SyntheticLayer, FewChannelsAreLargeAndTailsAreHeavy) {
  constexpr std::int64_t kTokens = 256, kChannels = 500;
  const SyntheticLayer layer = synthetic_layer(kTokens, 64, kChannels, 3);
  std::vector<double> energy(kChannels);
  for (std::int64_t i = 0; i < kTokens; ++i)
    for (std::size_t j = 0; j < kChannels; ++j)
      energy[j] += std::pow(double{layer.activations.view().row(i)[j]}, 2);
  std::sort(energy.begin(), energy.end());
  const double median = energy[kChannels / 2];
  // Two of 500 channels are 20 to 110 times as large; channels' own sizes are within 2^(0.866
  // * 3.5).
  EXPECT_GT(energy[kChannels - 2], 50 * median);
  EXPECT_LT(energy[kChannels - 3], 200 * median);
  double squares = 0;
  double fourths = 0;
  for (std::int64_t i = 0; i < kTokens; ++i) {  // one channel's kurtosis
    const double x = layer.activations.view().row(i)[7];
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_GT(fourths * kTokens / (squares * squares), 3.2);  // a normal distribution's is 3
  double weights = 0;
  for (const float w : layer.weights.values) weights += double{w} * double{w};
  EXPECT_NEAR(weights / 64, 1, 0.05);  // each output's weights have variance 1 / K
}

}  // namespace
}  // namespace mxscope::kernels
