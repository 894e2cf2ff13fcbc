// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform emit-cuda: the program compiles, runs without a GPU, and its tables are judged.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(EmitCuda, TheProgramIsWhole) {
  const Folder folder;
  const Seen seen = run({"conform", "emit-cuda", "-o", folder.path("mine.cu")});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("mxscope conform cast host_*.tsv"));
  const std::string text = contents(folder.path("mine.cu"));
  EXPECT_THAT(text, StartsWith("// Written by mxscope 0.1.0"));
  EXPECT_THAT(text, HasSubstr("-o casts mine.cu"));
  for (const char* name : {"e4m3x2", "e5m2x2", "e2m3x2", "e3m2x2", "e2m1x2", "ue8m0x2"})
    EXPECT_THAT(text, HasSubstr(std::string(name) + ".f32")) << name;
  EXPECT_THAT(text, Not(HasSubstr("@")));
}

TEST(EmitCuda, AFileThatCannotBeWrittenIsExitTwo) {
  const Seen seen = run({"conform", "emit-cuda", "-o", "/nowhere/casts.cu"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("/nowhere/casts.cu"));
}

bool succeeds(const std::string& command) { return std::system(command.c_str()) == 0; }

/// The folder of the CUDA headers, or nothing.
std::string cuda_headers() {
  for (const char* folder : {"/usr/local/cuda/include", "/usr/include"})
    if (std::filesystem::exists(std::string(folder) + "/cuda_fp4.h")) return folder;
  return {};
}

TEST(EmitCudaMedium, TheHeadersHostFunctionsAreOurPolicies) {
  const std::string headers = cuda_headers();
  if (headers.empty()) GTEST_SKIP() << "there are no CUDA headers with cuda_fp4.h";
  const Folder folder;
  ASSERT_EQ(run({"conform", "emit-cuda", "-o", folder.path("casts.cu")}).code, 0);
  ASSERT_TRUE(succeeds("g++ -x c++ -std=c++17 -Wall -Wextra -Werror -isystem " + headers + " -o " +
                       folder.path("casts") + " " + folder.path("casts.cu")));
  ASSERT_TRUE(succeeds(folder.path("casts") + " " + folder.path(".") + " > " + folder.path("log")));
  const Seen seen = run({"conform", "cast", folder.path("host_fp32.tsv"),
                         folder.path("host_fp16.tsv"), folder.path("host_bf16.tsv")});
  EXPECT_EQ(seen.code, 0) << seen.out;
  EXPECT_EQ(seen.last_line(),
            "46 columns: 46 agree, 0 with mismatches, 0 not checked; 0 of 5898218 cases mismatch");
}

TEST(EmitCudaMedium, NvccTakesTheInstructions) {
  std::string nvcc;
  for (const char* name : {"nvcc", "/usr/local/cuda/bin/nvcc"})
    if (nvcc.empty() && succeeds(std::string(name) + " --version > /dev/null 2>&1")) nvcc = name;
  if (nvcc.empty()) GTEST_SKIP() << "there is no nvcc";
  if (!succeeds(nvcc + " --list-gpu-code 2>/dev/null | grep -q sm_120"))
    GTEST_SKIP() << "this nvcc is older than Blackwell";
  const Folder folder;
  ASSERT_EQ(run({"conform", "emit-cuda", "-o", folder.path("casts.cu")}).code, 0);
  EXPECT_TRUE(succeeds(nvcc + " -arch=sm_120a -ptx -o " + folder.path("casts.ptx") + " " +
                       folder.path("casts.cu")));
  const std::string ptx = contents(folder.path("casts.ptx"));
  for (const char* instruction :
       {"cvt.rn.satfinite.e4m3x2.f32", "cvt.rn.satfinite.e2m1x2.f32", "cvt.rp.ue8m0x2.bf16x2"})
    EXPECT_THAT(ptx, HasSubstr(instruction));
  EXPECT_TRUE(succeeds(nvcc + " -arch=sm_90 -cubin -o " + folder.path("casts.cubin") + " " +
                       folder.path("casts.cu")));
}

}  // namespace
}  // namespace mxscope::reports
