// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM become a flag that long work looks at.
#include "reports/interrupt.h"

#include <csignal>

namespace mxscope::reports {
namespace {

std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may store to it

extern "C" void on_signal(int) { flag.store(true); }

}  // namespace

void catch_interrupts() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: reads must wake up
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

const std::atomic<bool>& interrupt_flag() { return flag; }

void throw_if_interrupted() {
  if (flag.load()) throw Interrupted("interrupted");
}

}  // namespace mxscope::reports
