// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify: the same claims however the work is cut, stopped and taken up again.
#include <gmock/gmock.h>

#include <csignal>
#include <thread>

#include "tests/reports/program_run.h"

namespace mxscope::reports {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Quick work of many tasks.
std::vector<std::string> small(std::vector<std::string> more) {
  more.insert(more.begin(),
              {"verify", "codec", "--format", "e2m1", "e4m3", "e8m0", "--only", "property"});
  return more;
}

std::size_t lines_of(const std::string& path) {
  const std::string text = contents(path);
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(VerifyCommandMedium, EveryClaimHoldsAndTheLastLineSaysSo) {
  const Seen seen = run({"verify", "codec", "--format", "e2m1", "--round", "rne", "--quick"});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.last_line(), HasSubstr(" hold, 0 refuted"));
  EXPECT_THAT(seen.out, HasSubstr("exhaustive codec/e2m1/rne/"));
}

TEST(VerifyCommand, ThreadsAndShardsGiveTheSameBytes) {
  const Folder folder;
  const std::string one = run(small({"--threads", "1"})).out;
  EXPECT_EQ(run(small({"--threads", "4"})).out, one);
  const std::string a = folder.path("a.jsonl");
  const std::string b = folder.path("b.jsonl");
  EXPECT_EQ(run(small({"--shard", "0/2", "--journal", a})).code, 0);
  expect_bad(run({"verify", "merge", a}), "in no journal");
  EXPECT_EQ(run(small({"--shard", "1/2", "--journal", b})).code, 0);
  EXPECT_EQ(run({"verify", "merge", b, a}).out, one);
  const auto merged = run({"verify", "merge", a, b, "--json"}).json();
  const auto whole = run(small({"--json"})).json();
  EXPECT_EQ(merged.at("claims"), whole.at("claims"));
  EXPECT_TRUE(whole.at("run").contains("wall_seconds"));
}

TEST(VerifyCommand, ARerunTakesUpAJournal) {
  const Folder folder;
  const std::string journal = folder.path("j.jsonl");
  const Seen first = run(small({"--journal", journal}));
  EXPECT_EQ(first.code, 0) << first.err;
  const std::string whole = contents(journal);
  // As a kill leaves it: the last line cut.
  std::filesystem::resize_file(journal, whole.size() - 10);
  EXPECT_EQ(run(small({"--journal", journal})).out, first.out);
  EXPECT_EQ(contents(journal).size(), whole.size());
  // As a kill leaves it before the header is whole.
  std::filesystem::resize_file(journal, 5);
  EXPECT_EQ(run(small({"--journal", journal})).out, first.out);
}

TEST(VerifyCommand, ForeignJournalsAreRefusedAndKept) {
  const Folder folder;
  const std::string journal = folder.path("j.jsonl");
  EXPECT_EQ(run(small({"--journal", journal})).code, 0);
  const std::string whole = contents(journal);
  expect_bad(run({"verify", "codec", "--format", "e2m3", "--journal", journal}), "another request");
  expect_bad(run(small({"--shard", "0/2", "--journal", journal})), "shard");
  EXPECT_EQ(contents(journal), whole);
  std::string edited = whole;
  edited.replace(edited.find("\"version\":\""), 11, "\"version\":\"9");
  const std::string newer = folder.write("k.jsonl", edited);
  expect_bad(run(small({"--journal", newer})), "version");
  expect_bad(run({"verify", "merge", journal, newer}), "version");
  const std::string notes = folder.write("notes.txt", "dear diary\n");
  expect_bad(run(small({"--journal", notes})), "notes.txt:1");
  EXPECT_EQ(contents(notes), "dear diary\n");
  const std::string torn = folder.write("torn.jsonl", "dear");
  expect_bad(run(small({"--journal", torn})), "torn.jsonl:1");
  EXPECT_EQ(contents(torn), "dear");
  const std::string damaged = folder.write("d.jsonl", whole + "{}\n");
  expect_bad(run(small({"--journal", damaged})), "damaged");
}

/// Starts work of about a minute of processor time and waits until some tasks are done.
struct Running {
  explicit Running(const Folder& folder)
      : journal(folder.path("j.jsonl")), err(folder.path("err")), out(folder.path("out")) {
    arguments = {"verify", "codec",     "--format", "e2m1",      "--only",
                 "codec",  "--journal", journal,    "--threads", "2"};
    pid = start(arguments, "/dev/null", out, err);
    for (int i = 0; i < 6000 && lines_of(journal) < 4; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_GE(lines_of(journal), 4u);
  }

  std::string journal, err, out;
  std::vector<std::string> arguments;
  pid_t pid = -1;
};

TEST(VerifyCommandSlow, ResumesAfterAKill) {
  const Folder folder;
  const Running running(folder);
  ::kill(running.pid, SIGKILL);
  EXPECT_EQ(wait_for(running.pid), -SIGKILL);
  const std::size_t kept = lines_of(running.journal);
  const Seen resumed = run(running.arguments);
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_GE(lines_of(running.journal), kept);
  EXPECT_EQ(run({"verify", "codec", "--format", "e2m1", "--only", "codec"}).out, resumed.out);
}

TEST(VerifyCommandSlow, AnInterruptIsExitThreeAndSaysHowToGoOn) {
  const Folder folder;
  const Running running(folder);
  // While it runs, nobody else may write the journal.
  expect_bad(run(running.arguments), "in use");
  ::kill(running.pid, SIGINT);
  EXPECT_EQ(wait_for(running.pid), 3);
  EXPECT_THAT(contents(running.err), HasSubstr("run the same command again"));
  EXPECT_EQ(contents(running.out), "");
  EXPECT_EQ(run(running.arguments).code, 0);
}

TEST(VerifyCommand, ClaimsToAFileAndTheSummaryToTheScreen) {
  const Folder folder;
  const std::string file = folder.path("claims.json");
  const Seen seen = run(small({"--json", "-o", file}));
  EXPECT_EQ(seen.code, 0);
  EXPECT_THAT(seen.last_line(), HasSubstr("0 refuted"));
  EXPECT_FALSE(nlohmann::json::parse(contents(file)).at("claims").empty());
  EXPECT_THAT(folder.names(), ElementsAre("claims.json"));
}

TEST(VerifyCommand, BadInput) {
  expect_bad(run({"verify", "codec", "--format", "e4m"}), "did you mean e4m3");
  expect_bad(run({"verify", "codec", "--format", "bf16"}), "at most 8 bits");
  expect_bad(run({"verify", "codec", "--round", "sr-a"}), "--stochastic");
  expect_bad(run({"verify", "codec", "--round", "rn3"}), "rne");
  expect_bad(run({"verify", "codec", "--backend", "protable"}), "portable");
  for (const std::string shard : {"2/2", "-1/2", "1", "a/b", "0/0", "0/2x"})
    expect_bad(run({"verify", "codec", "--shard", shard}), "0/4");
  expect_bad(run({"verify", "codec", "--threads", "-3"}), "--threads");
  expect_bad(run({"verify", "codec", "--only", "propertys"}), "property");
  expect_bad(run({"verify", "merge"}), "FILE");
  expect_bad(run({"verify", "merge", "/no/such/file"}), "/no/such/file");
  expect_bad(run({"verify", "codec", "--quick", "--journal", "/no/such/file"}), "/no/such/file");
}

}  // namespace
}  // namespace mxscope::reports
