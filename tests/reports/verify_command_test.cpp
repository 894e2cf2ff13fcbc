// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify: the same claims however the work is cut, stopped and taken up again.
#include <gmock/gmock.h>

#include <csignal>
#include <functional>
#include <thread>

#include "reports/sha256.h"
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

/// The journal j.jsonl of finished small work.
std::string journal_of(const Folder& folder) {
  EXPECT_EQ(run(small({"--journal", folder.path("j.jsonl")})).code, 0);
  return contents(folder.path("j.jsonl"));
}

/// A journal with line `number` changed and a check that fits, as if a program had written it.
std::string edited(const std::string& text, std::size_t number,
                   const std::function<void(nlohmann::json&)>& change) {
  std::size_t begin = 0;
  for (; number > 0; --number) begin = text.find('\n', begin) + 1;
  const std::size_t end = text.find('\n', begin);
  auto json = nlohmann::json::parse(text.substr(begin, end - begin));
  json.erase("check");
  change(json);
  const std::string rest = json.dump().substr(1);
  Sha256 digest;
  digest.add(rest);
  return text.substr(0, begin) + "{\"check\":\"" + digest.hex().substr(0, 16) + "\"," + rest +
         text.substr(end);
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

TEST(VerifyCommand, EditedLinesAreRefused) {
  const Folder folder;
  const std::string whole = journal_of(folder);
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"\"tasks\":34", "\"tasks\":33"},
                                                        {"\"proved\"", "\"measured\""},
                                                        {"{\"check\"", "{ \"check\""}}) {
    std::string text = whole;
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    const std::string file = folder.write("edited.jsonl", text);
    expect_bad(run(small({"--journal", file})), "damaged: its check differs");
    expect_bad(run({"verify", "merge", file}), "damaged: its check differs");
    EXPECT_EQ(contents(file), text);
  }
}

TEST(VerifyCommand, MergeRefusesWhatAResumeRefuses) {
  using nlohmann::json;
  const Folder folder;
  const std::string whole = journal_of(folder);
  const auto refused = [&](std::size_t line, const std::function<void(json&)>& change,
                           const std::string& what) {
    const std::string file = folder.write("bad.jsonl", edited(whole, line, change));
    expect_bad(run({"verify", "merge", file}), what);
    if (line > 0) expect_bad(run(small({"--journal", file})), what);
  };
  refused(
      0, [](json& h) { h["version"] = "9"; }, "another program (field version is \"9\"");
  refused(
      0, [](json& h) { h["program"] = "0"; }, "merge with that");
  refused(
      0, [](json& h) { h["request"]["tasks"] = 33; }, "field tasks is 33");
  refused(
      0, [](json& h) { h["request"].erase("kinds"); }, "lacks fields");
  refused(
      0, [](json& h) { h["request"]["quick"] = 1; }, "lacks fields");
  refused(
      0, [](json& h) { h.erase("request"); }, "lacks fields");
  refused(
      0, [](json& h) { h["request"]["formats"] = {"mine"}; }, "add that here");
  refused(
      0, [](json& h) { h["request"]["subject"] = "codecs"; }, "did you mean codec");
  refused(
      0, [](json& h) { h["shard"] = "1/2"; }, "is not of its shard");
  refused(
      1, [](json& e) { e["index"] = 1000; }, "not one of this request");
  refused(
      1, [](json& e) { e["index"] = -1; }, "index");
  refused(
      1, [](json& e) { e["task"] = "codec/x"; }, "not one of this request");
  refused(
      1, [](json& e) { e["claims"] = json::array(); }, "0 claims instead of");
  refused(
      1, [](json& e) { e["claims"] = 3; }, "no list");
  refused(
      1, [](json& e) { e["claims"].erase(0); }, " claims instead of ");
  refused(
      1, [](json& e) { e["claims"][1] = e["claims"][0]; }, "stands twice");
  refused(
      1, [](json& e) { e["claims"][0]["id"] = "property/e5m2/x"; }, "is not one of its");
  refused(
      1, [](json& e) { e["claims"][0]["id"] = "a\tb"; }, "printable");
  refused(
      1, [](json& e) { e["claims"][0]["cases"] = -1; }, "cases");
  refused(
      1, [](json& e) { e["claims"][0]["cases"] = 0.5; }, "cases");
  refused(
      1, [](json& e) { e["claims"][0]["result"] = "true"; }, "'true'");
  refused(
      1, [](json& e) { e["claims"][0].erase("digest"); }, "digest");
}

TEST(VerifyCommand, MergeRefusesContradictionsInAnyOrder) {
  const Folder folder;
  const std::string whole = journal_of(folder);
  const std::string a = folder.path("j.jsonl");
  const std::string b = folder.write(
      "b.jsonl", edited(whole, 1, [](nlohmann::json& e) { e["claims"][0]["result"] = "refuted"; }));
  expect_bad(run({"verify", "merge", a, b}), a + " and " + b + " disagree");
  expect_bad(run({"verify", "merge", b, a}), b + " and " + a + " disagree");
  EXPECT_EQ(run({"verify", "merge", a, a}).code, 0);
  EXPECT_EQ(run({"verify", "merge", b}).code, 1);
}

TEST(VerifyCommand, MergesFormatsOfAFile) {
  const Folder folder;
  const std::string file = folder.write("my.toml",
                                        "[[format]]\nname = 'mine'\nbits = 4\nexponent_bits = 2\n"
                                        "mantissa_bits = 1\nbias = 1\n");
  const std::string journal = folder.path("j.jsonl");
  const Seen seen = run({"verify", "codec", "--format", "mine", "--formats", file, "--only",
                         "property", "--journal", journal});
  EXPECT_EQ(seen.code, 0) << seen.err;
  expect_bad(run({"verify", "merge", journal}), "add that here");
  EXPECT_EQ(run({"verify", "merge", journal, "--formats", file}).out, seen.out);
}

TEST(VerifyCommand, EverySubjectHasShardsJournalsAndKinds) {
  const Folder folder;
  const auto quick = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"verify", "layout", "--quick"});
    return more;
  };
  const Seen whole = run(quick({}));
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("exhaustive scale-layout/128x4/cutlass"));
  EXPECT_EQ(whole.last_line(), "11 claims: 11 hold, 0 refuted");
  const std::string a = folder.path("a.jsonl");
  const std::string b = folder.path("b.jsonl");
  EXPECT_EQ(run(quick({"--shard", "0/2", "--journal", a})).code, 0);
  EXPECT_EQ(run(quick({"--shard", "1/2", "--journal", b})).code, 0);
  EXPECT_EQ(run({"verify", "merge", a, b}).out, whole.out);
  expect_bad(run({"verify", "layout", "--shard", "0/2", "--journal", a}), "another request");
  const std::string codec = folder.path("j.jsonl");
  journal_of(folder);
  expect_bad(run({"verify", "merge", a, codec}), "asks for something else");
  EXPECT_THAT(run(quick({"--only", "packing"})).last_line(), HasSubstr("6 hold"));
  expect_bad(run(quick({"--only", "pakcing"})), "packing");
}

TEST(VerifyCommand, NoInputIsTheOutput) {
  const Folder folder;
  const std::string whole = journal_of(folder);
  const std::string journal = folder.path("j.jsonl");
  const std::string fresh = folder.path("new");
  expect_bad(run(small({"--journal", journal, "-o", journal})), "is read, too");
  expect_bad(run(small({"--journal", fresh, "-o", fresh})), "is read, too");
  expect_bad(run(small({"--journal", fresh, "-o", folder.path("./new")})), "which is read");
  expect_bad(run({"verify", "merge", journal, "-o", journal}), "is read, too");
  EXPECT_EQ(contents(journal), whole);
  EXPECT_THAT(folder.names(), ElementsAre("j.jsonl"));
}

TEST(VerifyCommand, TheOutputIsOpenedBeforeTheWork) {
  // Everything takes hours.
  expect_bad(run({"verify", "codec", "--all", "-o", "/no/such/file"}),
             "cannot write /no/such/file");
}

TEST(VerifyCommand, ForeignJournalsAreRefusedAndKept) {
  const Folder folder;
  const std::string journal = folder.path("j.jsonl");
  EXPECT_EQ(run(small({"--journal", journal})).code, 0);
  const std::string whole = contents(journal);
  expect_bad(run({"verify", "codec", "--format", "e2m3", "--journal", journal}), "another request");
  expect_bad(run(small({"--shard", "0/2", "--journal", journal})), "shard");
  EXPECT_EQ(contents(journal), whole);
  const std::string newer =
      folder.write("k.jsonl", edited(whole, 0, [](nlohmann::json& h) { h["version"] = "9"; }));
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

TEST(VerifyCommandMedium, ChecksEveryBackEnd) {
  const auto backends = run({"cast", "--list-backends", "--json"}).json().at("backends");
  const std::vector<std::string> asked = {"verify", "codec",     "--format", "e2m1",
                                          "--only", "cells",     "--round",  "rne",
                                          "--json", "--backend", "all"};
  const Seen seen = run(asked);
  EXPECT_EQ(seen.code, 0) << seen.err;
  const auto document = seen.json();
  EXPECT_EQ(document.at("request").at("backends"), backends);
  for (const std::string backend : backends) {
    std::size_t claims = 0;
    for (const auto& claim : document.at("claims"))
      if (claim.at("id").get<std::string>().ends_with("/fp32/" + backend)) {
        ++claims;
        EXPECT_THAT(claim.at("statement").get<std::string>(), HasSubstr("(" + backend + ")"));
      }
    EXPECT_GE(claims, 2U) << backend;
  }
  // Conversions that refuse have no kernel but the portable one, and stand under that name alone.
  EXPECT_EQ(seen.out.find("e2m1/rne/error/fp32/"), seen.out.rfind("e2m1/rne/error/fp32/"));
  EXPECT_THAT(seen.out, HasSubstr("e2m1/rne/error/fp32/portable"));
  // A journal of all back ends can be merged by name.
  const Folder folder;
  const std::string journal = folder.path("j.jsonl");
  std::vector<std::string> with_journal = asked;
  with_journal.insert(with_journal.end(), {"--journal", journal});
  EXPECT_EQ(run(with_journal).code, 0);
  EXPECT_EQ(run({"verify", "merge", journal, "--json"}).json().at("claims"), document.at("claims"));
}

TEST(VerifyCommand, ResultsNameTheProgramByItsContent) {
  Sha256 digest;
  digest.add(contents(MXSCOPE_BINARY));
  const std::string expected = digest.hex();
  const auto document = run(small({"--json"})).json();
  EXPECT_EQ(document.at("run").at("program_sha256"), expected);
  const Folder folder;
  EXPECT_THAT(journal_of(folder), HasSubstr("\"program\":\"" + expected + "\""));
}

TEST(VerifyCommandMedium, AUsersFormatFarFromBinary32) {
  const Folder folder;
  const std::string file = folder.write(
      "far.toml",
      "[[format]]\nname = 'far'\nbits = 4\nexponent_bits = 2\nmantissa_bits = 1\nbias = 150\n");
  const Seen seen = run({"verify", "codec", "--formats", file, "--format", "far", "--round", "rne",
                         "--only", "cells", "property"});
  EXPECT_EQ(seen.code, 0) << seen.out << seen.err;
  EXPECT_THAT(seen.last_line(), HasSubstr("0 refuted"));
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
  expect_bad(run({"verify", "codec", "--only", "stochastic"}), "add --stochastic");
  expect_bad(run({"verify", "merge"}), "FILE");
  expect_bad(run({"verify", "merge", "/no/such/file"}), "/no/such/file");
  expect_bad(run({"verify", "codec", "--quick", "--journal", "/no/such/file"}), "/no/such/file");
}

TEST(VerifyCommandMedium, MomentsHaveTheirDigits) {
  const Seen seen = run({"verify", "moments", "--only", "optimal-scale", "--shard", "0/4"});
  EXPECT_EQ(seen.code, 0) << seen.err;
  EXPECT_THAT(seen.out, HasSubstr("optimal-scale/normal/e2m1"));
  EXPECT_THAT(seen.out, HasSubstr("0.48707917856228259276"));
}

}  // namespace
}  // namespace mxscope::reports
