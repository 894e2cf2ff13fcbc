// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The kinds of operations of spec and sim that other programs can be held against.
#pragma once

#include "spec/operation.h"

namespace mxscope::analysis {

/// Numbers to codes under a policy. Input: a word of fp32, bf16, fp16 or fp64; result: the stored
/// word of the code. Policies that refuse inputs are none here.
spec::OperationKind cast_operation();

/// Codes of 4, 6 or 8 bits into bytes, and back.
spec::OperationKind pack_operation();
spec::OperationKind unpack_operation();

/// Row-major block scales into the 128x4 layout, and back.
spec::OperationKind layout_operation();

/// One output of a matrix unit's instruction with all its K, and the whole instruction. All NaNs of
/// D are one.
spec::OperationKind dot_operation();
spec::OperationKind mma_operation();

/// How many channels of K become MXFP4, MXFP6 and MXFP8 under a rule of MicroMix.
spec::OperationKind channels_operation();

/// Codes to binary32, for formats whose values binary32 holds; all NaNs are one.
spec::OperationKind decode_operation();

}  // namespace mxscope::analysis
