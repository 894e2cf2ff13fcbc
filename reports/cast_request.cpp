// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// From the options of mxscope cast to a format and a policy.
#include "reports/cast_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

using spec::Conversion;
using spec::Format;
using spec::Policy;

std::optional<Conversion> named_conversion(const std::string& name) {
  const auto bundles = spec::policy_names();
  if (std::find(bundles.begin(), bundles.end(), name) != bundles.end()) return std::nullopt;
  // gfloat's come by rule, so its own errors say more than a list of names.
  if (name.rfind("gfloat_", 0) == 0) return spec::find_conversion(name);
  std::vector<std::string> known = bundles;
  for (const Conversion& c : spec::named_conversions()) {
    if (c.name == name) return c;
    known.push_back(c.name);
  }
  throw spec::unknown_name("policy or conversion", name, known);
}

void apply(Policy& policy, std::string_view option, const std::string& field,
           const std::string& value) {
  try {
    set_field(policy, field, value);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", option, e.what()));
  }
}

spec::RandomBits random_of(const CastOptions& options, const CastRequest& request) {
  const bool stochastic = is_stochastic(request.policy.rounding);
  spec::RandomBits random = request.random;
  if (options.random_bits) random.count = static_cast<int>(*options.random_bits);
  if (options.random) random.value = static_cast<std::uint32_t>(*options.random);
  const std::string mode(to_string(request.policy.rounding));
  if (!stochastic && (options.random_bits || options.random))
    throw Error(
        fmt::format("--random-bits and --random are for stochastic rounding, and {} is not; "
                    "add --round sr-a, sr-b, sr-c, sr-odd or sr-carry",
                    mode));
  if (!stochastic) return {};
  if (random.count < 1 || random.count > 32)
    throw Error(
        fmt::format("rounding {} needs its random bits: add --random-bits N (1 to 32) and "
                    "--random R",
                    mode));
  if (random.count < 32 && random.value >> random.count != 0)
    throw Error(fmt::format("--random {} does not fit in --random-bits {}; it must be below 2^{}",
                            random.value, random.count, random.count));
  return random;
}

}  // namespace

CastRequest make_cast_request(const CastOptions& options, spec::FormatTable& table, Run& run) {
  if (!options.formats_file.empty())
    table.load_text(run.read_input(options.formats_file, kMaxTomlBytes), options.formats_file);
  CastRequest request;
  const auto conversion = options.policy.empty() ? std::nullopt : named_conversion(options.policy);
  if (options.format.empty() && !conversion)
    throw Error("--format is missing; add for example --format e4m3 (mxscope formats lists them)");
  if (conversion) {
    request.format = table.find(conversion->format);
    if (!options.format.empty() && table.find(options.format).name != request.format.name)
      throw Error(fmt::format("--policy {} converts to {}, and --format says {}; leave one out",
                              conversion->name, request.format.name, options.format));
    request.policy_name = options.policy;
    request.policy = conversion->policy;
    request.random = conversion->random;
    request.software = conversion->source;
    request.evidence = conversion->evidence;
  } else {
    request.format = table.find(options.format);
    request.policy_name =
        options.policy.empty() ? spec::default_policy_name(request.format) : options.policy;
    request.policy = spec::named_policy(request.policy_name, request.format);
  }
  Policy& policy = request.policy;
  if (!options.round.empty()) policy.rounding = spec::parse_rounding(options.round);
  if (!options.overflow.empty()) {
    apply(policy, "--overflow", "overflow", options.overflow);
    policy.infinity = policy.overflow;
  }
  if (!options.infinity.empty()) apply(policy, "--infinity", "infinity", options.infinity);
  for (const std::string& setting : options.settings) {
    const auto equals = setting.find('=');
    if (equals == std::string::npos)
      throw Error(fmt::format("--set {}: write FIELD=VALUE, for example --set nan=zero", setting));
    apply(policy, "--set", setting.substr(0, equals), setting.substr(equals + 1));
  }
  if (const std::string problem = conflict(request.format, policy); !problem.empty())
    throw Error(problem);
  request.random = random_of(options, request);
  return request;
}

std::string request_text(const CastRequest& request) {
  const Format& f = request.format;
  std::vector<std::string_view> shown = {"rounding", "overflow", "infinity", "nan"};
  if (f.kind == spec::FormatKind::kFixed || f.mantissa_bits > 0)
    shown.insert(shown.end(), {"directed_overflow"});
  else
    shown.insert(shown.end(), {"tie_p1"});
  if (!f.is_signed) shown.emplace_back("negative");
  if (f.kind == spec::FormatKind::kFloat && !f.zero)
    shown.insert(shown.end(), {"zero", "underflow", "low_grid"});
  std::string text = fmt::format("{}, policy {}:", f.name, request.policy_name);
  const Policy usual;
  for (const auto& field : describe(request.policy)) {
    const bool matters = std::find(shown.begin(), shown.end(), field.name) != shown.end();
    // Of the directed modes' rule only the unusual value is news.
    if (!matters || (field.name == "directed_overflow" &&
                     request.policy.directed_overflow == usual.directed_overflow))
      continue;
    text += fmt::format(" {} {},", field.name, field.value);
  }
  text.pop_back();
  if (request.random.count > 0)
    text += fmt::format(", random value {} of {} bits", request.random.value, request.random.count);
  return text;
}

nlohmann::json request_json(const CastRequest& request) {
  nlohmann::json fields = nlohmann::json::object();
  for (const auto& field : describe(request.policy))
    fields[std::string(field.name)] = std::string(field.value);
  nlohmann::json json = {
      {"format", request.format.name}, {"policy", request.policy_name}, {"fields", fields}};
  if (!request.software.empty()) {
    json["software"] = request.software;
    json["evidence"] = request.evidence;
  }
  if (request.random.count > 0)
    json["random"] = {{"bits", request.random.count}, {"value", request.random.value}};
  return json;
}

spec::Source raw_source(const std::string& name) {
  std::vector<std::string> names;
  for (const spec::SourceRow& row : spec::kSources) {
    if (row.name == name || row.format == name) return row.source;
    names.emplace_back(row.name);
  }
  throw spec::unknown_name("array type", name, names);
}

}  // namespace mxscope::reports
