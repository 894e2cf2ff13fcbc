// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Names of the rounding modes; what each does is defined in oracle.cpp and, again, in codec.h.
#include "spec/rounding.h"

#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "spec/names.h"

namespace mxscope::spec {
namespace {

struct Row {
  Rounding rounding;
  std::string_view name, description;
  std::array<std::string_view, 5> synonyms;  ///< "" where there are fewer
};

// In the order of the enumerators.
constexpr Row kRows[] = {
    {Rounding::kNearestEven,
     "rne",
     "nearest, ties to even",
     {"rn", "nearest-even", "TiesToEven", "even"}},
    {Rounding::kNearestAway, "rna", "nearest, ties away from zero", {"nearest-away", "TiesToAway"}},
    {Rounding::kTowardZero, "rtz", "toward zero", {"rz", "toward-zero", "TowardZero", "trunc"}},
    {Rounding::kUp, "rup", "toward +∞", {"rp", "ru", "up", "TowardPositive"}},
    {Rounding::kDown, "rdn", "toward −∞", {"rm", "rd", "down", "TowardNegative"}},
    {Rounding::kToOdd, "odd", "inexact to the odd code", {"rno", "to-odd", "ToOdd"}},
    {Rounding::kNearestLog2, "log2", "nearest exponent of the binary32 logarithm", {}},
    {Rounding::kStochasticA,
     "sr-a",
     "stochastic, fraction rounded down to n bits",
     {"StochasticA", "StochasticFastest"}},
    {Rounding::kStochasticB,
     "sr-b",
     "stochastic, random bits centred in their cells",
     {"StochasticB", "StochasticFast"}},
    {Rounding::kStochasticC,
     "sr-c",
     "stochastic, fraction rounded to even to n bits",
     {"StochasticC", "Stochastic"}},
    {Rounding::kStochasticOdd,
     "sr-odd",
     "stochastic, fraction rounded to n bits, ties to odd",
     {"StochasticOdd"}},
    {Rounding::kStochasticCarry,
     "sr-carry",
     "stochastic, by the carry of an addition to the bits",
     {"rs"}},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].rounding != static_cast<Rounding>(i)) return false;
  return std::size(kRows) == static_cast<std::size_t>(Rounding::kStochasticCarry) + 1;
}
static_assert(in_order());

const Row& row_of(Rounding rounding) { return kRows[static_cast<std::size_t>(rounding)]; }

}  // namespace

std::string_view to_string(Rounding rounding) { return row_of(rounding).name; }

std::string_view description(Rounding rounding) { return row_of(rounding).description; }

std::string heading(Rounding rounding) {
  std::string text(to_string(rounding));
  // Initials are capitals; "odd" and "log2" are words.
  if (text[0] != 'r' && text[0] != 's') return text;
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

Rounding parse_rounding(std::string_view text) {
  std::vector<std::string> known;
  for (const Row& row : kRows) {
    if (row.name == text) return row.rounding;
    known.emplace_back(row.name);
  }
  for (const Row& row : kRows)
    for (const std::string_view synonym : row.synonyms) {
      if (synonym.empty()) continue;
      if (synonym == text) return row.rounding;
      known.emplace_back(synonym);
    }
  throw unknown_name("rounding mode", text, known);
}

}  // namespace mxscope::spec
