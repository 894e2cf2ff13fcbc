// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which fields each rule reads, where their values are looked for, and in which order.
#include "sim/probe_axes.h"

#include <algorithm>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

std::vector<std::string> range(int first, int last) {
  std::vector<std::string> texts;
  for (int value = first; value <= last; ++value) texts.push_back(std::to_string(value));
  return texts;
}

std::vector<std::string> optional_range(int first, int last) {
  std::vector<std::string> texts = range(first, last);
  texts.insert(texts.begin(), "none");
  return texts;
}

/// Powers of two up to `most` that divide it.
std::vector<std::string> halves(int most, int least) {
  std::vector<std::string> texts;
  for (int value = most; value >= least; value /= 2) {
    texts.push_back(std::to_string(value));
    if (value % 2 != 0) break;
  }
  return texts;
}

ProbeAxis axis(const Mma& mma, MmaRule rule, const std::string& field) {
  const int bottom = mma.d.emin() - mma.d.mantissa_bits;  // of D's range
  if (field == "step_k") return {field, halves(mma.unit.k, rule == MmaRule::kSplitWindows ? 4 : 1)};
  if (field == "kept_bits")  // CDNA3 joins C to a sum of 31 bits
    return {field, range(1, rule == MmaRule::kLateAddend ? 31 : 40)};
  if (field == "output_bits") return {field, range(1, mma.d.mantissa_bits)};
  if (field == "group") return {field, halves(mma.block, 1)};
  if (field == "addend_window") return {field, {"raises", "past-products"}};
  if (field == "least_exponent")
    return {field, optional_range(bottom - 8, std::min(bottom + 39, -1))};
  if (field == "least_unit") return {field, optional_range(bottom - 37, bottom - 1)};
  if (field.starts_with("zero_")) return {field, {"ignored", "counted"}};
  return {field, {"no", "yes"}};
}

}  // namespace

std::string rule_text(MmaRule rule) {
  switch (rule) {
    case MmaRule::kWindow:
      return "window";
    case MmaRule::kScaledGroups:
      return "scaled-groups";
    case MmaRule::kSplitWindows:
      return "split-windows";
    case MmaRule::kFmaChain:
      return "fma-chain";
    case MmaRule::kInteger:
      return "integer";
    case MmaRule::kLateAddend:
      return "late-addend";
    case MmaRule::kPairTree:
      return "pair-tree";
  }
  throw Error("a matrix unit follows no known rule");
}

std::vector<MmaRule> probed_rules(const Mma& mma) {
  std::vector<MmaRule> rules;
  const auto add = [&](MmaRule rule, bool possible) {
    if (possible || rule == mma.unit.rule) rules.push_back(rule);
  };
  const bool plain = !mma.scale && mma.a.kind == spec::FormatKind::kFloat;
  const bool narrow = mma.d.bits <= 32;
  const bool single = mma.d.name == "fp32";
  add(MmaRule::kWindow,
      mma.a.kind == spec::FormatKind::kFloat && narrow && mma.a.precision() <= 12);
  add(MmaRule::kScaledGroups, mma.scales_per_row(mma.unit.k) > 1);
  add(MmaRule::kSplitWindows, plain && narrow && mma.a.precision() <= 12 && mma.unit.k % 4 == 0);
  add(MmaRule::kLateAddend, plain && single);
  add(MmaRule::kPairTree, plain && single);
  add(MmaRule::kFmaChain, plain);
  add(MmaRule::kInteger, mma.a.kind == spec::FormatKind::kFixed);
  std::stable_partition(rules.begin(), rules.end(),
                        [&](MmaRule rule) { return rule == mma.unit.rule; });
  return rules;
}

std::vector<ProbeStage> probe_stages(const Mma& mma, MmaRule rule) {
  const auto product = [&](std::vector<std::string> fields) {
    std::vector<ProbeAxis> axes;
    for (const std::string& field : fields)
      if (field != "output_bits" || mma.d.name == "fp32") axes.push_back(axis(mma, rule, field));
    return axes;
  };
  const ProbeStage rest = {{}, {"subnormals", "pairing", "mixture", "specials"}};
  switch (rule) {
    case MmaRule::kWindow:
    case MmaRule::kSplitWindows:
      return {{{product({"step_k", "kept_bits"})}, {"kept_bits"}},
              {{product({"output_bits"})}, {"step_k", "output_bits"}},
              {{product({"zero_products", "zero_addend", "least_exponent"})},
               {"zero_products", "window_floor"}},
              rest};
    case MmaRule::kScaledGroups:
      return {{{product({"step_k", "kept_bits"})}, {"kept_bits"}},
              {{product({"output_bits"})}, {"step_k", "output_bits"}},
              {{product({"group", "zero_groups", "addend_window"})},
               {"group", "zero_groups", "addend_window"}},
              // The two floors bound the same unit, so one at a time says all they can.
              {{product({"zero_addend", "least_exponent"}), product({"zero_addend", "least_unit"})},
               {"zero_products", "window_floor"}},
              rest};
    case MmaRule::kLateAddend:
      return {{{product({"step_k", "kept_bits", "parity_halves"})}, {"kept_bits", "step_k"}},
              {{product({"zero_products", "zero_addend"})},
               {"output_bits", "zero_products", "window_floor"}},
              rest};
    case MmaRule::kPairTree:
      return {{{product({"step_k", "flush_subnormals"})},
               {"kept_bits", "step_k", "output_bits", "subnormals"}},
              {{}, {"zero_products", "window_floor"}},
              rest};
    case MmaRule::kInteger:
      return {{{product({"saturate"})}, {"saturate"}}, rest};
    case MmaRule::kFmaChain:
      return {{{}, {"kept_bits", "step_k", "output_bits", "zero_products", "window_floor"}}, rest};
  }
  throw Error("a matrix unit follows no known rule");
}

std::vector<ProbeAxis> probe_axes(const Mma& mma, MmaRule rule) {
  std::vector<ProbeAxis> all;
  for (const ProbeStage& stage : probe_stages(mma, rule))
    for (const auto& axes : stage.axes)
      for (const ProbeAxis& axis : axes) {
        const bool seen = std::any_of(all.begin(), all.end(), [&](const ProbeAxis& other) {
          return other.field == axis.field;
        });
        if (!seen) all.push_back(axis);
      }
  return all;
}

std::vector<std::string> probed_fields(const Mma& mma) {
  std::vector<std::string> names;
  for (const ProbeAxis& axis : probe_axes(mma, mma.unit.rule)) names.push_back(axis.field);
  return names;
}

std::vector<std::string> probed_values(const Mma& mma, std::string_view field) {
  for (const ProbeAxis& axis : probe_axes(mma, mma.unit.rule))
    if (axis.field == field) return axis.values;
  return {};
}

}  // namespace mxscope::sim
