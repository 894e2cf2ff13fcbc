// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mxscope::spec {

/// How a real between two neighbouring values of a format picks one of them. `delta` is the
/// distance from the neighbour nearer to zero, as a fraction of the gap; n random bits are the
/// integer R, 0 <= R < 2^n. Stochastic forms act on the magnitude, so R = 0 is the choice nearest
/// to zero for either sign.
enum class Rounding : std::uint8_t {
  kNearestEven,    ///< RNE: ties to the even code (IEEE 754-2019 4.3.1)
  kNearestAway,    ///< RNA: ties away from zero (IEEE 754-2019 4.3.1)
  kTowardZero,     ///< RTZ (IEEE 754-2019 4.3.2)
  kUp,             ///< RUP, toward +infinity (IEEE 754-2019 4.3.2)
  kDown,           ///< RDN, toward -infinity (IEEE 754-2019 4.3.2)
  kToOdd,          ///< inexact values take the neighbour with the odd code
  kNearestLog2,    ///< nearest exponent of log2(x) rounded to binary32, halves away from zero; only
                   ///< for formats of precision 1 (Universal's E8M0)
  kStochasticA,    ///< up iff floor(delta 2^n) + R >= 2^n (P3109 StochasticA, gfloat Fastest)
  kStochasticB,    ///< up iff floor(delta 2^(n+1)) + 2R + 1 >= 2^(n+1) (P3109 B, gfloat Fast)
  kStochasticC,    ///< up iff RNE(delta 2^n) + R >= 2^n (P3109 StochasticC, gfloat Stochastic)
  kStochasticOdd,  ///< as C, with ties of the inner rounding to odd (gfloat StochasticOdd)
  kStochasticCarry,  ///< PTX cvt.rs: R is added to the top n discarded bits, the carry rounds up
};

inline constexpr std::array kDeterministicRoundings = {
    Rounding::kNearestEven, Rounding::kNearestAway, Rounding::kTowardZero,
    Rounding::kUp,          Rounding::kDown,        Rounding::kToOdd};

inline constexpr std::array kStochasticRoundings = {
    Rounding::kStochasticA, Rounding::kStochasticB, Rounding::kStochasticC,
    Rounding::kStochasticOdd, Rounding::kStochasticCarry};

constexpr bool is_stochastic(Rounding rounding) { return rounding >= Rounding::kStochasticA; }

/// The n random bits of a stochastic rounding, explicit so that a run is reproducible and every
/// value can be tested. count is 1..32 for stochastic modes and 0 otherwise; value < 2^count.
struct RandomBits {
  std::uint32_t value = 0;
  int count = 0;
};

/// "rne", "rna", "rtz", "rup", "rdn", "odd", "log2", "sr-a", "sr-b", "sr-c", "sr-odd", "sr-carry".
std::string_view to_string(Rounding rounding);

/// "nearest, ties to even", ...: what the mode does, for people.
std::string_view description(Rounding rounding);

/// The mode as a heading: "RNE", ..., "odd", "SR-A".
std::string heading(Rounding rounding);

/// Reads the names above and the usual synonyms ("rn", "nearest-even", "TiesToEven", "rz", ...).
/// Throws Error that lists the names when there is no such mode.
Rounding parse_rounding(std::string_view text);

}  // namespace mxscope::spec
