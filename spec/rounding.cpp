// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Names of the rounding modes; what each does is defined in oracle.cpp and, again, in codec.h.
#include "spec/rounding.h"

#include <algorithm>
#include <string>
#include <vector>

#include "spec/names.h"

namespace mxscope::spec {
namespace {

struct Name {
  Rounding rounding;
  std::string_view text;
};

// The first name of each mode is the one that is printed.
constexpr Name kNames[] = {
    {Rounding::kNearestEven, "rne"},
    {Rounding::kNearestAway, "rna"},
    {Rounding::kTowardZero, "rtz"},
    {Rounding::kUp, "rup"},
    {Rounding::kDown, "rdn"},
    {Rounding::kToOdd, "odd"},
    {Rounding::kNearestLog2, "log2"},
    {Rounding::kStochasticA, "sr-a"},
    {Rounding::kStochasticB, "sr-b"},
    {Rounding::kStochasticC, "sr-c"},
    {Rounding::kStochasticOdd, "sr-odd"},
    {Rounding::kStochasticCarry, "sr-carry"},
    {Rounding::kNearestEven, "rn"},
    {Rounding::kNearestEven, "nearest-even"},
    {Rounding::kNearestEven, "TiesToEven"},
    {Rounding::kNearestEven, "even"},
    {Rounding::kNearestAway, "nearest-away"},
    {Rounding::kNearestAway, "TiesToAway"},
    {Rounding::kTowardZero, "rz"},
    {Rounding::kTowardZero, "toward-zero"},
    {Rounding::kTowardZero, "TowardZero"},
    {Rounding::kTowardZero, "trunc"},
    {Rounding::kUp, "rp"},
    {Rounding::kUp, "ru"},
    {Rounding::kUp, "up"},
    {Rounding::kUp, "TowardPositive"},
    {Rounding::kDown, "rm"},
    {Rounding::kDown, "rd"},
    {Rounding::kDown, "down"},
    {Rounding::kDown, "TowardNegative"},
    {Rounding::kToOdd, "rno"},
    {Rounding::kToOdd, "to-odd"},
    {Rounding::kToOdd, "ToOdd"},
    {Rounding::kStochasticA, "StochasticA"},
    {Rounding::kStochasticA, "StochasticFastest"},
    {Rounding::kStochasticB, "StochasticB"},
    {Rounding::kStochasticB, "StochasticFast"},
    {Rounding::kStochasticC, "StochasticC"},
    {Rounding::kStochasticC, "Stochastic"},
    {Rounding::kStochasticOdd, "StochasticOdd"},
    {Rounding::kStochasticCarry, "rs"},
};

}  // namespace

std::string_view to_string(Rounding rounding) {
  return std::find_if(std::begin(kNames), std::end(kNames),
                      [&](const Name& n) { return n.rounding == rounding; })
      ->text;
}

Rounding parse_rounding(std::string_view text) {
  for (const Name& n : kNames)
    if (n.text == text) return n.rounding;
  std::vector<std::string> known;
  for (const Name& n : kNames) known.emplace_back(n.text);
  throw unknown_name("rounding mode", text, known);
}

}  // namespace mxscope::spec
