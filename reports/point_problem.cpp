// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/point_problem.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::string_view kQuantized = "+act-quant";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Gpu {
  std::string name;
  DeviceVariant variant;
};

/// "B200-1SM@1.3GHz" is B200, one SM, 1300 MHz.
Gpu read_gpu(const std::string& text) {
  Gpu gpu{.name = text, .variant = {}};
  if (const std::size_t at = text.find('@'); at != std::string::npos) {
    const std::string_view condition = std::string_view(text).substr(at + 1);
    double value = 0;
    const auto [end, problem] =
        std::from_chars(condition.data(), condition.data() + condition.size(), value);
    const std::string_view unit(end, condition.data() + condition.size());
    if (problem != std::errc() || !(value > 0)) return gpu;
    if (unit == "GHz")
      gpu.variant.clock_mhz = value * 1000;
    else if (unit == "MHz")
      gpu.variant.clock_mhz = value;
    else if (unit == "W")
      gpu.variant.board_w = value;
    else
      return gpu;
    gpu.name.resize(at);
  }
  constexpr std::string_view kOneSm = "-1SM";
  if (gpu.name.ends_with(kOneSm)) {
    gpu.variant.one_sm = true;
    gpu.name.resize(gpu.name.size() - kOneSm.size());
  }
  return gpu;
}

constexpr std::array<std::string_view, 9> kElements = {"bf16", "fp16", "tf32", "int8", "e4m3",
                                                       "e5m2", "e2m3", "e3m2", "e2m1"};

/// Empty, or why no type has such a name.
std::string unknown_type(const MeasuredPoint& point) {
  for (const std::string& type : {point.a_type, point.b_type})
    if (std::find(kElements.begin(), kElements.end(), type) == kElements.end())
      return fmt::format("unknown type '{}'; write {} (scales have a column of their own)", type,
                         fmt::join(kElements, ", "));
  return "";
}

/// The operand type, as sim names it, or "".
std::string operand_type(const MeasuredPoint& point) {
  const std::string& type = point.a_type;
  const std::string& scale = point.scale;
  if (type != point.b_type) return "";
  if (type == "bf16" || type == "fp16" || type == "tf32" || type == "int8") return type;
  if (type == "e4m3" || type == "e5m2")
    return scale.starts_with("mx") || has(scale, "ue8m0") ? "mxfp8" : "fp8";
  if (type == "e2m3" || type == "e3m2") return scale.starts_with("mx") ? "mxfp6" : "";
  if (type == "e2m1")
    return scale.starts_with("nvfp4") ? "nvfp4" : scale.starts_with("mx") ? "mxfp4" : "";
  return "";
}

std::string output_type(const std::string& type) {
  if (type == "fp32" || type == "int32") return "fp32";
  if (type == "e2m1+SF") return "nvfp4";
  return "bf16";
}

/// Who wrote the kernels, as far as a name tells.
std::string library_class(const MeasuredPoint& point) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kClasses = {
      {{"XLA", "XLA"},
       {"cuBLAS", "cuBLAS"},
       {"DeepGEMM", "DeepGEMM"},
       {"CuTeDSL", "CuTeDSL"},
       {"1-CTA tile", "CUTLASS mainloop"},
       {"CUTLASS", "CUTLASS"},
       {"cuDNN", "cuDNN"},
       {"TRTLLM", "TensorRT-LLM"},
       {"FlashInfer", "FlashInfer"},
       {"Gluon", "Triton"},
       {"Triton", "Triton"},
       {"triton", "Triton"},
       {"TLX", "Triton"},
       {"gn", "hand-written"},
       {"ThunderKittens", "hand-written"},
       {"quack", "hand-written"}}};
  std::string name = "other";
  for (const auto& [part, found] : kClasses)
    if (has(point.library, part)) {
      name = found;
      break;
    }
  return has(point.scale, kQuantized) ? name + " +quant" : name;
}

/// Sets of operands that a benchmark goes through: published by two campaigns
/// (ai-dynamo/aiconfigurator's collectors: five, six but for block scales), inferred of the third,
/// whose times of large weights are those of cold ones; else one.
int weight_copies(const MeasuredPoint& point) {
  if (point.weight_copies >= 0) return point.weight_copies;
  if (!has(point.source, "aiconfigurator")) return 1;
  if (has(point.source, "/trtllm/")) return 5;
  if (has(point.source, "/sglang/")) return 6;
  const bool scaled = has(point.scale, "nvfp4") || has(point.scale, "block");
  return has(point.source, "/vllm/") && !scaled ? 6 : 1;
}

/// What a library does that looks at few sizes of tile. Neither is published: they are what the
/// half of the points that is fitted on shows, and the other half is predicted with them.
std::optional<sim::GemmConfig> untuned_kernel(const MeasuredPoint& point,
                                              const sim::Device& device) {
  const bool tensor_memory = device.tensor_memory.columns > 0;
  if (tensor_memory && has(point.source, "aiconfigurator") &&
      has(point.library, "FlashInfer CuTeDSL"))
    return sim::parse_config("sm100-2sm:256x128x256,cluster=2x1");
  constexpr std::int64_t kFewRows = 256;
  if (device.architecture == "sm120" && has(point.library, "vLLM CUTLASS fp8") &&
      point.m > kFewRows)
    return sim::parse_config("sm120-pingpong:128x128x128");
  return std::nullopt;
}

/// The kernel of "CUTLASS 1-CTA tile 128x192x64 stages=4", SM100's, or that of the column config.
std::optional<sim::GemmConfig> kernel_of(const MeasuredPoint& point, const sim::Device& device) {
  if (!point.config.empty()) return sim::parse_config(point.config);
  constexpr std::string_view kTile = "1-CTA tile ";
  const std::size_t at = point.library.find(kTile);
  if (at == std::string::npos) return untuned_kernel(point, device);
  std::string text = point.library.substr(at + kTile.size());
  if (const std::size_t blank = text.find(' '); blank != std::string::npos) text[blank] = ',';
  return sim::parse_config("sm100-1sm:" + text);
}

const sim::Device* device_of(const std::string& name, const std::vector<sim::Device>& devices,
                             std::string& reason) {
  try {
    return &sim::find_device(name, devices);
  } catch (const Error& e) {
    reason = e.what();
    return nullptr;
  }
}

}  // namespace

PointSet simulated_points(const std::vector<MeasuredPoint>& points,
                          const std::vector<sim::Device>& devices) {
  PointSet set;
  for (const MeasuredPoint& point : points) {
    const auto leave_out = [&](std::string reason) {
      set.left_out.push_back({.point = &point, .reason = std::move(reason)});
    };
    if (point.bound()) {
      leave_out("a bound is no measurement");
      continue;
    }
    std::string reason = unknown_type(point);
    if (!reason.empty()) {
      leave_out(std::move(reason));
      continue;
    }
    const Gpu gpu = read_gpu(point.gpu);
    const sim::Device* device = device_of(gpu.name, devices, reason);
    if (device == nullptr) {
      leave_out(std::move(reason));
      continue;
    }
    SimulatedPoint out;
    out.point = &point;
    out.device = device->name;
    out.variant = gpu.variant;
    out.problem.m = point.m;
    out.problem.n = point.n;
    out.problem.k = point.k;
    out.problem.type = operand_type(point);
    out.problem.output = output_type(point.out_type);
    out.problem.quantize_activations = has(point.scale, kQuantized);
    out.problem.weight_copies = weight_copies(point);
    out.problem.clock_mhz = gpu.variant.clock_mhz;
    const std::string accumulate = out.problem.type == "int8" ? "int32" : "fp32";
    if (out.problem.type.empty() || device->find_rate(out.problem.type, accumulate) == nullptr) {
      leave_out(fmt::format("{} has no matrix instruction for {} x {} with scales '{}'",
                            device->name, point.a_type, point.b_type, point.scale));
      continue;
    }
    out.config = kernel_of(point, *device);
    out.library = library_class(point);
    out.campaign = point.source;
    set.points.push_back(std::move(out));
  }
  return set;
}

sim::Device variant_device(const sim::Device& device, const DeviceVariant& variant) {
  sim::Device out = device;
  if (variant.one_sm) {
    out.chip.sms.value = 1;
    out.chip.gpc_sms = {1};
  }
  if (variant.board_w > 0 && variant.board_w < out.clock.board_w)
    out.clock.sustained_mhz.value *= std::cbrt(variant.board_w / out.clock.board_w);
  return out;
}

int half_of(const SimulatedPoint& point) {
  const std::string text = fmt::format("{}|{}|{}|{}|{}", point.device, point.problem.m,
                                       point.problem.n, point.problem.k, point.problem.type);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<int>((hash >> 32) & 1);
}

}  // namespace mxscope::reports
