// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files that are never seen half-written.
#include "reports/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

TEST(AtomicFile, HasNoNameUntilItIsWhole) {
  const Folder folder;
  const int unnamed = ::open(folder.path("").c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed < 0) GTEST_SKIP() << "this file system has no files without names";
  ::close(unnamed);
  const std::string path = folder.write("a", "before");
  AtomicFile file(path);
  file.write("whole");
  EXPECT_THAT(folder.names(), testing::ElementsAre("a"));
  EXPECT_EQ(contents(path), "before");
  file.commit();
  EXPECT_THAT(folder.names(), testing::ElementsAre("a"));
  EXPECT_EQ(contents(path), "whole");
}

}  // namespace
}  // namespace mxscope::reports
