// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Where the values of the element formats lie: number lines, density, range.
#include <fmt/format.h>

#include "reports/figures.h"
#include "reports/figures_style.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;
using spec::CodeClass;
using spec::Format;
using spec::Rational;

const std::vector<std::string>& element_formats() {
  static const std::vector<std::string> names = {"e2m1", "e2m3", "e3m2", "e4m3", "e5m2", "mxint8"};
  return names;
}

ordered_json display_names(const std::vector<std::string>& names) {
  ordered_json out = ordered_json::array();
  for (const std::string& name : names) out.push_back(display_name(spec::find_format(name)));
  return out;
}

/// Fixed-point grids have one class; the word "normal" means nothing there.
std::string class_name(const Format& format, spec::Code code) {
  if (format.kind == spec::FormatKind::kFixed) return "fixed point";
  switch (format.classify(code)) {
    case CodeClass::kZero:
      return "zero";
    case CodeClass::kSubnormal:
      return "subnormal";
    default:
      return "normal";
  }
}

/// Every finite code of the element formats with its value; -0 is left out.
template <class Visit>
void for_each_value(const Visit& visit) {
  for (const std::string& name : element_formats()) {
    const Format& format = spec::find_format(name);
    for (spec::Code code = 0; code <= format.code_mask(); ++code) {
      const spec::Number number = spec::decode(format, code);
      if (number.kind != spec::NumberKind::kFinite || (number.is_zero() && number.negative))
        continue;
      visit(format, code, number.value());
    }
  }
}

ordered_json tick_spec(ordered_json x) {
  ordered_json spec;
  spec["width"] = kFullWidth;
  spec["height"] = {{"step", 34}};
  spec["mark"] = {
      {"type", "tick"}, {"thickness", 1}, {"height", 22}, {"opacity", 1}, {"clip", true}};
  spec["encoding"]["x"] = std::move(x);
  spec["encoding"]["y"] = position("format", "nominal", "");
  spec["encoding"]["y"]["sort"] = display_names(element_formats());
  spec["encoding"]["y"]["axis"] = {
      {"domain", false}, {"ticks", false}, {"labelFontWeight", "bold"}, {"labelColor", kInk}};
  spec["encoding"]["color"] = {{"field", "class"},
                               {"type", "nominal"},
                               {"title", nullptr},
                               {"scale",
                                {{"domain", {"normal", "subnormal", "zero", "fixed point"}},
                                 {"range", {kBlue, kOrange, kInk, kGreen}}}}};
  return spec;
}

}  // namespace

Figure number_line_linear() {
  Figure f{.name = "number_line_linear",
           .title = "The values between −8 and 8",
           .caption =
               "One tick for each value. E4M3 and E5M2 reach far beyond this window (448 and "
               "57344); MXINT8 ends at −2 and 127/64."};
  f.columns = {{"format"}, {"code"}, {"value", CellKind::kNumber}, {"class"}};
  for_each_value([&](const Format& format, spec::Code code, const Rational& value) {
    if (value < -8 || value > 8) return;
    f.rows.push_back({display_name(format), fmt::format("0x{:02X}", code), decimal(value),
                      class_name(format, code)});
  });
  ordered_json x = position("value", "quantitative", "value");
  x["scale"] = {{"domain", {-8, 8}}, {"nice", false}};
  x["axis"] = {{"tickCount", 16}};
  f.spec = tick_spec(x);
  return f;
}

Figure number_line_share() {
  Figure f{.name = "number_line_share",
           .title = "The same formats, each stretched to its own largest value",
           .caption =
               "What a block scale sees: value / largest value. A format with more exponent "
               "bits spends more of its codes close to zero."};
  f.columns = {{"format"}, {"code"}, {"share", CellKind::kNumber}, {"class"}};
  for_each_value([&](const Format& format, spec::Code code, const Rational& value) {
    f.rows.push_back({display_name(format), fmt::format("0x{:02X}", code),
                      spec::to_approximate_text(value / format.max_value(), 9),
                      class_name(format, code)});
  });
  ordered_json x = position("share", "quantitative", "value / largest value");
  x["scale"] = {{"domain", {-1.02, 1.02}}, {"nice", false}};
  x["axis"] = plain_axis({-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1});
  f.spec = tick_spec(x);
  return f;
}

Figure number_line_log() {
  Figure f{.name = "number_line_log",
           .title = "The positive values on a logarithmic axis",
           .caption =
               "Normal binades repeat the same pattern; subnormals thin out by halves down "
               "to the least value. MXINT8 has no binades: its grid is even."};
  f.columns = {{"format"}, {"code"}, {"value", CellKind::kNumber}, {"class"}};
  for_each_value([&](const Format& format, spec::Code code, const Rational& value) {
    if (value <= 0) return;
    f.rows.push_back({display_name(format), fmt::format("0x{:02X}", code), decimal(value),
                      class_name(format, code)});
  });
  ordered_json x = position("value", "quantitative", "value");
  x["scale"] = {
      {"type", "log"}, {"base", 2}, {"domain", {0.00000762939453125, 131072}}, {"nice", false}};
  x["axis"] = binade_axis(-16, 16, 2);
  f.spec = tick_spec(x);
  f.spec["encoding"]["color"]["scale"] = {{"domain", {"normal", "subnormal", "fixed point"}},
                                          {"range", {kBlue, kOrange, kGreen}}};
  return f;
}

Figure values_per_binade() {
  Figure f{.name = "values_per_binade",
           .title = "How many positive values each binade holds",
           .caption =
               "Counts of values v with 2^e ≤ v < 2^(e+1). The full height is 2^(mantissa bits); "
               "below the least normal it halves; the last binade loses the codes that mean "
               "NaN or infinity (E4M3: it keeps 7 of 8)."};
  f.columns = {{"format"}, {"exponent", CellKind::kNumber}, {"values", CellKind::kNumber}};
  for (const std::string& name : element_formats()) {
    const Format& format = spec::find_format(name);
    for (int e = -17; e <= 16; ++e) {
      const Rational low = spec::power_of_two(e);
      int count = 0;
      for (std::int64_t k = 1; k <= format.max_ordinal(); ++k) {
        const Rational value = format.ordinal_value(k);
        if (value >= low && value < 2 * low) ++count;
      }
      if (count > 0)
        f.rows.push_back({display_name(format), std::to_string(e), std::to_string(count)});
    }
  }
  ordered_json y = position("values", "quantitative", "values in the binade");
  y["scale"] = {{"type", "log"}, {"base", 2}, {"domain", {0.5, 90}}, {"nice", false}};
  y["axis"] = plain_axis({1, 2, 4, 8, 16, 32, 64});
  ordered_json x = position("exponent", "quantitative", "exponent of the binade");
  x["axis"] = plain_axis({-16, -12, -8, -4, 0, 4, 8, 12, 16});
  x["scale"] = {{"domain", {-17.5, 16.5}}, {"nice", false}};
  f.spec["facet"] = {{"field", "format"},
                     {"type", "nominal"},
                     {"title", nullptr},
                     {"sort", display_names(element_formats())}};
  f.spec["columns"] = 3;
  f.spec["spec"] = {{"width", kFullWidth / 3 - 24},
                    {"height", 110},
                    {"mark", {{"type", "bar"}, {"width", 6}, {"color", kBlue}}},
                    {"encoding", {{"x", x}, {"y", y}, {"y2", {{"datum", 0.5}}}}}};
  return f;
}

Figure dynamic_range() {
  Figure f{.name = "dynamic_range",
           .title = "From the least positive value to the largest",
           .caption =
               "Pale: subnormals, where every step down costs a bit of precision. Bars run "
               "over whole binades. fp64 is left out: it would not fit."};
  f.columns = {{"format"},
               {"part"},
               {"from_exponent", CellKind::kNumber},
               {"to_exponent", CellKind::kNumber}};
  ordered_json names = ordered_json::array();
  for (const Format& format : spec::builtin_formats()) {
    if (format.name == "fp64") continue;
    names.push_back(display_name(format));
    const auto least = static_cast<int>(spec::floor_log2(format.min_positive()));
    const int top = format.emax() + 1;
    const bool fixed = format.kind == spec::FormatKind::kFixed;
    const int normal = fixed ? least : format.emin();
    if (least < normal)
      f.rows.push_back(
          {display_name(format), "subnormal", std::to_string(least), std::to_string(normal)});
    f.rows.push_back({display_name(format), fixed ? "fixed point" : "normal",
                      std::to_string(normal), std::to_string(top)});
  }
  ordered_json x = position("from_exponent", "quantitative", "value");
  x["scale"] = {{"domain", {-152, 130}}, {"nice", false}};
  x["axis"] = {{"values", {-149, -126, -96, -64, -32, -16, 0, 16, 32, 64, 96, 128}},
               {"labelExpr", power_label(-152, 130)}};
  f.spec["width"] = kFullWidth - 60;
  f.spec["height"] = {{"step", 17}};
  f.spec["mark"] = {{"type", "bar"}, {"height", 10}};
  f.spec["encoding"]["x"] = x;
  f.spec["encoding"]["x2"] = {{"field", "to_exponent"}};
  f.spec["encoding"]["y"] = position("format", "nominal", "");
  f.spec["encoding"]["y"]["sort"] = names;
  f.spec["encoding"]["y"]["axis"] = {{"domain", false}, {"ticks", false}, {"labelColor", kInk}};
  f.spec["encoding"]["color"] = {
      {"field", "part"},
      {"type", "nominal"},
      {"title", nullptr},
      {"scale",
       {{"domain", {"normal", "subnormal", "fixed point"}}, {"range", {kBlue, kPale, kGreen}}}}};
  return f;
}

}  // namespace mxscope::reports
