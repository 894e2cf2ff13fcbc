// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims as JSON.
#include "analysis/claim.h"

#include <fmt/format.h>

#include "analysis/text_lines.h"
#include "spec/error.h"

namespace mxscope::analysis {

std::string_view to_string(Result result) {
  switch (result) {
    case Result::kProved:
      return "proved";
    case Result::kExhaustive:
      return "exhaustive";
    case Result::kMeasured:
      return "measured";
    case Result::kRefuted:
      break;
  }
  return "refuted";
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNone:
      return "";
    case Verdict::kAsStated:
      return "as stated";
    case Verdict::kOtherConstant:
      return "with another constant";
    case Verdict::kRefuted:
      break;
  }
  return "refuted";
}

void to_json(nlohmann::json& json, const Claim& c) {
  json = {{"id", c.id},         {"statement", c.statement}, {"subject", c.subject},
          {"domain", c.domain}, {"method", c.method},       {"result", to_string(c.result)},
          {"bound", c.bound},   {"witness", c.witness},     {"cases", c.cases},
          {"digest", c.digest}};
  if (c.verdict == Verdict::kNone) return;
  json["published"] = c.published;
  json["verdict"] = to_string(c.verdict);
}

void from_json(const nlohmann::json& json, Claim& c) {
  const auto text = [&](const char* field) {
    if (!json.is_object() || !json.contains(field) || !json[field].is_string())
      throw Error(fmt::format("a claim's {} is missing or no text", field));
    return json[field].get<std::string>();
  };
  c.id = text("id");
  if (c.id.empty() || !is_plain_name(c.id))
    throw Error(fmt::format("a claim's id is {}, and ids are printable ASCII without spaces",
                            excerpt(c.id)));
  c.statement = text("statement");
  c.subject = text("subject");
  c.domain = text("domain");
  c.method = text("method");
  const std::string result = text("result");
  bool known = false;
  for (const Result r :
       {Result::kProved, Result::kExhaustive, Result::kMeasured, Result::kRefuted}) {
    if (to_string(r) != result) continue;
    c.result = r;
    known = true;
  }
  if (!known)
    throw Error(
        fmt::format("a claim's result is {}, and it may be proved, exhaustive, measured or "
                    "refuted",
                    excerpt(result)));
  c.bound = text("bound");
  c.witness = text("witness");
  // get() alone would take -1 or 0.5 for some count.
  if (!json.contains("cases") || !json["cases"].is_number_unsigned())
    throw Error("a claim's cases are missing or no whole number of 0 or more");
  c.cases = json["cases"].get<std::uint64_t>();
  c.digest = text("digest");
  std::uint64_t value = 0;
  if (!c.digest.empty() && (c.digest.size() != 16 || !read_hex(c.digest, value)))
    throw Error(fmt::format("a claim's digest is {}, and it has 16 hex digits", excerpt(c.digest)));
  if (!json.contains("published")) return;
  c.published = text("published");
  const std::string verdict = text("verdict");
  for (const Verdict v : {Verdict::kAsStated, Verdict::kOtherConstant, Verdict::kRefuted})
    if (to_string(v) == verdict) c.verdict = v;
  if (c.verdict == Verdict::kNone)
    throw Error(
        fmt::format("a claim's verdict is {}, and it may be 'as stated', 'with another "
                    "constant' or 'refuted'",
                    excerpt(verdict)));
}

}  // namespace mxscope::analysis
