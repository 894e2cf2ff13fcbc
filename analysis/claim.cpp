// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims as JSON.
#include "analysis/claim.h"

#include "spec/names.h"

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

void to_json(nlohmann::json& json, const Claim& c) {
  json = {{"id", c.id},         {"statement", c.statement}, {"subject", c.subject},
          {"domain", c.domain}, {"method", c.method},       {"result", to_string(c.result)},
          {"bound", c.bound},   {"witness", c.witness},     {"cases", c.cases},
          {"digest", c.digest}};
}

void from_json(const nlohmann::json& json, Claim& c) {
  json.at("id").get_to(c.id);
  json.at("statement").get_to(c.statement);
  json.at("subject").get_to(c.subject);
  json.at("domain").get_to(c.domain);
  json.at("method").get_to(c.method);
  const auto text = json.at("result").get<std::string>();
  bool known = false;
  for (const Result r :
       {Result::kProved, Result::kExhaustive, Result::kMeasured, Result::kRefuted}) {
    if (to_string(r) != text) continue;
    c.result = r;
    known = true;
  }
  if (!known) throw Error("a claim's result is '" + text + "', which is no result");
  json.at("bound").get_to(c.bound);
  json.at("witness").get_to(c.witness);
  json.at("cases").get_to(c.cases);
  json.at("digest").get_to(c.digest);
}

}  // namespace mxscope::analysis
