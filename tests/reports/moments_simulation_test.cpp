// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Expected errors against what the fast quantizers do to random blocks.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "analysis/block_moments.h"
#include "kernels/block_routine.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope {
namespace {

struct Sample {
  double mean = 0;
  double standard_error = 0;
};

/// The mean of the blocks' mean squared errors, and its standard error from their own variance.
template <typename Draw>
Sample simulate(const spec::Recipe& recipe, float tensor_amax, int blocks, const Draw& draw) {
  const kernels::BlockRoutine routine(recipe);
  EXPECT_TRUE(routine.is_fast());
  const auto factors =
      recipe.has_tensor_scale() ? routine.tensor_factors(tensor_amax) : kernels::TensorFactors{};
  const auto n = static_cast<std::size_t>(recipe.block_elements());
  std::vector<float> x(n);
  std::vector<float> q(n);
  std::vector<std::uint8_t> codes(n);
  double sum = 0;
  double squares = 0;
  for (int b = 0; b < blocks; ++b) {
    for (float& value : x) value = static_cast<float>(draw());
    const kernels::BlockOutput out = routine.quantize(x, factors, codes.data());
    routine.dequantize(out, codes.data(), n, factors, q.data());
    double error = 0;
    for (std::size_t i = 0; i < n; ++i) error += std::pow(double{q[i]} - double{x[i]}, 2);
    error /= static_cast<double>(n);
    sum += error;
    squares += error * error;
  }
  const double mean = sum / blocks;
  return {mean, std::sqrt((squares / blocks - mean * mean) / (blocks - 1))};
}

/// Five standard errors: by the central limit theorem a fault of one draw in 1.7 million, and the
/// seed is fixed. A value 2 % off must be told apart, so the sample is large enough.
template <typename Draw>
void expect_simulated(const std::string& density, const char* name, const Draw& draw) {
  constexpr int kTensorAmax = 16;
  const spec::RecipeTable table;
  const spec::Recipe& recipe = table.find(name);
  const spec::TensorScales tensor =
      recipe.has_tensor_scale() ? spec::tensor_scales(recipe, spec::Number::finite(kTensorAmax))
                                : spec::TensorScales{};
  const analysis::ErrorMoments exact =
      analysis::block_moments(analysis::parse_density(density), recipe, tensor, 160);
  const double expected = std::stod(exact.mse.text(17));
  const Sample sample = simulate(recipe, kTensorAmax, 100000, draw);
  EXPECT_LT(std::abs(sample.mean - expected), 5 * sample.standard_error)
      << density << " " << name << ": " << expected << ", simulated " << sample.mean;
  EXPECT_LT(5 * sample.standard_error, expected / 50) << density << " " << name;
}

TEST(MomentsSimulationMedium, FastPathHasTheExpectedError) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::exponential_distribution<double> exponential(1);
  for (const char* name : {"nvfp4", "nvfp4_1level", "mxfp4", "mxfp4_even", "mxfp4_rceil",
                           "mxfp6_e2m3", "mxfp8_e4m3", "mxint8"}) {
    expect_simulated("normal", name, [&] { return normal(random); });
    expect_simulated("uniform", name, [&] { return uniform(random); });
    expect_simulated("laplace", name,
                     [&] { return exponential(random) * (uniform(random) < 0 ? -1 : 1); });
  }
}

}  // namespace
}  // namespace mxscope
