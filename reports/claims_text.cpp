// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims for a person: a line each, and their sum.
#include "reports/claims_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "reports/console.h"
#include "reports/table.h"
#include "spec/exact.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using analysis::Result;

struct Kind {
  std::string name;
  std::array<std::size_t, 4> results = {};  ///< by Result
  spec::Integer cases = 0;                  ///< their sum may pass 2^64
};

std::vector<Kind> kinds_of(const std::vector<Claim>& claims) {
  std::vector<Kind> kinds;
  for (const Claim& c : claims) {
    const std::string name = c.id.substr(0, c.id.find('/'));
    auto it =
        std::find_if(kinds.begin(), kinds.end(), [&](const Kind& k) { return k.name == name; });
    if (it == kinds.end()) it = kinds.insert(kinds.end(), {name, {}, 0});
    ++it->results[static_cast<std::size_t>(c.result)];
    it->cases += c.cases;
  }
  return kinds;
}

}  // namespace

std::string claims_text(const std::vector<Claim>& claims) {
  std::string out;
  for (const Claim& c : claims) {
    const std::string result = fmt::format("{:<10}", to_string(c.result));
    out += fmt::format("{} {}  {} cases", c.holds() ? result : coloured(Colour::kBad, result), c.id,
                       c.cases);
    if (!c.bound.empty()) out += fmt::format(", bound {}", c.bound);
    if (!c.witness.empty()) out += fmt::format(", witness {}", c.witness);
    out += "\n";
    // Where inputs are singled out the sentence is the answer; elsewhere the id says it all.
    if (!c.witness.empty() || !c.holds()) out += fmt::format("           {}\n", c.statement);
  }
  return out;
}

std::string summary_text(const std::vector<Claim>& claims) {
  Table table({{"claims"},
               {"proved", true},
               {"exhaustive", true},
               {"measured", true},
               {"refuted", true},
               {"cases", true}});
  std::size_t refuted = 0;
  for (const Kind& kind : kinds_of(claims)) {
    std::vector<std::string> row = {kind.name};
    for (const Result r :
         {Result::kProved, Result::kExhaustive, Result::kMeasured, Result::kRefuted})
      row.push_back(std::to_string(kind.results[static_cast<std::size_t>(r)]));
    row.push_back(kind.cases.str());
    table.add(std::move(row));
    refuted += kind.results[static_cast<std::size_t>(Result::kRefuted)];
  }
  const std::string verdict = fmt::format("{} claims: {} hold, {} refuted", claims.size(),
                                          claims.size() - refuted, refuted);
  return table.text() + coloured(refuted == 0 ? Colour::kGood : Colour::kBad, verdict) + "\n";
}

bool all_hold(const std::vector<Claim>& claims) {
  return std::all_of(claims.begin(), claims.end(), [](const Claim& c) { return c.holds(); });
}

}  // namespace mxscope::reports
