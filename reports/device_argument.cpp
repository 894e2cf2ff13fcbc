// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/device_argument.h"

#include <algorithm>

#include "spec/error.h"

namespace mxscope::reports {

sim::Device device_argument(const std::string& text, Run& run) {
  if (!text.ends_with(".toml")) return sim::find_device(text);
  return sim::read_device(run.read_input(text, kMaxTomlBytes), text);
}

std::vector<sim::Device> devices_with(const std::vector<std::string>& files, Run& run) {
  std::vector<sim::Device> all;
  const auto add = [&](const sim::Device& device) {
    const auto same = [&](const sim::Device& other) { return other.name == device.name; };
    if (std::any_of(all.begin(), all.end(), same)) return false;
    all.push_back(device);
    return true;
  };
  for (const std::string& file : files)
    if (!add(sim::read_device(run.read_input(file, kMaxTomlBytes), file)))
      throw Error(file + ": a second device of the same name; give one of them another");
  for (const sim::Device& device : sim::devices()) add(device);
  return all;
}

}  // namespace mxscope::reports
