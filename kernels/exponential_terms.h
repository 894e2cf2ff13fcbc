// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The constants of exponential(), for its scalar and its vector form.
#pragma once

namespace mxscope::kernels {

/// e^x = 2^n e^r with n = x log2(e) to the nearest integer and r = x - n ln 2, in two parts of
/// which the first has 9 bits, so that its product with n is exact.
inline constexpr float kLog2E = 0x1.715476p+0F;
inline constexpr float kLn2High = 0x1.62p-1F;
inline constexpr float kLn2Low = 0x1.c85fep-10F;

/// Adding and subtracting it rounds |x| < 2^22 to an integer, to nearest, ties to even.
inline constexpr float kToInteger = 0x1.8p+23F;

/// Beyond these e^x is 0 or infinite in binary32.
inline constexpr float kLeastExponent = -104;
inline constexpr float kMostExponent = 89;

/// e^r = 1 + (r + r^2 p(r)) with the first terms of the series, 1/2! to 1/7!: what is left out is
/// below 2^-27 for |r| <= ln(2) / 2.
inline constexpr float kSeries[] = {0x1p-1F,        0x1.555556p-3F,  0x1.555556p-5F,
                                    0x1.111112p-7F, 0x1.6c16c2p-10F, 0x1.a01a02p-13F};

}  // namespace mxscope::kernels
