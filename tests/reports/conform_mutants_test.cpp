// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Mutants of our own conversions, each with one field of its policy changed, run as if they were
// somebody else's program: are they caught, and is the field named? The mutants are enumerated from
// the fields of Policy, not from the suspects of the operation; step maps prove which are
// equivalent.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <iostream>

#include "analysis/diagnosis.h"
#include "reports/operation_list.h"
#include "spec/arithmetic.h"  // its enumerators would shadow constants of codec.h
#include "spec/batch.h"
#include "spec/codec.h"
#include "spec/conversions.h"
#include "spec/field_values.h"
#include "spec/formats.h"
#include "spec/oracle.h"

namespace mxscope::reports {
namespace {

using spec::CaseLevel;
using spec::Operation;

/// A program with one thing changed.
struct Mutant {
  std::string name;
  std::vector<std::string> fields;  ///< any of which a diagnosis may name
  spec::Model model;
  bool equivalent = false;  ///< proved on every input
};

struct Score {
  std::size_t mutants = 0, equivalent = 0, killed_1 = 0, killed_2 = 0, named = 0;
  std::vector<std::string> survivors, unnamed;

  Score& operator+=(const Score& more) {
    mutants += more.mutants;
    equivalent += more.equivalent;
    killed_1 += more.killed_1;
    killed_2 += more.killed_2;
    named += more.named;
    survivors.insert(survivors.end(), more.survivors.begin(), more.survivors.end());
    unnamed.insert(unnamed.end(), more.unnamed.begin(), more.unnamed.end());
    return *this;
  }
};

/// A level's cases with the right results, made once for all mutants.
class Bench {
 public:
  Bench(const Operation& operation, CaseLevel level) : operation_(operation) {
    const spec::CaseList cases = operation.cases(level, 1);
    count_ = static_cast<std::size_t>(cases.count);
    inputs_.resize(count_ * operation.input.bytes());
    expected_.resize(count_ * operation.result.bytes());
    cases.fill(0, count_, inputs_.data());
    operation.model({}).value()(count_, inputs_.data(), expected_.data());
  }

  analysis::Diagnosis judge(const Mutant& mutant) const {
    std::vector<std::uint8_t> given(expected_.size());
    mutant.model(count_, inputs_.data(), given.data());
    analysis::Evidence evidence(operation_, count_);
    evidence.add(count_, inputs_.data(), expected_.data(), given.data());
    return analysis::diagnose(operation_, evidence);
  }

 private:
  const Operation& operation_;
  std::size_t count_ = 0;
  std::vector<std::uint8_t> inputs_, expected_;
};

bool names(const analysis::Diagnosis& d, const std::vector<std::string>& fields) {
  const auto wanted = [&](const spec::Change& change) {
    return std::find(fields.begin(), fields.end(), change.field) != fields.end();
  };
  for (const analysis::ChangeEffect& effect : d.effects)
    if (wanted(effect.change) || std::any_of(effect.also.begin(), effect.also.end(), wanted))
      return true;
  return false;
}

Score score(const Operation& operation, const std::vector<Mutant>& mutants) {
  Score out;
  const Bench first(operation, CaseLevel::kBoundaries);
  std::optional<Bench> second;
  for (const Mutant& mutant : mutants) {
    const std::string name = operation.title + " | " + mutant.name;
    const analysis::Diagnosis d = first.judge(mutant);
    if (mutant.equivalent) {
      EXPECT_TRUE(d.conforms()) << name << " was proved equivalent";
      ++out.equivalent;
      continue;
    }
    ++out.mutants;
    if (!d.conforms()) {
      ++out.killed_1;
      ++out.killed_2;
      if (names(d, mutant.fields))
        ++out.named;
      else
        out.unnamed.push_back(name);
      continue;
    }
    if (!second) second.emplace(operation, CaseLevel::kPatterns);
    if (second->judge(mutant).conforms())
      out.survivors.push_back(name + " (both levels)");
    else {
      ++out.killed_2;
      out.survivors.push_back(name + " (level 1)");
    }
  }
  return out;
}

Operation operation_of(const std::string& kind, const spec::Arguments& arguments) {
  return find_operation_kind(kind).make(arguments);
}

/// Every value of every field of the policy; equivalence is decided by the step maps of all 2^32
/// inputs.
Score policy_mutants(const std::string& to, const std::string& policy_name) {
  const Operation operation = operation_of("cast", {{"to", to}, {"policy", policy_name}});
  const spec::Format& format = spec::find_format(to);
  const spec::Policy base = spec::named_policy(policy_name, format);
  const spec::Format& source = spec::find_format("fp32");
  const auto map = spec::step_map(source, format, base);
  std::vector<Mutant> mutants;
  for (const spec::PolicyField& field : describe(base))
    for (const std::string& value : spec::policy_field_values(field.name)) {
      if (value == field.value || value.find("error") != std::string::npos ||
          value.rfind("sr-", 0) == 0 || value == "log2")
        continue;
      spec::Policy mutated = base;
      set_field(mutated, field.name, value);
      if (!conflict(format, mutated).empty()) continue;
      const auto cast = std::make_shared<spec::BatchCast>(spec::kF32, format, mutated);
      mutants.push_back({fmt::format("{}={}", field.name, value),
                         {std::string(field.name)},
                         [cast](std::size_t n, const std::uint8_t* in, std::uint8_t* out) {
                           cast->encode(in, out, n);
                         },
                         spec::step_map(source, format, mutated) == map});
    }
  return score(operation, mutants);
}

/// Adds parts up, shows them, and holds the sum against what the suite promises.
class Tally {
 public:
  void add(const std::string& what, const Score& part) {
    std::cout << fmt::format(
                     "{:24} {:4} mutants, {:3} equivalent, {:4} killed by level 1, {:4} by "
                     "level 2, {:4} named\n",
                     what, part.mutants, part.equivalent, part.killed_1, part.killed_2, part.named)
              << std::flush;
    all_ += part;
  }

  void expect(std::size_t mutants) const {
    std::cout << fmt::format("not named:\n  {}\nsurvivors:\n  {}\n",
                             fmt::join(all_.unnamed, "\n  "), fmt::join(all_.survivors, "\n  "));
    EXPECT_GE(all_.mutants, mutants);
    EXPECT_GE(all_.killed_1 * 100, all_.mutants * 95);
    EXPECT_GE(all_.killed_2 * 100, all_.mutants * 99);
    EXPECT_GE(all_.named * 100, all_.killed_1 * 90);
  }

 private:
  Score all_;
};

TEST(ConformMutantsMedium, OfConversionsAreCaughtAndNamed) {
  Tally tally;
  for (const char* const to : {"e4m3", "e5m2", "e2m1", "e3m2"})
    for (const char* const policy : {"ocp", "ml_dtypes"})
      tally.add(fmt::format("policy {} {}", policy, to), policy_mutants(to, policy));
  tally.expect(125);
}

}  // namespace
}  // namespace mxscope::reports
