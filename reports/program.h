// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace mxscope::reports {

class TaskPool;

/// Runs one command line (without the program's name) and returns the exit code: 0 fine, 1 a claim
/// refuted or a check failed, 2 bad usage or input (one sentence on stderr), 3 interrupted. With a
/// pool, `verify` shares its tasks with the pool's processes; other commands are refused.
int run_program(const std::vector<std::string>& arguments, TaskPool* pool = nullptr);

}  // namespace mxscope::reports
