// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The obvious loops; no contraction (-ffp-contract=off). Their vector forms are in fused_simd.cpp.
#include "kernels/fused_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "kernels/exponential_terms.h"
#include "kernels/narrowing.h"
#include "spec/error.h"

namespace mxscope::kernels {

float sum_of_threads(std::span<float> sums) {
  for (std::size_t apart = std::bit_ceil(sums.size()) / 2; apart > 0; apart /= 2)
    for (std::size_t t = 0; t < apart && t + apart < sums.size(); ++t) sums[t] += sums[t + apart];
  return sums.empty() ? 0 : sums[0];
}

float sum_of_squares(std::span<const float> row, const SquareSum& order) {
  if (order.load == 0 || order.per_thread == 0 || order.per_thread % order.load != 0 ||
      row.size() % order.per_thread != 0)
    throw Error(
        fmt::format("a sum of {} squares by threads of {} that load {} at a time: each must divide "
                    "the one before",
                    row.size(), order.per_thread, order.load));
  const std::size_t threads = row.size() / order.per_thread;
  std::vector<float> sums(threads);
  const std::size_t at_once = std::max<std::size_t>(threads * order.load, 1);
  for (std::size_t first = 0; first < row.size(); first += at_once)
    for (std::size_t t = 0; t < threads; ++t)
      for (std::size_t i = 0; i < order.load; ++i) {
        const float x = row[first + t * order.load + i];
        sums[t] += x * x;
      }
  return sum_of_threads(sums);
}

float reciprocal_root(float sum, std::size_t length, float epsilon) {
  return 1.0F / std::sqrt(sum / static_cast<float>(length) + epsilon);
}

float exponential(float x) {
  if (x < kLeastExponent) x = kLeastExponent;
  if (x > kMostExponent) x = kMostExponent;
  if (std::isnan(x)) return x;
  const float n = (x * kLog2E + kToInteger) - kToInteger;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = kSeries[5];
  for (int i = 4; i >= 0; --i) p = p * r + kSeries[i];
  const float e = (p * (r * r) + r) + 1.0F;
  // Two factors, for 2^n itself may be none of binary32.
  const int whole = static_cast<int>(n);
  const int half = whole >> 1;
  const auto power = [](int exponent) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23);
  };
  return e * power(half) * power(whole - half);
}

float silu(float x) { return x / (1.0F + exponential(-x)); }

void apply_row_rule(const RowRule& rule, std::span<const float> x, std::span<const float> up,
                    std::span<float> out) {
  const auto check = [&](std::size_t length, const char* name) {
    if (length != x.size())
      throw Error(fmt::format("{} has {} elements, and the row {}", name, length, x.size()));
  };
  check(out.size(), "the result");
  float root = 1;
  if (rule.prologue == Prologue::kRmsNorm) {
    check(rule.weight.size(), "the weight");
    root = reciprocal_root(sum_of_squares(x, rule.sum), x.size(), rule.epsilon);
  }
  if (rule.prologue == Prologue::kSiluMul) check(up.size(), "the factor of silu");
  for (std::size_t i = 0; i < x.size(); ++i) {
    float y = x[i];
    if (rule.prologue == Prologue::kNone) {
      out[i] = y;
      continue;
    }
    y = rule.prologue == Prologue::kRmsNorm ? y * rule.weight[i] * root : silu(y) * up[i];
    if (rule.to_bf16) y = nearest_bf16(y);
    out[i] = std::isnan(y) ? std::numeric_limits<float>::quiet_NaN() : y;
  }
}

}  // namespace mxscope::kernels
