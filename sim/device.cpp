// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/device.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "sim/data_files.h"
#include "sim/device_sections.h"
#include "sim/named_row.h"

namespace mxscope::sim {
namespace {

template <typename Field, typename SomeDevice>
std::vector<Field> fields_of(SomeDevice& device) {
  std::vector<Field> out;
  visit_sections(
      device, [&](std::string_view section, std::string_view name, auto& quantity, Zero /*zero*/) {
        out.push_back({fmt::format("{}.{}", section, name), &quantity});
      });
  for (auto& rate : device.rates) {
    const std::string path = fmt::format("rates.{}.{}", rate.kind, rate.accumulate);
    out.push_back({path + ".flop_per_cycle_sm", &rate.flop_per_cycle_sm});
    out.push_back({path + ".peak_tflops", &rate.peak_tflops});
    out.push_back({path + ".power", &rate.power});
  }
  return out;
}

}  // namespace

double MmaShape::interval(int n) const {
  double most = 0;
  for (const CycleLine& line : interval_cycles) most = std::max(most, line.per_n * n + line.fixed);
  return most;
}

double MmaShape::latency(int n) const {
  double least = INFINITY;
  for (const CycleLine& line : latency_cycles) least = std::min(least, line.per_n * n + line.fixed);
  return least;
}

const TensorRate* Device::find_rate(std::string_view kind, std::string_view accumulate) const {
  const auto found = std::find_if(rates.begin(), rates.end(), [&](const TensorRate& rate) {
    return rate.kind == kind && rate.accumulate == accumulate;
  });
  return found != rates.end() ? &*found : nullptr;
}

const TensorRate& Device::rate(std::string_view kind, std::string_view accumulate) const {
  if (const TensorRate* found = find_rate(kind, accumulate)) return *found;
  std::vector<std::string> kinds;
  for (const TensorRate& rate : rates)
    kinds.push_back(fmt::format("{} into {}", rate.kind, rate.accumulate));
  throw Error(fmt::format("{} has no tensor rate for {} into {}; it has {}", name, kind, accumulate,
                          fmt::join(kinds, ", ")));
}

std::vector<DeviceField> device_fields(Device& device) { return fields_of<DeviceField>(device); }

std::vector<ConstDeviceField> device_fields(const Device& device) {
  return fields_of<ConstDeviceField>(device);
}

const std::vector<Device>& devices() {
  static const std::vector<Device> kDevices = [] {
    std::vector<Device> out;
    for (const DataFile& file : device_files()) out.push_back(read_device(file.text, file.name));
    return out;
  }();
  return kDevices;
}

const Device& find_device(std::string_view name) { return find_device(name, devices()); }

const Device& find_device(std::string_view name, const std::vector<Device>& among) {
  return find_named_row("device", name, among);
}

std::string_view confidence_name(Confidence confidence) {
  switch (confidence) {
    case Confidence::kMeasured:
      return "measured";
    case Confidence::kCited:
      return "cited";
    case Confidence::kInferred:
      return "inferred";
    case Confidence::kFitted:
      return "fitted";
    case Confidence::kAssumed:
      break;
  }
  return "assumed";
}

}  // namespace mxscope::sim
