// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope probe: what a user sees of programs, simulated results and readings.
#include <gmock/gmock.h>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// Simulated results of a unit, in a file.
std::string simulated(const Folder& folder, const std::string& unit,
                      const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments = {"probe", "simulate", "--unit",
                                        unit,    "-o",       folder.path("results.json")};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Seen seen = run(arguments);
  EXPECT_EQ(seen.code, 0) << seen.err;
  return folder.path("results.json");
}

TEST(ProbeCommand, ARowsOwnWordsAgree) {
  const Folder folder;
  const Seen seen = run({"probe", "read", simulated(folder, "sm120.mma.tf32")});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("words, all as the row gives them"));
  EXPECT_EQ(seen.last_line(), "1 of 1 agree with their rows");
}

TEST(ProbeCommand, AChangedFieldIsFoundAndIsExitOne) {
  const Folder folder;
  const std::string file =
      simulated(folder, "sm120.mma.bf16", {"--set", "kept_bits=24", "zero_products=counted"});
  const Seen seen = run({"probe", "read", file});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.out, HasSubstr("explained by kept_bits=24, zero_products=counted"));
  EXPECT_THAT(seen.out, HasSubstr("\nfirst: "));
  const auto json = run({"probe", "read", file, "--json"}).json();
  EXPECT_EQ(json.at("agrees"), false);
  EXPECT_EQ(json.at("source"), "simulated");
  const auto& set = json.at("sets").at(0);
  EXPECT_EQ(set.at("changes"), nlohmann::json({"kept_bits=24", "zero_products=counted"}));
  EXPECT_FALSE(set.at("mismatches").empty());
}

TEST(ProbeCommand, FormatsCanBeMixed) {
  const Folder folder;
  const std::string file =
      simulated(folder, "sm120.mma.mxf8f6f4", {"--a", "e4m3", "--b", "e2m1", "--scale", "e8m0"});
  const Seen seen = run({"probe", "read", file});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("sm120.mma.mxf8f6f4, e4m3 x e2m1, e8m0 per 32"));
}

TEST(ProbeCommand, UnevenWordsAreNotBelieved) {
  const Folder folder;
  auto results = nlohmann::json::parse(contents(simulated(folder, "sm120.mma.tf32")));
  results["sets"][0]["cases"][3]["differing"] = 7;
  const Seen seen = run({"probe", "read", folder.write("uneven.json", results.dump())});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.out, HasSubstr("1 cases gave several words where all of D should be equal"));
}

TEST(ProbeCommand, CorruptResultsAreOneSentence) {
  const Folder folder;
  const auto good = nlohmann::json::parse(contents(simulated(folder, "sm120.mma.tf32")));
  const auto error = [&](const std::string& text) {
    const Seen seen = run({"probe", "read", folder.write("bad.json", text)});
    EXPECT_EQ(seen.code, 2) << text.substr(0, 80);
    EXPECT_EQ(seen.out, "");
    EXPECT_THAT(seen.err, HasSubstr("bad.json"));
    return seen.err;
  };
  const auto changed = [&](const std::string& pointer, const nlohmann::json& value) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(pointer)] = value;
    return error(bad.dump());
  };
  EXPECT_THAT(error("{"), HasSubstr("malformed JSON"));
  EXPECT_THAT(error("{}"), HasSubstr("field probe is missing"));
  EXPECT_THAT(changed("/probe", 2), HasSubstr("version 1"));
  EXPECT_THAT(changed("/sets", 3), HasSubstr("no list"));
  EXPECT_THAT(changed("/sets/0", 3), HasSubstr("sets[0]: it is no JSON object"));
  EXPECT_THAT(changed("/sets/0/unit", "sm120.mma.tf33"), HasSubstr("sm120.mma.tf32"));
  EXPECT_THAT(changed("/sets/0/a", "e4m3"), HasSubstr("takes operands in tf32"));
  EXPECT_THAT(changed("/sets/0/scale", "e8m0"), HasSubstr("takes no block scales"));
  EXPECT_THAT(changed("/sets/0/block", 1 << 30), HasSubstr("field block"));
  EXPECT_THAT(changed("/sets/0/cases", nlohmann::json::array()), HasSubstr("field cases"));
  nlohmann::json few = good;
  few["sets"][0]["cases"].erase(5);
  EXPECT_THAT(error(few.dump()), HasSubstr("run the whole probe"));
  const std::string at = "sets[0].cases[5]: field ";
  EXPECT_THAT(changed("/sets/0/cases/5/a", "8:1"), HasSubstr(at + "a: write position:code"));
  EXPECT_THAT(changed("/sets/0/cases/5/a", "0:100000000"), HasSubstr(at + "a"));
  EXPECT_THAT(changed("/sets/0/cases/5/a", "-1:1"), HasSubstr(at + "a"));
  EXPECT_THAT(changed("/sets/0/cases/5/b", "0:1x"), HasSubstr(at + "b"));
  EXPECT_THAT(changed("/sets/0/cases/5/b", "0"), HasSubstr(at + "b"));
  EXPECT_THAT(changed("/sets/0/cases/5/c", "12"), HasSubstr(at + "c: '12' is no word of 32 bits"));
  EXPECT_THAT(changed("/sets/0/cases/5/d", "0x100000000"), HasSubstr(at + "d"));
  EXPECT_THAT(changed("/sets/0/cases/5/d", 5), HasSubstr(at + "d is no string"));
  EXPECT_THAT(changed("/sets/0/cases/5/differing", "x"), HasSubstr(at + "differing"));
  EXPECT_THAT(run({"probe", "read", folder.path("none.json")}).err, HasSubstr("none.json"));
}

TEST(ProbeCommand, BadArgumentsAreOneSentence) {
  const Folder folder;
  const std::string out = folder.path("probe.cu");
  EXPECT_THAT(run({"probe", "emit", "--target", "sm_120", "-o", out}).err,
              HasSubstr("--target sm_120: write one of sm_75"));
  EXPECT_THAT(
      run({"probe", "emit", "--target", "sm_120a", "--unit", "sm90.wgmma.tf32", "-o", out}).err,
      HasSubstr("it is an instruction of sm_90a, not of sm_120a"));
  EXPECT_THAT(run({"probe", "simulate", "--unit", "sm120.mma.tf32", "--set", "kept_bits=99"}).err,
              HasSubstr("kept_bits"));
  EXPECT_THAT(run({"probe", "simulate", "--unit", "sm120.mma.tf32", "--set", "step_k=3"}).err,
              HasSubstr("does not divide"));
  EXPECT_THAT(folder.names(), testing::IsEmpty());
}

TEST(ProbeCommand, TheProgramSaysThatItHasNeverRun) {
  const Folder folder;
  const std::string out = folder.path("probe.cu");
  const Seen seen =
      run({"probe", "emit", "--target", "sm_120a", "--unit", "sm120.mma.mxf4nvf4", "-o", out});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("nvcc -arch=sm_120a"));
  EXPECT_THAT(contents(out),
              AllOf(HasSubstr("NEVER RUN ON SILICON"),
                    HasSubstr("mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale."
                              "scale_vec::4X.f32.e2m1.e2m1.f32.ue4m3"),
                    Not(HasSubstr("@SET@")), Not(HasSubstr("@ASM@"))));
}

/// The CUDA compiler, or "" where there is none.
std::string nvcc() {
  for (const char* name : {"nvcc", "/usr/local/cuda/bin/nvcc"})
    if (std::system((std::string(name) + " --version >/dev/null 2>&1").c_str()) == 0) return name;
  return "";
}

void expect_compiled(const std::string& target) {
  const std::string compiler = nvcc();
  if (compiler.empty()) GTEST_SKIP() << "there is no nvcc";
  if (std::system((compiler + " --list-gpu-arch | grep -q compute_120").c_str()) != 0)
    GTEST_SKIP() << "this nvcc is older than Blackwell";
  const Folder folder;
  ASSERT_EQ(run({"probe", "emit", "--target", target, "-o", folder.path("probe.cu")}).code, 0);
  const std::string command = compiler + " -arch=" + target + " -cubin -o " +
                              folder.path("probe.cubin") + " " + folder.path("probe.cu") + " >" +
                              folder.path("log") + " 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0) << contents(folder.path("log"));
}

TEST(ProbeProgramMedium, CompilesForHopper) { expect_compiled("sm_90a"); }
TEST(ProbeProgramMedium, CompilesForDataCentreBlackwell) { expect_compiled("sm_100a"); }
TEST(ProbeProgramMedium, CompilesForRtxBlackwell) { expect_compiled("sm_120a"); }
TEST(ProbeProgramMedium, CompilesForAmpere) { expect_compiled("sm_80"); }

}  // namespace
}  // namespace mxscope::reports
