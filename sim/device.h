// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A GPU as the timing simulator sees it: numbers with their unit, source and confidence.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::sim {

/// How a number is known, from best to worst.
enum class Confidence { kMeasured, kCited, kInferred, kFitted, kAssumed };

/// One number of a device. The unit is the suffix of the field's name. Absent ones are 0.
struct Quantity {
  double value = 0;
  Confidence confidence = Confidence::kAssumed;
  std::string source = {};
  /// What is physically possible; a fit must stay inside. Empty where nothing is to be fitted.
  std::optional<double> low = {}, high = {};

  operator double() const { return value; }  // NOLINT: reads as the number it is
};

/// A kind of matrix instruction, by operand type: what the tensor cores of one SM do with it.
struct TensorRate {
  std::string kind;        ///< "bf16", "fp8", "mxfp8", "mxfp4", "nvfp4", "int8", ...
  std::string accumulate;  ///< "fp32", "fp16", "int32"
  int k = 0;               ///< elements along K of one instruction
  Quantity flop_per_cycle_sm = {};
  Quantity peak_tflops = {};  ///< the cited dense peak at clock.rated_mhz; 0: none cited
  Quantity power = {};        ///< of the busy pipe, over bf16's at the same clock; 0: as bf16

  double relative_power() const { return power > 0 ? power.value : 1; }
};

/// cycles = per_n * N + fixed.
struct CycleLine {
  double per_n = 0;
  double fixed = 0;
};

/// Timing of one shape of matrix instruction, alike for all kinds. The interval is between issues
/// of independent instructions, by one CTA pair (two SMs) if `ctas` is 2, or by one of the SM's
/// sub-cores for warp-wide instructions (issuers 4); latency is from issue to visible result.
struct MmaShape {
  std::string instruction;         ///< "tcgen05.mma", "wgmma", "mma.sync"
  std::vector<std::string> kinds;  ///< empty: every kind
  int ctas = 1;                    ///< SMs that run one instruction together
  int m = 0;                       ///< rows of D of one instruction, of all its SMs together
  int n_low = 0, n_high = 0, n_step = 8;
  bool a_in_tensor_memory = false;
  int issuers = 1;                         ///< independent issue streams of an SM
  std::vector<CycleLine> interval_cycles;  ///< the largest line holds
  std::vector<CycleLine> latency_cycles;   ///< the smallest line holds
  Confidence confidence = Confidence::kAssumed;
  std::string source;

  double interval(int n) const;
  double latency(int n) const;
};

/// One GPU. A TOML file has a table per member, with the same names.
struct Device {
  std::string name;                  ///< "rtx-pro-6000-server"
  std::string title;                 ///< "NVIDIA RTX PRO 6000 Blackwell Server Edition"
  std::string architecture;          ///< "sm90", "sm100", "sm103", "sm120", "sm121"
  std::vector<std::string> aliases;  ///< what files of measured points call it
  std::string note;

  struct Chip {
    Quantity sms;
    std::vector<int> gpc_sms;  ///< SMs of each GPC; their sum is sms
    Quantity dies;             ///< each with its part of the L2
  } chip;

  struct Clock {
    Quantity burst_mhz;         ///< the highest, while the power limit allows it
    Quantity sustained_mhz;     ///< with every tensor pipe busy all the time, at the power limit
    Quantity rated_mhz;         ///< at which the cited peaks hold
    Quantity power_exponent;    ///< power of a busy tensor pipe goes with the clock to this power
    Quantity dram_power_share;  ///< of the power left for load: DRAM at its peak takes this much
    Quantity board_w;           ///< power limit
  } clock;

  std::vector<TensorRate> rates;
  std::vector<MmaShape> shapes;

  struct Shared {  ///< shared memory of an SM
    Quantity bytes_per_sm;
    Quantity bytes_per_cta;    ///< the most one CTA may have
    Quantity bytes_per_cycle;  ///< that matrix instructions and loads of an SM read
  } shared;

  struct TensorMemory {  ///< all 0 where there is none: accumulators live in registers
    Quantity bytes_per_sm;
    Quantity columns;               ///< of 128 lanes x 4 bytes
    Quantity read_bytes_per_cycle;  ///< drain of an accumulator by the epilogue, per SM
  } tensor_memory;

  struct Tma {
    Quantity issue_cycles;        ///< between copies issued by an SM
    Quantity row_cycles;          ///< per row of a copy's box; a row is at most 128 bytes
    Quantity latency_cycles;      ///< issue to the barrier's flip, data in L2, short copy
    Quantity bytes_per_cycle_sm;  ///< most that an SM takes in or puts out
    Quantity multicast;           ///< 1: one L2 read may fill several SMs of a cluster; else 0
  } tma;

  struct Barrier {
    Quantity signal_cycles;  ///< from an arrival (or MMA commit) to the waiter's next instruction
  } barrier;

  struct L2 {
    Quantity bytes;
    Quantity gb_per_s;        ///< to all SMs together
    Quantity far_die_cycles;  ///< more latency when the line lies on the other die
  } l2;

  struct Dram {
    Quantity bytes;
    Quantity peak_gb_per_s;
    Quantity efficiency;      ///< of the peak that streaming reaches, 0 to 1
    Quantity latency_cycles;  ///< more than an L2 hit's
  } dram;

  struct Launch {
    Quantity kernel_us;         ///< of an empty kernel in a graph, end to end
    Quantity prologue_cycles;   ///< of a CTA: barriers, tensor memory, descriptors
    Quantity epilogue_cycles;   ///< of a tile, fixed part: last commit to first store
    Quantity next_tile_cycles;  ///< a persistent CTA's request for its next tile
    Quantity threads_per_sm;
    Quantity ctas_per_sm;       ///< the most resident at once
    Quantity registers_per_sm;  ///< of 4 bytes
  } launch;

  const TensorRate* find_rate(std::string_view kind, std::string_view accumulate = "fp32") const;
  /// Throws Error that names the kinds the device has.
  const TensorRate& rate(std::string_view kind, std::string_view accumulate = "fp32") const;
};

/// A quantity and its path in the file, "l2.gb_per_s" or "rates.bf16.fp32.flop_per_cycle_sm".
struct DeviceField {
  std::string path;
  Quantity* quantity;
};
struct ConstDeviceField {
  std::string path;
  const Quantity* quantity;
};
/// All quantities, in the order of the record. Pointers are into `device`.
std::vector<DeviceField> device_fields(Device& device);
std::vector<ConstDeviceField> device_fields(const Device& device);

/// The devices that come with mxscope, in the order of `mxscope devices`.
const std::vector<Device>& devices();

/// By name, alias or an unambiguous beginning, without regard to case; throws Error that names the
/// nearest.
const Device& find_device(std::string_view name);
const Device& find_device(std::string_view name, const std::vector<Device>& among);

/// Reads a device from TOML text. Throws Error that names file, line and field, also where numbers
/// contradict each other: peak = SMs x rate x clock, the GPCs' sum, a value outside its range.
Device read_device(std::string_view text, std::string_view file);
Device load_device(const std::string& path);

/// `device` as TOML text that read_device gives back.
std::string device_toml(const Device& device);

std::string_view confidence_name(Confidence confidence);

}  // namespace mxscope::sim
