// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/codec_plan.h"
#include "spec/batch.h"
#include "spec/oracle.h"

namespace mxscope::analysis {

/// An input on which codec and oracle disagree.
struct Disagreement {
  std::uint64_t input = 0;
  spec::Outcome oracle;
  spec::Outcome codec;
};

struct SweepResult {
  std::uint64_t cases = 0;                   ///< inputs tried, in ascending order from `first`
  std::optional<Disagreement> disagreement;  ///< the first one; the sweep ends there
};

/// Gives the binary32 patterns first .. first + count - 1 to the batch codec and compares every
/// code with the oracle's runs. The oracle refuses nothing, and `shift` is the format's
/// storage_shift. Ends early, with fewer cases, when `stop` becomes true.
SweepResult sweep(const spec::BatchCast& cast, const std::vector<spec::Run>& runs, int shift,
                  std::uint64_t first, std::uint64_t count, const std::atomic<bool>& stop);

/// "0x3f800001: codec 0x38, oracle 0x39".
std::string witness_text(const Disagreement& found, int source_bits);

/// The outcome of one input, through the batch interface.
spec::Outcome encode_one(const spec::BatchCast& cast, const spec::Format& format,
                         std::uint64_t input, std::optional<std::uint32_t> random = std::nullopt);

/// Proof over rounding cells: sets of inputs with one sign, exponent and leading mantissa bits, and
/// either nothing behind those bits or something. Where the oracle's runs are unions of cells, the
/// two ends of each cell decide, as long as the codec is monotone inside a cell.
struct CellProof {
  int cell_bits = -1;       ///< leading mantissa bits of a cell; -1: no width up to 12 fits
  std::uint64_t cells = 0;  ///< that were checked, at both ends
  std::uint64_t cases = 0;  ///< inputs given to the codec
  std::optional<Disagreement> disagreement;
};

CellProof prove_by_cells(const spec::BatchCast& cast, const std::vector<spec::Run>& runs,
                         const spec::Format& format);

/// The fewest leading mantissa bits, 7 to 12, whose binary32 cells the runs are unions of; else -1.
int cell_bits_of(const std::vector<spec::Run>& runs);

}  // namespace mxscope::analysis
