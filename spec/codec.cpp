// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Checks before a codec is compiled; the codec itself is in codec_bits.h.
#include "spec/codec.h"

#include <fmt/format.h>

#include "spec/error.h"

namespace mxscope::spec {

Codec make_codec(Source source, const Format& format, const Policy& policy, int random_bits) {
  if (const std::string problem = conflict(format, policy); !problem.empty()) throw Error(problem);
  if (policy.rounding == Rounding::kNearestLog2)
    throw Error("rounding mode log2 has no integer codec; use the oracle's step map");
  if (is_stochastic(policy.rounding) ? random_bits < 1 || random_bits > 32 : random_bits != 0)
    throw Error(
        fmt::format("rounding mode {} with {} random bits: stochastic modes take 1 to 32, "
                    "the others none",
                    to_string(policy.rounding), random_bits));
  if (policy.nan == NanRule::kRebias && source.exponent_bits != 8)
    throw Error("policy field nan = rebias is for binary32 and bfloat16 sources");
  return compile_codec(source, format, policy, random_bits);
}

}  // namespace mxscope::spec
