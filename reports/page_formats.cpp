// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The formats: their table, a bit-field picture of each narrow one, every code of it, and where its
// values lie.
#include <fmt/format.h>

#include <cmath>

#include "reports/figures_style.h"
#include "reports/format_facts.h"
#include "reports/page.h"
#include "reports/page_html.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using spec::Code;
using spec::Format;
using spec::FormatKind;
using spec::Rational;

/// log2 of a positive rational, for the decibels of a range and for nothing else.
double log2_of(const Rational& value) {
  long exponent_n = 0;
  long exponent_d = 0;
  const double n = mpz_get_d_2exp(&exponent_n, mpq_numref(value.backend().data()));
  const double d = mpz_get_d_2exp(&exponent_d, mpq_denref(value.backend().data()));
  return std::log2(n / d) + static_cast<double>(exponent_n - exponent_d);
}

std::string fields_of(const Format& f) {
  if (f.kind == FormatKind::kFixed) return "integer";
  return fmt::format("{}/{}/{}", f.is_signed ? 1 : 0, f.exponent_bits, f.mantissa_bits);
}

std::string specials_of(const Format& f) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  const auto nans = nan_codes(f);
  if (f.infinities) add(f.is_signed ? "±∞" : "∞");
  if (nans != 0 && nans < 10000) add(nans == 1 ? "1 NaN" : nans.str() + " NaNs");
  // IEEE formats: both signs of all mantissas but zero.
  if (nans >= 10000) add(fmt::format("2<sup>{}</sup> − 2 NaNs", f.mantissa_bits + 1));
  if (!f.zero) add("no zero");
  if (f.kind == FormatKind::kFloat && f.is_signed && f.zero && f.negative_zero) add("−0");
  if (f.kind == FormatKind::kFloat && f.is_signed && f.zero && !f.negative_zero) add("no −0");
  return text.empty() ? "none" : text;
}

std::string formats_table() {
  HtmlTable table({{"format"},
                   {"bits", Align::kRight},
                   {"S/E/M"},
                   {"bias", Align::kRight},
                   {"largest", Align::kRight},
                   {"least normal", Align::kRight},
                   {"least positive", Align::kRight},
                   {"finite values", Align::kRight},
                   {"range, dB", Align::kRight},
                   {"specials"},
                   {"clause, and what we chose", Align::kText}});
  for (const Format& f : spec::builtin_formats()) {
    const auto limit = [](const Rational& v) { return HtmlCell(exact_html(v), number_key(v)); };
    const auto normal = f.min_normal();
    // A signal's range in decibels is 20 log10 of largest / least.
    const double db = log2_of(f.max_value() / f.min_positive()) * 20 * std::log10(2.0);
    std::string source = escaped(f.source);
    if (!f.note.empty()) source += fmt::format("<br><small>{}</small>", escaped(f.note));
    std::string name =
        fmt::format("<a href=\"#{}\"><b>{}</b></a>", f.name, escaped(display_name(f)));
    if (f.bits > 8) name = fmt::format("<b>{}</b>", escaped(display_name(f)));
    table.add(
        {{name, f.name},
         std::to_string(f.bits),
         fields_of(f),
         f.kind == FormatKind::kFloat ? HtmlCell(std::to_string(f.bias)) : HtmlCell(""),
         limit(f.max_value()),
         normal ? limit(*normal) : HtmlCell(""),
         limit(f.min_positive()),
         HtmlCell(f.bits > 32 ? "≈ " + spec::to_approximate_text(Rational(finite_values(f)), 3)
                              : finite_values(f).str(),
                  finite_values(f).str()),
         fmt::format("{:.1f}", db),
         specials_of(f),
         source});
  }
  return table.html();
}

std::string bit_boxes(const Format& f) {
  std::string out = "<div class=\"bits\" role=\"img\" aria-label=\"" + fields_of(f) + "\">";
  const auto add = [&](int count, const char* kind, const char* label) {
    for (int i = 0; i < count; ++i) out += fmt::format("<span class=\"{}\">{}</span>", kind, label);
  };
  if (f.kind == FormatKind::kFixed) {
    const int integer_bits = f.bits - 1 - f.mantissa_bits;
    add(1, "S", "±");
    add(integer_bits, "E", "I");
    add(f.mantissa_bits, "M", "F");
  } else {
    add(f.storage_bits == 8 && f.bits == 7 ? 1 : 0, "pad", "·");
    add(f.is_signed ? 1 : 0, "S", "S");
    add(f.exponent_bits, "E", "E");
    add(f.mantissa_bits, "M", "M");
  }
  return out + "</div>";
}

std::string formula(const Format& f) {
  if (f.kind == FormatKind::kFixed)
    return f.mantissa_bits == 0 ? "the integer itself"
                                : fmt::format("integer · 2<sup>−{}</sup>", f.mantissa_bits);
  const std::string sign = f.is_signed ? "(−1)<sup>S</sup> " : "";
  const std::string mantissa = f.mantissa_bits > 0 ? " · 1.M" : "";
  std::string text = fmt::format("{}2<sup>E−{}</sup>{}", sign, f.bias, mantissa);
  if (f.subnormals)
    text += fmt::format("; E = 0: {}2<sup>{}</sup> · 0.M", sign,
                        f.emin() < 0 ? "−" + std::to_string(-f.emin()) : std::to_string(f.emin()));
  return text;
}

std::string cards() {
  std::string out = "<div class=\"cards\">\n";
  for (const Format& f : spec::builtin_formats()) {
    if (f.bits > 8) continue;
    std::string aliases;
    for (const std::string& alias : f.aliases)
      aliases += fmt::format("{}<code>{}</code>", aliases.empty() ? "" : ", ", escaped(alias));
    out += fmt::format("<div class=\"card\" id=\"{}\"><h4>{}</h4>{}<p>{}</p>", f.name,
                       escaped(display_name(f)), bit_boxes(f), formula(f));
    if (!aliases.empty()) out += fmt::format("<p>also {}</p>", aliases);
    out += "</div>\n";
  }
  return out + "</div>\n";
}

std::string code_cell(const Format& f, Code code) {
  const spec::CodeClass code_class = f.classify(code);
  const spec::Number number = spec::decode(f, code);
  std::string value;
  if (code_class == spec::CodeClass::kUnused)
    value = "unused";
  else if (number.kind == spec::NumberKind::kNan)
    value = "NaN";
  else if (number.kind == spec::NumberKind::kInfinity)
    value = number.negative ? "−∞" : "∞";
  else if (number.is_zero())
    value = number.negative ? "−0" : "0";
  else
    value = exact_html(number.value());
  return fmt::format("<td class=\"{}\" title=\"{} = {}\">{}</td>", class_text(code_class),
                     code_text(f, code), fields_text(f, code), value);
}

/// All codes of a format: rows by the leading bits of the code, `columns` codes each.
std::string code_table(const Format& f, Code columns) {
  std::string out = "<div class=\"wide\"><table class=\"codes\"><thead><tr><th></th>";
  for (Code c = 0; c < columns; ++c) out += fmt::format("<th>{:X}</th>", c);
  out += "</tr></thead>\n<tbody>\n";
  for (Code first = 0; first <= f.code_mask(); first += columns) {
    out += fmt::format("<tr><th>{:02X}</th>", first);
    for (Code c = 0; c < columns; ++c) out += code_cell(f, first + c);
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::vector<Figure> number_lines() {
  return {number_line_linear(), number_line_share(), number_line_log(), values_per_binade(),
          dynamic_range()};
}

std::string html(const PageContent& content) {
  std::string out =
      "<p>A format is a set of values and a code for each; it has no rounding inside. All limits "
      "below are exact. Largest and least are of magnitude. The IEEE P3109 families (widths 3 to "
      "15, every precision, signed and unsigned, finite and extended) follow one rule and are "
      "listed by <code>mxscope formats</code>.</p>\n";
  out += formats_table();
  out += "<h3 id=\"number-lines\">Where the values lie</h3>\n";
  for (const char* name : {"number_line_linear", "number_line_share", "number_line_log",
                           "values_per_binade", "dynamic_range"})
    out += figure_html(content, name);
  out +=
      "<h3>Bit fields</h3>\n<p class=\"key\"><span class=\"S\">sign</span><span "
      "class=\"E\">exponent, integer bits</span><span class=\"M\">mantissa, fraction "
      "bits</span></p>\n";
  out += cards();
  out +=
      "<h3>Every code</h3>\n<p>Row plus column is the code, in hex; the number is the exact value. "
      "Hover for the bits.</p>\n<p class=\"key\"><span "
      "style=\"background:var(--zero)\">zero</span><span "
      "style=\"background:var(--sub)\">subnormal</span><span style=\"background:var(--spec)\">NaN, "
      "infinity, unused</span></p>\n";
  for (const Format& f : spec::builtin_formats())
    if (f.bits <= 8)
      out += folded(fmt::format("{}: {} codes", escaped(display_name(f)), Code{1} << f.bits),
                    code_table(f, f.bits <= 4 ? 8 : 16));
  return out;
}

}  // namespace

PageSection formats_section() {
  return {.id = "formats",
          .title = "Formats " + badge("definition"),
          .contents = "Formats",
          .sources = {{"number_lines", 1, number_lines}},
          .html = html};
}

}  // namespace mxscope::reports
