// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mpi.h>

#include <string>

#include "reports/task_pool.h"

namespace mxscope::reports {

/// The ranks of MPI_COMM_WORLD: rank 0 hands out one task at a time to each of the others, costly
/// tasks first, and alone it runs them itself. Needs an initialised MPI; one thread calls it.
class MpiPool : public TaskPool {
 public:
  MpiPool();

  bool coordinates() const override { return rank_ == 0; }
  bool run(const VerifyPlan& plan, const std::vector<std::size_t>& places,
           const std::atomic<bool>& stop,
           const std::function<void(std::size_t, std::vector<analysis::Claim>)>& done) override;
  void serve(const VerifyPlan& plan, const std::atomic<bool>& stop) override;

  /// To be called when the program is about to end with this exit code: lets the ranks that still
  /// serve go, or tells rank 0 that this one cannot take part.
  void leave(int code);

 private:
  int rank_ = 0;
  int ranks_ = 1;
  bool dismissed_ = false;  ///< the others have been told that there is no more
  bool served_ = false;
};

}  // namespace mxscope::reports
