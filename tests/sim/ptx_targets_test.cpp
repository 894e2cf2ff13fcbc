// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The table of PTX targets, and ptxas itself where there is one of the table's version.
#include "sim/ptx_targets.h"

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>

#include "spec/error.h"

namespace mxscope::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(PtxTargets, AlternativesAreSpelledInEveryCombination) {
  EXPECT_THAT(spelled("a{,.b}.{c,d}"), ElementsAre("a.c", "a.d", "a.b.c", "a.b.d"));
  EXPECT_THAT(spelled("plain"), ElementsAre("plain"));
}

TEST(PtxTargets, EveryNvidiaUnitExistsOnItsOwnTarget) {
  for (const MmaUnit& unit : mma_units()) {
    if (unit.target.rfind("sm_", 0) != 0) continue;
    EXPECT_TRUE(exists_on(unit, unit.target)) << unit.name << " on " << unit.target;
  }
}

TEST(PtxTargets, WhatEachTargetLacks) {
  EXPECT_FALSE(exists_on(find_unit("sm120.mma.mxf4nvf4"), "sm_120"));
  EXPECT_TRUE(exists_on(find_unit("sm120.mma.mxf4nvf4"), "sm_121f"));
  EXPECT_FALSE(exists_on(find_unit("sm100.tcgen05.i8"), "sm_103a"));
  EXPECT_FALSE(exists_on(find_unit("sm80.mma.f16"), "sm_120a"));  // it is sm120.mma.f16 there
  EXPECT_FALSE(exists_on(find_unit("cdna3.mfma.f16"), "sm_90"));
  EXPECT_THAT(assembled_for("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"),
              Contains("sm_120a"));
  EXPECT_THAT(targets_of(bind_unit(find_unit("sm90.wgmma.fp8"))), ElementsAre("sm_90a"));
  EXPECT_THAT(targets_of(bind_unit(find_unit("sm70.mma.f16"))), ElementsAre("sm_70"));
  // FP8 under kind::f8f6f4 is assembled for data-centre Blackwell, FP4 is not.
  const std::string f8f6f4 = "mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.";
  EXPECT_THAT(assembled_for(f8f6f4 + "e4m3.e4m3.f32"), Contains("sm_100a"));
  EXPECT_THAT(assembled_for(f8f6f4 + "e4m3.e2m1.f32"), Not(Contains("sm_100a")));
  EXPECT_THAT(assembled_for("mma.sync.aligned.m1n1k1"), IsEmpty());
}

TEST(PtxTargets, ARefusalNamesWhatThereIs) {
  const auto problem = [](const char* unit, const char* target) -> std::string {
    try {
      require_target(bind_unit(find_unit(unit)), target);
    } catch (const Error& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(problem("sm120.mma.mxf4", "sm_120a"), "");
  EXPECT_THAT(problem("sm100.tcgen05.mxf4", "sm_120a"), HasSubstr("sm120.mma.mxf4,"));
  EXPECT_THAT(problem("sm120.mma.mxf4", "sm_120"), HasSubstr("sm120.mma.fp8"));
  EXPECT_THAT(problem("sm120.mma.mxf4", "sm_120b"), HasSubstr("sm_120a"));
}

/// The PTX of a kernel with one instruction, with as many registers as its shape calls for.
std::string kernel(const std::string& instruction, const std::string& target) {
  const auto registers = [](int first, int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i == 0 ? "%r" : ", %r") + std::to_string(first + i);
    return text + "}";
  };
  const auto doubles = [](int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i) text += (i == 0 ? "%d" : ", %d") + std::to_string(i);
    return text + "}";
  };
  std::smatch shape;
  std::string operands;
  if (instruction.rfind("tcgen05", 0) == 0) {
    operands = instruction.find("block_scale") == std::string::npos
                   ? " [%r0], %rd0, %rd1, %r1, %p0;"
                   : " [%r0], %rd0, %rd1, %r1, [%r2], [%r3], %p0;";
  } else if (std::regex_search(
                 instruction, shape,
                 std::regex(R"(m(\d+)n(\d+)k(\d+)(?:\.[\w:]+)*?\.(f32|f16|s32|f64)\.(\w+))"))) {
    const int m = std::stoi(shape[1]);
    const int n = std::stoi(shape[2]);
    const int k = std::stoi(shape[3]);
    const std::string d = shape[4];
    const std::string a = shape[5];
    const int threads = m == 64 ? 128 : shape[1] == "8" && a == "f16" ? 8 : 32;
    const int d_registers = m * n * (d == "f16" ? 16 : 32) / 32 / threads;
    if (m == 64) {
      operands = " " + registers(0, d_registers) + ", %rd0, %rd1, %p0" +
                 (a == "f16" || a == "bf16" ? ", 1, 1, 0, 0;"
                  : a == "s8" || a == "u8"  ? ";"
                                            : ", 1, 1;");
    } else if (a == "f64") {
      const std::string result = doubles(m * n / 32);
      operands = " " + result + ", " + doubles(m * k / 32) + ", " + doubles(n * k / 32) + ", " +
                 result + ";";
    } else {
      const int bits = a == "tf32"                 ? 32
                       : a == "f16" || a == "bf16" ? 16
                       : a == "e2m1" && k == 64    ? 4
                                                   : 8;
      const std::string result = registers(20, d_registers);
      operands = " " + result + ", " + registers(0, m * k * bits / 32 / threads) + ", " +
                 registers(8, n * k * bits / 32 / threads) + ", " + result;
      if (instruction.find("block_scale") != std::string::npos)
        operands += ", %r30, {%h0, %h1}, %r31, {%h2, %h3}";
      operands += ";";
    }
  }
  return ".version 9.0\n.target " + target +
         "\n.address_size 64\n.visible .entry k() {\n.reg .pred %p<2>;\n.reg .b16 %h<4>;\n"
         ".reg .b32 %r<40>;\n.reg .f64 %d<16>;\n.reg .b64 %rd<4>;\n" +
         instruction + operands + "\nret;\n}\n";
}

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) text += buffer;
  ::pclose(pipe);
  return text;
}

// One instruction of each form on every target.
TEST(PtxTargetsMedium, PtxasSaysTheSame) {
  if (output_of("ptxas --version 2>/dev/null").find(kPtxas) == std::string::npos)
    GTEST_SKIP() << "there is no ptxas " << kPtxas;
  std::string folder = (std::filesystem::temp_directory_path() / "ptx-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::vector<std::string> instructions;
  for (const PtxForm& form : ptx_forms()) instructions.push_back(spelled(form.instruction).back());
  int asked = 0;
  for (const std::string& instruction : instructions) {
    const std::vector<std::string> expected = assembled_for(instruction);
    for (const std::string& target : ptx_targets()) {
      if (target == "sm_70") continue;
      const std::string file = folder + "/k.ptx";
      std::ofstream(file) << kernel(instruction, target);
      const bool assembled = std::system(("ptxas -arch " + target + " " + file + " -o /dev/null >" +
                                          folder + "/log 2>&1")
                                             .c_str()) == 0;
      const bool listed = std::find(expected.begin(), expected.end(), target) != expected.end();
      EXPECT_EQ(assembled, listed) << instruction << " on " << target << "\n"
                                   << output_of("head -3 " + folder + "/log");
      ++asked;
    }
  }
  EXPECT_GT(asked, 800);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace mxscope::sim
