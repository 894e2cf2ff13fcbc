// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

namespace mxscope::reports {

/// Work stopped by SIGINT or SIGTERM; the message says how to go on. Exit code 3.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// From now on the first SIGINT or SIGTERM sets interrupt_flag() and wakes blocking reads; a second
/// one ends the program at once.
void catch_interrupts();

const std::atomic<bool>& interrupt_flag();

/// Throws Interrupted when the flag is set.
void throw_if_interrupted();

}  // namespace mxscope::reports
