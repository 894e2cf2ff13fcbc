// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Chooses the kernel of a matrix instruction, and lays operands out for it.
#include "sim/mma_fast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <limits>

#include "sim/mma_groups_simd.h"
#include "sim/mma_operand.h"
#include "sim/mma_window_simd.h"
#include "spec/batch.h"
#include "spec/batch_lanes.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

using spec::Code;
using spec::Format;

constexpr int kIgnored = -8000;  ///< the exponent of what takes no part in a window's

/// Rounding toward zero for as long as it lives.
class TowardZero {
 public:
  TowardZero() : before_(std::fegetround()) { std::fesetround(FE_TOWARDZERO); }
  TowardZero(const TowardZero&) = delete;
  TowardZero& operator=(const TowardZero&) = delete;
  ~TowardZero() { std::fesetround(before_); }

 private:
  int before_;
};

float value_of(const Format& format, const Operand& x) {
  if (x.kind == Operand::kNan) return std::numeric_limits<float>::quiet_NaN();
  if (x.kind == Operand::kInfinity)
    return std::copysign(std::numeric_limits<float>::infinity(), static_cast<float>(x.significand));
  return std::ldexp(static_cast<float>(x.significand), x.exponent - format.mantissa_bits);
}

/// Whether scales stay the same through a step, or steps have whole blocks.
bool blocks_fit(const Mma& mma) {
  return mma.unit.step_k % mma.block == 0 || mma.block % mma.unit.step_k == 0;
}

std::optional<WindowRule> window_rule(const Mma& mma) {
  const MmaUnit& unit = mma.unit;
  const bool split = unit.rule == MmaRule::kSplitWindows;
  if (unit.rule != MmaRule::kWindow && !split) return std::nullopt;
  if (mma.d.name != "fp32" && mma.d.name != "fp16") return std::nullopt;
  for (const Format* format : {&mma.a, &mma.b})
    if (format->kind != spec::FormatKind::kFloat || format->precision() > 11 || format->bits > 19)
      return std::nullopt;
  if (unit.k % unit.step_k != 0 || unit.step_k > 256 || unit.kept_bits > 40) return std::nullopt;
  if (split && (unit.step_k % 4 != 0 || mma.block != 0)) return std::nullopt;
  if (mma.block != 0 && (mma.scale->name != "e8m0" || !blocks_fit(mma))) return std::nullopt;

  WindowRule rule;
  rule.step_k = split ? unit.step_k / 2 : unit.step_k;
  rule.kept_bits = unit.kept_bits;
  rule.product_bits = mma.a.mantissa_bits + mma.b.mantissa_bits;
  rule.least_a = mma.a.emin();
  rule.least_b = mma.b.emin();
  rule.least_d = mma.d.emin();
  rule.zeros_count = unit.zero_products == ZeroTerms::kCounted;
  rule.zero_addend = unit.zero_addend == ZeroTerms::kCounted ? kZeroExponent : kIgnored;
  rule.half = mma.d.name == "fp16";
  rule.keep = ~0U << (23 - unit.output_bits);
  rule.split = split;
  rule.block = mma.block;
  // Nothing below the exponents of products and above their sums changes a result.
  rule.least_exponent = std::clamp(unit.least_exponent.value_or(kIgnored), -600, 700);
  const auto small = [](const Format& format) {
    return format.emin() >= -16 && format.emax() <= 16;
  };
  rule.small_exponents = small(mma.a) && small(mma.b) &&
                         (mma.block == 0 || (mma.block % rule.step_k == 0 && !rule.zeros_count));
  // Sums are below 2^22 units, and a product is exact.
  rule.single = rule.small_exponents && mma.block == 0 && !split && rule.product_bits <= 20 &&
                unit.kept_bits <= 20 && unit.step_k << (unit.kept_bits + 2) <= 1 << 22 &&
                rule.least_exponent <= 90;
  if (rule.single) rule.least_exponent = std::max(rule.least_exponent, -126);
  return rule;
}

std::optional<GroupRule> group_rule(const Mma& mma) {
  const MmaUnit& unit = mma.unit;
  if (unit.rule != MmaRule::kScaledGroups || mma.a.name != "e2m1" || mma.b.name != "e2m1" ||
      mma.d.name != "fp32" || mma.block == 0 || mma.scale->mantissa_bits > 3)
    return std::nullopt;
  const int block = std::min(mma.block, unit.step_k);
  if (unit.k % unit.step_k != 0 || unit.step_k > 64 || unit.kept_bits > 38 || !blocks_fit(mma) ||
      block % 4 != 0 || block % unit.group != 0)
    return std::nullopt;
  GroupRule rule;
  rule.step_k = unit.step_k;
  rule.group = unit.group;
  rule.block = block;
  rule.kept_bits = unit.kept_bits;
  rule.scale_bits = mma.scale->mantissa_bits;
  rule.least_scale = mma.scale->emin();
  rule.keep = ~0U << (23 - unit.output_bits);
  rule.zero_addend = unit.zero_addend;
  rule.zero_groups = unit.zero_groups;
  rule.addend_window = unit.addend_window;
  rule.least_exponent = std::clamp(unit.least_exponent.value_or(kIgnored), kIgnored, 700);
  rule.least_unit = std::clamp(unit.least_unit.value_or(kIgnored), kIgnored, 700);
  rule.least_fast = -kMostFast;
  if (unit.least_exponent)
    rule.least_fast = std::max(rule.least_fast, (rule.least_exponent + 1) / 2);
  if (unit.least_unit)
    rule.least_fast = std::max(rule.least_fast, (rule.least_unit + rule.kept_bits + 2) / 2);
  return rule;
}

bool integers_fit(const Mma& mma) {
  const auto byte = [](const Format& format) {
    return format.kind == spec::FormatKind::kFixed && format.bits <= 8 && format.mantissa_bits == 0;
  };
  return mma.unit.rule == MmaRule::kInteger && byte(mma.a) && byte(mma.b) && mma.block == 0 &&
         mma.d.bits == 32 && mma.unit.k % mma.unit.step_k == 0;
}

/// Sums of 8-bit products: B is in panels of signed bytes, column after column for each k.
void run_integers(const MmaUnit& unit, const PackedOperand& a, const PackedOperand& b,
                  const MmaTile& tile, std::uint32_t* d) {
  for (std::int64_t row = tile.row; row < tile.row + tile.rows; ++row)
    for (std::int64_t column = tile.column; column < tile.column + tile.columns; column += kPanel) {
      std::uint32_t* words = d + row * b.rows + column;
      const std::int64_t count = std::min(kPanel, tile.column + tile.columns - column);
      for (std::int64_t k = 0; k < a.k; k += unit.step_k) {
        const std::uint8_t* x = a.bytes.data() + row * a.k + k;
        const std::uint8_t* y = b.bytes.data() + column / kPanel * b.k * kPanel + k * kPanel;
        std::int32_t sums[kPanel] = {};
        for (int i = 0; i < unit.step_k; ++i)
          for (std::int64_t c = 0; c < kPanel; ++c)
            sums[c] += static_cast<std::int8_t>(x[i]) * static_cast<std::int8_t>(y[i * kPanel + c]);
        for (std::int64_t c = 0; c < count; ++c) {
          std::int64_t sum = sums[c] + std::int64_t{static_cast<std::int32_t>(words[c])};
          if (unit.saturate) sum = std::clamp<std::int64_t>(sum, INT32_MIN, INT32_MAX);
          words[c] = static_cast<std::uint32_t>(sum);
        }
      }
    }
}

}  // namespace

struct FastMma::Plan {
  enum class Engine : std::uint8_t { kReference, kWindow, kGroups, kIntegers };

  Mma mma;
  std::string backend = "reference";
  Engine engine = Engine::kReference;
  WindowRule window;
  GroupRule groups;
  WindowKernel window_kernel = nullptr;
  GroupKernel group_kernel = nullptr;

  PackedOperand pack(const Format& format, const MmaMatrix& matrix, bool is_b) const;
  void pack_elements(const Format& format, const MmaMatrix& matrix, bool is_b,
                     PackedOperand& packed) const;
  void pack_exponents(const MmaMatrix& matrix, bool is_b, PackedOperand& packed) const;
  void pack_group_scales(const MmaMatrix& matrix, bool is_b, PackedOperand& packed) const;
  Operand scale_at(const MmaMatrix& matrix, std::int64_t row, std::int64_t k) const;
};

/// Where element `k` of a row is among k_per_row of them: B goes by panel, then k, then column.
static std::size_t place(bool is_b, std::int64_t row, std::int64_t k, std::int64_t k_per_row) {
  const std::int64_t at =
      is_b ? (row / kPanel * k_per_row + k) * kPanel + row % kPanel : row * k_per_row + k;
  return static_cast<std::size_t>(at);
}

/// The scale of an element; beyond the end it is the last one.
Operand FastMma::Plan::scale_at(const MmaMatrix& matrix, std::int64_t row, std::int64_t k) const {
  const std::int64_t per_row = mma.scales_per_row(matrix.k);
  const std::int64_t at = row * per_row + std::min(k / mma.block, per_row - 1);
  return decode_scale(*mma.scale, matrix.scales[static_cast<std::size_t>(at)]);
}

void FastMma::Plan::pack_elements(const Format& format, const MmaMatrix& matrix, bool is_b,
                                  PackedOperand& packed) const {
  std::vector<float> table;  // of every code, where that is less work
  if (format.bits <= 16 && std::cmp_less(format.code_mask(), matrix.rows * matrix.k))
    for (Code code = 0; code <= format.code_mask(); ++code)
      table.push_back(value_of(format, decode_operand(format, code)));
  const auto padded = static_cast<std::size_t>(
      (is_b ? (matrix.rows + kPanel - 1) / kPanel * kPanel : matrix.rows) * packed.k);
  if (engine == Engine::kWindow)
    packed.values.resize(padded);
  else
    packed.bytes.resize(padded, engine == Engine::kGroups && is_b ? kElementBias : 0);
  for (std::int64_t row = 0; row < matrix.rows; ++row)
    for (std::int64_t k = 0; k < matrix.k; ++k) {
      const Code code = read_code(format, matrix.codes, row * matrix.k + k);
      const float value =
          table.empty() ? value_of(format, decode_operand(format, code)) : table[code];
      if (engine == Engine::kWindow) {
        std::int64_t to = k;
        if (window.split) {  // k mod 4 in {0, 1} first, then {2, 3}
          const std::int64_t in = k % mma.unit.step_k;
          to += in / 4 * 2 + in % 2 + (in % 4 >= 2 ? mma.unit.step_k / 2 : 0) - in;
        }
        packed.values[place(is_b, row, to, packed.k)] = value;
      } else if (engine == Engine::kIntegers) {
        packed.bytes[place(is_b, row, k, packed.k)] =
            static_cast<std::uint8_t>(static_cast<int>(value));
      } else {
        const int doubled = static_cast<int>(2 * value);
        if (is_b)
          packed.bytes[place(true, row, k / 4, packed.k / 4) * 4 + k % 4] =
              static_cast<std::uint8_t>(doubled + kElementBias);
        else
          packed.bytes[place(false, row, k, packed.k)] = static_cast<std::uint8_t>(doubled);
      }
    }
}

/// Exponents of block scales; the elements of a block whose scale is NaN become NaN instead.
void FastMma::Plan::pack_exponents(const MmaMatrix& matrix, bool is_b,
                                   PackedOperand& packed) const {
  const std::int64_t blocks = (packed.k + mma.block - 1) / mma.block;
  const std::int64_t rows = is_b ? (matrix.rows + kPanel - 1) / kPanel * kPanel : matrix.rows;
  packed.integers.resize(static_cast<std::size_t>(rows * blocks));
  for (std::int64_t row = 0; row < matrix.rows; ++row)
    for (std::int64_t i = 0; i < blocks; ++i) {
      const Operand scale = scale_at(matrix, row, i * mma.block);
      if (scale.kind == Operand::kFinite) {
        packed.integers[place(is_b, row, i, blocks)] = scale.exponent;
        continue;
      }
      for (std::int64_t k = i * mma.block; k < std::min((i + 1) * mma.block, packed.k); ++k)
        packed.values[place(is_b, row, k, packed.k)] = std::numeric_limits<float>::quiet_NaN();
    }
}

void FastMma::Plan::pack_group_scales(const MmaMatrix& matrix, bool is_b,
                                      PackedOperand& packed) const {
  const std::int64_t blocks = packed.k / groups.block;
  const std::int64_t per_step = groups.step_k / groups.block;
  const std::int64_t steps = packed.k / groups.step_k;
  const std::int64_t rows = is_b ? (matrix.rows + kPanel - 1) / kPanel * kPanel : matrix.rows;
  packed.scales.resize(static_cast<std::size_t>(rows * blocks));
  packed.bounds.resize(static_cast<std::size_t>(rows * steps * 2), 1);
  if (!is_b) packed.integers.resize(static_cast<std::size_t>(rows * blocks));
  for (std::int64_t row = 0; row < matrix.rows; ++row)
    for (std::int64_t step = 0; step < steps; ++step) {
      int low = kMostFast + 1;
      int high = -kMostFast;
      bool held = groups.kept_bits >= 23;
      for (std::int64_t i = step * per_step; i < (step + 1) * per_step; ++i) {
        const Operand scale = scale_at(matrix, row, i * groups.block);
        const float value = value_of(*mma.scale, scale);
        packed.scales[place(is_b, row, i, blocks)] = is_b ? value : value / 4;
        if (!is_b) {
          int sum = 0;
          for (std::int64_t k = i * groups.block; k < (i + 1) * groups.block; ++k)
            sum += static_cast<std::int8_t>(packed.bytes[place(false, row, k, packed.k)]);
          packed.integers[place(false, row, i, blocks)] = -kElementBias * sum;
        }
        if (scale.is_zero()) continue;
        held = held && scale.kind == Operand::kFinite && scale.exponent >= groups.least_fast &&
               scale.exponent <= kMostFast;
        low = std::min(low, scale.exponent);
        high = std::max(high, scale.exponent);
      }
      if (low > high) low = high = 0;  // every scale is zero
      held = held && low >= groups.least_fast;
      packed.bounds[place(is_b, row, 2 * step, 2 * steps)] = held ? std::ldexp(1.0F, low) : 0;
      packed.bounds[place(is_b, row, 2 * step + 1, 2 * steps)] =
          std::ldexp(1.0F, std::min(high, kMostFast));
    }
}

PackedOperand FastMma::Plan::pack(const Format& format, const MmaMatrix& matrix, bool is_b) const {
  check_lengths(mma, format, matrix, is_b ? "B" : "A");
  PackedOperand packed;
  packed.rows = matrix.rows;
  packed.k = (matrix.k + mma.unit.k - 1) / mma.unit.k * mma.unit.k;
  if (engine == Engine::kReference) {
    packed.k = matrix.k;
    packed.codes.assign(matrix.codes.begin(), matrix.codes.end());
    packed.scale_codes.assign(matrix.scales.begin(), matrix.scales.end());
    return packed;
  }
  pack_elements(format, matrix, is_b, packed);
  if (matrix.k == 0) return packed;
  if (engine == Engine::kWindow && mma.block != 0) pack_exponents(matrix, is_b, packed);
  if (engine == Engine::kGroups) pack_group_scales(matrix, is_b, packed);
  return packed;
}

FastMma::FastMma(const Mma& mma, std::string_view backend) {
  const auto names = spec::batch_backends();
  if (backend != "auto" && std::find(names.begin(), names.end(), backend) == names.end())
    throw spec::unknown_name("back end", backend, names);
  if (mma.d.bits > 32)
    throw Error(fmt::format("unit {} has {} accumulators: use the reference executor",
                            mma.unit.name, mma.d.name));
  Plan plan;
  plan.mma = mma;
  const std::string name(backend == "auto" ? names.front() : backend);
  if (integers_fit(mma)) {
    plan.engine = Plan::Engine::kIntegers;
    plan.backend = "portable";
  } else if (const std::int64_t target = spec::find_target(name); target != 0) {
    plan.window_kernel = find_window_kernel(target);
    plan.group_kernel = find_group_kernel(target);
    if (const auto window = window_rule(mma); window && plan.window_kernel != nullptr) {
      plan.engine = Plan::Engine::kWindow;
      plan.window = *window;
    } else if (const auto groups = group_rule(mma); groups && plan.group_kernel != nullptr) {
      plan.engine = Plan::Engine::kGroups;
      plan.groups = *groups;
    }
    if (plan.engine != Plan::Engine::kReference) plan.backend = name;
  }
  plan_ = std::make_unique<const Plan>(std::move(plan));
}

FastMma::FastMma(FastMma&&) noexcept = default;
FastMma& FastMma::operator=(FastMma&&) noexcept = default;
FastMma::~FastMma() = default;

std::string_view FastMma::engine() const { return plan_->backend; }

PackedOperand FastMma::pack_a(const MmaMatrix& a) const {
  return plan_->pack(plan_->mma.a, a, false);
}

PackedOperand FastMma::pack_b(const MmaMatrix& b) const {
  return plan_->pack(plan_->mma.b, b, true);
}

void FastMma::run(const PackedOperand& a, const PackedOperand& b, const MmaTile& tile,
                  std::span<std::uint32_t> d) const {
  if (a.k != b.k) throw Error(fmt::format("A has k = {} and B has k = {}", a.k, b.k));
  if (std::cmp_not_equal(d.size(), a.rows * b.rows))
    throw Error(fmt::format("D takes {} x {} words, not {}", a.rows, b.rows, d.size()));
  if (tile.row < 0 || tile.rows < 0 || tile.row + tile.rows > a.rows || tile.column < 0 ||
      tile.columns < 0 || tile.column + tile.columns > b.rows || tile.column % kPanel != 0)
    throw Error(
        fmt::format("a tile at {}, {} of {} x {} outputs is not one of {} x {}: columns "
                    "begin at a multiple of {}",
                    tile.row, tile.column, tile.rows, tile.columns, a.rows, b.rows, kPanel));
  if (tile.rows == 0 || tile.columns == 0 || a.k == 0) return;
  switch (plan_->engine) {
    case Plan::Engine::kIntegers:
      return run_integers(plan_->mma.unit, a, b, tile, d.data());
    case Plan::Engine::kWindow: {
      const TowardZero rounding;
      return plan_->window_kernel(plan_->window, a, b, tile, d.data());
    }
    case Plan::Engine::kGroups: {
      const TowardZero rounding;
      return plan_->group_kernel(plan_->groups, a, b, tile, d.data());
    }
    case Plan::Engine::kReference:
      break;
  }
  const auto part = [&](const PackedOperand& whole, std::int64_t row, std::int64_t rows) {
    const auto sub = [&](const Lines<std::uint8_t>& bytes) {
      const std::size_t per_row = bytes.size() / static_cast<std::size_t>(whole.rows);
      return std::span(bytes).subspan(static_cast<std::size_t>(row) * per_row,
                                      static_cast<std::size_t>(rows) * per_row);
    };
    return MmaMatrix{rows, whole.k, sub(whole.codes), sub(whole.scale_codes)};
  };
  std::vector<std::uint64_t> words(static_cast<std::size_t>(tile.rows * tile.columns));
  const auto for_each = [&](const auto& visit) {
    for (std::int64_t row = 0; row < tile.rows; ++row)
      for (std::int64_t column = 0; column < tile.columns; ++column)
        visit(words[static_cast<std::size_t>(row * tile.columns + column)],
              d[static_cast<std::size_t>((tile.row + row) * b.rows + tile.column + column)]);
  };
  for_each([](std::uint64_t& word, const std::uint32_t& out) { word = out; });
  reference_mma(plan_->mma, part(a, tile.row, tile.rows), part(b, tile.column, tile.columns),
                words);
  for_each([](const std::uint64_t& word, std::uint32_t& out) {
    out = static_cast<std::uint32_t>(word);
  });
}

void fast_mma(const Mma& mma, const MmaMatrix& a, const MmaMatrix& b, std::span<std::uint32_t> d) {
  const FastMma fast(mma);
  if (a.k != b.k) throw Error(fmt::format("A has k = {} and B has k = {}", a.k, b.k));
  const PackedOperand packed_b = fast.pack_b(b);
  fast.run(fast.pack_a(a), packed_b, {0, a.rows, 0, b.rows}, d);
}

}  // namespace mxscope::sim
