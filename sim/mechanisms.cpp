// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/mechanisms.h"

#include <array>
#include <utility>

#include "spec/names.h"

namespace mxscope::sim {
namespace {

constexpr std::array<std::pair<std::string_view, bool Mechanisms::*>, 12> kMechanisms = {{
    {"ring", &Mechanisms::ring},
    {"mma-latency", &Mechanisms::mma_latency},
    {"smem-port", &Mechanisms::smem_port},
    {"copy-latency", &Mechanisms::copy_latency},
    {"l2-bandwidth", &Mechanisms::l2_bandwidth},
    {"far-die", &Mechanisms::far_die},
    {"dram-bandwidth", &Mechanisms::dram_bandwidth},
    {"dram-latency", &Mechanisms::dram_latency},
    {"epilogue", &Mechanisms::epilogue},
    {"prologue", &Mechanisms::prologue},
    {"launch", &Mechanisms::launch},
    {"power", &Mechanisms::power},
}};

}  // namespace

const std::vector<std::string>& mechanism_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, member] : kMechanisms) all.emplace_back(name);
    return all;
  }();
  return names;
}

void switch_off(Mechanisms& mechanisms, std::string_view name) {
  for (const auto& [word, member] : kMechanisms)
    if (word == name) return void(mechanisms.*member = false);
  throw spec::unknown_name("mechanism", name, mechanism_names());
}

}  // namespace mxscope::sim
