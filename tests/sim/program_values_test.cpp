// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The kernel that is timed computes the GEMM: tile by tile, bit for bit.
#include "sim/program_values.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "sim/engine.h"
#include "sim/gemm_time.h"
#include "sim/kernel_choice.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

struct RandomOperand {
  std::vector<std::uint8_t> codes, scales;
};

/// Finite codes and scales near one.
RandomOperand random_operand(std::mt19937& random, const spec::Format& format, const Mma& mma,
                             std::int64_t rows, std::int64_t k) {
  RandomOperand o;
  const std::uint64_t most = static_cast<std::uint64_t>(format.max_ordinal());
  for (std::int64_t i = 0; i < rows * k; ++i) {
    // The lower half of the magnitudes, so that long sums stay finite.
    spec::Code code = random() % (most / 2 + 1);
    if (random() % 2 != 0) code |= format.sign_mask();
    code <<= format.storage_shift;
    for (int byte = 0; byte < format.storage_bits / 8; ++byte)
      o.codes.push_back(static_cast<std::uint8_t>(code >> (8 * byte)));
  }
  const unsigned one = mma.scale && mma.scale->name == "e8m0" ? 127 : 0x38;
  for (std::int64_t i = 0; i < rows * mma.scales_per_row(k); ++i)
    o.scales.push_back(static_cast<std::uint8_t>(one - 4 + random() % 8));
  return o;
}

struct Case {
  const char *device, *type, *config;
  std::int64_t m, n, k;
};

void check_case(const Case& c) {
  const Device& device = find_device(c.device);
  const GemmProblem problem{.m = c.m, .n = c.n, .k = c.k, .type = c.type};
  GemmConfig config = with_stages(device, problem, parse_config(c.config));
  config.stages = std::min(config.stages, 3);
  ASSERT_EQ(illegal_reason(device, problem, config), "");
  const Program program = build_program(problem, config);
  const Mma mma = program_mma(program);
  std::mt19937 random(7);
  const RandomOperand a = random_operand(random, mma.a, mma, c.m, c.k);
  const RandomOperand b = random_operand(random, mma.b, mma, c.n, c.k);
  const MmaMatrix ma{c.m, c.k, a.codes, a.scales}, mb{c.n, c.k, b.codes, b.scales};
  std::vector<std::uint64_t> expected(static_cast<std::size_t>(c.m * c.n));
  reference_mma(mma, ma, mb, expected);
  for (const std::int64_t workers : {1, 3})
    EXPECT_EQ(execute_values(program, mma, ma, mb, workers), expected)
        << c.type << ' ' << to_string(config) << ' ' << workers;
  // The same object, timed.
  EXPECT_GT(run_engine(device, program, {.clock_mhz = 1000}).end, 0);
}

TEST(ProgramValues, AreThoseOfTheWholeGemm) {
  const std::vector<Case> cases = {
      {"b200", "nvfp4", "sm100-1sm:128x64x256", 130, 100, 608},
      {"b200", "mxfp8", "sm100-2sm:256x64x128,cluster=2x1", 260, 70, 288},
      {"b200", "bf16", "sm100-1sm:64x64x64", 100, 130, 200},
      {"rtx-5090", "nvfp4", "sm120-cooperative:128x64x128", 140, 70, 416},
      {"rtx-5090", "mxfp6", "sm120-pingpong:64x64x128", 130, 140, 320},
      {"rtx-5090", "mxfp4", "small-m:32x32x128,order=one-tile", 40, 70, 352},
      {"rtx-5090", "fp8", "sm120-pingpong:64x32x128", 70, 40, 272},
      {"rtx-5090", "int8", "sm120-cooperative:64x32x128", 20, 40, 272},
      {"h200", "bf16", "sm90-wgmma:64x64x64", 70, 130, 136},
  };
  for (const Case& c : cases) check_case(c);
}

TEST(ProgramValues, SplitSumsAreThoseOfThePartsAddedInOrder) {
  const GemmProblem problem{.m = 40, .n = 24, .k = 512, .type = "bf16"};
  const GemmConfig config = parse_config("sm100-1sm:64x64x64,stages=2,split-k=4");
  const Program program = build_program(problem, config);
  const Mma mma = program_mma(program);
  std::mt19937 random(11);
  const RandomOperand a = random_operand(random, mma.a, mma, problem.m, problem.k);
  const RandomOperand b = random_operand(random, mma.b, mma, problem.n, problem.k);
  // Each quarter of K alone, from zero.
  std::vector<std::uint64_t> whole;
  const Mma fma = bind_unit(find_unit("cdna3.mfma.f32"));
  const auto quarter = [&](const RandomOperand& o, std::int64_t rows, std::int64_t part) {
    std::vector<std::uint8_t> codes;
    for (std::int64_t r = 0; r < rows; ++r)
      codes.insert(codes.end(), o.codes.begin() + (r * 512 + part * 128) * 2,
                   o.codes.begin() + (r * 512 + part * 128 + 128) * 2);
    return codes;
  };
  for (std::int64_t part = 0; part < 4; ++part) {
    const auto qa = quarter(a, problem.m, part), qb = quarter(b, problem.n, part);
    std::vector<std::uint64_t> d(static_cast<std::size_t>(problem.m * problem.n));
    reference_mma(mma, {problem.m, 128, qa, {}}, {problem.n, 128, qb, {}}, d);
    if (part == 0) {
      whole = d;
      continue;
    }
    for (std::size_t i = 0; i < d.size(); ++i) {
      const auto bytes = [](std::uint64_t word) {
        return std::vector<std::uint8_t>{
            static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(word >> 8),
            static_cast<std::uint8_t>(word >> 16), static_cast<std::uint8_t>(word >> 24)};
      };
      const auto sum = bytes(d[i]), one = bytes(0x3f800000);
      reference_mma(fma, {1, 1, sum, {}}, {1, 1, one, {}}, std::span(&whole[i], 1));
    }
  }
  const MmaMatrix ma{problem.m, problem.k, a.codes, {}}, mb{problem.n, problem.k, b.codes, {}};
  for (const std::int64_t workers : {1, 2, 4})
    EXPECT_EQ(execute_values(program, mma, ma, mb, workers), whole) << workers;
}

// C comes through buffers of its own, tile by tile, and is added once, also where K is split.
TEST(ProgramValues, CIsAddedOnceToEveryTile) {
  const std::vector<std::pair<const char*, const char*>> kernels = {
      {"b200", "sm100-1sm:128x64x128,stages=2"},
      {"b200", "sm100-2sm:256x64x128,cluster=2x1,stages=2"},
      {"rtx-5090", "sm120-cooperative:128x64x128,stages=2"},
      {"rtx-5090", "sm120-pingpong:64x64x128,stages=2"},
      {"rtx-5090", "sm120-pingpong:64x32x128,stages=2,split-k=2"},
      {"rtx-5090", "small-m:32x32x128,stages=2,order=one-tile"}};
  const std::int64_t m = 140, n = 70, k = 256;
  for (const auto& [device, config] : kernels) {
    GemmProblem problem{.m = m, .n = n, .k = k, .type = "mxfp8", .weights = "mxfp4"};
    const Program plain = build_program(problem, parse_config(config));
    problem.adds_c = true;
    const Program program = build_program(problem, parse_config(config));
    ASSERT_EQ(illegal_reason(find_device(device), problem, program.config), "");
    const Mma mma = program_mma(program);
    EXPECT_EQ(mma.b.name, "e2m1");
    std::mt19937 random(5);
    const RandomOperand a = random_operand(random, mma.a, mma, m, k);
    const RandomOperand b = random_operand(random, mma.b, mma, n, k);
    const MmaMatrix ma{m, k, a.codes, a.scales}, mb{n, k, b.codes, b.scales};
    std::vector<std::uint64_t> c(static_cast<std::size_t>(m * n));
    for (std::uint64_t& word : c) word = (random() & 0x807f0000U) + 0x40000000U;  // bf16, 2 to 4
    std::vector<std::uint64_t> expected = execute_values(plain, mma, ma, mb, 1);
    for (std::size_t i = 0; i < c.size(); ++i) {
      const auto number = [](std::uint64_t word) {
        const auto bits = static_cast<std::uint32_t>(word);
        float value = 0;
        std::memcpy(&value, &bits, sizeof value);
        return value;
      };
      const float sum = number(expected[i]) + number(c[i]);  // binary32, nearest-even
      std::uint32_t bits = 0;
      std::memcpy(&bits, &sum, sizeof bits);
      expected[i] = bits;
    }
    for (const std::int64_t workers : {1, 3})
      EXPECT_EQ(execute_values(program, mma, ma, mb, workers, c), expected) << config;
    EXPECT_THROW(execute_values(program, mma, ma, mb, 1), Error);
    EXPECT_THROW(execute_values(plain, mma, ma, mb, 1, c), Error);
    EXPECT_GT(run_engine(find_device(device), program, {.clock_mhz = 1000}).end,
              run_engine(find_device(device), plain, {.clock_mhz = 1000}).end);
  }
}

TEST(ProgramValues, AForgottenBarrierIsNoticed) {
  const GemmProblem problem{.m = 64, .n = 64, .k = 512, .type = "bf16"};
  Program program = build_program(problem, parse_config("sm100-1sm:64x64x64,stages=2"));
  const Mma mma = program_mma(program);
  std::mt19937 random(3);
  const RandomOperand a = random_operand(random, mma.a, mma, 64, 512);
  const RandomOperand b = random_operand(random, mma.b, mma, 64, 512);
  const MmaMatrix ma{64, 512, a.codes, {}}, mb{64, 512, b.codes, {}};
  const auto right = execute_values(program, mma, ma, mb, 1);
  Program racing = program;  // the producer does not wait for empty stages
  racing.roles.front().block.erase(racing.roles.front().block.begin());
  EXPECT_NE(execute_values(racing, mma, ma, mb, 1), right);
  Program stuck = program;  // nobody frees a stage
  auto& tensor = stuck.roles[1].block;
  tensor.erase(std::remove_if(tensor.begin(), tensor.end(),
                              [](const Op& op) { return op.kind == OpKind::kCommit; }),
               tensor.end());
  EXPECT_THROW(execute_values(stuck, mma, ma, mb, 1), Error);
  EXPECT_THROW(run_engine(find_device("b200"), stuck, {.clock_mhz = 1000}), Error);
}

}  // namespace
}  // namespace mxscope::sim
