// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Cases for another program, and the check of what it made of them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/diagnosis.h"
#include "analysis/record_text.h"
#include "reports/provenance.h"
#include "spec/operation.h"

namespace mxscope::reports {

/// Which cases, and in which form they go to the other program and come back.
struct StreamRequest {
  spec::CaseLevel level = spec::CaseLevel::kBoundaries;
  std::uint64_t seed = 1;
  bool raw = false;  ///< little-endian words without separators instead of hex
  analysis::LineForm form = analysis::LineForm::kDetect;  ///< of text; kEchoed for raw with inputs
  std::string file;                                       ///< of results; "" for standard input
};

/// Writes every input record to standard output. Exit code.
int write_cases(const spec::Operation& operation, const StreamRequest& request);

/// Reads a result for every case. Throws Error, one sentence, for a stream that is truncated, goes
/// on too long or is out of order.
analysis::Diagnosis check_results(const spec::Operation& operation, const StreamRequest& request);

/// What the program does differently, in a line: "rounding rna and overflow nan".
std::string diagnosis_headline(const analysis::Diagnosis& diagnosis);

/// A diagnosis for people and for programs.
std::string diagnosis_text(const spec::Operation& operation, const StreamRequest& request,
                           const analysis::Diagnosis& diagnosis);
nlohmann::json diagnosis_json(const spec::Operation& operation, const StreamRequest& request,
                              const analysis::Diagnosis& diagnosis);

}  // namespace mxscope::reports
