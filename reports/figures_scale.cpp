// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// E8M0, where one mantissa bit of freedom makes every library different: which power of two each
// published conversion picks, read off the oracle's thresholds over all binary32 inputs.
#include <fmt/format.h>

#include <map>

#include "reports/figures.h"
#include "reports/figures_style.h"
#include "spec/conversions.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/oracle.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;
using spec::Rational;

struct ScaleConversion {
  const char* name;
  const char* label;
};

constexpr ScaleConversion kConversions[] = {
    {"nv_e8m0_rp_sat", "NVIDIA cvt.rp.satfinite"},
    {"nv_e8m0_rp_nosat", "NVIDIA cvt.rp"},
    {"nv_e8m0_rz_sat", "NVIDIA cvt.rz.satfinite"},
    {"nv_e8m0_rz_nosat", "NVIDIA cvt.rz"},
    {"ct_float_ue8m0_t", "CUTLASS, host"},
    {"ml_float8_e8m0fnu", "ml_dtypes"},
    {"ml_float8_e8m0fnu_sat", "ml_dtypes, saturating"},
    {"ml_float8_e8m0fnu_trunc", "ml_dtypes, truncating"},
    {"pt_float8_e8m0fnu", "PyTorch"},
    {"gfloat_ocp_e8m0.TiesToEven_sat", "gfloat, ties to even"},
    {"un_e8m0", "Universal"},
};

ordered_json labels() {
  ordered_json out = ordered_json::array();
  for (const ScaleConversion& c : kConversions) out.push_back(c.label);
  return out;
}

/// "2⁻¹²⁶", "NaN" or "refused".
std::string result_text(const spec::Outcome& outcome, const spec::Format& format) {
  if (outcome.refused) return "refused";
  if (format.classify(outcome.code) == spec::CodeClass::kNan) return "NaN";
  return power_text(static_cast<int>(format.ordinal(outcome.code)) - format.bias);
}

struct Region {
  spec::Code first, last;        ///< binary32 patterns
  Rational unit;                 ///< x is drawn in this unit
  std::vector<Rational> points;  ///< inputs shown as a dot, in the unit
};

/// Bars of equal outcome over the binary32 inputs of a region, and dots at chosen inputs.
void add_rows(Figure& f, const Region& region) {
  const spec::Format& source = spec::find_format("fp32");
  const spec::Format& target = spec::find_format("e8m0");
  const auto place = [&](spec::Code code) {
    const spec::Number x = spec::decode(source, code);
    // The infinity stands one step above the largest finite input.
    return decimal((x.kind == spec::NumberKind::kFinite ? x.value() : spec::power_of_two(128)) /
                   region.unit);
  };
  for (const ScaleConversion& c : kConversions) {
    const spec::Conversion conversion = spec::find_conversion(c.name);
    const auto runs = spec::step_map(source, target, conversion.policy, conversion.random);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const spec::Code end = i + 1 < runs.size() ? runs[i + 1].first : source.code_mask();
      if (end <= region.first || runs[i].first >= region.last) continue;
      const spec::Code from = std::max(runs[i].first, region.first);
      const spec::Code to = std::min(end, region.last);
      f.rows.push_back({c.label, "bar", place(from), place(to), fmt::format("0x{:08X}", from),
                        fmt::format("0x{:08X}", to - 1), result_text(runs[i].outcome, target)});
    }
    for (const Rational& point : region.points) {
      const spec::Outcome outcome = spec::cast(spec::Number::finite(point * region.unit), target,
                                               conversion.policy, conversion.random);
      f.rows.push_back(
          {c.label, "point", decimal(point), decimal(point), "", "", result_text(outcome, target)});
    }
  }
}

Figure region_figure(std::string name, std::string title, std::string caption, const Region& region,
                     const std::string& x_title, const std::vector<double>& ticks,
                     const std::vector<std::pair<std::string, const char*>>& results) {
  Figure f{.name = std::move(name), .title = std::move(title), .caption = std::move(caption)};
  f.columns = {{"conversion"},
               {"kind"},
               {"from", CellKind::kNumber},
               {"to", CellKind::kNumber},
               {"first_input"},
               {"last_input"},
               {"result"}};
  add_rows(f, region);
  const auto width = decimal(
      (spec::decode(spec::find_format("fp32"), region.last).kind == spec::NumberKind::kFinite
           ? spec::decode(spec::find_format("fp32"), region.last).value()
           : spec::power_of_two(128)) /
      region.unit);
  const auto start =
      decimal(spec::decode(spec::find_format("fp32"), region.first).value() / region.unit);
  ordered_json x = position("from", "quantitative", x_title);
  x["scale"] = {{"domain", {std::stod(start), std::stod(width)}}, {"nice", false}, {"zero", false}};
  x["axis"] = plain_axis(ticks);
  ordered_json y = position("conversion", "nominal", "");
  y["sort"] = labels();
  y["axis"] = {{"domain", false},
               {"ticks", false},
               {"labelColor", kInk},
               {"labelLimit", 240},
               {"labelPadding", 12}};
  ordered_json domain = ordered_json::array();
  ordered_json range = ordered_json::array();
  for (const auto& [text, colour] : results) {
    domain.push_back(text);
    range.push_back(colour);
  }
  const ordered_json colour = {{"field", "result"},
                               {"type", "nominal"},
                               {"title", "becomes"},
                               {"scale", {{"domain", domain}, {"range", range}}}};
  const ordered_json bars = {
      {"transform", {{{"filter", "datum.kind == 'bar'"}}}},
      {"mark", {{"type", "bar"}, {"height", 13}, {"clip", true}}},
      {"encoding", {{"x", x}, {"x2", {{"field", "to"}}}, {"y", y}, {"color", colour}}}};
  const ordered_json points = {{"transform", {{{"filter", "datum.kind == 'point'"}}}},
                               {"mark",
                                {{"type", "point"},
                                 {"filled", true},
                                 {"size", 60},
                                 {"opacity", 1},
                                 {"stroke", "#ffffff"},
                                 {"strokeWidth", 1.5}}},
                               {"encoding", {{"x", x}, {"y", y}, {"color", colour}}}};
  f.spec["width"] = kFullWidth - 130;
  f.spec["height"] = {{"step", 21}};
  f.spec["layer"] = {bars, points};
  return f;
}

}  // namespace

Figure scale_ties() {
  return region_figure(
      "scale_ties", "E8M0 between 1 and 4: eleven conversions, five answers",
      "Bars: what an input becomes. Dots: the inputs 1.5, 2 and 3 themselves; 1.5 and 3 are "
      "ties. OCP MX leaves the conversion open, so each library chose: up, toward zero, nearest "
      "with ties up, nearest with ties to the even code, or nearest on a logarithmic scale "
      "(Universal, where the boundary is the square root of two).",
      {0x3F800000, 0x40800000, 1, {Rational(3, 2), 2, 3}}, "x", {1, 1.5, 2, 2.5, 3, 3.5, 4},
      {{power_text(0), kBlue}, {power_text(1), kOrange}, {power_text(2), kGreen}});
}

Figure scale_bottom() {
  return region_figure(
      "scale_bottom", "E8M0 at the bottom, where there is no zero",
      "x in units of 2^-127, the least value. Dots: zero and 2^-127 times 1, 1.5, 2 and 3. "
      "ml_dtypes and PyTorch round everything above 2^-127 up to 2^-126, because their rounding "
      "treats code 0 as zero; ml_dtypes turns zero itself into NaN.",
      {0x00000000, 0x01000000, spec::power_of_two(-127), {0, 1, Rational(3, 2), 2, 3}}, "x / 2⁻¹²⁷",
      {0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4},
      {{power_text(-127), kBlue},
       {power_text(-126), kOrange},
       {power_text(-125), kGreen},
       {"NaN", kRed}});
}

Figure scale_top() {
  return region_figure(
      "scale_top", "E8M0 at the top, where binary32 still has a binade and the format does not",
      "x in units of 2^126. Dots: 1.5, 2 and 3 of them. Above 2^127 a rounding that goes up "
      "either saturates or gives NaN.",
      {0x7E800000, 0x7F800000, spec::power_of_two(126), {Rational(3, 2), 2, 3}}, "x / 2¹²⁶",
      {1, 1.5, 2, 2.5, 3, 3.5, 4},
      {{power_text(126), kBlue}, {power_text(127), kOrange}, {"NaN", kRed}});
}

}  // namespace mxscope::reports
