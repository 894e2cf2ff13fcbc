// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Conversions as an operation: the policy's fields, other formats, and what goes wrong around them.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "analysis/cast_cases.h"
#include "analysis/cast_decisions.h"
#include "analysis/operations.h"
#include "analysis/text_lines.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/field_values.h"
#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::analysis {
namespace {

using spec::Arguments;
using spec::Change;
using spec::Format;
using spec::Operation;
using spec::OperationKind;
using spec::Policy;

const OperationKind& kind();

void add(std::vector<Change>& out, std::string field, std::string value, std::string was) {
  if (value != was) out.push_back({std::move(field), std::move(value), std::move(was)});
}

/// What may be wrong with a conversion, likely things first.
std::vector<Change> suspects(const CastDecisions& base) {
  std::vector<Change> out;
  const std::string rounding(to_string(base.policy.rounding));
  if (base.random_bits == 0) {
    for (const spec::Rounding mode : spec::kDeterministicRoundings)
      add(out, "rounding", std::string(to_string(mode)), rounding);
    for (const std::string_view ties : kTieRules) add(out, "rounding", std::string(ties), rounding);
    add(out, "rounding", "log2", rounding);
  }
  for (const spec::PolicyField& field : describe(base.policy))
    if (field.name != "rounding")
      for (const std::string& value : spec::policy_field_values(field.name))
        if (value.find("error") == std::string::npos)
          add(out, std::string(field.name), value, std::string(field.value));
  for (const std::string_view via : kVias) add(out, "via", std::string(via), "nothing");
  add(out, "input_subnormals", "flushed", "kept");
  add(out, "result_subnormals", "flushed", "kept");
  add(out, "negative_zero", "dropped", "kept");
  for (const Format& format : spec::builtin_formats())
    if (format.bits == base.target.bits && format.storage_shift == base.target.storage_shift)
      add(out, "to", format.name, base.target.name);
  const std::string bias = std::to_string(base.target.bias);
  for (const int step : {1, -1}) add(out, "bias", std::to_string(base.target.bias + step), bias);
  add(out, "largest", "one code less", "the format's");
  add(out, "largest", "one code more", "the format's");
  if (base.target.storage_bits > 8) add(out, "byte_order", "big-endian", "little-endian");
  return out;
}

bool refuses(const Policy& policy) {
  for (const spec::PolicyField& field : describe(policy))
    if (field.value.find("error") != std::string_view::npos) return true;
  return false;
}

std::vector<Change> policy_changes(const Policy& from, const Policy& to) {
  std::vector<Change> out;
  const auto a = describe(from);
  const auto b = describe(to);
  for (std::size_t i = 0; i < a.size(); ++i)
    add(out, std::string(a[i].name), std::string(b[i].value), std::string(a[i].value));
  return out;
}

/// The policies of software for the format, as far as they differ from this one.
std::vector<spec::NamedChanges> software(const CastDecisions& base) {
  std::vector<spec::NamedChanges> out;
  const auto offer = [&](const std::string& name, const Policy& policy) {
    if (refuses(policy) || is_stochastic(policy.rounding) != (base.random_bits > 0)) return;
    auto changes = policy_changes(base.policy, policy);
    if (!changes.empty()) out.push_back({name, std::move(changes)});
  };
  for (const std::string& name : spec::policy_names())
    offer(name, spec::named_policy(name, base.target));
  for (const spec::Conversion& c : spec::named_conversions())
    if (c.format == base.target.name) offer(c.name, c.policy);
  return out;
}

CastDecisions decisions(const Arguments& arguments) {
  CastDecisions out;
  const auto text = [&](std::string_view name) { return spec::argument(kind(), arguments, name); };
  out.source = source_named(text("from"));
  std::string format = text("to");
  const std::string policy = text("policy");
  if (!policy.empty()) {
    const auto names = spec::policy_names();
    if (std::find(names.begin(), names.end(), policy) == names.end()) {
      const spec::Conversion conversion = spec::find_conversion(policy);
      if (!format.empty() && spec::find_format(format).name != conversion.format)
        throw Error(fmt::format("conversion {} is to {} and not to {}; leave --to out", policy,
                                conversion.format, format));
      out.target = spec::find_format(conversion.format);
      out.policy = conversion.policy;
    }
  }
  if (out.target.name.empty()) {
    if (format.empty()) throw Error("operation cast needs --to, the format of the codes");
    out.target = spec::find_format(format);
    out.policy = spec::named_policy(policy.empty() ? spec::default_policy_name(out.target) : policy,
                                    out.target);
  }
  for (const std::string_view field : {"overflow", "infinity", "nan"})
    if (const std::string value = text(field); !value.empty()) {
      set_field(out.policy, field, value);
      if (field == "overflow") set_field(out.policy, "infinity", value);
    }
  if (const std::string round = text("round"); !round.empty())
    out.policy.rounding = spec::parse_rounding(round);
  for (const std::string_view setting : split(text("set"), ',')) {
    if (setting.empty()) continue;
    const std::size_t equals = setting.find('=');
    if (equals == std::string_view::npos)
      throw Error(fmt::format("--set {}: write FIELD=VALUE", setting));
    set_field(out.policy, setting.substr(0, equals), setting.substr(equals + 1));
  }
  const std::string bits = text("random-bits");
  if (!bits.empty()) {
    const auto [end, error] =
        std::from_chars(bits.data(), bits.data() + bits.size(), out.random_bits);
    if (error != std::errc() || end != bits.data() + bits.size() || out.random_bits < 1 ||
        out.random_bits > 32)
      throw Error(fmt::format("--random-bits takes a whole number from 1 to 32, and not {}",
                              excerpt(bits)));
  }
  if (is_stochastic(out.policy.rounding) != (out.random_bits > 0))
    throw Error(out.random_bits > 0
                    ? fmt::format("rounding {} takes no random bits; leave --random-bits out",
                                  to_string(out.policy.rounding))
                    : fmt::format("rounding {} needs --random-bits, from 1 to 32",
                                  to_string(out.policy.rounding)));
  if (refuses(out.policy))
    throw Error(
        "a policy that refuses inputs gives no code to check; use saturate, nan or another "
        "rule instead of error");
  if (const std::string problem = conflict(out.target, out.policy); !problem.empty())
    throw Error(problem);
  return out;
}

std::string policy_text(const CastDecisions& d) {
  std::string out = fmt::format("rounding {}", to_string(d.policy.rounding));
  if (d.random_bits > 0) out += fmt::format(" with {} random bits", d.random_bits);
  for (const spec::PolicyField& field : describe(d.policy))
    if (field.name == "overflow" || field.name == "infinity" || field.name == "nan")
      out += fmt::format(", {} {}", field.name, field.value);
  return out;
}

Operation make(const Arguments& given) {
  const Arguments arguments = spec::complete(kind(), given);
  const CastDecisions base = decisions(arguments);
  base.model();  // the codec has its own objections
  const int bits = base.source.bits();
  Operation out;
  out.kind = "cast";
  const std::string from = source_name(base.source);
  out.title = fmt::format("cast {} to {}: {}", from, base.target.name, policy_text(base));
  out.source = base.target.source;
  out.arguments = arguments;
  out.input.fields = {{"x", from, bits, 1}};
  if (base.random_bits > 0) out.input.fields.push_back({"random", "", 32, 1});
  out.result.fields = {{"code", base.target.name, base.target.storage_bits, 1}};
  out.cases = [base](spec::CaseLevel level, std::uint64_t seed) {
    auto plain = source_cases(base.source, base.target, level, seed);
    return base.random_bits == 0 ? plain : with_random_words(base, std::move(plain), seed);
  };
  out.model = [base](std::span<const Change> changes) -> std::optional<spec::Model> {
    CastDecisions changed = base;
    for (const Change& change : changes)
      if (!changed.apply(change)) return std::nullopt;
    return changed.sound() ? std::optional(changed.model()) : std::nullopt;
  };
  out.changes = suspects(base);
  out.named = software(base);
  return out;
}

OperationKind make_kind() {
  OperationKind out;
  out.name = "cast";
  out.summary = "Numbers to codes under a policy";
  out.parameters = {
      {"from", "What the numbers are: fp32, bf16, fp16 or fp64", "fp32"},
      {"to", "The format of the codes, by name or alias", ""},
      {"policy", "ocp, ieee, nv, ml_dtypes, ... or a named conversion", ""},
      {"round", "rne, rna, rtz, rup, rdn, odd, sr-a, sr-b, sr-c, sr-odd or sr-carry", ""},
      {"overflow", "saturate, infinity or nan; for infinite inputs too", ""},
      {"infinity", "The same, for infinite inputs", ""},
      {"nan", "top, quiet, payload, maximum, zero or rebias", ""},
      {"set", "Any fields of the policy: FIELD=VALUE,FIELD=VALUE", ""},
      {"random-bits", "Random bits of a stochastic rounding, given with each number", ""},
  };
  out.example = "--to e4m3 --round rne --overflow saturate";
  out.make = make;
  return out;
}

const OperationKind& kind() {
  static const OperationKind row = make_kind();
  return row;
}

}  // namespace

OperationKind cast_operation() { return kind(); }

}  // namespace mxscope::analysis
