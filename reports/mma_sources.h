// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/mma_vectors.h"
#include "sim/mma_unit.h"

namespace mxscope::reports {

/// What computes the products of a file.
struct MmaSource {
  sim::Mma mma;
  bool ignores_addend = false;  ///< the file's results were made with C = 0, whatever C it holds
};

/// The unit that the file's `source` stands for or is the name of, or the one given, with the
/// file's formats and with the fields set ("zero_products=counted"). Throws Error, naming the file,
/// for a source that no unit is known for and for formats that the unit does not take.
MmaSource mma_source(const MmaVectors& vectors, const std::string& unit,
                     const std::vector<std::string>& fields);

}  // namespace mxscope::reports
