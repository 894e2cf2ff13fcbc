// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Chains of instructions, promotions, parts of K and the epilogue.
#include "kernels/gemm.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "kernels/narrowing.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::kernels {
namespace {

constexpr std::int64_t kTileRows = 64;
constexpr std::int64_t kTileColumns = 64;
constexpr std::int64_t kSlowTile = 1 << 18;  ///< products in a tile of the reference executor, so
                                             ///< that none takes long
constexpr std::uint32_t kCanonicalNan = 0x7FFFFFFF;

const spec::Format& fp16() {
  static const spec::Format format = spec::find_format("fp16");
  return format;
}

/// Columns [first, last) of each row of `per_row` bytes.
std::vector<std::uint8_t> columns_of(std::span<const std::uint8_t> bytes, std::int64_t rows,
                                     std::int64_t per_row, std::int64_t first, std::int64_t last) {
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(rows * (last - first)));
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto at = bytes.begin() + row * per_row;
    out.insert(out.end(), at + first, at + last);
  }
  return out;
}

std::int64_t container_bytes(const spec::Format& format) { return format.storage_bits / 8; }

}  // namespace

std::vector<float> as_floats(std::span<const std::uint32_t> words) {
  std::vector<float> values;
  values.reserve(words.size());
  for (const std::uint32_t word : words) values.push_back(std::bit_cast<float>(word));
  return values;
}

float rounded_output(float x, GemmOutput output) {
  static const spec::Codec half =
      spec::make_codec(spec::kF32, fp16(), spec::named_policy("ieee", fp16()));
  if (std::isnan(x)) return std::bit_cast<float>(kCanonicalNan);
  switch (output) {
    case GemmOutput::kFp32:
      return x;
    case GemmOutput::kBf16:
      return nearest_bf16(x);
    case GemmOutput::kFp16:
      return std::bit_cast<float>(
          spec::decode_to_f32(fp16(), half.encode(std::bit_cast<std::uint32_t>(x)).code));
  }
  return x;
}

std::int64_t usual_promotion(const sim::Mma& mma, const GemmOperand& a, const GemmOperand& b) {
  std::int64_t block = 0;
  for (const GemmOperand* operand : {&a, &b})
    if (operand->factor_block != 0 && operand->factor_block < operand->k)
      block = std::gcd(block, operand->factor_block);
  return block / mma.unit.k;
}

Gemm::Gemm(sim::Mma mma, GemmOperand a, GemmOperand b, sim::KOrder order, Epilogue epilogue,
           GemmExecutor executor)
    : mma_(std::move(mma)),
      a_(std::move(a)),
      b_(std::move(b)),
      order_(order),
      epilogue_(std::move(epilogue)) {
  check();
  if (executor == GemmExecutor::kFast) fast_ = std::make_unique<const sim::FastMma>(mma_);
  for (const auto& part : sim::k_chains(mma_.unit, order_, k())) {
    std::vector<Chain>& chains = parts_.emplace_back();
    for (const sim::KChain& range : part) chains.push_back(cut(range));
  }
  const bool slow = !fast_ || fast_->engine() == "reference";
  const std::int64_t columns = slow ? sim::kPanel : kTileColumns;
  const std::int64_t rows =
      slow ? std::clamp<std::int64_t>(kSlowTile / columns / std::max<std::int64_t>(k(), 1), 1,
                                      kTileRows)
           : kTileRows;
  for (std::int64_t row = 0; row < m(); row += rows)
    for (std::int64_t column = 0; column < n(); column += columns)
      tiles_.push_back({row, std::min(rows, m() - row), column, std::min(columns, n() - column)});
}

void Gemm::check() const {
  if (mma_.d.name != "fp32" && mma_.d.name != "fp16" && mma_.d.name != "s32")
    throw Error(
        fmt::format("unit {} accumulates in {}, and a GEMM's epilogue takes fp32, fp16 or s32",
                    mma_.unit.name, mma_.d.name));
  if (a_.k != b_.k)
    throw Error(
        fmt::format("A has {} columns and B {}; both are K, with B's rows the columns of "
                    "the product",
                    a_.k, b_.k));
  for (const auto& [name, operand, format] :
       {std::tuple("A", &a_, &mma_.a), std::tuple("B", &b_, &mma_.b)}) {
    // Clang 14 captures no structured bindings but by name.
    const auto size = [name = name, operand = operand](std::size_t actual, std::int64_t wanted,
                                                       const char* what) {
      if (static_cast<std::int64_t>(actual) != wanted)
        throw Error(fmt::format("{} has {} {}, and {} x {} elements take {}", name, actual, what,
                                operand->rows, operand->k, wanted));
    };
    size(operand->codes.size(), operand->rows * operand->k * container_bytes(*format),
         "bytes of codes");
    size(operand->scales.size(), operand->rows * mma_.scales_per_row(operand->k), "block scales");
    size(operand->factors.size(), operand->rows * operand->factors_per_row(), "binary32 scales");
    if (operand->factor_block == 0) continue;
    for (const auto& part : sim::k_chains(mma_.unit, order_, operand->k))
      for (const sim::KChain& chain : part)
        if (chain.first / operand->factor_block != (chain.last - 1) / operand->factor_block)
          throw Error(fmt::format(
              "{} has a binary32 scale for every {} elements of K, and a chain of {} has elements "
              "{} to {}: promote every {} instructions, and split K at multiples of {}",
              name, operand->factor_block, mma_.unit.name, chain.first, chain.last - 1,
              operand->factor_block / mma_.unit.k, operand->factor_block));
  }
  const auto outputs = static_cast<std::size_t>(m() * n());
  if (epilogue_.beta != 0 && epilogue_.addend.size() != outputs)
    throw Error(fmt::format("beta is {}, and C has {} elements where the product has {}",
                            epilogue_.beta, epilogue_.addend.size(), outputs));
  if (!epilogue_.bias.empty() && epilogue_.bias.size() != static_cast<std::size_t>(n()))
    throw Error(fmt::format("the bias has {} elements, and B {} rows", epilogue_.bias.size(), n()));
}

Gemm::Chain Gemm::cut(const sim::KChain& range) const {
  Chain chain{.range = range};
  const auto codes = [&](const GemmOperand& operand, const spec::Format& format) {
    const std::int64_t size = container_bytes(format);
    return columns_of(operand.codes, operand.rows, k() * size, range.first * size,
                      range.last * size);
  };
  chain.a_codes = codes(a_, mma_.a);
  chain.b_codes = codes(b_, mma_.b);
  if (mma_.block != 0) {
    const std::int64_t first = range.first / mma_.block;
    const std::int64_t last = mma_.scales_per_row(range.last);
    chain.a_scales = columns_of(a_.scales, m(), mma_.scales_per_row(k()), first, last);
    chain.b_scales = columns_of(b_.scales, n(), mma_.scales_per_row(k()), first, last);
  }
  if (!fast_) return chain;
  const std::int64_t length = range.last - range.first;
  return {.range = range,
          .a = fast_->pack_a({m(), length, chain.a_codes, chain.a_scales}),
          .b = fast_->pack_b({n(), length, chain.b_codes, chain.b_scales})};
}

float Gemm::whole_alpha() const {
  const float first = epilogue_.alpha * a_.tensor_scale;
  return first * b_.tensor_scale;
}

std::vector<std::uint64_t> Gemm::run_reference(const Chain& chain, const GemmTile& tile) const {
  const std::int64_t length = chain.range.last - chain.range.first;
  const auto rows = [&](std::span<const std::uint8_t> bytes, std::int64_t all, std::int64_t first,
                        std::int64_t count) {
    const std::size_t per_row = bytes.size() / static_cast<std::size_t>(all);
    return bytes.subspan(static_cast<std::size_t>(first) * per_row,
                         static_cast<std::size_t>(count) * per_row);
  };
  const sim::MmaMatrix a{tile.rows, length, rows(chain.a_codes, m(), tile.row, tile.rows),
                         rows(chain.a_scales, m(), tile.row, tile.rows)};
  const sim::MmaMatrix b{tile.columns, length, rows(chain.b_codes, n(), tile.column, tile.columns),
                         rows(chain.b_scales, n(), tile.column, tile.columns)};
  std::vector<std::uint64_t> words(static_cast<std::size_t>(tile.rows * tile.columns));
  sim::reference_mma(mma_, a, b, words);
  return words;
}

std::vector<std::uint64_t> Gemm::run_fast(const Chain& chain, const GemmTile& tile,
                                          std::span<std::uint32_t> d) const {
  const auto row_of = [&](std::int64_t row) {
    return d.begin() + (tile.row + row) * n() + tile.column;
  };
  for (std::int64_t row = 0; row < tile.rows; ++row)
    std::fill_n(row_of(row), tile.columns, std::uint32_t{0});
  fast_->run(chain.a, chain.b, {tile.row, tile.rows, tile.column, tile.columns}, d);
  std::vector<std::uint64_t> words;
  for (std::int64_t row = 0; row < tile.rows; ++row)
    words.insert(words.end(), row_of(row), row_of(row) + tile.columns);
  return words;
}

std::vector<float> Gemm::run(const Chain& chain, const GemmTile& tile,
                             std::span<std::uint32_t> d) const {
  const std::vector<std::uint64_t> words =
      fast_ ? run_fast(chain, tile, d) : run_reference(chain, tile);
  std::vector<float> values;
  values.reserve(words.size());
  if (mma_.unit.rule == sim::MmaRule::kInteger) {
    for (const std::uint64_t word : words)
      values.push_back(static_cast<float>(static_cast<std::int32_t>(word)));
    return values;
  }
  const bool half = mma_.d.name == "fp16";
  for (const std::uint64_t word : words)
    values.push_back(std::bit_cast<float>(half ? spec::decode_to_f32(fp16(), word)
                                               : static_cast<std::uint32_t>(word)));
  return values;
}

float Gemm::factor(const Chain& chain, std::int64_t row, std::int64_t column) const {
  const auto of = [&](const GemmOperand& operand, std::int64_t i) {
    if (operand.factor_block == 0) return 1.0F;
    return operand.factors[static_cast<std::size_t>(i * operand.factors_per_row() +
                                                    chain.range.first / operand.factor_block)];
  };
  return of(a_, row) * of(b_, column);
}

float Gemm::finish(float sum, std::int64_t row, std::int64_t column) const {
  float t = epilogue_.bias.empty()
                ? whole_alpha() * sum
                : std::fma(whole_alpha(), sum, epilogue_.bias[static_cast<std::size_t>(column)]);
  if (epilogue_.beta != 0)
    t = std::fma(epilogue_.beta, epilogue_.addend[static_cast<std::size_t>(row * n() + column)], t);
  return rounded_output(t, epilogue_.output);
}

void Gemm::compute(const GemmTile& tile, std::span<std::uint32_t> d) const {
  const bool scaled = a_.factor_block != 0 || b_.factor_block != 0;
  std::vector<float> total;
  for (const std::vector<Chain>& part : parts_) {
    std::vector<float> sum(static_cast<std::size_t>(tile.rows * tile.columns));
    for (const Chain& chain : part) {
      const std::vector<float> x = run(chain, tile, d);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto at = static_cast<std::int64_t>(i);
        sum[i] = scaled ? std::fma(factor(chain, tile.row + at / tile.columns,
                                          tile.column + at % tile.columns),
                                   x[i], sum[i])
                        : x[i] + sum[i];
      }
    }
    if (total.empty())
      total = std::move(sum);
    else
      for (std::size_t i = 0; i < sum.size(); ++i) total[i] += sum[i];
  }
  for (std::int64_t row = 0; row < tile.rows; ++row)
    for (std::int64_t column = 0; column < tile.columns; ++column)
      d[static_cast<std::size_t>((tile.row + row) * n() + tile.column + column)] =
          std::bit_cast<std::uint32_t>(
              finish(total[static_cast<std::size_t>(row * tile.columns + column)], tile.row + row,
                     tile.column + column));
}

std::vector<float> Gemm::compute() const {
  std::vector<std::uint32_t> d(static_cast<std::size_t>(m() * n()));
  for (const GemmTile& tile : tiles_) compute(tile, d);
  return as_floats(d);
}

}  // namespace mxscope::kernels
