// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "spec/exact.h"
#include "spec/format.h"

namespace mxscope::reports {

/// A code's bits by field: "0 0111 010" (sign, exponent, mantissa; absent fields left out), or one
/// group for fixed point.
std::string fields_text(const spec::Format& format, spec::Code code);

/// The code in hex, as many digits as the format's bits need: "0x3a".
std::string code_text(const spec::Format& format, spec::Code code);

/// "normal", "subnormal", "zero", "infinity", "nan", "unused".
std::string class_text(spec::CodeClass code_class);

spec::Integer nan_codes(const spec::Format& format);
spec::Integer infinity_codes(const spec::Format& format);

/// Different finite values; -0 is not one beside 0.
spec::Integer finite_values(const spec::Format& format);

/// "2^-9" for powers of two, else the exact decimal if it has at most `width` characters, else a
/// rounded one ("3.4e+38").
std::string short_text(const spec::Rational& value, std::size_t width);

/// A named code worth looking at.
struct Landmark {
  std::string name;
  spec::Code code = 0;
};

/// Zero, least and greatest subnormal and normal, one and its neighbours, infinity, NaN; each with
/// its negative where there is one.
std::vector<Landmark> landmarks(const spec::Format& format);

/// The row and everything derived from it, exact.
nlohmann::json format_json(const spec::Format& format);

/// {"code", "fields", "class", "value", "hex_value"} of one code.
nlohmann::json code_json(const spec::Format& format, spec::Code code);

}  // namespace mxscope::reports
