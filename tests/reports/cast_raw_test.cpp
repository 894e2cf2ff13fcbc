// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope cast --raw: arrays through files and pipes, whole or not at all.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <bit>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/formats.h"
#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// Binary32 patterns of every kind, more than one block of them.
std::string patterns(std::size_t count) {
  std::string bytes;
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    char word[4];
    std::memcpy(word, &state, 4);
    bytes.append(word, 4);
  }
  return bytes;
}

std::string expected(const std::string& f32, const spec::Format& format) {
  const spec::Policy policy = named_policy(default_policy_name(format), format);
  const spec::BatchCast cast(spec::kF32, format, policy, 0, "portable");
  std::string words(f32.size() / 4 * static_cast<std::size_t>(cast.word_bytes()), '\0');
  cast.encode(f32.data(), words.data(), f32.size() / 4);
  return words;
}

TEST(CastRaw, FilesPipesThreadsAndBackendsAgree) {
  const Folder folder;
  const std::string bytes = patterns(700001);
  const std::string in = folder.write("in", bytes);
  const std::string codes = expected(bytes, spec::find_format("e4m3"));
  const std::vector<std::string> cast = {"cast", "--format", "e4m3", "--raw", "--from", "f32"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), cast.begin(), cast.end());
    return more;
  };
  EXPECT_EQ(run(cast, bytes).out, codes);
  for (const std::string threads : {"1", "2", "7"})
    EXPECT_EQ(run(with({"--input", in, "--threads", threads})).out, codes);
  for (const std::string& backend : spec::batch_backends())
    EXPECT_EQ(run(with({"--input", in, "--backend", backend})).out, codes) << backend;
  EXPECT_EQ(run(with({"--input", in, "--output", folder.path("out")})).code, 0);
  EXPECT_EQ(contents(folder.path("out")), codes);
  const Seen piped =
      shell("cat " + in + " | \"$MXSCOPE\" cast --format e4m3 --raw --from f32 | cat");
  EXPECT_EQ(piped.out, codes);
}

TEST(CastRaw, WideWordsAndDecoding) {
  const std::string bytes = patterns(5000);
  const std::string words = run({"cast", "--format", "bf16", "--raw", "--from", "f32"}, bytes).out;
  EXPECT_EQ(words, expected(bytes, spec::find_format("bf16")));
  const std::string back = run({"cast", "--format", "bf16", "--raw", "--decode"}, words).out;
  ASSERT_EQ(back.size(), bytes.size());
  EXPECT_EQ(run({"cast", "--format", "bf16", "--raw", "--from", "f32"}, back).out, words);
}

TEST(CastRaw, AnEmptyArrayIsAnEmptyArray) {
  const Seen seen = run({"cast", "--format", "e4m3", "--raw", "--from", "f32"});
  EXPECT_EQ(seen.code, 0);
  EXPECT_EQ(seen.out, "");
}

TEST(CastRaw, TruncatedArraysLeaveNoFile) {
  const Folder folder;
  const std::string in = folder.write("in", std::string(1 << 20, 'x') + "yz");
  const std::string out = folder.path("out");
  const std::string line = "cast --format e4m3 --raw --from f32 --output " + out;
  expect_bad(
      run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", in, "--output", out}),
      "1048578 bytes");
  EXPECT_THAT(folder.names(), ElementsAre("in"));
  expect_bad(shell("cat " + in + " | \"$MXSCOPE\" " + line), "truncated");
  EXPECT_THAT(folder.names(), ElementsAre("in"));
}

TEST(CastRaw, AnOldFileSurvivesAFailure) {
  const Folder folder;
  const std::string out = folder.write("out", "old");
  const std::string in = folder.write("in", "abc");
  expect_bad(
      run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", in, "--output", out}),
      "3 bytes");
  EXPECT_EQ(contents(out), "old");
  EXPECT_THAT(folder.names(), UnorderedElementsAre("in", "out"));
}

TEST(CastRaw, ARefusedInputIsNamedByIndexAndLeavesNoFile) {
  const Folder folder;
  std::string bytes(4 * 300000, '\0');
  const auto infinity = std::uint32_t{0x7F800000};
  std::memcpy(bytes.data() + 4 * 290001, &infinity, 4);
  std::memcpy(bytes.data() + 4 * 299999, &infinity, 4);
  const std::string in = folder.write("in", bytes);
  const Seen seen = run({"cast", "--format", "e4m3", "--overflow", "error", "--raw", "--from",
                         "f32", "--input", in, "--output", folder.path("out")});
  EXPECT_EQ(seen.code, 1);
  EXPECT_THAT(seen.err, HasSubstr("element 290001 "));
  EXPECT_THAT(folder.names(), ElementsAre("in"));
}

TEST(CastRaw, AReaderThatLeavesIsAnErrorAndNoCrash) {
  const Seen seen = shell(
      "{ head -c 8000000 /dev/zero | \"$MXSCOPE\" cast --format e4m3 --raw --from f32; "
      "echo $? >&2; } | head -c 1");
  EXPECT_THAT(seen.err, HasSubstr("Broken pipe"));
  EXPECT_THAT(seen.err, HasSubstr("\n2\n"));
}

TEST(CastRaw, DevicesAreWrittenAndNotReplaced) {
  const Seen seen =
      run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--output", "/dev/null"},
          patterns(10));
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(CastRaw, WordsWithBitsBeyondTheFormatAreRefusedByIndex) {
  const Folder folder;
  std::string words(300000, '\x0f');
  words[290001] = '\x10';
  const std::string in = folder.write("in", words);
  expect_bad(run({"cast", "--format", "e2m1", "--raw", "--decode", "--input", in, "--output",
                  folder.path("out")}),
             "element 290001 ");
  EXPECT_THAT(folder.names(), ElementsAre("in"));
  EXPECT_EQ(shell("head -c 12 " + in + " | \"$MXSCOPE\" cast --format e2m1 --raw --decode").code,
            0);
}

TEST(CastRaw, AnInputIsNeverTheOutput) {
  const Folder folder;
  const std::string in = folder.write("in", "abcd");
  const std::vector<std::string> cast = {"cast", "--format", "e4m3", "--raw", "--from", "f32"};
  const auto with = [&](const std::string& input, const std::string& output) {
    std::vector<std::string> all = cast;
    all.insert(all.end(), {"--input", input, "--output", output});
    return run(all);
  };
  std::filesystem::create_hard_link(in, folder.path("hard"));
  std::filesystem::create_symlink("in", folder.path("soft"));
  expect_bad(with(in, in), "is read, too");
  expect_bad(with(in, folder.path("hard")), "which is read");
  expect_bad(with(folder.path("soft"), in), "which is read");
  expect_bad(shell("\"$MXSCOPE\" cast --format e4m3 --raw --from f32 --output " + in + " <" + in),
             "which is read");
  EXPECT_EQ(
      shell("\"$MXSCOPE\" cast --format e4m3 --raw --from f32 --input " + in + " >>" + in).code, 2);
  EXPECT_EQ(contents(in), "abcd");
}

TEST(CastRaw, AFileShortenedMeanwhileIsAnErrorAndNoCrash) {
  const Folder folder;
  const std::string in = folder.write("in", std::string(std::size_t{64} << 20, '\0'));
  const std::string out = folder.path("fifo");
  ASSERT_EQ(::mkfifo(out.c_str(), 0600), 0);
  // It waits for room in the pipe while the file loses its end.
  const pid_t pid =
      start({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", in, "--output", out},
            "/dev/null", folder.path("o"), folder.path("err"));
  const int reader = ::open(out.c_str(), O_RDONLY);
  char byte = 0;
  EXPECT_EQ(::read(reader, &byte, 1), 1);
  std::filesystem::resize_file(in, 4096);
  std::string rest(1 << 16, '\0');
  while (::read(reader, rest.data(), rest.size()) > 0) {
  }
  ::close(reader);
  EXPECT_EQ(wait_for(pid), 2);
  EXPECT_THAT(contents(folder.path("err")), HasSubstr("was shortened while it was read"));
}

TEST(CastRaw, AnInterruptEndsAWaitForAStalledPipe) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const Folder folder;
    const std::string in = folder.write("in", std::string(std::size_t{8} << 20, '\0'));
    const std::string out = folder.path("fifo");
    ASSERT_EQ(::mkfifo(out.c_str(), 0600), 0);
    const pid_t pid = start(
        {"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", in, "--output", out},
        "/dev/null", folder.path("o"), folder.path("err"));
    const int reader = ::open(out.c_str(), O_RDONLY);
    char byte = 0;
    EXPECT_EQ(::read(reader, &byte, 1), 1);
    ::kill(pid, signal);
    EXPECT_EQ(wait_for(pid), 3);
    ::close(reader);
  }
}

TEST(CastRaw, BadInput) {
  const Folder folder;
  const std::string in = folder.write("in", "abcd");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--input", in}), "--from f32");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f23"}), "f23");
  expect_bad(
      run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", folder.path("none")}),
      "No such file");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", in, "--output",
                  folder.path("none/out")}),
             "none/out");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--backend", "protable"}),
             "portable");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "1"}), "leave the values");
  expect_bad(run({"cast", "--format", "e4m3", "--output", "x", "1"}), "requires --raw");
  expect_bad(run({"cast", "--format", "fp64", "--raw", "--decode", "--input", in}), "binary32");
}

}  // namespace
}  // namespace mxscope::reports
