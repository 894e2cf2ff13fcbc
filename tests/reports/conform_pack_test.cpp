// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Folders of test vectors: written, checked, altered, answered.
#include <gmock/gmock.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(ConformPack, IsCheckedAgainstItsManifest) {
  const Folder folder;
  const std::string dir = folder.path("packs");
  const Seen written = shell("$MXSCOPE conform pack -o " + dir + " --operation pack");
  EXPECT_EQ(written.code, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr("pack_4.csv"));
  const Seen checked = shell("$MXSCOPE conform check-pack " + dir);
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_THAT(checked.out, HasSubstr("2 packs: all conform"));

  const Seen again = shell("cp -r " + dir + " " + dir + "2 && $MXSCOPE conform pack -o " + dir +
                           " --operation pack >/dev/null && diff -r " + dir + " " + dir + "2");
  EXPECT_EQ(again.code, 0) << "the same bytes: " << again.out;

  expect_bad(shell("sed -i '$s/0/1/' " + dir + "/pack_4.csv && $MXSCOPE conform check-pack " + dir),
             "its SHA-256 is not the manifest's");
  expect_bad(shell("echo '{}' >" + dir + "/manifest.json && $MXSCOPE conform check-pack " + dir),
             "manifest.json");
  expect_bad(shell("$MXSCOPE conform check-pack " + folder.path("nowhere")), "manifest.json");
}

TEST(ConformPack, ResultsOfAProgramAreJudged) {
  const Folder folder;
  const std::string dir = folder.path("packs");
  const std::string make = "$MXSCOPE conform pack -o " + dir +
                           " --operation unpack >/dev/null && mkdir " + dir + "/theirs && cd " +
                           dir + " && for f in *.csv; do grep -v '^#' $f | ";
  // The result stands in the last 32 columns.
  const std::string right = make +
                            "rev | cut -d, -f1-32 | rev >theirs/${f%.csv}.txt; done; $MXSCOPE "
                            "conform check-pack . theirs";
  const Seen good = shell(right);
  EXPECT_EQ(good.code, 0) << good.err << good.out;
  const Seen bad =
      shell("rm -r " + dir + "; " + make + "cut -d, -f1-32 --output-delimiter=' ' | sed 's/.*/" +
            "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0/' "
            ">theirs/${f%.csv}.txt; done; $MXSCOPE conform check-pack . theirs");
  EXPECT_EQ(bad.code, 1) << bad.err << bad.out;
  EXPECT_THAT(bad.out, HasSubstr("some results differ"));
}

}  // namespace
}  // namespace mxscope::reports
