// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/format.h"
#include "spec/policy.h"

namespace mxscope::spec {

/// A conversion of real software under the name that software's users know it by.
struct Conversion {
  std::string name;    ///< "nv_e4m3_sat", "ml_float8_e8m0fnu", "gfloat_ocp_e4m3.TiesToEven_sat"
  std::string format;  ///< a name for find_format
  Policy policy;
  RandomBits random;     ///< of the stochastic ones
  std::string source;    ///< which software, and where in it
  std::string evidence;  ///< how this row is known: "run: ...", "read in source: ..." or
                         ///< "documentation: ...", with the version of what was run or read
};

/// All conversions listed one by one (gfloat's come by rule from its format and column names).
const std::vector<Conversion>& named_conversions();

/// A conversion by name. `family` is where a column stands, such as the file stem "gfloat_ocp_e4m3"
/// or "nv_fp64_specials", and completes short column names ("TiesToEven_sat", "e4m3_sat").
/// Throws Error that lists near names.
Conversion find_conversion(std::string_view name, std::string_view family = "");

/// The usual policy bundles for any format: "ocp", "ocp-nosat", "ieee" (IEEE 754's own: overflow to
/// infinity, NaNs keep sign and payload), "nv", "nv-nosat", "ml_dtypes", "pytorch", "cutlass",
/// "universal", "torchao", "gfloat". Adapted to the format.
Policy named_policy(std::string_view name, const Format& format);
std::vector<std::string> policy_names();

/// What a format's own specification says where nobody asks for another policy: "ieee" for formats
/// with infinities, such as fp16 and P3109's extended ones, but for OCP's; "ocp" for all others.
std::string_view default_policy_name(const Format& format);

}  // namespace mxscope::spec
