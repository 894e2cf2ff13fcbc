// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "reports/mma_sources.h"
#include "reports/mma_vectors.h"

namespace mxscope::reports {

enum class MmaExecutor : std::uint8_t { kReference, kFast };

/// An output that is not the file's.
struct MmaMismatch {
  std::size_t tile = 0, row = 0, column = 0;
  std::uint64_t expected = 0, ours = 0;
};

/// How many results of a file one executor gives.
struct MmaCounts {
  MmaExecutor executor = MmaExecutor::kReference;
  std::uint64_t judged = 0, matched = 0;
  std::uint64_t contested = 0, contested_matched = 0;  ///< counted apart, and not judged
  std::optional<MmaMismatch> first = {};               ///< of those judged

  std::uint64_t mismatches() const { return judged - matched; }
};

/// All tiles of the file. Throws Interrupted after SIGINT.
MmaCounts check_vectors(const MmaVectors& vectors, const MmaSource& source, MmaExecutor executor);

}  // namespace mxscope::reports
