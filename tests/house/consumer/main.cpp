// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A stranger's program: it sees only what an installed mxscope offers.
#include <iostream>

#include "spec/formats.h"

int main() {
  const mxscope::spec::Format& format = mxscope::spec::find_format("e4m3");
  std::cout << format.name << " has " << format.bits << " bits\n";
}
