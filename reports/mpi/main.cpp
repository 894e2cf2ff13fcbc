// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The program mxscope-mpi: mxscope verify on many processes.
#include <cstdlib>
#include <string>
#include <vector>

#include "reports/mpi/mpi_pool.h"
#include "reports/program.h"

int main(int argc, char** argv) {
  // mpirun gives processes a terminal of their own even where its output goes to a file.
  ::setenv("NO_COLOR", "1", 1);
  MPI_Init(&argc, &argv);
  int code = 0;
  {
    mxscope::reports::MpiPool pool;
    code = mxscope::reports::run_program(
        std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc), &pool);
    pool.leave(code);
  }
  MPI_Finalize();
  return code;
}
