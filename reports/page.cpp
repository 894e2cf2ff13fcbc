// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The report page, top to bottom.
#include "reports/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/figures_steps.h"
#include "reports/figures_style.h"
#include "reports/page_html.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using spec::Rational;

std::string head(const PageContent& content) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out += "<title>mxscope: low-precision formats, exactly</title>\n<style>";
  out += page_style();
  out += "</style>\n</head>\n<body>\n<header>\n<h1>Low-precision number formats, exactly</h1>\n";
  out += fmt::format(
      "<p class=\"lead\">Encodings, rounding, errors and the disagreements of real software, "
      "from 4 bits up. Made by mxscope {}.</p>\n",
      escaped(content.run.version));
  out +=
      "<p>Nothing here is copied from another table: every number is computed from one row of "
      "data per format, in exact arithmetic, and each section says how its numbers are known. "
      "The CSV and the Vega-Lite document behind each picture lie in <code>figures/</code>, the "
      "tables as JSON in <code>data/</code>.</p>\n";
  out += "<dl class=\"legend\">\n";
  const auto entry = [&](const char* word, const char* text) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", badge(word), text);
  };
  entry("definition", "follows from the encoding that the cited clause defines");
  entry("exact", "computed by the oracle, with rational arithmetic, at the points shown");
  entry("exhaustive", "every input of the stated domain was tried");
  entry("proved", "an argument whose finitely many cases were all checked");
  entry("measured", "some inputs were tried: evidence, not proof");
  entry("refuted", "a witness contradicts the claim");
  out += "</dl>\n</header>\n<nav>";
  for (const auto& [id, title] : {std::pair{"encodings", "Encodings"},
                                  {"number-lines", "Number lines"},
                                  {"rounding", "Rounding"},
                                  {"scales", "E8M0 scales"},
                                  {"stochastic", "Stochastic rounding"},
                                  {"error", "Error"},
                                  {"recipes", "Block recipes"},
                                  {"bounds", "Worst-case bounds"},
                                  {"software", "Real software"},
                                  {"two-step", "Two steps"},
                                  {"verification", "Verification"}})
    out += fmt::format("<a href=\"#{}\">{}</a>", id, title);
  return out + "</nav>\n<main>\n";
}

std::string footer(const PageContent& content) {
  std::string arguments;
  for (const std::string& argument : content.run.arguments) arguments += " " + escaped(argument);
  std::string inputs;
  for (const InputFile& input : content.run.inputs)
    inputs += fmt::format("; read {} bytes, SHA-256 <code>{}</code>", input.bytes, input.sha256);
  return fmt::format(
      "</main>\n<footer>mxscope {}, commit <code>{}</code>, {}, made with "
      "<code>mxscope{}</code>{}. The processor and "
      "the time it took are in "
      "<code>data/provenance.json</code>.</footer>\n<script>{}</script>\n</body>\n</html>\n",
      escaped(content.run.version), escaped(content.run.commit), escaped(content.run.compiler),
      arguments, inputs, page_script());
}

}  // namespace

std::string figure_html(const PageContent& content, std::string_view name) {
  const auto it = std::find_if(content.figures.begin(), content.figures.end(),
                               [&](const Figure& f) { return f.name == name; });
  if (it == content.figures.end()) throw Error(fmt::format("the page has no figure '{}'", name));
  std::string out =
      fmt::format("<figure id=\"fig-{}\"><h3>{}</h3>\n", it->name, prose_html(it->title));
  const auto svg = content.svgs.find(it->name);
  if (svg != content.svgs.end())
    out += svg->second + "\n";
  else
    out += fmt::format(
        "<p class=\"nopicture\">No picture: {}. The data are in <code>figures/{}.csv</code>, the "
        "Vega-Lite document in <code>figures/{}.vl.json</code>.</p>\n",
        escaped(content.no_svg_reason), it->name, it->name);
  return out +
         fmt::format(
             "<figcaption>{} <span class=\"small\">[figures/{}.csv]</span></figcaption></figure>\n",
             prose_html(it->caption), it->name);
}

std::string error_table() {
  HtmlTable table({{"format"},
                   {"mode"},
                   {"largest error, ulp", Align::kRight},
                   {"largest relative error, normal range", Align::kRight},
                   {"attained at", Align::kRight}});
  using spec::Rounding;
  for (const char* name :
       {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "e4m3fnuz", "e5m2fnuz", "e3m4ieee"}) {
    const spec::Format& format = spec::find_format(name);
    const Rational ulp = spec::power_of_two(-format.mantissa_bits);
    for (const Rounding mode : {Rounding::kNearestEven, Rounding::kTowardZero}) {
      const spec::Policy policy = plain_policy(format, mode);
      Rational worst_ulp = 0;
      Rational worst_relative = 0;
      Rational at = 0;
      bool attained = true;
      // The error is linear between decision points, so its extremes are at their one-sided limits.
      for (const Step& step : steps_between(format, policy, 1, 2))
        for (const Rational& x : {step.from, step.to}) {
          const Rational error = abs(step.value - x);
          worst_ulp = std::max(worst_ulp, Rational(error / ulp));
          if (error / x <= worst_relative) continue;
          worst_relative = error / x;
          at = x;
          attained = converted(x, format, policy) == step.value;
        }
      const std::string where = fmt::format("{} · 2<sup>k</sup>", exact_html(at));
      table.add({display_name(format), heading(mode),
                 HtmlCell(exact_html(worst_ulp), number_key(worst_ulp)),
                 HtmlCell(exact_html(worst_relative), number_key(worst_relative)),
                 attained ? where : "approached at " + where});
    }
  }
  return table.html();
}

std::string page_html(const PageContent& content) {
  const auto figure = [&](std::string_view name) { return figure_html(content, name); };
  std::string out = head(content);
  out += encodings_section();
  out += "<h2 id=\"number-lines\">Number lines " + badge("definition") + "</h2>\n";
  for (const char* name : {"number_line_linear", "number_line_share", "number_line_log",
                           "values_per_binade", "dynamic_range"})
    out += figure(name);
  out += "<h2 id=\"rounding\">Rounding " + badge("exact") + "</h2>\n";
  out +=
      "<p>A conversion is a step function of the real number it is given. Six deterministic "
      "modes, here on the format with the fewest values. Overflow is decided after rounding: "
      "under RNE a number below 7 would still round to 6 if the grid went on, so only from there "
      "on does the overflow rule act.</p>\n";
  out += figure("rounding_steps");
  out += "<h2 id=\"scales\">E8M0: one format, many conversions " + badge("exhaustive") + "</h2>\n";
  out +=
      "<p>E8M0 holds powers of two and no zero. With no mantissa, ‘ties to even’ means nothing "
      "by itself, and neither zero, negatives nor the ends have an obvious code. Thresholds "
      "below are exact over all binary32 inputs.</p>\n";
  out += figure("scale_ties") + figure("scale_bottom") + figure("scale_top");
  out += "<h2 id=\"stochastic\">Stochastic rounding " + badge("exact") + "</h2>\n";
  out +=
      "<p>Random bits are an argument here: n of them, as an integer R. The published forms "
      "differ in how they compare R with the fraction between two neighbours, and only the form "
      "decides whether the mean is right.</p>\n";
  out += figure("stochastic_probability") + figure("stochastic_bias");
  out += "<h2 id=\"error\">Error " + badge("exact") + "</h2>\n";
  out += figure("error_in_ulp") + figure("relative_error");
  out += "<h3>Largest errors in the normal range</h3>\n" + error_table();
  out += recipes_section(content);
  out += bounds_section(content);
  out += conversions_section(content);
  out += two_step_section(content);
  out += claims_section(content);
  return out + footer(content);
}

}  // namespace mxscope::reports
