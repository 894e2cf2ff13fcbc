// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rounding as pictures: the step function of E2M1 in each mode, and stochastic rounding.
#include <fmt/format.h>

#include "reports/figures.h"
#include "reports/figures_steps.h"
#include "reports/figures_style.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using nlohmann::ordered_json;
using spec::Rational;
using spec::Rounding;

struct NamedForm {
  Rounding rounding;
  const char* title;
};

// Names of P3109, which the carry form shares.
constexpr NamedForm kStochasticForms[] = {
    {Rounding::kStochasticA, "A, and the carry of cvt.rs"},
    {Rounding::kStochasticB, "B"},
    {Rounding::kStochasticC, "C"},
    {Rounding::kStochasticOdd, "odd"},
};

std::string mode_title(Rounding mode) {
  return fmt::format("{}: {}", heading(mode), description(mode));
}

ordered_json mode_titles() {
  ordered_json out = ordered_json::array();
  for (const Rounding mode : spec::kDeterministicRoundings) out.push_back(mode_title(mode));
  return out;
}

ordered_json form_titles() {
  ordered_json out = ordered_json::array();
  for (const NamedForm& form : kStochasticForms) out.push_back(form.title);
  return out;
}

/// How many of the 2^n random values send 2 + delta, between the E2M1 values 2 and 3, up to 3.
int ups(Rounding form, const Rational& delta, int n) {
  static const spec::Format& format = spec::find_format("e2m1");
  const spec::Policy policy = plain_policy(format, form);
  int count = 0;
  for (std::uint32_t r = 0; r < (1U << n); ++r) {
    const spec::Outcome outcome =
        spec::cast(spec::Number::finite(2 + delta), format, policy, {r, n});
    if (spec::decode(format, outcome.code).value() == 3) ++count;
  }
  return count;
}

/// The probability of rounding up as steps of the fraction: all forms change at multiples of
/// 2^-(n+1) only.
template <class Visit>
void for_each_probability_step(const Visit& visit) {
  for (const int n : {2, 3})
    for (const NamedForm& form : kStochasticForms) {
      const Rational cell = spec::power_of_two(-(n + 1));
      for (int k = 0; k < (2 << n); ++k) {
        const int inside = ups(form.rounding, cell * k + cell / 2, n);
        const int at = ups(form.rounding, cell * k, n);
        visit(n, form, Rational(cell * k), Rational(cell * (k + 1)), Rational(inside, 1 << n),
              Rational(at, 1 << n));
      }
    }
}

ordered_json stochastic_panels(ordered_json layers, int height) {
  ordered_json spec;
  spec["facet"] = {
      {"column",
       {{"field", "form"}, {"type", "nominal"}, {"title", nullptr}, {"sort", form_titles()}}},
      {"row", {{"field", "n"}, {"type", "ordinal"}, {"title", "random bits n"}}}};
  spec["spec"] = {{"width", kFullWidth / 4 - 34}, {"height", height}, {"layer", std::move(layers)}};
  return spec;
}

ordered_json fraction_axis() {
  ordered_json x = position("from", "quantitative", "fraction of the gap");
  x["scale"] = {{"domain", {0, 1}}, {"nice", false}};
  x["axis"] = plain_axis({0, 0.25, 0.5, 0.75, 1});
  return x;
}

ordered_json dots(const char* kind, const char* x, ordered_json y) {
  const ordered_json field = {{"field", x}, {"type", "quantitative"}};
  return {{"transform", {{{"filter", fmt::format("datum.kind == '{}'", kind)}}}},
          {"mark",
           {{"type", "point"}, {"filled", true}, {"size", 26}, {"opacity", 1}, {"color", kOrange}}},
          {"encoding", {{"x", field}, {"y", std::move(y)}}}};
}

}  // namespace

Figure rounding_steps() {
  Figure f{.name = "rounding_steps",
           .title = "E2M1 as a step function of x, in six modes",
           .caption =
               "Lines: what x becomes. Dots: what a tie becomes, for the modes that have "
               "ties. The thin diagonal is y = x. Results saturate at ±6."};
  f.columns = {{"mode"},
               {"kind"},
               {"from", CellKind::kNumber},
               {"to", CellKind::kNumber},
               {"result", CellKind::kNumber}};
  const spec::Format& format = spec::find_format("e2m1");
  for (const Rounding mode : spec::kDeterministicRoundings) {
    const std::string title = mode_title(mode);
    const spec::Policy policy = plain_policy(format, mode);
    const bool nearest = mode == Rounding::kNearestEven || mode == Rounding::kNearestAway;
    f.rows.push_back({title, "identity", "-7", "7", "-7"});
    for (const Step& step : steps_between(format, policy, -7, 7)) {
      f.rows.push_back({title, "step", decimal(step.from), decimal(step.to), decimal(step.value)});
      if (nearest && step.from != -7)
        f.rows.push_back(
            {title, "tie", decimal(step.from), decimal(step.from), decimal(step.value_at_from)});
    }
  }
  ordered_json x = position("from", "quantitative", "x");
  x["scale"] = {{"domain", {-7, 7}}, {"nice", false}};
  x["axis"] = plain_axis({-6, -4, -2, 0, 2, 4, 6});
  ordered_json y = position("result", "quantitative", "result");
  y["scale"] = {{"domain", {-7, 7}}, {"nice", false}};
  y["axis"] = x["axis"];
  const ordered_json x2 = {{"field", "to"}};
  const ordered_json identity = {
      {"transform",
       {{{"filter", "datum.kind == 'identity'"}}, {{"calculate", "datum.to"}, {"as", "end"}}}},
      {"mark", {{"type", "rule"}, {"strokeWidth", 0.7}, {"color", kMuted}}},
      {"encoding", {{"x", x}, {"x2", x2}, {"y", y}, {"y2", {{"field", "end"}}}}}};
  const ordered_json step = {{"transform", {{{"filter", "datum.kind == 'step'"}}}},
                             {"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"color", kBlue}}},
                             {"encoding", {{"x", x}, {"x2", x2}, {"y", y}}}};
  f.spec["facet"] = {
      {"field", "mode"}, {"type", "nominal"}, {"title", nullptr}, {"sort", mode_titles()}};
  f.spec["columns"] = 3;
  f.spec["spec"] = {{"width", kFullWidth / 3 - 30},
                    {"height", kFullWidth / 3 - 30},
                    {"layer", {identity, step, dots("tie", "from", y)}}};
  return f;
}

Figure stochastic_probability() {
  Figure f{.name = "stochastic_probability",
           .title = "Stochastic rounding: how often a fraction rounds up",
           .caption =
               "Probability over all values of the n random bits, counted one by one; the "
               "thin diagonal is the unbiased ideal. Form A truncates the fraction to n "
               "bits, B adds half a random step, C rounds it to n bits (ties to even), odd "
               "as C with ties to odd. Dots: fractions where C and odd meet a tie."};
  f.columns = {{"n", CellKind::kNumber},
               {"form"},
               {"kind"},
               {"from", CellKind::kNumber},
               {"to", CellKind::kNumber},
               {"probability", CellKind::kNumber},
               {"fraction_of_ups"}};
  for_each_probability_step([&](int n, const NamedForm& form, const Rational& from,
                                const Rational& to, const Rational& p, const Rational& at) {
    if (from == 0) f.rows.push_back({std::to_string(n), form.title, "identity", "0", "1", "0", ""});
    f.rows.push_back({std::to_string(n), form.title, "step", decimal(from), decimal(to), decimal(p),
                      spec::to_text(p)});
    const Rational steps = from * (1 << n);
    const bool tie =
        boost::multiprecision::denominator(steps) == 2 &&
        (form.rounding == Rounding::kStochasticC || form.rounding == Rounding::kStochasticOdd);
    if (tie)
      f.rows.push_back({std::to_string(n), form.title, "tie", decimal(from), decimal(from),
                        decimal(at), spec::to_text(at)});
  });
  const ordered_json x = fraction_axis();
  ordered_json y = position("probability", "quantitative", "P(up)");
  y["scale"] = {{"domain", {0, 1}}, {"nice", false}};
  y["axis"] = plain_axis({0, 0.25, 0.5, 0.75, 1});
  const ordered_json x2 = {{"field", "to"}};
  const ordered_json identity = {
      {"transform",
       {{{"filter", "datum.kind == 'identity'"}}, {{"calculate", "datum.to"}, {"as", "end"}}}},
      {"mark", {{"type", "rule"}, {"strokeWidth", 0.7}, {"color", kMuted}}},
      {"encoding", {{"x", x}, {"x2", x2}, {"y", y}, {"y2", {{"field", "end"}}}}}};
  const ordered_json step = {{"transform", {{{"filter", "datum.kind == 'step'"}}}},
                             {"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"color", kBlue}}},
                             {"encoding", {{"x", x}, {"x2", x2}, {"y", y}}}};
  f.spec = stochastic_panels({identity, step, dots("tie", "from", y)}, 170);
  return f;
}

Figure stochastic_bias() {
  Figure f{.name = "stochastic_bias",
           .title = "The bias of each form: P(up) minus the fraction",
           .caption =
               "Zero on average for B, C and odd; form A is below zero everywhere but at "
               "multiples of 2^-n and averages −2^-(n+1): it pulls every magnitude toward "
               "zero by that share of a gap. Exact."};
  f.columns = {{"n", CellKind::kNumber},
               {"form"},
               {"segment"},
               {"fraction", CellKind::kNumber},
               {"bias", CellKind::kNumber}};
  int segment = 0;
  for_each_probability_step([&](int n, const NamedForm& form, const Rational& from,
                                const Rational& to, const Rational& p, const Rational&) {
    ++segment;
    for (const Rational& end : {from, to})
      f.rows.push_back(
          {std::to_string(n), form.title, std::to_string(segment), decimal(end), decimal(p - end)});
  });
  ordered_json x = fraction_axis();
  x["field"] = "fraction";
  ordered_json y = position("bias", "quantitative", "bias");
  y["scale"] = {{"domain", {-0.27, 0.15}}, {"nice", false}};
  y["axis"] = plain_axis({-0.25, -0.125, 0, 0.125});
  const ordered_json zero = {{"mark", {{"type", "rule"}, {"strokeWidth", 0.7}, {"color", kMuted}}},
                             {"encoding", {{"y", {{"datum", 0}}}}}};
  const ordered_json line = {
      {"mark", {{"type", "line"}, {"strokeWidth", 1.6}, {"color", kBlue}}},
      {"encoding", {{"x", x}, {"y", y}, {"detail", {{"field", "segment"}}}}}};
  f.spec = stochastic_panels({zero, line}, 110);
  return f;
}

}  // namespace mxscope::reports
