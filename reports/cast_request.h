// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/provenance.h"
#include "spec/codec.h"
#include "spec/formats.h"
#include "spec/policy.h"

namespace mxscope::reports {

/// The options of mxscope cast, as text.
struct CastOptions {
  std::string format, formats_file, policy, round, overflow, infinity;
  std::vector<std::string> settings;  ///< FIELD=VALUE
  std::string from = "exact";
  std::string bits;
  std::optional<std::int64_t> random_bits, random;
  bool codes = false, json = false, decode = false, raw = false, list_backends = false;
  std::string input, output;  ///< --raw
  std::string backend = "auto";
  int threads = 2;
  std::vector<std::string> values;
};

/// One conversion, complete and free of contradictions.
struct CastRequest {
  spec::Format format;
  spec::Policy policy;
  std::string policy_name;
  spec::RandomBits random;
  std::string software, evidence;  ///< of a named conversion, else ""
};

/// Throws Error that names the option at fault. Reads the file of --formats into `table` and `run`.
CastRequest make_cast_request(const CastOptions& options, spec::FormatTable& table, Run& run);

/// "e4m3 by policy nv: rounding rne, overflow saturate, ...": the fields that matter to the format.
std::string request_text(const CastRequest& request);
nlohmann::json request_json(const CastRequest& request);

/// The fields of the named source: f32, bf16, f16 or f64. Throws Error for other names.
spec::Source raw_source(const std::string& name);

}  // namespace mxscope::reports
