// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// conform gen | a program | conform check, through real pipes.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

std::string pipe(const std::string& options, const std::string& program) {
  return "$MXSCOPE conform gen " + options + " | " + program + " | $MXSCOPE conform check " +
         options;
}

const std::string kTheirs = "$MXSCOPE cast --raw --from f32 --format e2m1";

TEST(ConformPipe, OurOwnCastConforms) {
  const Seen seen = shell(pipe("cast --to e2m1 --raw", kTheirs));
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("conforms: all "));
}

TEST(ConformPipe, ADifferentRoundingIsNamed) {
  const Seen seen = shell(pipe("cast --to e2m1 --raw", kTheirs + " --round rna"));
  EXPECT_EQ(seen.code, 1) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("theirs: rounding rna\n"));
  EXPECT_THAT(seen.out, HasSubstr("every mismatch is explained"));
}

TEST(ConformPipe, JsonHasTheSame) {
  const Seen seen = shell(pipe("cast --to e2m1 --raw", kTheirs + " --round rna") + " --json");
  EXPECT_EQ(seen.code, 1) << seen.err;
  const auto json = nlohmann::json::parse(seen.out);
  EXPECT_EQ(json["conforms"], false);
  EXPECT_EQ(json["changes"][0]["field"], "rounding");
  EXPECT_EQ(json["changes"][0]["value"], "rna");
  EXPECT_EQ(json["changes"][0]["matters"], json["mismatches"]);
  EXPECT_EQ(json["arguments"]["to"], "e2m1");
}

TEST(ConformPipe, TextIsTheSameCasesAsRaw) {
  // Each line of text turned into the four bytes that it means is the raw stream.
  const Seen seen = shell(
      "$MXSCOPE conform gen cast --to e2m1 | sed 's/\\(..\\)\\(..\\)\\(..\\)\\(..\\)/"
      "\\\\x\\4\\\\x\\3\\\\x\\2\\\\x\\1/' | tr -d '\\n' | xargs -0 printf '%b' | cksum; "
      "$MXSCOPE conform gen cast --to e2m1 --raw | cksum");
  EXPECT_EQ(seen.code, 0) << seen.err;
  const auto half = seen.out.size() / 2;
  EXPECT_EQ(seen.out.substr(0, half), seen.out.substr(half));
}

TEST(ConformPipe, BrokenStreamsAreOneSentence) {
  const std::string check = "$MXSCOPE conform check cast --to e2m1";
  const auto refused = [](const std::string& line, const std::string& what) {
    const Seen seen = shell(line);
    EXPECT_EQ(seen.code, 2) << line;
    EXPECT_EQ(seen.out, "") << line;
    EXPECT_EQ(std::count(seen.err.begin(), seen.err.end(), '\n'), 1) << seen.err;
    EXPECT_THAT(seen.err, HasSubstr(what));
  };
  refused("echo 0 | " + check, "ends after the results of 1 of ");
  refused(": | " + check, "ends after the results of 0 of ");
  refused("printf '0\\n0\\nx\\n' | " + check, "standard input:3: 'x' is no hex word");
  refused("yes 0 | " + check, "goes on after the results of all ");
  refused("$MXSCOPE conform gen cast --to e2m1 | tac | sed 's/$/ 0/' | " + check, "out of order");
  refused("printf 'abc' | " + check + " --raw --with-inputs", "ends after the results of 0 of ");
  refused("head -c 3000000 /dev/zero | " + check, "the line is longer than");
  refused(check + " /no/such/file", "/no/such/file");
  refused("$MXSCOPE conform gen cast --to e2m1 --level 4", "--level");
  refused("$MXSCOPE conform gen cast", "needs --to");
  refused("$MXSCOPE conform gen cast --to e4m3 --overflow error", "refuses");
  refused("$MXSCOPE conform gen cast --to e4m3 --from fp64 --level 3", "binary64 has too many");
}

TEST(ConformPipe, AProgramThatExitsEarlyIsNoCrash) {
  const Seen seen = shell(
      "$MXSCOPE conform gen cast --to e4m3 --level 2 --raw | head -c 8 >"
      "/dev/null; exit ${PIPESTATUS:-0}");
  EXPECT_THAT(seen.err, HasSubstr("cannot write standard output"));
}

}  // namespace
}  // namespace mxscope::reports
