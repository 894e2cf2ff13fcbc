// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/layer_source.h"

#include "kernels/synthetic_layer.h"
#include "reports/gemm_inputs.h"
#include "reports/progress.h"
#include "reports/tensor_tiles.h"
#include "spec/error.h"

namespace mxscope::reports {

void add_layer_arguments(CLI::App& command, LayerArguments& arguments) {
  command.add_option("ACTIVATIONS", arguments.activations,
                     "[tokens, in]: .safetensors, of any number of\nlayers, or .npy");
  command.add_option("WEIGHTS", arguments.weights, "[out, in]; NAME.weight belongs to NAME.input");
  command
      .add_option("--random", arguments.random,
                  "A made-up layer in place of files: M tokens, N\n"
                  "outputs, K channels of which few are large")
      ->option_text("M,N,K,SEED");
  command
      .add_option("--calibration", arguments.calibration,
                  "Other activations to calibrate with, of the same\nnames (default: ACTIVATIONS)")
      ->option_text("FILE");
  command
      .add_option("--layer", arguments.layers, "This layer only, by either name; again for more")
      ->option_text("NAME")
      ->allow_extra_args(false);
}

LayerSource::LayerSource(const LayerArguments& arguments, Run& run) {
  if (!arguments.random.empty()) {
    if (!arguments.activations.empty() || !arguments.calibration.empty() ||
        !arguments.layers.empty())
      throw Error("--random makes the layer; leave files and --layer out");
    const RandomShape shape = random_shape(arguments.random);
    kernels::SyntheticLayer made = kernels::synthetic_layer(shape.m, shape.n, shape.k, shape.seed);
    made_ = LoadedLayer{std::move(made.activations), std::move(made.weights), {}};
    names_ = {{"random.input", "random.weight"}};
    return;
  }
  if (arguments.activations.empty() || arguments.weights.empty())
    throw Error("two files are missing: ACTIVATIONS and WEIGHTS, or --random M,N,K,SEED");
  activations_.emplace(arguments.activations);
  weights_.emplace(arguments.weights);
  if (!arguments.calibration.empty()) calibration_.emplace(arguments.calibration);
  names_ = match_layers(*activations_, &*weights_, arguments.layers);
  for (const std::string& path :
       {arguments.activations, arguments.weights, arguments.calibration}) {
    Progress quiet("reading", "files", 1, 1);
    if (!path.empty()) hash_input(run, path, quiet);
  }
}

LoadedLayer LayerSource::load(const LayerNames& names) const {
  if (made_) return *made_;
  return {load_matrix(*activations_, names.activations), load_matrix(*weights_, names.weights),
          calibration_ ? load_matrix(*calibration_, names.activations) : kernels::Matrix{}};
}

}  // namespace mxscope::reports
