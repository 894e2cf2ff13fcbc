// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The long part of a report: claims and figures as one list of tasks with one bar of progress.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reports/page.h"

namespace mxscope::reports {

struct ReportRequest {
  std::vector<PageSection> sections;
  bool check_claims = true;  ///< else content.claims has them already
  bool quick = false;        ///< one rounding mode and policy for each format
  std::string journal;       ///< file that keeps finished claims, or ""
  int threads = 0;           ///< 0: one per core
};

/// Computes what the sections need into `content`, and returns the certificates of its claims by
/// the claims' ids. Throws Interrupted, whose message says how to go on.
std::map<std::string, std::string> compute(const ReportRequest& request, PageContent& content);

}  // namespace mxscope::reports
