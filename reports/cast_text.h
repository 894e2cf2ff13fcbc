// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "reports/cast_request.h"

namespace mxscope::reports {

/// Converts values given as text, from the arguments or line by line from standard input, and
/// prints a table, codes alone or JSON. Returns kRefuted when the policy refused one.
int cast_texts(const CastOptions& options, const CastRequest& request,
               const spec::FormatTable& table, const Run& run);

/// Codes to values.
int decode_texts(const CastOptions& options, const spec::Format& format, const Run& run);

}  // namespace mxscope::reports
