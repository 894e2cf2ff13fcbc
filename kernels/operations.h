// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Block quantizers as operations that other programs can be held against.
#pragma once

#include "spec/operation.h"

namespace mxscope::kernels {

/// The scale of a block from its largest magnitude, under a recipe.
spec::OperationKind scale_operation();

/// A block of binary32 numbers to its codes under a recipe, an element code in each byte. A block
/// that the recipe refuses gives zeros.
spec::OperationKind quantize_operation();

/// The codes of a block to binary32 numbers; all NaNs are one.
spec::OperationKind dequantize_operation();

/// A block and then its residual (ARCQuant): the codes of both stages.
spec::OperationKind dual_operation();

}  // namespace mxscope::kernels
