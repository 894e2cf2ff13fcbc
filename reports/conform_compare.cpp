// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Two named conversions side by side, and the list of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "analysis/compare.h"
#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/console.h"
#include "reports/format_facts.h"
#include "reports/table.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/names.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using analysis::Compared;
using analysis::Comparison;
using analysis::Difference;
using spec::Conversion;
using spec::Format;
using spec::Outcome;

std::string brief(const spec::Number& number) {
  std::string text = spec::to_text(number);
  if (text.size() <= 14 || number.kind != spec::NumberKind::kFinite) return text;
  return (number.negative ? "-" : "") + spec::to_hex_text(number.magnitude);
}

std::string code_and_value(const Format& f, const Outcome& outcome) {
  if (outcome.refused) return "refused";
  return fmt::format("{} = {}", code_text(f, outcome.code), brief(decode(f, outcome.code)));
}

nlohmann::json outcome_json(const Format& f, const Outcome& outcome) {
  return outcome.refused ? nlohmann::json() : code_json(f, outcome.code);
}

Compared measure(const std::string& by, bool same_format) {
  if (by.empty()) return same_format ? Compared::kCodes : Compared::kValues;
  if (by == "codes") return Compared::kCodes;
  if (by == "values") return Compared::kValues;
  throw spec::unknown_name("--by", by, {"codes", "values"});
}

void print_comparison(const Comparison& c, const Conversion& a, const Conversion& b,
                      Compared compared) {
  const Format& fa = spec::find_format(a.format);
  const Format& fb = spec::find_format(b.format);
  const Format& fp32 = spec::find_format("fp32");
  Table names({{""}, {""}, {""}});
  for (const Conversion* one : {&a, &b}) {
    names.add({one->name, one->format, one->source});
    names.add({"", "", one->evidence});
  }
  print(names.text() + "\n");
  if (!c.differences.empty()) {
    Table table({{"class"},
                 {"inputs", true},
                 {"first input"},
                 {a.name},
                 {b.name},
                 {"same codes\nup to"},
                 {"explained by"}});
    for (const Difference& d : c.differences)
      table.add({d.input_class, std::to_string(d.inputs),
                 fmt::format("{} = {}", code_text(fp32, d.first), brief(decode(fp32, d.first))),
                 code_and_value(fa, d.first_a), code_and_value(fb, d.first_b),
                 code_text(fp32, d.run_last), fmt::format("{}", fmt::join(d.fields, ", "))});
    print(table.text() + "\n");
  }
  Table fields({{"differing field"}, {a.name}, {b.name}});
  const auto of_a = describe(a.policy);
  const auto of_b = describe(b.policy);
  for (const std::string& name : c.fields) {
    if (name == analysis::kRandomField) {
      const auto text = [](const spec::RandomBits& r) {
        return fmt::format("{} of {} bits", r.value, r.count);
      };
      fields.add({name, text(a.random), text(b.random)});
    }
    for (std::size_t i = 0; i < of_a.size(); ++i)
      if (of_a[i].name == name)
        fields.add({name, std::string(of_a[i].value), std::string(of_b[i].value)});
  }
  if (!fields.empty()) print(fields.text() + "\n");
  print(fmt::format("{} of 4294967296 inputs give different {}{}\n", c.differing(),
                    compared == Compared::kCodes ? "codes" : "values",
                    c.same_format ? "" : "; the formats differ"));
}

}  // namespace

int compare_two(const std::vector<std::string>& names, const std::string& by, bool json,
                const Run& run) {
  if (names.size() != 2)
    throw Error(fmt::format("conform compare takes two names and not {}", names.size()));
  const Conversion a = spec::find_conversion(names[0]);
  const Conversion b = spec::find_conversion(names[1]);
  const Compared compared = measure(by, a.format == b.format);
  const Comparison c = analysis::compare_conversions(a, b, compared);
  if (!json) {
    print_comparison(c, a, b, compared);
    return kAllHolds;
  }
  const Format& fa = spec::find_format(a.format);
  const Format& fb = spec::find_format(b.format);
  nlohmann::json differences = nlohmann::json::array();
  for (const Difference& d : c.differences)
    differences.push_back({{"class", d.input_class},
                           {"inputs", d.inputs},
                           {"first", fmt::format("0x{:08x}", d.first)},
                           {"run_last", fmt::format("0x{:08x}", d.run_last)},
                           {"first_a", outcome_json(fa, d.first_a)},
                           {"first_b", outcome_json(fb, d.first_b)},
                           {"fields", d.fields}});
  print(json_text({{"run", run},
                   {"a", a.name},
                   {"b", b.name},
                   {"compared", compared == Compared::kCodes ? "codes" : "values"},
                   {"same_format", c.same_format},
                   {"differing", c.differing()},
                   {"fields", c.fields},
                   {"differences", std::move(differences)}}));
  return kAllHolds;
}

int list_conversions(bool json, const Run& run) {
  if (!json) {
    Table table({{"conversion"}, {"format"}, {"source"}, {"how it is known"}});
    for (const Conversion& c : spec::named_conversions())
      table.add({c.name, c.format, c.source, c.evidence});
    print(table.text());
    print(
        fmt::format("\n{} conversions; and by rule gfloat_FORMAT.MODE_sat and _nosat, such as "
                    "gfloat_ocp_e4m3.TiesToEven_sat\n",
                    spec::named_conversions().size()));
    return kAllHolds;
  }
  nlohmann::json list = nlohmann::json::array();
  for (const Conversion& c : spec::named_conversions()) {
    nlohmann::json fields = nlohmann::json::object();
    for (const auto& field : describe(c.policy))
      fields[std::string(field.name)] = std::string(field.value);
    list.push_back({{"name", c.name},
                    {"format", c.format},
                    {"source", c.source},
                    {"evidence", c.evidence},
                    {"fields", std::move(fields)}});
  }
  print(json_text({{"run", run}, {"conversions", std::move(list)}}));
  return kAllHolds;
}

}  // namespace mxscope::reports
