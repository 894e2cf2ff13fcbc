// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify micromix on the tensors of a file.
#include "tests/reports/made_tensors.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

/// A token of 256 channels: 1 and -1, then 64 times each of 1/128, -1/128, 1/32 and -1/16, less the
/// first two.
std::string tokens(const std::string& shape = "[2,128]") {
  std::vector<float> values;
  for (int i = 0; i < 256; ++i) {
    const float fourth[] = {0x1p-7F, -0x1p-7F, 0x1p-5F, -0x1p-4F};
    values.push_back(i % 128 < 2 ? (i % 2 == 0 ? 1.0F : -1.0F) : fourth[i / 2 % 4]);
  }
  return made_file({{"layer/0.input", "F32", shape, raw(values)},
                    {"ids", "I32", "[3]", raw(std::vector<std::int32_t>{1, 2, 3})}});
}

TEST(VerifyMicromix, CountsTheTensorsOfAFile) {
  const Folder folder;
  const std::string in = folder.write("x.safetensors", tokens());
  const Seen seen =
      run({"verify", "micromix", "--activations", in, "--only", "activations", "--json"});
  ASSERT_EQ(seen.code, 0) << seen.err;
  const auto claims = seen.json().at("claims");
  ASSERT_EQ(claims.size(), 14U);  // 2 branches; 2 equations and 4 scale rules for 2 formats
  const auto bits = [&](const std::string& rule) {
    for (const auto& claim : claims)
      if (claim.at("id") == "activations/layer/0.input/" + rule)
        return claim.at("bound").get<std::string>();
    return "no claim " + rule;
  };
  // Of 128 in a row, 1 and -1 are MXFP8, 30 are 2^-7, 32 each -2^-7, 2^-5 and -2^-4.
  // paper: 62 4-bit, 32 6-bit (2^-5 < 0.036), 34 8-bit.
  EXPECT_EQ(bits("paper"), "89/16");
  // paper-signed: -2^-4 and -1, too, become 4-bit.
  EXPECT_EQ(bits("paper-signed"), "145/32");
  // E2M3 takes 2^-5 too, 2^-5 < 0.0336.
  EXPECT_EQ(bits("paper-e2m3"), "89/16");
  EXPECT_EQ(bits("main"), "65/16");  // all but 1 and -1 are below 7/96
  const Seen text = run({"verify", "micromix", "--activations", in, "--only", "activations"});
  EXPECT_THAT(text.out, HasSubstr("layer/0.input, 2 tokens of 128 channels\n  iclr "));
  EXPECT_THAT(text.out, HasSubstr("over all tensors\n  iclr "));
  EXPECT_THAT(text.out, HasSubstr("  paper              5.562\n"));
  EXPECT_THAT(text.out, HasSubstr("more than there are"));  // 128 channels for each of three
}

TEST(VerifyMicromix, BadActivations) {
  const Folder folder;
  const auto bad = [&](const std::string& path, const std::string& what) {
    const Seen seen = run({"verify", "micromix", "--activations", path});
    EXPECT_EQ(seen.code, 2) << what;
    EXPECT_THAT(seen.err, HasSubstr(what));
  };
  bad(folder.path("none"), "none");
  bad(folder.write("short", "abc"), "short");
  std::vector<float> values(64, 1.0F);
  values[40] = std::numeric_limits<float>::infinity();
  bad(folder.write("inf", made_file({{"x", "F32", "[2,32]", raw(values)}})),
      "tensor 'x', from row 0 on: row 1, column 8");
  const Seen seen = run({"verify", "micromix", "--only", "activations"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("--activations FILE"));
}

TEST(VerifyMicromix, AnyNameOfATensorResumes) {
  const Folder folder;
  const std::string in = folder.write(
      "x", made_file({{"a b\\u00e9\\n/100%", "F32", "[2,32]", raw(std::vector(64, 1.0F))}}));
  const std::vector<std::string> command = {"verify", "micromix",  "--activations",
                                            in,       "--only",    "activations",
                                            "--json", "--journal", folder.path("j")};
  const Seen first = run(command);
  ASSERT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.json().at("claims").at(0).at("id").get<std::string>(),
              testing::StartsWith("activations/a%20b%c3%a9%0a/100%25/"));
  const Seen again = run(command);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.json().at("claims"), first.json().at("claims"));
}

TEST(VerifyMicromix, ShardsOfAFileMerge) {
  const Folder folder;
  const std::string in = folder.write("x.safetensors", tokens());
  std::vector<std::string> merge = {"verify", "merge"};
  for (const char* shard : {"0/2", "1/2"}) {
    const std::string journal = folder.path(std::string("j") + shard[0]);
    ASSERT_EQ(
        run({"verify", "micromix", "--activations", in, "--shard", shard, "--journal", journal})
            .code,
        0);
    merge.push_back(journal);
  }
  const Seen whole = run({"verify", "micromix", "--activations", in});
  EXPECT_EQ(run(merge).out, whole.out);
  folder.write("x.safetensors", tokens("[1,256]"));
  EXPECT_EQ(run(merge).code, 2);  // no longer the file that was counted
}

}  // namespace
}  // namespace mxscope::reports
