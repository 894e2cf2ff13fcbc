// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rounding: the modes, E8M0's choices, stochastic forms, what real software does, and why two steps
// are not one.
#include "reports/page.h"
#include "reports/page_html.h"

namespace mxscope::reports {
namespace {

std::vector<Figure> steps() { return {rounding_steps(), error_in_ulp()}; }
std::vector<Figure> scales() { return {scale_ties(), scale_bottom(), scale_top()}; }
std::vector<Figure> stochastic() { return {stochastic_probability(), stochastic_bias()}; }

std::string html(const PageContent& content) {
  const auto figure = [&](std::string_view name) { return figure_html(content, name); };
  std::string out =
      "<p>A conversion is a step function of the real number it is given. Six deterministic "
      "modes, here on the format with the fewest values. Overflow is decided after rounding: "
      "under RNE a number below 7 would still round to 6 if the grid went on, so only from there "
      "on does the overflow rule act.</p>\n";
  out += figure("rounding_steps") + figure("error_in_ulp");
  out += "<h3 id=\"scales\">E8M0: one format, many conversions " + badge("exhaustive") + "</h3>\n";
  out +=
      "<p>E8M0 holds powers of two and no zero. With no mantissa, ‘ties to even’ means nothing "
      "by itself, and neither zero, negatives nor the ends have an obvious code. Thresholds "
      "below are exact over all binary32 inputs.</p>\n";
  out += figure("scale_ties") + figure("scale_bottom") + figure("scale_top");
  out += "<h3 id=\"stochastic\">Stochastic rounding " + badge("exact") + "</h3>\n";
  out +=
      "<p>Random bits are an argument here: n of them, as an integer R. The published forms "
      "differ in how they compare R with the fraction between two neighbours, and only the form "
      "decides whether the mean is right.</p>\n";
  out += figure("stochastic_probability") + figure("stochastic_bias");
  return out + conversions_html(content) + two_step_html(content);
}

}  // namespace

PageSection rounding_section() {
  return {.id = "rounding",
          .title = "Rounding " + badge("exact"),
          .contents = "Rounding",
          .sources = {{"rounding_steps", 1, steps},
                      {"e8m0_scales", 1, scales},
                      {"stochastic", 1, stochastic}},
          .families = true,
          .claims = true,
          .html = html};
}

}  // namespace mxscope::reports
