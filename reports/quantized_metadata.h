// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a quantized file says of itself in __metadata__: enough to decode it without this program's
// tables.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/quantized_tensor.h"
#include "spec/dual_stage.h"
#include "spec/recipe.h"

namespace mxscope::reports {

/// The keys are "mxscope.version", "mxscope.recipe" (JSON: name, source, every field, and both
/// formats in full), "mxscope.tensors" (JSON by name: dtype, shape, packing, scale_layout,
/// amax_bits; residual_channels of a dual stage), "mxscope.dual_stage" (JSON: name, source,
/// residual, unrounded_scale, granularity) where the recipe works twice, "mxscope.seed" and
/// "mxscope.input_sha256".
struct QuantizedMetadata {
  std::string version;
  spec::Recipe recipe;
  std::optional<spec::DualStage> dual = {};  ///< its recipe is `recipe`
  std::vector<QuantizedTensor> tensors;
  std::uint64_t seed = 0;
  std::string input_sha256;
};

/// {"name", "source", "residual": "bf16" or "f32", "unrounded_scale", "granularity"}, the recipe
/// left out.
nlohmann::json dual_stage_json(const spec::DualStage& stage);

inline constexpr const char* kMetadataPrefix = "mxscope.";

void add_to(std::map<std::string, std::string>& metadata, const QuantizedMetadata& quantized);

/// Throws Error naming file and key for metadata that is missing or contradicts itself.
QuantizedMetadata quantized_metadata(const std::map<std::string, std::string>& metadata,
                                     const std::string& file);

}  // namespace mxscope::reports
