// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// How wrong recipes can be: the ranking, and what is true of published bounds.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "reports/bound_story.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "spec/exact.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Verdict;
using spec::Rational;

const Claim& claim_of(const std::vector<Claim>& claims, std::string_view id) {
  const auto found =
      std::find_if(claims.begin(), claims.end(), [&](const Claim& c) { return c.id == id; });
  if (found == claims.end()) throw std::logic_error(fmt::format("no claim {}", id));
  return *found;
}

HtmlCell fraction_cell(const std::string& text) {
  const Rational value(text);
  return {fmt::format("{} = {:.4g}", escaped(text), value.convert_to<double>()), number_key(value)};
}

/// What was published, and what is true of it under each subject.
std::string verdict_table(const std::vector<Claim>& claims) {
  HtmlTable table({{"published", Align::kText},
                   {"under"},
                   {"verdict"},
                   {"what is true", Align::kText},
                   {"block", Align::kText}});
  for (const Claim& c : claims) {
    if (c.verdict == Verdict::kNone) continue;
    const bool shows = c.verdict == Verdict::kRefuted || !c.holds();
    table.add({prose_html(c.published), fmt::format("<code>{}</code>", escaped(c.subject)),
               verdict_badge(c), prose_html(c.statement),
               shows && !c.witness.empty() ? fmt::format("<code>{}</code>", escaped(c.witness))
                                           : std::string()});
  }
  return table.html();
}

std::string ranking_table(const PageContent& content, const std::vector<Claim>& claims) {
  HtmlTable table({{"recipe"},
                   {"worst error / block maximum", Align::kRight},
                   {"a block that shows it", Align::kText},
                   {"known"}});
  std::vector<const Claim*> rows;
  for (const Claim& c : claims)
    if (c.bound != "none") rows.push_back(&c);
  std::stable_sort(rows.begin(), rows.end(), [](const Claim* a, const Claim* b) {
    return Rational(a->bound) < Rational(b->bound);
  });
  for (const Claim* c : rows)
    table.add({fmt::format("<code>{}</code>", escaped(c->subject)), fraction_cell(c->bound),
               fmt::format("<code>{}</code>", escaped(c->witness)), evidence_html(content, *c)});
  return table.html();
}

/// Claims "range/VARIANT/MX": a row for each variant, a column for each rule of MXFP8 E4M3.
std::string range_table(const std::vector<Claim>& claims) {
  constexpr const char* kRules[] = {"mxfp8_e4m3", "mxfp8_e4m3_even", "mxfp8_e4m3_ceil",
                                    "mxfp8_e4m3_rceil"};
  std::vector<HtmlColumn> columns = {{"two stages of"}};
  for (const char* rule : kRules)
    columns.push_back({fmt::format("against <code>{}</code>", rule), Align::kRight});
  HtmlTable table(columns);
  std::string last;
  for (const Claim& c : with_prefix(claims, "range/")) {
    if (c.subject == last) continue;
    last = c.subject;
    std::vector<HtmlCell> row = {fmt::format("<code>{}</code>", escaped(c.subject))};
    for (const char* rule : kRules) {
      const Claim& one = claim_of(claims, fmt::format("range/{}/{}", c.subject, rule));
      if (one.bound.empty()) {
        row.emplace_back("everywhere");
        continue;
      }
      const Rational share(one.bound);
      row.emplace_back(fmt::format("{} = 2<sup>−{:.2f}</sup>", one.bound,
                                   -std::log2(share.convert_to<double>())),
                       number_key(share));
    }
    table.add(std::move(row));
  }
  return table.html();
}

std::string html(const PageContent& content) {
  const std::vector<Claim>& claims = content.bound_claims;
  std::string out;
  const auto worst = [&](std::string_view id) { return claim_of(claims, id).bound; };
  const std::string from = worst("range/nvfp4/mxfp8_e4m3_rceil");
  out += fmt::format(
      "<p><b>Where scales have range to spare, no block of real numbers makes NVFP4 err by more "
      "than "
      "{} of the block’s maximum, MXFP8 E4M3 by more than {} (scale rounded up) or {} (OCP’s floor "
      "rule), and a second NVFP4 stage for what the first leaves over (ARCQuant) brings {} down to "
      "{}. With scales as stored two stages are sure to be no worse than MXFP8 only on blocks with "
      "at least {} = 2<sup>−{:.2f}</sup> of the tensor’s maximum, and the worst case of one of "
      "the published kernels, {}, is above MXFP8’s.</b></p>\n",
      worst("single/nvfp4"), worst("bounds/mxfp8_e4m3_rceil/rup/rne/unbounded"),
      worst("bounds/mxfp8_e4m3/rtz/rne/unbounded"), worst("single/nvfp4"), worst("dual/nvfp4"),
      from, -std::log2(Rational(from).convert_to<double>()), worst("kernel/arcquant_32"));
  out += figure_html(content, "worst_error_by_share");
  out +=
      "<h3>From which block maximum on two stages are no worse than MXFP8</h3>\n"
      "<p>As a share of the tensor’s maximum, with stored scales. Just below it there is a block "
      "that is worse.</p>\n" +
      range_table(claims);
  out += figure_html(content, "worst_error_ranking");
  const std::vector<Claim> ranking = with_prefix(claims, "bounds/");
  out +=
      folded(fmt::format("all {} recipes, each with a block that shows its bound", ranking.size()),
             ranking_table(content, ranking));
  out +=
      "<h3>ARCQuant’s published argument, step by step</h3>\n<p>eps4 = 1/4, eps8 = 1/16, M the "
      "block’s maximum; alpha is the scaled top of a format over M.</p>\n" +
      verdict_table(with_prefix(claims, "argument/"));
  out +=
      "<h3>ARCQuant’s kernels as coded</h3>\n<p>Every block of bfloat16 numbers. The variant with "
      "32 channels a thread subtracts the element times the scale <i>before</i> rounding, so the "
      "second stage corrects an error that the first did not make.</p>\n" +
      verdict_table(with_prefix(claims, "kernel/"));
  std::vector<Claim> micromix;
  for (const char* kind : {"threshold/", "signed/", "gamma/", "channel-counts"})
    for (Claim& c : with_prefix(claims, kind)) micromix.push_back(std::move(c));
  out +=
      "<h3>MicroMix’s thresholds</h3>\n<p>Channels below a threshold get fewer bits. Does the "
      "error stay within INT8’s, max|X| / 254?</p>\n" +
      verdict_table(micromix);
  return out +
         "<p>Each bound of the ranking has a certificate in <code>certificates/</code>, which "
         "<code>tests/check_certificate.py</code> checks with nothing of mxscope. All claims of "
         "this section are in <a href=\"data/bounds.json\">data/bounds.json</a>.</p>\n";
}

std::vector<Figure> by_share() {
  const Figure whole = worst_error_by_share();
  return {whole, worst_error_small(whole)};
}
std::vector<Figure> ranking() { return {worst_error_ranking()}; }

}  // namespace

std::string verdict_badge(const Claim& c) {
  if (!c.holds()) return badge("refuted") + " our claim";
  const char* const look = c.verdict == Verdict::kAsStated        ? "proved"
                           : c.verdict == Verdict::kOtherConstant ? "measured"
                                                                  : "refuted";
  return fmt::format("<span class=\"badge {}\">{}</span>", look, analysis::to_string(c.verdict));
}

PageSection bounds_section() {
  return {.id = "bounds",
          .title = "Worst case " + badge("proved"),
          .contents = "Worst case",
          .sources = {{"worst_error_by_share", 8, by_share}, {"worst_error_ranking", 1, ranking}},
          .bounds = true,
          .html = html};
}

}  // namespace mxscope::reports
