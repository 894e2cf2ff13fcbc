// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Paley's and Sylvester's Hadamard matrices; the fast Walsh-Hadamard transform in binary32.
#include "kernels/hadamard.h"

#include <algorithm>
#include <cmath>

#include "spec/philox.h"

namespace mxscope::kernels {
namespace {

constexpr std::int64_t kMostOrder = 2048;  ///< of a dense factor

bool is_prime(std::int64_t n) {
  if (n < 2) return false;
  for (std::int64_t d = 2; d * d <= n; ++d)
    if (n % d == 0) return false;
  return true;
}

/// The Legendre symbol of each residue modulo a prime.
std::vector<int> quadratic_characters(std::int64_t q) {
  std::vector<int> out(static_cast<std::size_t>(q), -1);
  out[0] = 0;
  for (std::int64_t x = 1; x < q; ++x) out[static_cast<std::size_t>(x * x % q)] = 1;
  return out;
}

/// Row i, column j of Paley's bordered matrix: 0 on the diagonal, characters of i - j inside.
int bordered(const std::vector<int>& characters, std::int64_t i, std::int64_t j, int left) {
  const auto q = static_cast<std::int64_t>(characters.size());
  if (i == 0 && j == 0) return 0;
  if (i == 0) return 1;
  if (j == 0) return left;
  return characters[static_cast<std::size_t>(((i - j) % q + q) % q)];
}

}  // namespace

std::vector<std::int8_t> hadamard_matrix(std::int64_t order) {
  std::vector<std::int8_t> out;
  if (order < 1 || order > kMostOrder) return out;
  const auto at = [&](std::int64_t i, std::int64_t j) -> std::int8_t& {
    return out[static_cast<std::size_t>(i * order + j)];
  };
  const auto size = static_cast<std::size_t>(order * order);
  if ((order & (order - 1)) == 0) {
    out.assign(size, 1);
    for (std::int64_t i = 0; i < order; ++i)
      for (std::int64_t j = 0; j < order; ++j)
        for (std::int64_t bits = i & j; bits != 0; bits &= bits - 1)
          at(i, j) = static_cast<std::int8_t>(-at(i, j));
    return out;
  }
  if (order % 4 == 0 && is_prime(order - 1)) {  // q = 3 mod 4: I + S, S skew
    const auto characters = quadratic_characters(order - 1);
    out.resize(size);
    for (std::int64_t i = 0; i < order; ++i)
      for (std::int64_t j = 0; j < order; ++j)
        at(i, j) = static_cast<std::int8_t>(i == j ? 1 : bordered(characters, i, j, -1));
    return out;
  }
  const std::int64_t q = order / 2 - 1;
  if (order % 4 == 0 && q % 4 == 1 && is_prime(q)) {  // C symmetric: C (x) [1 1; 1 -1] + I (x) ...
    const auto characters = quadratic_characters(q);
    constexpr int kOff[2][2] = {{1, 1}, {1, -1}};
    constexpr int kOn[2][2] = {{1, -1}, {-1, -1}};
    out.resize(size);
    for (std::int64_t i = 0; i < order; ++i)
      for (std::int64_t j = 0; j < order; ++j)
        at(i, j) = static_cast<std::int8_t>(i / 2 == j / 2 ? kOn[i % 2][j % 2]
                                                           : bordered(characters, i / 2, j / 2, 1) *
                                                                 kOff[i % 2][j % 2]);
    return out;
  }
  return out;
}

HadamardRotation::HadamardRotation(std::int64_t channels, std::int64_t block, bool random_signs,
                                   std::uint64_t seed)
    : channels_(channels) {
  std::int64_t even = 1;  // the largest power of two in K
  while (channels % (2 * even) == 0) even *= 2;
  power_ = block != 0 ? block : even;
  if (block == 0 && even != channels) {
    // K / m must be a power of two, so m is K's odd part times one.
    for (std::int64_t m = channels / even; m <= std::min(channels, kMostOrder); m *= 2) {
      matrix_ = hadamard_matrix(m);
      if (matrix_.empty()) {
        if (channels % (2 * m) != 0) break;
        continue;
      }
      order_ = m;
      power_ = channels / m;
      break;
    }
  }
  if (!random_signs) return;
  const spec::RandomStream random{seed, 0};
  for (std::int64_t j = 0; j < channels; ++j)
    signs_.push_back(
        (random.words(static_cast<std::uint64_t>(j / 4))[static_cast<std::size_t>(j % 4)] & 1) != 0
            ? -1.0F
            : 1.0F);
}

void HadamardRotation::rotate(std::span<float> block, std::vector<float>& room) const {
  const auto power = static_cast<std::size_t>(power_);
  const auto order = static_cast<std::size_t>(order_);
  for (std::size_t base = 0; base < block.size(); base += power)
    for (std::size_t h = 1; h < power; h *= 2)
      for (std::size_t i = base; i < base + power; i += 2 * h)
        for (std::size_t j = i; j < i + h; ++j) {
          const float a = block[j];
          const float b = block[j + h];
          block[j] = a + b;
          block[j + h] = a - b;
        }
  if (order > 1) {
    room.assign(block.begin(), block.end());
    for (std::size_t i = 0; i < order; ++i)
      for (std::size_t j = 0; j < power; ++j) {
        float sum = 0;
        for (std::size_t k = 0; k < order; ++k)
          sum += matrix_[k * order + i] > 0 ? room[k * power + j] : -room[k * power + j];
        block[i * power + j] = sum;
      }
  }
  const auto factor = static_cast<float>(1 / std::sqrt(static_cast<double>(block.size())));
  for (float& x : block) x *= factor;
}

void HadamardRotation::apply(Matrix& matrix) const {
  std::vector<float> room;
  for (std::int64_t i = 0; i < matrix.rows; ++i) {
    const std::span<float> row = matrix.row(i);
    for (std::size_t j = 0; j < signs_.size(); ++j) row[j] *= signs_[j];
    for (std::int64_t first = 0; first + block() <= channels_; first += block())
      rotate(row.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(block())), room);
  }
}

}  // namespace mxscope::kernels
