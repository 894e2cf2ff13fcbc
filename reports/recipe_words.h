// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "spec/recipe.h"

namespace mxscope::reports {

/// "1x32", "16x16", "row", "tensor".
std::string block_text(const spec::Recipe& recipe);

/// How a block's scale comes from its largest magnitude: "amax/6, nearest".
std::string rule_text(const spec::Recipe& recipe);

}  // namespace mxscope::reports
