// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

namespace mxscope::reports {

/// Waits until a started program has a handler for the signal, and a little longer for its work to
/// begin: an instrumented program on a busy machine takes a second to start.
inline void wait_until_it_catches(pid_t pid, int signal) {
  constexpr std::string_view kCaught = "SigCgt:";
  for (int i = 0; i < 3000; ++i) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with(kCaught) &&
          (std::stoull(line.substr(kCaught.size()), nullptr, 16) >> (signal - 1) & 1) != 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        return;
      }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "the program never catches signal " << signal;
}

}  // namespace mxscope::reports
