// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <stdexcept>
#include <string>

namespace mxscope::reports {

/// Work stopped by SIGINT, SIGTERM or SIGHUP; the message says how to go on. Exit code 3.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// From now on the first SIGINT, SIGTERM or SIGHUP sets interrupt_flag() and wakes wait_until();
/// one that comes half a second later ends the program at once. A signal that is ignored already
/// (nohup) stays ignored. SIGXFSZ is ignored: a write beyond the limit is an error like any other.
void catch_interrupts();

const std::atomic<bool>& interrupt_flag();

/// Throws Interrupted when the flag is set.
void throw_if_interrupted();

/// Waits until poll(2) reports one of `events` (or an error) for the descriptor. Throws Interrupted
/// when a signal came and the descriptor is not ready, whichever thread the signal went to.
void wait_until(int fd, short events);

}  // namespace mxscope::reports
