// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Speeds and sizes that papers about schemes report, and what the simulator says of the same. No
// parameter of the simulator is fitted to them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/gemm_time.h"

namespace mxscope::sim {

enum class PublishedKind : std::uint8_t {
  kGemmTflops,          ///< one GEMM by a named kernel
  kQuantizeShare,       ///< of a linear layer's time, percent
  kLayerTimes,          ///< how many times faster a layer is than under `against`
  kPrefillTimes,        ///< the same of a prefill
  kOverhead,            ///< of a prefill over `against`, percent
  kThroughput,          ///< tokens read and written a second, prefill and `generate` steps
  kThroughputTimes,     ///< over `against`
  kMemoryTimes,         ///< all memory of `against` over the scheme's
  kMemoryTimesNoCache,  ///< the same without a KV cache
  kLinearGb,            ///< weights of the linear layers, 1e9 bytes
};
std::string_view published_kind_name(PublishedKind kind);

/// A row of sim/published/*.csv; empty where a kind does not need a field.
struct PublishedRow {
  std::string id, paper, place;
  PublishedKind kind = PublishedKind::kGemmTflops;
  std::string device, model;
  std::string scheme;  ///< "micromix_iclr@5.22": at so many average bits; "arcquant@0": with S = 0
  std::string against, type, kernel;
  std::int64_t m = 0, n = 0, k = 0, batch = 0, tokens = 0, generate = 0;
  double low = 0, high = 0;  ///< the same where one number is reported
  std::string unit, trust, note;
};
const std::vector<PublishedRow>& published_rows();

/// Reads such a file. Throws Error that names file, line and column.
std::vector<PublishedRow> read_published(std::string_view text, std::string_view file);

/// In the row's unit.
struct Prediction {
  double ours = 0;
  /// What no kernel can exceed on the device: a GEMM's roofline, or for throughput the weights of
  /// each step at the DRAM's peak rate, and nothing else. 0: none is known.
  double limit = 0;

  /// Whether the device as its file has it cannot have done what is published.
  bool refutes(const PublishedRow& row) const { return limit > 0 && row.low > limit; }
};
Prediction predict(const PublishedRow& row, const SimulationOptions& options = {});

/// ours / published - 1, from the nearer end of a range; 0 within.
double relative_error(const PublishedRow& row, double ours);

}  // namespace mxscope::sim
