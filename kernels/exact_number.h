// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Hardware floats as the exact numbers of spec, and back.
#pragma once

#include "spec/number.h"

namespace mxscope::kernels {

/// The same number; NaNs keep their sign and payload.
spec::Number number_of(float x);
spec::Number number_of(double x);

/// Nearest-even, too large magnitudes to an infinity; NaNs keep their sign and payload.
float nearest_f32(const spec::Number& x);

}  // namespace mxscope::kernels
