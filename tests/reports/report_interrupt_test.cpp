// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope report, stopped while its renderer draws, and while it checks claims.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
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
  const pid_t report = start({"report", "-o", folder.path("out"), "--claims", claims, "--sections",
                              "pipeline", "--python", "/bin/bash", "--renderer", renderer},
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

/// A run that was stopped goes on where it was, and its page has all claims.
TEST(ReportJournalSlow, KeepsFinishedClaims) {
  const Folder folder;
  const std::string journal = folder.path("journal.jsonl");
  const std::vector<std::string> arguments = {
      "report", "--quick",          "--sections", "claims",     "--journal", journal,
      "-o",     folder.path("out"), "--python",   "/bin/false", "--threads", "2"};
  const auto lines = [&] {
    const std::string text = contents(journal);
    return std::count(text.begin(), text.end(), '\n');
  };
  const pid_t stopped = start(arguments, "/dev/null", folder.path("stdout"), folder.path("stderr"));
  for (int i = 0; i < 60000 && lines() < 4; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  ::kill(stopped, SIGTERM);
  ASSERT_EQ(wait_for(stopped), 3) << contents(folder.path("stderr"));
  EXPECT_THAT(contents(folder.path("stderr")), testing::HasSubstr("--journal"));
  EXPECT_FALSE(std::filesystem::exists(folder.path("out/index.html")));
  const std::string kept = contents(journal);

  EXPECT_EQ(wait_for(start(arguments, "/dev/null", folder.path("stdout"), folder.path("stderr"))),
            0);
  EXPECT_EQ(contents(journal).compare(0, kept.size(), kept), 0) << "finished tasks were run again";
  const auto claims = nlohmann::json::parse(contents(folder.path("out/data/claims.json")));
  std::set<std::string> ids;
  for (const auto& claim : claims.at("claims")) ids.insert(claim.at("id").get<std::string>());
  EXPECT_EQ(ids.size(), claims.at("claims").size());
  EXPECT_GT(ids.size(), static_cast<std::size_t>(lines()));
}

}  // namespace
}  // namespace mxscope::reports
