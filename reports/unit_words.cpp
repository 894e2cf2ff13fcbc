// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/unit_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace mxscope::reports {

using sim::MmaRule;
using sim::MmaUnit;

RuleWords words_of(MmaRule rule) {
  switch (rule) {
    case MmaRule::kWindow:
      return {"window", "products and C cut to the window of the largest exponent, then added"};
    case MmaRule::kScaledGroups:
      return {"groups", "exact sums of groups, times block scales; then a window over them and C"};
    case MmaRule::kSplitWindows:
      return {"split",
              "two windows, k mod 4 in {0,1} and in {2,3}; then C by an ordinary addition"};
    case MmaRule::kFmaChain:
      return {"fma", "d = fma(a, b, d) in ascending k, to nearest-even"};
    case MmaRule::kInteger:
      return {"integer", "exact sums, modulo 2^32 or clamped"};
    case MmaRule::kLateAddend:
      return {"late C", "products in a window of their own; C joins in a second one by flooring"};
    case MmaRule::kPairTree:
      return {"pairs", "binary32 additions of pairs, of pairs of pairs, ..., of C, nearest-even"};
  }
  return {"", ""};
}

bool has_window(const MmaUnit& unit) {
  return unit.rule != MmaRule::kFmaChain && unit.rule != MmaRule::kInteger &&
         unit.rule != MmaRule::kPairTree;
}

std::string rounding_text(const MmaUnit& unit) {
  if (unit.rule == MmaRule::kInteger) return "none";
  if (unit.rule == MmaRule::kFmaChain || unit.rule == MmaRule::kLateAddend ||
      unit.rule == MmaRule::kPairTree || unit.d_format != "fp32")
    return "nearest";
  return unit.output_bits == 23 ? "to zero" : fmt::format("to zero, {} bits", unit.output_bits);
}

std::string scales_text(const MmaUnit& unit) {
  std::vector<std::string> texts;
  for (const sim::MmaScale& scale : unit.scales)
    texts.push_back(fmt::format("{}/{}", scale.format, scale.block));
  return fmt::format("{}", fmt::join(texts, " "));
}

std::string operands_text(const MmaUnit& unit) {
  return fmt::format("{}{}", fmt::join(unit.a_formats, " "), unit.mixed ? ", mixed" : "");
}

const char* evidence_word(const MmaUnit& unit) {
  if (unit.evidence.find("; equal to") != std::string::npos ||
      unit.evidence.find("real GPU outputs") != std::string::npos)
    return "GPU outputs";
  return unit.evidence.rfind("PTX ISA", 0) == 0 ? "ISA" : "model";
}

bool reads(const MmaUnit& unit, std::string_view field) {
  const bool groups = unit.rule == MmaRule::kScaledGroups;
  if (field == "group" || field == "zero_groups" || field == "addend_window" ||
      field == "least_unit")
    return groups;
  if (field == "saturate") return unit.rule == MmaRule::kInteger;
  if (field == "parity_halves") return unit.rule == MmaRule::kLateAddend;
  if (field == "flush_subnormals") return unit.rule == MmaRule::kPairTree;
  if (field == "step_k") return true;
  if (field == "zero_products") return has_window(unit) && !groups;
  if (field == "output_bits") return has_window(unit) && unit.d_format == "fp32";
  if (field == "least_exponent") return has_window(unit) && unit.rule != MmaRule::kLateAddend;
  return has_window(unit);
}

}  // namespace mxscope::reports
