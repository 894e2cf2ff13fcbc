// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A conversion as an exact step function of a real, asked of the oracle.
#include "reports/figures_steps.h"

#include <algorithm>

#include "spec/number.h"

namespace mxscope::reports {

using spec::Rational;

std::vector<Rational> decision_points(const spec::Format& format, const Rational& low,
                                      const Rational& high) {
  std::vector<Rational> points = {low, high};
  const auto add = [&](const Rational& point) {
    if (point > low && point < high) points.push_back(point);
    if (format.is_signed && -point > low && -point < high) points.emplace_back(-point);
  };
  for (std::int64_t k = 0; k <= format.max_ordinal() + 1; ++k) {
    const Rational value = format.ordinal_value(k);
    add(value);
    if (k <= format.max_ordinal()) add((value + format.ordinal_value(k + 1)) / 2);
  }
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

Rational converted(const Rational& real, const spec::Format& format, const spec::Policy& policy) {
  const spec::Outcome outcome = spec::cast(spec::Number::finite(real), format, policy);
  return spec::decode(format, outcome.code).value();
}

spec::Policy plain_policy(const spec::Format& format, spec::Rounding rounding) {
  spec::Policy policy;
  policy.rounding = rounding;
  return spec::adapted(format, policy);
}

std::vector<Step> steps_between(const spec::Format& format, const spec::Policy& policy,
                                const Rational& low, const Rational& high) {
  const std::vector<Rational> points = decision_points(format, low, high);
  std::vector<Step> steps;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Rational value = converted((points[i] + points[i + 1]) / 2, format, policy);
    const Rational at_from = converted(points[i], format, policy);
    if (!steps.empty() && steps.back().value == value && at_from == value)
      steps.back().to = points[i + 1];
    else
      steps.push_back({points[i], points[i + 1], value, at_from});
  }
  return steps;
}

}  // namespace mxscope::reports
