// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Where commands get linear layers from: two files, or a made-up one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "reports/scheme_layers.h"

namespace mxscope::reports {

struct LayerArguments {
  std::string activations, weights, calibration, random;
  std::vector<std::string> layers;
};

/// ACTIVATIONS, WEIGHTS, --random, --calibration and --layer.
void add_layer_arguments(CLI::App& command, LayerArguments& arguments);

/// One layer's matrices. `calibration` has no rows where the activations are it.
struct LoadedLayer {
  kernels::Matrix activations, weights, other_calibration;

  kernels::MatrixView calibration() const {
    return (other_calibration.rows == 0 ? activations : other_calibration).view();
  }
};

class LayerSource {
 public:
  /// Notes the files as inputs of the run. Throws Error as match_layers does, and where the
  /// arguments leave open which layers are meant.
  LayerSource(const LayerArguments& arguments, Run& run);

  const std::vector<LayerNames>& names() const { return names_; }
  LoadedLayer load(const LayerNames& names) const;

 private:
  std::optional<TensorFile> activations_, weights_, calibration_;
  std::optional<LoadedLayer> made_;
  std::vector<LayerNames> names_;
};

}  // namespace mxscope::reports
