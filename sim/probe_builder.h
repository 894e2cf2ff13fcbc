// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/probe.h"

namespace mxscope::sim {

/// The significand of a term: of a product, kSquare has 1.5 in both operands.
enum class TermShape : std::uint8_t { kOne, kThreeHalves, kSquare };

/// The code of 2^exponent, or 3/2 of it, if the format has it.
std::optional<spec::Code> power_code(const spec::Format& format, int exponent, bool negative,
                                     TermShape shape = TermShape::kOne);

/// Puts one case together. Elements are zero, scales one and C is +0 until set. What a format
/// cannot hold makes the case impossible, and add_to() leaves it out.
class ProbeBuilder {
 public:
  ProbeBuilder(const Mma& mma, std::string question, std::string what);

  /// A product of value shape * 2^exponent at position k, before scales; its operands are normal
  /// numbers where both formats reach that far.
  ProbeBuilder& product(int k, int exponent, bool negative = false,
                        TermShape shape = TermShape::kOne);
  /// Any two codes at position k.
  ProbeBuilder& codes(int k, spec::Code a, spec::Code b);
  ProbeBuilder& addend(int exponent, bool negative, TermShape shape = TermShape::kOne);
  ProbeBuilder& addend_code(spec::Code c);
  /// Scales of one block, their product 2^exponent.
  ProbeBuilder& scales(int block, int exponent);
  ProbeBuilder& scale_codes(int block, std::uint8_t a, std::uint8_t b);

  void add_to(std::vector<ProbeCase>& cases) const;

 private:
  const Mma& mma_;
  ProbeCase case_;
  bool possible_ = true;
};

/// The range of exponents of products of powers of two.
struct ProductRange {
  int least = 0;         ///< with subnormal operands
  int least_normal = 0;  ///< with normal ones
  int most = 0;
};
ProductRange product_range(const Mma& mma);

/// The range of exponents of products of two scales; zeros without scales.
ProductRange scale_range(const Mma& mma);

}  // namespace mxscope::sim
