// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Weights rounded channel by channel, each error carried on to the channels not yet rounded.
#pragma once

#include "kernels/matrix_view.h"
#include "kernels/tensor_quantizer.h"

namespace mxscope::kernels {

/// GPTQ (Frantar et al., arXiv 2210.17323, algorithm 1) without reordering: channels in ascending
/// order, H = X^T X in binary64, 1 % of its mean diagonal added to the diagonal, channels that are
/// always zero left alone. A block's scale is the recipe's for the block's weights as they are when
/// its first channel's turn comes; the tensor scale is that of the weights as given. Elements are
/// the nearest of the format under that scale and the tensor scale as binary32 (the policy's
/// rounding, in binary64).
/// `activations`: the calibration's, tokens x channels. Throws Error for recipes whose blocks span
/// rows, that round at random or have scales of several levels, and where H plus its addition is
/// not positive definite.
MatrixCodes gptq_codes(const MatrixView& weights, const BlockRoutine& routine,
                       const TensorState& state, const MatrixView& activations);

}  // namespace mxscope::kernels
