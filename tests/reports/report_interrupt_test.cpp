// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope report, stopped while its renderer draws.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

TEST(ReportInterruptMedium, EndsTheRendererAndLeavesNothing) {
  const Folder folder;
  // It listens to no polite signal and would draw for ten minutes.
  const std::string renderer = folder.write(
      "slow.sh", "trap '' INT TERM HUP\necho $$ > '" + folder.path("pid") + "'.new\nmv '" +
                     folder.path("pid") + "'.new '" + folder.path("pid") +
                     "'\nwhile true; do read -r -t 1 _ <> <(:); done\n");
  const std::string claims = folder.write(
      "claims.json",
      R"({"claims": [{"id": "a/b", "statement": "s", "subject": "x", "domain": "d", "method": "m",
          "result": "proved", "bound": "", "witness": "", "cases": 1, "digest": ""}]})");
  const pid_t report = start({"report", "-o", folder.path("out"), "--claims", claims, "--python",
                              "/bin/bash", "--renderer", renderer},
                             "/dev/null", folder.path("stdout"), folder.path("stderr"));
  for (int i = 0; i < 6000 && !std::filesystem::exists(folder.path("pid")); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const pid_t child = std::stoi("0" + contents(folder.path("pid")));
  ASSERT_GT(child, 0) << contents(folder.path("stderr"));
  ASSERT_EQ(::kill(child, 0), 0);
  ::kill(report, SIGTERM);
  EXPECT_EQ(wait_for(report), 3);
  EXPECT_EQ(::kill(child, 0), -1) << "the renderer runs on";
  EXPECT_FALSE(std::filesystem::exists(folder.path("out")));
}

}  // namespace
}  // namespace mxscope::reports
