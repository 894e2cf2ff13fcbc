// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "reports/cast_request.h"

namespace mxscope::reports {

/// Converts a binary array from --input or standard input to stored words on --output or standard
/// output, block by block on options.threads threads. Returns kRefuted (and leaves no file) when
/// the policy refuses an input; throws Error for an array that ends inside an element.
int cast_array(const CastOptions& options, const CastRequest& request);

/// Stored words to binary32.
int decode_array(const CastOptions& options, const spec::Format& format);

}  // namespace mxscope::reports
