// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A format's encoding as JSON, under the names that its TOML has, and back.
#pragma once

#include <nlohmann/json.hpp>

#include "spec/format.h"

namespace mxscope::analysis {

/// What a code's value follows from, and no more: "kind" ("float" or "fixed"), "bits",
/// "exponent_bits", "mantissa_bits", "bias", "signed", "negative_zero", "infinities", "high_nans",
/// "subnormals", "zero", "symmetric".
nlohmann::ordered_json encoding_json(const spec::Format& format);

/// A number's field: the parser of JSON would make any number an int, by whatever bits are left.
/// Throws Error where it is no whole number of 32 bits, nlohmann::json::exception where missing.
int whole_number(const nlohmann::json& json, const char* field);

/// Sets those fields. Throws nlohmann::json::exception where one is missing or has another type,
/// and Error for an unknown kind and as whole_number(); the format is not validated.
void read_encoding(const nlohmann::json& json, spec::Format& format);

}  // namespace mxscope::analysis
