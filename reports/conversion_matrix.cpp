// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Which published conversions to a format agree, over all 2^32 binary32 inputs.
#include "reports/conversion_matrix.h"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>

#include "analysis/run_list.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::reports {
namespace {

/// Step maps are maximal runs, so conversions are equal exactly when their maps are.
std::vector<std::vector<std::size_t>> equal_sets(const ConversionFamily& family) {
  std::vector<std::vector<std::size_t>> sets;
  std::vector<std::vector<spec::Run>> maps;  // of each set
  for (std::size_t i = 0; i < family.conversions.size(); ++i) {
    const spec::Conversion& c = family.conversions[i];
    auto map =
        spec::step_map(spec::find_format("fp32"), spec::find_format(c.format), c.policy, c.random);
    const auto same = std::find(maps.begin(), maps.end(), map);
    if (same != maps.end()) {
      sets[static_cast<std::size_t>(same - maps.begin())].push_back(i);
    } else {
      sets.push_back({i});
      maps.push_back(std::move(map));
    }
  }
  return sets;
}

}  // namespace

std::uint64_t ConversionFamily::differing(std::size_t a, std::size_t b) const {
  if (a == b) return 0;
  for (const Pair& pair : pairs)
    if (pair.a == std::min(a, b) && pair.b == std::max(a, b)) return pair.comparison.differing();
  throw Error(fmt::format("{} has no conversion sets {} and {}", format, a, b));
}

ConversionFamily conversion_family(const std::string& format) {
  ConversionFamily family;
  family.format = format;
  for (const spec::Conversion& c : spec::named_conversions())
    if (c.format == format && !c.name.starts_with("nv_fp64_")) family.conversions.push_back(c);
  if (format == "e8m0")
    family.conversions.push_back(spec::find_conversion("gfloat_ocp_e8m0.TiesToEven_sat"));
  family.equal_sets = equal_sets(family);
  for (std::size_t a = 0; a < family.equal_sets.size(); ++a)
    for (std::size_t b = a + 1; b < family.equal_sets.size(); ++b)
      family.pairs.push_back({a, b, {}});
  // Naming the policy fields that explain a pair tries many policies, so pairs share the cores.
  tbb::parallel_for(std::size_t{0}, family.pairs.size(), [&](std::size_t i) {
    ConversionFamily::Pair& pair = family.pairs[i];
    pair.comparison =
        analysis::compare_conversions(family.first_of(pair.a), family.first_of(pair.b));
  });
  return family;
}

std::vector<ConversionFamily> conversion_families() {
  std::vector<ConversionFamily> families;
  for (const char* format : {"e4m3", "e5m2", "e2m1", "e8m0"})
    families.push_back(conversion_family(format));
  return families;
}

nlohmann::json to_json_value(const ConversionFamily& family) {
  nlohmann::json json = {{"format", family.format},
                         {"conversions", nlohmann::json::array()},
                         {"equal_sets", nlohmann::json::array()},
                         {"pairs", nlohmann::json::array()}};
  for (const spec::Conversion& c : family.conversions) {
    nlohmann::json policy = nlohmann::json::object();
    for (const spec::PolicyField& field : spec::describe(c.policy))
      policy[std::string(field.name)] = field.value;
    json["conversions"].push_back(
        {{"name", c.name}, {"source", c.source}, {"evidence", c.evidence}, {"policy", policy}});
  }
  for (const auto& set : family.equal_sets) {
    nlohmann::json names = nlohmann::json::array();
    for (const std::size_t i : set) names.push_back(family.conversions[i].name);
    json["equal_sets"].push_back(std::move(names));
  }
  for (const auto& pair : family.pairs) {
    nlohmann::json classes = nlohmann::json::array();
    for (const analysis::Difference& d : pair.comparison.differences)
      classes.push_back({{"inputs_of", d.input_class},
                         {"differing", d.inputs},
                         {"first", fmt::format("0x{:08x}", d.first)},
                         {"a", analysis::outcome_text(d.first_a)},
                         {"b", analysis::outcome_text(d.first_b)},
                         {"explained_by", d.fields}});
    json["pairs"].push_back({{"a", family.first_of(pair.a).name},
                             {"b", family.first_of(pair.b).name},
                             {"differing", pair.comparison.differing()},
                             {"classes", classes}});
  }
  return json;
}

}  // namespace mxscope::reports
