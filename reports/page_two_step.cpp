// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Double rounding: which two-step conversions differ from one step, from the claims about them.
#include <fmt/format.h>

#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;

std::string table_of(const std::vector<const Claim*>& claims) {
  HtmlTable table(
      {{"conversion"}, {"finding", Align::kText}, {"first witness", Align::kText}, {"known"}});
  for (const Claim* c : claims)
    table.add({fmt::format("<code>{}</code>", escaped(c->subject)), prose_html(c->statement),
               fmt::format("<code>{}</code>", escaped(c->witness)),
               badge(analysis::to_string(c->result))});
  return table.html();
}

/// The middle formats that programs pass through, and the mode they do it in.
bool is_usual(const Claim& c) {
  return c.id.ends_with("/rne") &&
         (c.id.starts_with("two-step/bf16/") || c.id.starts_with("two-step/fp16/"));
}

}  // namespace

std::string two_step_html(const PageContent& content) {
  std::vector<const Claim*> usual;
  std::vector<const Claim*> others;
  std::string same;
  for (const Claim& c : content.claims) {
    if (!c.id.starts_with("two-step/")) continue;
    // A claim without a witness found no input that differs.
    if (c.witness.empty())
      same += fmt::format("{}<code>{}</code>", same.empty() ? "" : ", ", escaped(c.id.substr(9)));
    else
      (is_usual(c) ? usual : others).push_back(&c);
  }
  std::string out = "<h3 id=\"two-step\">Two steps are not one</h3>\n";
  out +=
      "<p>Rounding binary32 to a middle format first and to the narrow format second can give "
      "another code than rounding once: the first step can land exactly on a tie that the input "
      "was only near. The cure is a first step to odd, where the middle format has two bits "
      "more.</p>\n";
  if (usual.empty() && others.empty() && same.empty())
    return out +
           "<p>The claims of this page say nothing about it; <code>mxscope verify codec</code> "
           "counts the inputs that differ, and <code>mxscope report --claims FILE</code> shows "
           "its results here.</p>\n";
  if (!usual.empty()) out += table_of(usual);
  if (!others.empty())
    out += folded(fmt::format("Other middle formats and modes: {} more that differ", others.size()),
                  table_of(others));
  if (!same.empty())
    out += folded("Two-step conversions that equal one step on every input (middle/target/modes)",
                  "<p>" + same + "</p>\n");
  return out;
}

}  // namespace mxscope::reports
