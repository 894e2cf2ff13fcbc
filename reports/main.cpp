// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The program mxscope.
#include <string>
#include <vector>

#include "reports/program.h"

int main(int argc, char** argv) {
  return mxscope::reports::run_program(
      std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
