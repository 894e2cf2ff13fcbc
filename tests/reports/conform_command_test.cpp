// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform: tables, digests, comparisons, and what bad files give.
#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/reports/program_run.h"
#include "tests/reports/signal_ready.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

constexpr const char* kGood =
    "fp32\tnv_e4m3_sat\tml_float8_e4m3fn\n"
    "3f800000\t38\t38\n"
    "43fa0000\t7e\t7f\n"
    "ffc00000\t7f\tff\n";

TEST(ConformCommand, AgreeingTable) {
  const Folder folder;
  const Seen seen = run({"conform", "cast", folder.write("t.tsv", kGood)});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_EQ(seen.last_line(),
            "2 columns: 2 agree, 0 with mismatches, 0 not checked; 0 of 6 cases mismatch");
}

TEST(ConformCommand, MismatchesShowInputAndBothCodes) {
  const Folder folder;
  const std::string file = folder.write("t.tsv",
                                        "fp32\tnv_e4m3_sat\tno_such_thing\n"
                                        "3f800000\t39\t38\n");
  const Seen seen = run({"conform", "cast", file});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.out, HasSubstr("0x3f800000  0x39  0x38"));
  EXPECT_THAT(seen.out, HasSubstr("unknown conversion 'no_such_thing'"));
  EXPECT_EQ(seen.last_line(),
            "2 columns: 0 agree, 1 with mismatches, 1 not checked; 1 of 1 cases mismatch");
  const auto json = run({"conform", "cast", "--json", file}).json();
  EXPECT_EQ(json.at("mismatches"), 1);
  const auto& first = json.at("tables").at(0).at("columns").at(0).at("first").at(0);
  EXPECT_EQ(first.at("input"), "0x3f800000");
  EXPECT_EQ(first.at("expected"), "0x39");
  EXPECT_EQ(first.at("actual"), "0x38");
}

TEST(ConformCommand, ListSaysHowEachRowIsKnown) {
  const Seen text = run({"conform", "list"});
  EXPECT_THAT(text.out, HasSubstr("run: CUDA 13.0 headers on the host"));
  EXPECT_THAT(text.out, HasSubstr("run: ml_dtypes 0.6 (b793a6e2)"));
  const nlohmann::json listed = run({"conform", "list", "--json"}).json();
  for (const auto& row : listed.at("conversions"))
    EXPECT_NE(row.at("evidence"), "") << row.at("name");
}

TEST(ConformCommand, WritesTheDigestsThatItChecks) {
  const Folder folder;
  const std::string file = folder.path("d.txt");
  ASSERT_EQ(run({"conform", "digest", file, "--write", "nv_e2m1_rn", "nv_bf16_rn", "--chunks", "3f",
                 "c0"})
                .code,
            0);
  // The first is a digest of NVIDIA's own outputs.
  EXPECT_THAT(contents(file),
              testing::StartsWith("nv_e2m1_rn 3f bbd3120533a22324\nnv_e2m1_rn c0 "));
  const Seen seen = run({"conform", "digest", file});
  EXPECT_EQ(seen.code, 0) << seen.out;
  EXPECT_THAT(seen.last_line(), HasSubstr("4 digests of 2 conversions"));
  expect_bad(run({"conform", "digest", file, "--write", "nv_e2m1_rm"}), "nv_e2m1_rn");
  expect_bad(run({"conform", "digest", file, "--write", "nv_e2m1_rn", "--chunks", "100"}),
             "00 to ff");
  expect_bad(run({"conform", "digest", file, "--chunks", "10"}), "--write");
  EXPECT_THAT(contents(file), testing::StartsWith("nv_e2m1_rn 3f "));
}

TEST(ConformCommand, TheFileNameCompletesColumns) {
  const Folder folder;
  const std::string file = folder.write("gfloat_ocp_e4m3.tsv",
                                        "fp32\tTiesToEven_sat\tTowardZero_nosat\n"
                                        "3f8ccccd\t39\t38\n");
  EXPECT_EQ(run({"conform", "cast", file}).code, 0);
}

TEST(ConformCommand, BadFiles) {
  const Folder folder;
  expect_bad(run({"conform", "cast"}), "FILE.tsv");
  expect_bad(run({"conform", "cast", folder.path("none.tsv")}), "none.tsv");
  expect_bad(run({"conform", "cast", folder.path("")}), "cannot read");
  expect_bad(run({"conform", "cast", folder.write("a.tsv", "fp32\tnv_e4m3_sat\n3f800000\n")}),
             "a.tsv:2");
  expect_bad(run({"conform", "cast", folder.write("b.tsv", "fp32\tnv_e4m3_sat\nxyz\t00\n")}),
             "b.tsv:2");
  expect_bad(run({"conform", "digest", folder.write("c.txt", "nv_e4m3_sat zz 00\n")}), "c.txt:1");
  expect_bad(run({"conform", "digest", folder.path("none.txt")}), "none.txt");
  expect_bad(run({"conform", "cast", folder.write("d.tsv", "fp32\tnv_e4m3_sat\n")}),
             "holds nothing to check");
  expect_bad(run({"conform", "digest", folder.write("d.txt", "# nothing\n")}),
             "holds nothing to check");
}

TEST(ConformCommand, AnInterruptEndsBigFiles) {
  const Folder folder;
  // Columns of a wide format go to the slow exact oracle.
  std::string table = "fp32\tnv_bf16_rn\tnv_bf16_rz\tnv_fp16_rn\n";
  for (int i = 0; i < 300000; ++i) table += "3f800000\t3f80\t3f80\t3c00\n";
  std::string digests;
  for (int i = 0; i < 200000; ++i) digests += "name" + std::to_string(i) + " 00 00\n";
  for (const auto& [command, text] :
       std::vector<std::pair<std::string, std::string>>{{"cast", table}, {"digest", digests}}) {
    const std::string file = folder.write(command, text);
    const pid_t pid =
        start({"conform", command, file}, "/dev/null", folder.path("out"), folder.path("err"));
    wait_until_it_catches(pid, SIGINT);
    ::kill(pid, SIGINT);
    const auto sent = std::chrono::steady_clock::now();
    EXPECT_EQ(wait_for(pid), 3) << command;
    EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds(5)) << command;
  }
}

// The digest of nv_e2m1_rn over inputs 3f000000 .. 3fffffff, as its publishers computed it.
TEST(ConformCommandMedium, Digests) {
  const Folder folder;
  const std::string good = folder.write("d.txt", "nv_e2m1_rn 3f bbd3120533a22324\n");
  const Seen seen = run({"conform", "digest", good});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.last_line(), HasSubstr("1 agree, 0 do not"));
  const std::string bad = folder.write("e.txt", "nv_e2m1_rn 3f bbd3120533a22325\nnobody 00 00\n");
  const Seen wrong = run({"conform", "digest", bad});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.out, HasSubstr("bbd3120533a22324"));
  EXPECT_THAT(wrong.out, HasSubstr("unknown conversion 'nobody'"));
  EXPECT_EQ(run({"conform", "digest", "--json", bad}).json().at("mismatches"), 2);
}

TEST(ConformCommand, CompareExplainsEveryClassByFields) {
  const Seen seen = run({"conform", "compare", "nv_e4m3_sat", "ml_float8_e4m3fn"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.last_line(), "2008023039 of 4294967296 inputs give different codes");
  const auto json = run({"conform", "compare", "nv_e4m3_sat", "ml_float8_e4m3fn", "--json"}).json();
  EXPECT_EQ(json.at("differing"), 2008023039u);
  const auto& finite = json.at("differences").at(0);
  EXPECT_EQ(finite.at("class"), "+finite");
  EXPECT_EQ(finite.at("first"), "0x43e80001");
  EXPECT_EQ(finite.at("fields"), nlohmann::json({"overflow"}));
}

TEST(ConformCommand, CompareWithoutNamesListsThem) {
  const Seen seen = run({"conform", "compare"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.out, HasSubstr("\nml_float8_e4m3fn "));
  EXPECT_EQ(seen.out, run({"conform", "list"}).out);
}

TEST(ConformCommand, CompareBadNames) {
  expect_bad(run({"conform", "compare", "nv_e4m3_sat"}), "two names");
  expect_bad(run({"conform", "compare", "nv_e4m3_sat", "ml_float8_e4m3fm"}), "ml_float8_e4m3fn");
  expect_bad(run({"conform", "compare", "nv_e4m3_sat", "nv_e5m2_sat", "--by", "value"}), "values");
}

}  // namespace
}  // namespace mxscope::reports
