// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What every command has in common: help, exit codes, one-sentence errors, closed outputs.
#include <gmock/gmock.h>

#include "reports/sha256.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(Program, EveryHelpShowsExamples) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"formats"},
                                                          {"cast"},
                                                          {"verify"},
                                                          {"conform"},
                                                          {"verify", "codec"},
                                                          {"verify", "merge"},
                                                          {"conform", "cast"},
                                                          {"conform", "digest"},
                                                          {"conform", "compare"},
                                                          {"conform", "list"}};
  for (std::vector<std::string> command : commands) {
    command.push_back("--help");
    const Seen seen = run(command);
    EXPECT_EQ(seen.code, 0);
    EXPECT_EQ(seen.err, "");
    EXPECT_THAT(seen.out, HasSubstr("Examples:\n  mxscope")) << command.front();
    const auto examples = seen.out.substr(seen.out.find("Examples:"));
    EXPECT_GE(std::count(examples.begin(), examples.end(), '\n'), 3) << command.front();
  }
}

TEST(Program, SaysItsVersion) {
  const Seen seen = run({"--version"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out.rfind("mxscope ", 0), 0u) << seen.out;
}

TEST(Program, BadUsageIsOneSentenceWithNearNames) {
  expect_bad(run({}), "a command is missing: formats, cast");
  expect_bad(run({"fromats"}), "did you mean formats?");
  expect_bad(run({"verify"}), "codec, merge");
  expect_bad(run({"verify", "codecs"}), "did you mean codec?");
  expect_bad(run({"cast", "--fromat", "e4m3"}), "did you mean --format");
  expect_bad(run({"cast", "--format"}), "--format");
  expect_bad(run({"cast", "--threads", "many", "--format", "e4m3", "1"}), "--threads");
  expect_bad(run({"formats", "e4m3", "e5m2"}), "one argument too many");
}

TEST(Program, OutputThatCannotBeWrittenIsAnError) {
  Seen seen = shell("\"$MXSCOPE\" formats >/dev/full");
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("cannot write standard output: No space left"));
  seen = shell("\"$MXSCOPE\" formats >&-");
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("cannot write standard output"));
}

TEST(Program, AClosedPipeIsAnErrorAndNoCrash) {
  // The reader is gone before the first write.
  const Seen seen = shell("{ sleep 0.2; \"$MXSCOPE\" formats e5m2; echo $? >&2; } | true");
  EXPECT_THAT(seen.err, HasSubstr("Broken pipe"));
  EXPECT_THAT(seen.err, HasSubstr("\n2\n"));
}

TEST(Program, NoColourInFiles) {
  const Seen seen = run({"conform", "compare", "nv_e4m3_sat", "ml_float8_e4m3fn"});
  EXPECT_EQ(seen.out.find('\x1b'), std::string::npos);
}

// FIPS 180-4's examples.
TEST(Sha256, StandardExamples) {
  Sha256 empty;
  EXPECT_EQ(empty.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 abc;
  abc.add("abc");
  EXPECT_EQ(abc.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 million;
  for (int i = 0; i < 1000; ++i) million.add(std::string(1000, 'a'));
  EXPECT_EQ(million.hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesOfAnySizeGiveOneDigest) {
  const std::string text(300, 'x');
  Sha256 whole;
  whole.add(text);
  const std::string expected = whole.hex();
  for (std::size_t step : {1, 7, 55, 56, 63, 64, 65, 128}) {
    Sha256 pieces;
    for (std::size_t i = 0; i < text.size(); i += step) pieces.add(text.substr(i, step));
    EXPECT_EQ(pieces.hex(), expected) << step;
  }
}

}  // namespace
}  // namespace mxscope::reports
