// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What a GEMM is asked to compute, and how a kernel for it is built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::sim {

/// An operand type as kernels store it: elements and their block scales.
struct OperandType {
  std::string name;     ///< as in TensorRate::kind: "bf16", "fp8", "mxfp8", "nvfp4", ...
  int bits = 16;        ///< stored, of one element
  int smem_bits = 16;   ///< in shared memory: FP6 is unpacked to bytes by the copy
  int scale_block = 0;  ///< elements along K that share a byte of scale; 0: no scales
  std::string format;   ///< of an element, as in spec
  std::string scale_format;
};
const std::vector<OperandType>& operand_types();
const OperandType& find_operand_type(std::string_view name);  ///< throws Error with the names
int output_bits(std::string_view output);                     ///< of an element of D

/// D = A B^T, or A B^T + C: m x n outputs, k products each. A's rows are tokens, B's are output
/// channels.
struct GemmProblem {
  std::int64_t m = 0, n = 0, k = 0;
  std::string type = "nvfp4";   ///< operand_types(), of A, and of B unless `weights` says another
  std::string weights = {};     ///< of B where A and B differ: "mxfp4" beside "mxfp8"
  std::string output = "bf16";  ///< "bf16", "fp16", "fp32" or an operand type
  bool adds_c = false;          ///< beta = 1: the epilogue reads C, which has D's type
  bool quantize_activations = false;  ///< a kernel before it makes A from bf16
  bool fresh_activations = false;     ///< the kernel before has just written A
  /// Copies of B, each with its own A and D, that a benchmark goes through in turn, as a model goes
  /// through its layers, so that caches are colder; 0: nothing is in the L2 at the start.
  int weight_copies = 1;
  double clock_mhz = 0;  ///< fixed clock; 0: as the device runs under this load

  double flop() const {
    return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

/// Of an element of what activations are quantized from: bf16.
inline constexpr std::int64_t kQuantizedInputBytes = 2;
/// The type of B. Where it is not A's, both are unpacked to the bytes of A's in shared memory.
OperandType weight_type(const GemmProblem& problem);

enum class KernelFamily : std::uint8_t {
  kSm100OneSm,        ///< tcgen05, one SM to a tile
  kSm100TwoSm,        ///< tcgen05, a pair of SMs to a tile
  kSm120Cooperative,  ///< mma.sync, two warp groups on one tile
  kSm120PingPong,     ///< mma.sync, two warp groups on a tile each, taking turns
  kSmallM,            ///< MicroMix: 32x32 tiles, mma.sync
  kWgmma,             ///< Hopper: two warp groups, ping-pong where a tile fits into one
};
std::string_view family_name(KernelFamily family);
KernelFamily find_family(std::string_view name);  ///< throws Error with the names

enum class TileOrder : std::uint8_t {
  kOneTile,  ///< a CTA for every tile
  kStatic,   ///< persistent: CTA i does tiles i, i + CTAs, ...
  kDynamic,  ///< persistent: a CTA asks for the next tile (cluster launch control)
};

/// How a kernel does a GEMM. A tile is what one CTA, or one pair of CTAs, accumulates.
struct GemmConfig {
  KernelFamily family = KernelFamily::kSm100OneSm;
  int tile_m = 128, tile_n = 128, tile_k = 128;  ///< elements
  int cluster_m = 1, cluster_n = 1;              ///< CTAs
  int stages = 0;                                ///< of the ring in shared memory; 0: what fits
  TileOrder order = TileOrder::kStatic;
  int split_k = 1;        ///< slices of K to a tile, reduced in memory
  bool stream_k = false;  ///< the last waves' K loops are dealt out evenly
  int raster = 8;         ///< rows of tiles that are walked together

  bool operator==(const GemmConfig&) const = default;
};

/// "sm120-cooperative:128x128x128,stages=4,order=static"; reads what it writes. Throws Error that
/// names the part.
std::string to_string(const GemmConfig& config);
GemmConfig parse_config(std::string_view text);

/// "m=4096 n=4096 k=4096 nvfp4 -> bf16", "... mxfp8 x mxfp4 + C -> bf16".
std::string to_string(const GemmProblem& problem);

}  // namespace mxscope::sim
