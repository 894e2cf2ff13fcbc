// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What one matrix instruction computes, as data: every decision that two tensor cores can differ in
// is a field.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/format.h"

namespace mxscope::sim {

/// The order of operations between products, C and D.
enum class MmaRule : std::uint8_t {
  kWindow,  ///< products and C aligned to the largest exponent, truncated, summed, rounded once
  kScaledGroups,  ///< exact sums of groups, times block scales, then a window over groups and C
  kSplitWindows,  ///< two windows over k mod 4 in {0,1} and {2,3}, then C by an ordinary addition
  kFmaChain,      ///< d = fma(a_k, b_k, d) in ascending k, nearest-even
  kInteger,       ///< exact sum modulo 2^32, or clamped to int32
  kLateAddend,    ///< CDNA3: products in their own window, C joins in a second one by flooring
  kPairTree,      ///< CDNA1 and 2: nearest-even binary32 additions of pairs, then of C
};

/// Whether a term that is zero takes part in the largest exponent.
enum class ZeroTerms : std::uint8_t {
  kIgnored,
  kCounted,  ///< a zero operand as if its exponent were -126, plus its partner's
};

/// The window of kScaledGroups when C is larger than every scale.
enum class AddendWindow : std::uint8_t {
  kRaises,        ///< C's exponent moves the window like a scale's
  kPastProducts,  ///< only once it passes the largest product's exponent
};

/// A format of block scales and the elements along K that share one.
struct MmaScale {
  std::string format;  ///< "e8m0" or "ue4m3"
  int block = 32;

  bool operator==(const MmaScale&) const = default;
};

/// One instruction of one architecture; rows are in mma_units.cpp.
struct MmaUnit {
  std::string name;                    ///< "sm120.mma.mxf4nvf4"
  std::string device;                  ///< "RTX Blackwell (GB20x)"
  std::string target;                  ///< PTX target that has it: "sm_120a"; "gfx942" for AMD
  std::string instruction;             ///< as the ISA spells it
  std::vector<std::string> a_formats;  ///< spec format names; B takes the same ones
  bool mixed = false;                  ///< A and B may differ
  std::string d_format = "fp32";       ///< C's format too
  int m = 16, n = 8, k = 16;           ///< the smallest legal shape; K of one instruction
  std::vector<MmaScale> scales = {};   ///< the legal ones; empty: no block scales

  MmaRule rule = MmaRule::kWindow;
  int step_k = 16;       ///< products in one fused step; k / step_k steps are chained
  int kept_bits = 25;    ///< F: fraction bits kept below the largest exponent
  int output_bits = 23;  ///< fraction bits of the value rounded toward zero into fp32 (13: "e8m13")
  int group = 16;        ///< kScaledGroups: products summed exactly before truncation
  bool saturate = false;          ///< kInteger: .satfinite
  bool parity_halves = false;     ///< kLateAddend: even and odd k in windows of their own first
  bool flush_subnormals = false;  ///< kPairTree: of operands and of every result

  // Points that no published hardware output settles; each default is the best-evidenced choice.
  ZeroTerms zero_products = ZeroTerms::kIgnored;
  ZeroTerms zero_addend = ZeroTerms::kIgnored;
  ZeroTerms zero_groups = ZeroTerms::kCounted;  ///< kScaledGroups: a group of zero products
  AddendWindow addend_window = AddendWindow::kRaises;
  std::optional<int> least_exponent = {};  ///< the window's largest exponent is at least this
  std::optional<int> least_unit = {};      ///< kScaledGroups: its unit is at least 2^least_unit

  std::string evidence = {};           ///< how the row is known, with sources
  std::vector<std::string> open = {};  ///< fields above that nothing has settled for this row
};

/// A unit with its operand formats chosen: what executors run.
struct Mma {
  MmaUnit unit;
  spec::Format a, b;  ///< of the products' operands
  spec::Format d;     ///< of C and D
  std::optional<spec::Format> scale = {};
  int block = 0;  ///< elements along K per scale; 0 without scales

  std::int64_t scales_per_row(std::int64_t k) const {
    return block == 0 ? 0 : (k + block - 1) / block;
  }
};

/// All rows, in the order of `mxscope units`.
const std::vector<MmaUnit>& mma_units();

/// A row by its name, or by parts of it in order that leave no other choice ("sm120.mxf4nvf4");
/// between rows that differ in the accumulator alone, fp32's. Throws Error that names the
/// candidates, or the nearest names.
const MmaUnit& find_unit(std::string_view name);

/// Chooses formats: `b` empty is as `a`; `a` empty is the unit's first; `scale` empty is the first
/// legal one of the block (0: any block). Throws Error that names what the unit takes.
Mma bind_unit(const MmaUnit& unit, std::string_view a = {}, std::string_view b = {},
              std::string_view scale = {}, int block = 0);

/// Sets an unsettled point or a parameter by its field's name ("zero_products=counted",
/// "kept_bits=24"). Throws Error that names the fields, or the field's values.
void set_field(MmaUnit& unit, std::string_view assignment);

/// "field=value" of every parameter that set_field takes, in the order of the record.
std::vector<std::string> field_texts(const MmaUnit& unit);

/// What set_field takes for a field: "ignored or counted", "1 to 40".
std::string field_values(std::string_view field);

/// Every choice of operand formats and scales, in the order of the row.
std::vector<Mma> choices_of(const MmaUnit& unit);

}  // namespace mxscope::sim
