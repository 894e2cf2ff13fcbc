// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensors of a file, read a tile at a time.
#pragma once

#include <string>
#include <vector>

#include "kernels/tensor_quantizer.h"
#include "reports/float_tensor.h"
#include "reports/progress.h"
#include "reports/provenance.h"
#include "reports/tensor_file.h"
#include "spec/error.h"

namespace mxscope::reports {

/// A tensor that is quantized; `file` is null for one in memory, else what holds it.
struct TensorSource {
  const TensorView* tensor = nullptr;
  const TensorFile* file = nullptr;

  MatrixShape matrix() const { return matrix_shape(tensor->shape); }
};

/// A tile as float32; the memory behind it is given back. From any thread.
std::vector<float> load_tile(const TensorSource& source, const kernels::TensorQuantizer& quantizer,
                             const kernels::Tile& tile);

/// What the quantizer has to know before the first tile: its maxima, found in a pass of their own
/// where it needs any. `progress` advances by a tile's bytes.
kernels::Maxima first_pass(const TensorSource& source, const kernels::TensorQuantizer& quantizer,
                           int threads, Progress& progress);

/// The error for a refusal, naming tensor, row and column.
Error refusal(const TensorSource& source, const spec::Recipe& recipe,
              const kernels::Refusal& where);

/// Which tensors of a file are quantized: those named, or all floating-point ones but vectors
/// shorter than a block of the recipe, which `all` adds. Throws Error for unknown names, for named
/// tensors that are not of floating point, and where nothing is left.
std::vector<bool> chosen_tensors(const TensorFile& file, const std::vector<std::string>& names,
                                 std::size_t shortest, bool all);

/// Adds a file of any size to the run's inputs, by its SHA-256. `progress` advances by its bytes.
void hash_input(Run& run, const std::string& path, Progress& progress);

/// The threads to use: one per core for 0.
int thread_count(int wanted);

}  // namespace mxscope::reports
