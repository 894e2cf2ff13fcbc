// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What every command has in common: help, exit codes, one-sentence errors, closed outputs.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <csignal>
#include <random>
#include <thread>

#include "reports/sha256.h"
#include "tests/reports/program_run.h"
#include "tests/reports/signal_ready.h"

namespace mxscope::reports {
namespace {

using testing::HasSubstr;

TEST(Program, EveryHelpShowsExamples) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"formats"},
                                                          {"cast"},
                                                          {"recipes"},
                                                          {"inner"},
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
  expect_bad(run({"verify"}), "a command is missing: codec");
  expect_bad(run({"verify", "codecs"}), "did you mean codec?");
  expect_bad(run({"cast", "--fromat", "e4m3"}), "did you mean --format");
  expect_bad(run({"cast", "--format"}), "--format");
  expect_bad(run({"cast", "--threads", "many", "--format", "e4m3", "1"}), "--threads");
  expect_bad(run({"formats", "e4m3", "e5m2"}), "one argument too many");
}

TEST(Program, ValuesAreNotCommandsAndNeverEmpty) {
  Seen seen = run({"cast", "--format", "e4m3", "--codes", "1", "formats"});
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("'formats' is not a number"));
  expect_bad(run({"formats", "cast"}), "unknown format 'cast'");
  expect_bad(run({"verify", "codec", "merge"}), "one argument too many");
  expect_bad(run({"cast", "--format", "", "1"}), "--format: an empty value");
  expect_bad(run({"cast", "--format=", "e4m3", "1"}), "--format= is followed by no value");
  expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--input", ""}), "--input");
}

TEST(Program, NumbersOutOfRangeAreNeverNarrowed) {
  const std::vector<std::string> wrong = {"-1",  "4294967297", "99999999999999999999",
                                          "1e2", "0x2",        "1.0"};
  for (const std::string& n : wrong) {
    const std::string shown = "'" + n + "': must be a whole number of ";
    expect_bad(run({"cast", "--format", "e4m3", "--raw", "--from", "f32", "--threads", n}), shown);
    expect_bad(run({"cast", "--format", "e4m3", "--round", "sr-a", "--random-bits", n, "1"}),
               shown);
    expect_bad(run({"cast", "--format", "e4m3", "--round", "sr-a", "--random", n, "1"}), shown);
    expect_bad(run({"verify", "codec", "--quick", "--threads", n}), shown);
    expect_bad(run({"conform", "digest", "x", "--threads", n}), shown);
    expect_bad(run({"report", "--threads", n}), shown);
  }
  expect_bad(run({"verify", "codec", "--threads", ""}), "--threads");
}

TEST(Program, OptionsThatDoNotApplyTogetherAreRefused) {
  const std::vector<std::vector<std::string>> wrong = {
      {"cast", "--format", "e4m3", "--backend", "portable", "1"},
      {"cast", "--format", "e4m3", "--threads", "2", "1"},
      {"cast", "--format", "e4m3", "--codes", "--json", "1"},
      {"cast", "--format", "e4m3", "--raw", "--from", "f32", "--json"},
      {"cast", "--format", "e4m3", "--decode", "--round", "rtz", "1"},
      {"cast", "--format", "e4m3", "--decode", "--policy", "nv", "1"},
      {"cast", "--list-backends", "--format", "e4m3"},
      {"formats", "--p3109", "e4m3"},
      {"conform", "compare", "--by", "codes"},
      {"verify", "codec", "--all", "--no-stochastic"},
      {"verify", "codec", "--format", "e4m3", "--exhaustive-p3109"}};
  for (const auto& line : wrong) expect_bad(run(line), "--");
}

TEST(Program, TextOfOthersIsShownWithoutControlCharacters) {
  expect_bad(run({"cast", "--format", "\x1b[31me4m3", "1"}), "'?[31me4m3'");
  expect_bad(run({"cast", "--format", "e4m3", "--decode", "\x1b]0;x\x07"}), "'?]0;x?'");
  expect_bad(run({"formats",
                  "\xc2\x9b"
                  "1m"}),
             "??1m");
  expect_bad(run({"formats", "\xc3\xa9"}), "'\xc3\xa9'");
}

TEST(Program, OpenDescriptorsAreWrittenAndNotReplaced) {
  const Folder folder;
  const std::string out = folder.path("out");
  const std::string line = "\"$MXSCOPE\" verify codec --format e2m1 --round rne --only property";
  const Seen seen =
      shell("{ echo first; " + line + " -o /dev/stdout; " + line + " -o /dev/fd/3 3>&1; } >" + out);
  EXPECT_EQ(seen.code, 0) << seen.err;
  const std::string text = contents(out);
  EXPECT_EQ(text.rfind("first\n", 0), 0u);
  std::size_t claims = 0;
  for (auto at = text.find("/monotone"); at != std::string::npos;
       at = text.find("/monotone", at + 1))
    ++claims;
  EXPECT_EQ(claims, 2u) << text;
  EXPECT_THAT(folder.names(), testing::ElementsAre("out"));
}

TEST(Program, LongNamesAndDanglingLinksAreWritten) {
  const Folder folder;
  const std::vector<std::string> line = {"verify", "codec",  "--format", "e2m1", "--round",
                                         "rne",    "--only", "property", "-o"};
  const auto to = [&](const std::string& name) {
    std::vector<std::string> all = line;
    all.push_back(folder.path(name));
    return run(all);
  };
  EXPECT_EQ(to(std::string(255, 'n')).code, 0);
  expect_bad(to(std::string(256, 'n')), "too long");
  std::filesystem::create_symlink("target", folder.path("link"));
  EXPECT_EQ(to("link").code, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
  EXPECT_TRUE(std::filesystem::is_regular_file(folder.path("target")));
}

TEST(Program, AnInterruptWhileAFifoOpensIsExitThree) {
  const Folder folder;
  const std::string fifo = folder.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const pid_t pid =
      start({"formats", "--formats", fifo}, "/dev/null", folder.path("out"), folder.path("err"));
  wait_until_it_catches(pid, SIGINT);  // asleep in open(2)
  ::kill(pid, SIGINT);
  EXPECT_EQ(wait_for(pid), 3);
  EXPECT_EQ(contents(folder.path("err")), "mxscope: interrupted\n");
}

TEST(Program, AnInterruptEndsABusyStandardInput) {
  const Folder folder;
  const Seen seen = shell(
      "yes 0.3 | timeout -s INT 2 \"$MXSCOPE\" cast --format e4m3 --codes "
      ">/dev/null; echo $?");
  EXPECT_EQ(seen.out, "124\n");
  EXPECT_EQ(seen.err, "mxscope: interrupted\n");
}

TEST(Program, AnIgnoredHangUpStaysIgnored) {
  const Folder folder;
  const std::string fifo = folder.path("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const Seen seen =
      shell("trap '' HUP; \"$MXSCOPE\" formats --formats " + fifo +
            " & sleep 0.3; kill -HUP $!; echo '# nothing' >" + fifo + "; wait $!; echo $?");
  EXPECT_EQ(seen.out, "2\n");
  EXPECT_THAT(seen.err, HasSubstr("holds no [[format]]"));
}

TEST(Program, AFileSizeLimitIsAnErrorAndLeavesNothing) {
  const Folder folder;
  const std::string in = folder.write("in", std::string(1 << 20, '\0'));
  const Seen seen = shell("ulimit -f 8; \"$MXSCOPE\" cast --format e4m3 --raw --from f32 --input " +
                          in + " --output " + folder.path("out"));
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("File too large"));
  EXPECT_THAT(folder.names(), testing::ElementsAre("in"));
}

TEST(Program, PipesAreDigestedAsRead) {
  const Seen seen = shell(
      "printf "
      "'[[format]]\\nname=\"mine\"\\nbits=4\\nexponent_bits=2\\nmantissa_bits=1\\nbias=1\\n' |"
      " \"$MXSCOPE\" formats mine --json --formats /dev/stdin");
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_EQ(seen.json().at("run").at("inputs").at(0).at("bytes"), 69);
}

TEST(Program, JsonEverywhere) {
  EXPECT_FALSE(run({"cast", "--list-backends", "--json"}).json().at("backends").empty());
}

TEST(Program, OutputThatCannotBeWrittenIsAnError) {
  Seen seen = shell("\"$MXSCOPE\" formats >/dev/full");
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("cannot write standard output: No space left"));
  seen = shell("\"$MXSCOPE\" formats >&-");
  EXPECT_EQ(seen.code, 2);
  EXPECT_THAT(seen.err, HasSubstr("cannot write standard output"));
  seen = shell("seq 20000 | \"$MXSCOPE\" cast --format e4m3 --codes >/dev/full");
  EXPECT_EQ(seen.code, 2);
  EXPECT_EQ(seen.err.rfind("mxscope: cannot write standard output", 0), 0u) << seen.err;
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

TEST(Sha256, HardwareAndPortableDigestsAreEqual) {
  std::mt19937_64 engine(1);
  std::string text;
  for (int length = 0; length < 600; ++length) {
    Sha256 hardware;
    Sha256 portable(false);
    hardware.add(text);
    portable.add(text);
    ASSERT_EQ(hardware.hex(), portable.hex()) << length;
    text += static_cast<char>(engine());
  }
}

}  // namespace
}  // namespace mxscope::reports
