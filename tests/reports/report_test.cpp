// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The report page: well-formed, self-contained, the same bytes every time, and true to spec.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "reports/atomic_file.h"
#include "reports/conversion_matrix.h"
#include "reports/figures.h"
#include "reports/figures_render.h"
#include "reports/format_facts.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "reports/program.h"
#include "reports/report_folder.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string read_text(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = read_text(entry.path());
  return files;
}

/// The first thing wrong with the nesting of an HTML document's tags, or "".
std::string nesting_fault(const std::string& html) {
  const std::set<std::string> empty_elements = {"meta", "br", "input"};
  std::vector<std::string> open;
  std::size_t at = 0;
  while ((at = html.find('<', at)) != std::string::npos) {
    if (html.compare(at, 2, "<!") == 0) {
      at += 2;
      continue;
    }
    const std::size_t end = html.find('>', at);
    if (end == std::string::npos) return "a tag that does not end";
    const bool closes = html[at + 1] == '/';
    const bool alone = html[end - 1] == '/';
    const std::size_t start = at + (closes ? 2 : 1);
    const std::string name = html.substr(start, html.find_first_of(" />\n", start) - start);
    at = end;
    if (closes) {
      if (open.empty() || open.back() != name)
        return fmt::format("</{}> closes <{}>", name, open.empty() ? "" : open.back());
      open.pop_back();
    } else if (name == "style" || name == "script") {
      at = html.find("</" + name + ">", end);
      if (at == std::string::npos) return name + " does not end";
      ++at;
    } else if (!alone && !empty_elements.contains(name)) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> stays open";
}

constexpr const char* kClaims = R"({"run": {"version": "9.9", "commit": "feed", "compiler": "GNU 1",
   "cpu": "Abacus & Sons", "arguments": ["verify", "codec", "--quick"], "program_sha256": "aa55"},
  "request": {"roundings": ["rne", "odd"], "quick": true, "tasks": 3}, "claims": [
  {"id": "codec/e4m3/rne", "statement": "equal, and <script>alert(1)</script> & \"quotes\"",
   "subject": "e4m3", "domain": "all 2^32 binary32 patterns", "method": "sweep",
   "result": "refuted", "bound": "", "witness": "", "cases": 4294967296, "digest": "00000000000000ff"},
  {"id": "two-step/bf16/e4m3/rne", "statement": "differs from one step on 12345 of 2^32 inputs",
   "subject": "fp32 -> bf16 -> e4m3", "domain": "all 2^32 binary32 patterns", "method": "maps",
   "result": "exhaustive", "bound": "", "witness": "0x3f880001", "cases": 4294967296, "digest": ""}
]})";

/// The names of the figures in a report's folder.
std::set<std::string> figure_names(const fs::path& report) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(report / "figures"))
    if (entry.path().extension() == ".csv") names.insert(entry.path().stem().string());
  return names;
}

/// Runs of the program in a folder that goes away with it.
class Workshop {
 public:
  Workshop() {
    std::string pattern = (fs::temp_directory_path() / "mxscope-report.XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw Error("no temporary folder");
    folder = pattern;
    write_text(folder / "claims.json", kClaims);
    // A renderer that needs no package: one square for each figure.
    write_text(folder / "draw.sh",
               "for f in \"$1\"/*.vl.json; do echo '<svg width=\"1\" height=\"1\"></svg>' > "
               "\"$2/$(basename \"$f\" .vl.json).svg\"; done\n");
    write_text(folder / "bare", "#!/bin/sh\nexit 3\n");  // a Python without the package
    fs::permissions(folder / "bare", fs::perms::owner_all);
  }
  ~Workshop() { fs::remove_all(folder); }

  int report(const std::string& out, const std::string& python = "/bin/sh") {
    testing::internal::CaptureStderr();
    const int code = run_program({"report", "-o", out, "--claims", path("claims.json"), "--python",
                                  python, "--renderer", path("draw.sh")});
    said = testing::internal::GetCapturedStderr();
    return code;
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }

  fs::path folder;
  std::string said;
};

/// Two reports with one claim refuted, with pictures and without: each takes seconds, so the tests
/// share them.
class ReportSharedMedium : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    workshop = std::make_unique<Workshop>();
    code = workshop->report(workshop->path("out"));
    html = read_text(workshop->folder / "out/index.html");
    bare_code = workshop->report(workshop->path("made/on/the way/bare/"), workshop->path("bare"));
    bare_said = workshop->said;
    bare_html = read_text(workshop->folder / "made/on/the way/bare/index.html");
  }
  static void TearDownTestSuite() { workshop.reset(); }

  static inline std::unique_ptr<Workshop> workshop;
  static inline int code, bare_code;
  static inline std::string html, bare_html, bare_said;
};

TEST_F(ReportSharedMedium, IsWellFormedAndNeedsNothingElse) {
  ASSERT_EQ(nesting_fault(html), "");
  EXPECT_THAT(html, HasSubstr("<svg"));
  for (const char* outside : {"http:", "https:", "src=", "@import", "<link", "<script>alert"})
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  // Every link leads to a place on the page, and no two places share a name.
  std::set<std::string> ids;
  for (std::size_t at = 0; (at = html.find(" id=\"", at)) != std::string::npos;) {
    at += 5;
    EXPECT_TRUE(ids.insert(html.substr(at, html.find('"', at) - at)).second) << html.substr(at, 40);
  }
  for (std::size_t at = 0; (at = html.find("href=\"", at)) != std::string::npos;) {
    at += 6;
    const std::string target = html.substr(at, html.find('"', at) - at);
    if (target[0] == '#')
      EXPECT_TRUE(ids.contains(target.substr(1))) << target;
    else
      EXPECT_TRUE(fs::exists(workshop->folder / "out" / target)) << target;
  }
}

TEST_F(ReportSharedMedium, TwoRunsGiveTheSameBytes) {
  auto a = files_in(workshop->folder / "out");
  auto b = files_in(workshop->folder / "made/on/the way/bare");
  std::size_t certificates = 0;
  for (const auto& [name, text] : a) certificates += name.starts_with("certificates/") ? 1 : 0;
  EXPECT_GT(certificates, 20U);
  const std::set<std::string> figures = figure_names(workshop->folder / "out");
  EXPECT_EQ(a.size(), 2 * figures.size() + 6 + certificates);
  for (const std::string& name : figures)
    EXPECT_THAT(html, HasSubstr("<figure id=\"fig-" + name + "\"")) << "computed and not shown";
  ASSERT_EQ(a.size(), b.size());
  // The pages differ in their pictures alone, which this renderer makes of one line.
  const auto without_pictures = [](std::string text, const std::string& start,
                                   const std::string& end) {
    for (std::size_t at = 0; (at = text.find(start, at)) != std::string::npos;)
      text.erase(at, text.find(end, at) + end.size() - at);
    return text;
  };
  EXPECT_EQ(without_pictures(html, "<div class=\"picture\">", "</svg>\n</div>"),
            without_pictures(bare_html, "<p class=\"nopicture\"", "</p>"));
  for (const char* own : {"data/provenance.json", "index.html"}) {
    a.erase(own);
    b.erase(own);
  }
  EXPECT_EQ(a, b);
}

TEST_F(ReportSharedMedium, WithoutARendererKeepsEveryNumber) {
  EXPECT_EQ(bare_code, code);
  EXPECT_THAT(bare_said, HasSubstr("pip install vl-convert-python"));
  // Beside lines of progress, where the machine is slow, one sentence.
  const std::size_t said = bare_said.find("mxscope: ");
  EXPECT_EQ(bare_said.find("mxscope: ", said + 1), std::string::npos) << bare_said;
  EXPECT_EQ(nesting_fault(bare_html), "");
  EXPECT_THAT(bare_html, Not(HasSubstr("<svg")));
  EXPECT_THAT(bare_html, HasSubstr("pip install vl-convert-python"));
  for (const std::string& name : figure_names(workshop->folder / "out"))
    EXPECT_THAT(bare_html, HasSubstr("The data are in <code>figures/" + name + ".csv</code>"));
}

TEST_F(ReportSharedMedium, ShowsTheClaimsAndFailsWhenOneIsRefuted) {
  EXPECT_EQ(code, 1);
  EXPECT_THAT(html, HasSubstr(" claims are refuted"));
  EXPECT_THAT(html, HasSubstr("differs from one step on 12345 of 2<sup>32</sup> inputs"));
  const auto data = nlohmann::json::parse(read_text(workshop->folder / "out/data/claims.json"));
  EXPECT_EQ(data.at("claims"), nlohmann::json::parse(kClaims).at("claims"));
}

TEST_F(ReportSharedMedium, KeepsWhoCheckedTheClaimsAndWhatWasAsked) {
  const auto data = nlohmann::json::parse(read_text(workshop->folder / "out/data/claims.json"));
  const auto given = nlohmann::json::parse(kClaims);
  EXPECT_EQ(data.at("run"), given.at("run"));
  EXPECT_EQ(data.at("request"), given.at("request"));
  for (const char* shown : {"9.9", "feed", "GNU 1", "Abacus &amp; Sons", "aa55",
                            "<code>mxscope verify codec --quick</code>", "rne, odd"})
    EXPECT_THAT(html, HasSubstr(shown));
}

TEST_F(ReportSharedMedium, SettlesThePublishedBounds) {
  for (const char* shown :
       {"17/458752 = 2<sup>−14.72</sup>", "sup alpha = 1.125", "arcquant_32", "3/34",
        "T(4) = 0.010499 max|X| keeps the error within INT8", "[0x1.98p+2]"})
    EXPECT_THAT(html, HasSubstr(shown)) << shown;
  const auto data = nlohmann::json::parse(read_text(workshop->folder / "out/data/bounds.json"));
  for (const auto& claim : data.at("claims")) EXPECT_NE(claim.at("result"), "refuted") << claim;
}

TEST_F(ReportSharedMedium, TrianglesCountTheDifferences) {
  const auto between = [](const char* a, const char* b) {
    return with_separators(
        analysis::compare_conversions(spec::find_conversion(a), spec::find_conversion(b))
            .differing());
  };
  // The last row of E5M2's triangle: sets before it have several members.
  const std::size_t row = html.find("<code>pt_float8_e5m2</code></th>");
  ASSERT_NE(row, std::string::npos);
  const std::string cells = html.substr(row, html.find("</tr>", row) - row);
  for (const char* other : {"nv_e5m2_sat", "nv_e5m2_nosat", "ml_float8_e5m2", "ml_float8_e5m2_sat",
                            "ml_float8_e5m2_trunc"})
    EXPECT_THAT(cells, HasSubstr("<td>" + between(other, "pt_float8_e5m2") + "</td>")) << other;
}

TEST_F(ReportSharedMedium, EveryCodeHasItsValue) {
  int checked = 0;
  for (const spec::Format& f : spec::builtin_formats()) {
    if (f.bits > 8) continue;
    for (spec::Code c = 0; c <= f.code_mask(); ++c) {
      const spec::Number number = spec::decode(f, c);
      if (number.kind != spec::NumberKind::kFinite || f.classify(c) == spec::CodeClass::kUnused)
        continue;
      std::string value = spec::to_text(number);
      if (value.size() > 8 || value.find('*') != std::string::npos) continue;
      if (value[0] == '-') value = "−" + value.substr(1);
      EXPECT_THAT(html, HasSubstr(fmt::format("title=\"{} = {}\">{}</td>", code_text(f, c),
                                              fields_text(f, c), value)))
          << f.name;
      ++checked;
    }
  }
  EXPECT_GT(checked, 1500);
}

TEST(Report, BadPlacesAndClaimsAreOneSentence) {
  Workshop workshop;
  write_text(workshop.folder / "file", "in the way");
  for (const std::string& place :
       {workshop.path("file"), workshop.path("file/out"), std::string("/dev/null/out")}) {
    EXPECT_EQ(workshop.report(place), 2) << place;
    EXPECT_EQ(std::count(workshop.said.begin(), workshop.said.end(), '\n'), 1) << workshop.said;
  }
  std::string negative = kClaims;
  negative.replace(negative.find(": 4294967296"), 12, ": -1");
  const std::string deep =
      "{\"claims\": " + std::string(100000, '[') + std::string(100000, ']') + "}";
  for (const std::string& bad :
       {std::string(""), std::string("{"), std::string("[]"), std::string("{\"claims\": 3}"),
        std::string("{\"claims\": []}"), std::string("{\"claims\": [3]}"),
        std::string("{\"claims\": [{\"id\": \"x\"}]}"), negative, deep}) {
    write_text(workshop.folder / "claims.json", bad);
    EXPECT_EQ(workshop.report(workshop.path("out")), 2) << bad;
    EXPECT_EQ(std::count(workshop.said.begin(), workshop.said.end(), '\n'), 1) << workshop.said;
    EXPECT_FALSE(fs::exists(workshop.folder / "out")) << bad;
  }
  fs::remove(workshop.folder / "claims.json");
  EXPECT_EQ(workshop.report(workshop.path("out")), 2);
  EXPECT_FALSE(fs::exists(workshop.folder / "out"));
}

TEST(Report, OptionsAreCheckedBeforeAnyWork) {
  const Workshop workshop;
  const auto refused = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"report", "-o", workshop.path("out")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    testing::internal::CaptureStderr();
    EXPECT_EQ(run_program(arguments), 2);
    EXPECT_FALSE(fs::exists(workshop.folder / "out"));
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(refused({"--python", "/no/such/python"}), HasSubstr("--python /no/such/python"));
  EXPECT_THAT(refused({"--python", "no-such-python"}), HasSubstr("no such program"));
  EXPECT_THAT(refused({"--renderer", workshop.path("none.py")}), HasSubstr("no such file"));
  EXPECT_THAT(refused({"--check", "--python", "/no/such/python"}), HasSubstr("--python"));
  EXPECT_EQ(run_program({"report", "-o", workshop.path("out"), "--check"}), 0);
  EXPECT_FALSE(fs::exists(workshop.folder / "out"));
  EXPECT_THAT(refused({"--sections", "summary,frontispiece"}),
              AllOf(HasSubstr("frontispiece"), HasSubstr("tensor-cores")));
  EXPECT_THAT(refused({"--quick", "--claims", workshop.path("claims.json")}),
              HasSubstr("--claims"));
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", workshop.path("nowhere").c_str(), 1);
  EXPECT_THAT(refused({"--pdf"}), HasSubstr("install it (Debian: chromium)"));
  ::setenv("PATH", path.c_str(), 1);
}

TEST(ReportMedium, HasTheChosenSectionsAlone) {
  Workshop workshop;
  testing::internal::CaptureStderr();
  EXPECT_EQ(run_program({"report", "-o", workshop.path("out"), "--sections",
                         "tensor-cores,rounding", "--claims", workshop.path("claims.json"),
                         "--python", "/bin/sh", "--renderer", workshop.path("draw.sh")}),
            1);
  testing::internal::GetCapturedStderr();
  const std::string page = read_text(workshop.folder / "out/index.html");
  EXPECT_EQ(nesting_fault(page), "");
  EXPECT_THAT(page, HasSubstr("<section id=\"tensor-cores\">"));
  EXPECT_LT(page.find("<section id=\"rounding\">"), page.find("<section id=\"tensor-cores\">"));
  EXPECT_THAT(page, Not(HasSubstr("<section id=\"summary\">")));
  EXPECT_FALSE(fs::exists(workshop.folder / "out/figures/worst_error_ranking.csv"));
  EXPECT_TRUE(fs::exists(workshop.folder / "out/figures/kept_bits.csv"));
}

TEST(Report, ClaimsAreNotWrittenOver) {
  Workshop workshop;
  fs::create_directories(workshop.folder / "out/data");
  fs::create_hard_link(workshop.folder / "claims.json", workshop.folder / "out/data/claims.json");
  EXPECT_EQ(workshop.report(workshop.path("out")), 2);
  EXPECT_THAT(workshop.said, HasSubstr("which is read"));
  EXPECT_EQ(read_text(workshop.folder / "out/data/claims.json"), kClaims);
}

TEST(ReportJsonMedium, SaysWhatItWroteAsJson) {
  const Workshop workshop;
  testing::internal::CaptureStdout();
  EXPECT_EQ(run_program({"report", "--json", "--sections", "formats,claims", "-o",
                         workshop.path("out"), "--claims", workshop.path("claims.json"), "--python",
                         "/bin/sh", "--renderer", workshop.path("draw.sh")}),
            1);
  const auto json = nlohmann::json::parse(testing::internal::GetCapturedStdout());
  EXPECT_EQ(json.at("claims"), 2);
  EXPECT_EQ(json.at("refuted"), 1);
  for (const auto& file : json.at("files"))
    EXPECT_TRUE(fs::exists(workshop.folder / "out" / file.get<std::string>()));
}

TEST(ReportFolder, LeavesNothingUnlessCommitted) {
  const Workshop workshop;
  {
    ReportFolder folder(workshop.path("new/out"), {"data"});
    folder.add("data/a.json", "{}");
  }
  EXPECT_FALSE(fs::exists(workshop.folder / "new"));
  for (const char* text : {"first", "second"}) {
    ReportFolder folder(workshop.path("new/out"), {"data"});
    folder.add("data/a.json", text);
    folder.commit(text);
    const std::map<std::string, std::string> expected = {{"data/a.json", text},
                                                         {"index.html", text}};
    EXPECT_EQ(files_in(workshop.folder / "new/out"), expected);
  }
}

TEST(ReportFolder, RemovesWhatKilledReportsLeft) {
  const Workshop workshop;
  fs::create_directories(workshop.folder / "out/data");
  write_text(workshop.folder / "out/.mxscope-a1B2c3", "cut");
  write_text(workshop.folder / "out/data/.mxscope-a1B2c3", "cut");
  write_text(workshop.folder / "out/.mxscope-notes", "not ours: its name has five letters");
  AtomicFile running(workshop.path("out/data/b.json"));
  {
    ReportFolder folder(workshop.path("out"), {"data"});
    folder.commit("page");
  }
  running.write("whole");
  running.commit();
  const std::map<std::string, std::string> expected = {
      {".mxscope-notes", "not ours: its name has five letters"},
      {"data/b.json", "whole"},
      {"index.html", "page"}};
  EXPECT_EQ(files_in(workshop.folder / "out"), expected);
}

TEST(RenderFigures, SaysWhatWentWrong) {
  const Workshop workshop;
  const std::string script = workshop.path("fail.sh");
  write_text(script, "echo 'first'; echo 'it broke' >&2; exit 1\n");
  EXPECT_THAT(render_figures({rounding_steps()}, {"/bin/sh", script}).failure,
              HasSubstr("it broke"));
  write_text(script, "exit 3\n");
  EXPECT_THAT(render_figures({rounding_steps()}, {"/bin/sh", script}).failure,
              HasSubstr("pip install"));
  write_text(script, "exit 0\n");
  EXPECT_THAT(render_figures({rounding_steps()}, {"/bin/sh", script}).failure,
              HasSubstr("no picture of rounding_steps"));
  EXPECT_THAT(render_figures({}, {"/bin/sh", workshop.path("none")}).failure,
              HasSubstr("--renderer"));
  const Rendering drawn = render_figures({rounding_steps()}, {"/bin/sh", workshop.path("draw.sh")});
  EXPECT_EQ(drawn.failure, "");
  EXPECT_THAT(drawn.svgs.at("rounding_steps"), HasSubstr("<svg"));
}

TEST(ProseHtml, RaisesExponents) {
  EXPECT_EQ(prose_html("2^(e+1) 2^( ^"), "2<sup>e+1</sup> 2^( ^");
  EXPECT_EQ(prose_html("2^-9 & 2^-(n+1), 2^32."),
            "2<sup>−9</sup> &amp; 2<sup>−(n+1)</sup>, 2<sup>32</sup>.");
  EXPECT_EQ(prose_html("1/2 = 2^-14.72, x^T."), "1/2 = 2<sup>−14.72</sup>, x<sup>T</sup>.");
}

TEST(ExactHtml, SaysValuesExactly) {
  EXPECT_EQ(exact_html(448), "448");
  EXPECT_EQ(exact_html(spec::Rational(-1, 2)), "−0.5");
  EXPECT_EQ(exact_html(3 * spec::power_of_two(-16)), "3·2<sup>−16</sup>");
  EXPECT_EQ(exact_html(spec::power_of_two(-127)), "2<sup>−127</sup>");
  EXPECT_EQ(exact_html(-spec::power_of_two(-127)), "−2<sup>−127</sup>");
  EXPECT_EQ(exact_html(spec::find_format("fp32").max_value()),
            "(2 − 2<sup>−23</sup>)·2<sup>127</sup>");
  EXPECT_EQ(exact_html(spec::Rational(1, 17)), "1/17");
}

}  // namespace
}  // namespace mxscope::reports
