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

/// Sets those fields. Throws nlohmann::json::exception where one is missing or has another type,
/// and Error for an unknown kind; the format is not validated.
void read_encoding(const nlohmann::json& json, spec::Format& format);

}  // namespace mxscope::analysis
