// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The page's first page: what was verified, what was refuted, what to use, in three pictures.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "reports/page.h"
#include "reports/page_html.h"
#include "reports/unit_words.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Result;
using analysis::Verdict;

/// The published statements that a busy reader should know about, by the claims that settle them.
constexpr std::array kArcquant = {"argument/alpha-at-least-1/nvfp4", "argument/total/nvfp4",
                                  "range/nvfp4/mxfp8_e4m3_rceil", "kernel/arcquant_32"};
constexpr std::array kMicromix = {"threshold/paper/mxfp4_rceil", "threshold/paper/mxfp6_e3m2_rceil",
                                  "threshold/main/mxfp4_rceil", "signed/mxfp4"};

/// "842 billion": a count that nobody reads digit by digit.
std::string rounded_count(const spec::Integer& count) {
  const double size = count.convert_to<double>();
  for (const auto& [unit, name] : {std::pair{1e12, "trillion"}, {1e9, "billion"}, {1e6, "million"}})
    if (size >= unit) return fmt::format("{:.3g} {}", size / unit, name);
  return with_separators(count.str());
}

std::string fact(const std::string& number, const std::string& text) {
  return fmt::format("<div><b>{}</b><span>{}</span></div>\n", number, text);
}

std::size_t known_units() {
  const std::vector<sim::MmaUnit>& units = sim::mma_units();
  return static_cast<std::size_t>(
      std::count_if(units.begin(), units.end(), [](const sim::MmaUnit& unit) {
        return std::string_view(evidence_word(unit)) == "GPU outputs";
      }));
}

std::string facts(const PageContent& content) {
  const std::vector<Claim> claims = all_claims(content);
  const auto count = [&](auto&& which) {
    return static_cast<std::size_t>(std::count_if(claims.begin(), claims.end(), which));
  };
  spec::Integer cases = 0;
  for (const Claim& c : claims) cases += c.cases;
  const auto with = [&](Result r) { return count([&](const Claim& c) { return c.result == r; }); };
  std::string out = "<div class=\"facts\">\n";
  out +=
      fact(with_separators(claims.size()),
           fmt::format(
               "claims checked: {} proved, {} by trying every input; {}",
               with_separators(with(Result::kProved)), with_separators(with(Result::kExhaustive)),
               with(Result::kRefuted) == 0
                   ? "none fails"
                   : fmt::format("<b class=\"refuted\">{} fail</b>", with(Result::kRefuted))));
  out += fact(rounded_count(cases), "inputs and cases tried for them");
  const std::size_t refuted = count([](const Claim& c) { return c.verdict == Verdict::kRefuted; });
  const std::size_t other =
      count([](const Claim& c) { return c.verdict == Verdict::kOtherConstant; });
  const std::size_t stated = count([](const Claim& c) { return c.verdict == Verdict::kAsStated; });
  out +=
      fact(fmt::format("{} of {}", refuted, refuted + other + stated),
           fmt::format("readings of published statements refuted, each with a counterexample; {} "
                       "hold with another constant, {} as stated",
                       other, stated));
  out += fact(fmt::format("{} of {}", known_units(), sim::mma_units().size()),
              "matrix instructions of tensor cores equal published outputs of real GPUs bit for "
              "bit; what nobody has settled is listed");
  return out + "</div>\n";
}

std::string verdict_list(const PageContent& content, std::span<const char* const> ids) {
  std::string out = "<ul class=\"verdicts\">\n";
  for (const char* id : ids) {
    const auto c = std::find_if(content.bound_claims.begin(), content.bound_claims.end(),
                                [&](const Claim& claim) { return claim.id == id; });
    if (c == content.bound_claims.end()) continue;
    const bool shows = c->verdict == Verdict::kRefuted && !c->witness.empty();
    out += fmt::format("<li>{}<b>{}</b><p>{}{}</p></li>\n", verdict_badge(*c),
                       prose_html(c->published), prose_html(c->statement),
                       shows ? fmt::format(". Block <code>{}</code>", escaped(c->witness)) : ".");
  }
  return out + "</ul>\n";
}

std::string verdicts(const PageContent& content) {
  std::string out =
      "<h3>Published statements, settled</h3>\n<p>Each block is a counterexample that anybody can "
      "check by hand.</p>\n<div class=\"pair\"><div><h4>ARCQuant: a second NVFP4 stage for what "
      "the "
      "first leaves over</h4>\n";
  out += verdict_list(content, kArcquant);
  out += "</div><div><h4>MicroMix: 4, 6 or 8 bits a channel, by thresholds</h4>\n";
  out += verdict_list(content, kMicromix) + "</div></div>\n";
  if (content.has("bounds"))
    out += "<p><a href=\"#bounds\">Every step, every scale rule, with exact fractions</a></p>\n";
  return out;
}

std::string html(const PageContent& content) {
  std::string out =
      "<h1>Block-scaled formats: what holds, what does not, and what to use</h1>\n"
      "<p class=\"lead\">MX and NVFP4 store numbers in 4 to 8 bits and share a scale among 16 or "
      "32 "
      "of them. This report computes exactly what that loses, proves how wrong it can be, "
      "simulates what tensor cores make of it and how long they take, and holds published "
      "claims against all of that.</p>\n";
  out += facts(content);
  out += "<div class=\"triptych\">\n";
  for (const char* name : {"worst_error_small", "trade_off_small", "accuracy_small"})
    out += figure_html(content, name);
  out +=
      "</div>\n<h3>What to use on which device</h3>\n<p>The fastest whose outputs keep this signal "
      "to "
      "noise on data with outlier channels: error measured bit for bit, time simulated for a "
      "linear "
      "layer of 4096 in each extent with its quantizer.</p>\n" +
      choice_table(content) + verdicts(content);
  return out;
}

}  // namespace

PageSection summary_section() {
  return {.id = "summary",
          .title = "",
          .contents = "In one page",
          .sources = {bounds_section().sources.front(), schemes_section().sources.front(),
                      timing_section().sources.front()},
          .bounds = true,
          .claims = true,
          .html = html};
}

}  // namespace mxscope::reports
