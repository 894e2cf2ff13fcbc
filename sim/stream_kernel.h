// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Kernels that only move and convert: the quantizers in front of a GEMM, and what stands between
// GEMMs in a model.
#pragma once

#include <cstdint>
#include <string_view>

#include "sim/gemm_time.h"

namespace mxscope::sim {

enum class StreamKind : std::uint8_t {
  kQuantize,         ///< bf16 to codes and scales
  kReorderQuantize,  ///< with channels permuted (MicroMix, ARCQuant)
  kRmsNormQuantize,  ///< x / rms(x) * w, then quantized
  kSiluMulQuantize,  ///< silu(gate) * up, then quantized: two inputs to one output
  kAmax,             ///< the largest magnitude of a tensor, for its scale: nothing else is written
  kAdd,              ///< a residual connection: two inputs to one output
  kFill,             ///< zeros, from no input
};
std::string_view stream_kind_name(StreamKind kind);
StreamKind find_stream_kind(std::string_view name);  ///< throws Error with the names

/// rows x columns of output elements.
struct StreamProblem {
  StreamKind kind = StreamKind::kQuantize;
  std::int64_t rows = 0, columns = 0;
  std::string type = "nvfp4";  ///< of the output
  bool input_in_l2 = true;     ///< written by the kernel before, if the L2 holds it
  bool reorders = false;       ///< of any kind; kReorderQuantize always does
  double row_bytes = 0;        ///< written of a row where it is not `columns` elements of `type`
  /// Additions of each element besides, on 128 lanes of an SM; their time is added in full.
  double adds_per_element = 0;
};

struct StreamTime {
  double us = 0;  ///< with launch
  double roofline_us = 0;
  double bytes_read = 0, bytes_written = 0, dram_bytes = 0;
  std::int64_t ctas = 0, events = 0;
  double gb_per_s = 0;
};

/// The same engine as for GEMM: CTAs of a few rows, with loads in flight as deep as their
/// registers, on the L2 and DRAM of the device. Throws Error for an empty problem.
StreamTime simulate_stream(const Device& device, const StreamProblem& problem, double clock_mhz,
                           const SimulationOptions& options = {});

/// The quantizer that makes A of a GEMM.
StreamProblem quantize_before(const GemmProblem& problem, bool input_in_l2);

}  // namespace mxscope::sim
