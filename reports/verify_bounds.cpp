// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope verify bounds: the exact worst case of every recipe over all blocks of real numbers, and
// mean and variance of stochastic rounding.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "analysis/bound_claims.h"
#include "analysis/choice_bound.h"
#include "analysis/lattice_bound.h"
#include "analysis/stochastic_bias.h"
#include "analysis/wide_scale_bound.h"
#include "reports/atomic_file.h"
#include "reports/bound_story.h"
#include "reports/table.h"
#include "reports/verify_subject.h"
#include "spec/error.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using analysis::Claim;
using spec::Recipe;

constexpr int kMostStageBits = 4;  // residuals of wider elements are seldom quantized again
constexpr int kMostRandomBits = 8;

bool is_over_reals(const Recipe& r) { return analysis::not_over_reals(r).empty(); }
bool is_choice(const Recipe& r) { return analysis::not_a_choice(r).empty(); }
bool is_wide(const Recipe& r) { return analysis::not_wide_scaled(r).empty(); }
bool is_bounded(const Recipe& r) {
  return is_over_reals(r) || is_choice(r) || is_wide(r) || analysis::not_on_lattice(r).empty();
}

/// Named ones, or all that have a bound over the reals or over the numbers of their input format.
std::vector<Recipe> chosen_recipes(const std::vector<std::string>& names,
                                   const spec::RecipeTable& table) {
  std::vector<Recipe> out;
  for (const std::string& name : names) {
    const Recipe& r = table.find(name);
    if (!is_bounded(r))
      throw Error(
          fmt::format("--recipe {}: it has no bound here: {}; mxscope compare measures it on "
                      "tensors",
                      name, analysis::not_on_lattice(r)));
    const auto same = [&](const Recipe& other) { return other.name == r.name; };
    if (std::none_of(out.begin(), out.end(), same)) out.push_back(r);
  }
  if (names.empty())
    for (const Recipe& r : table.rows())
      if (is_bounded(r)) out.push_back(r);
  return out;
}

/// "bounds/mxfp4/rtz/rne/stored": its parts, more where the recipe's name has slashes.
std::vector<std::string> id_parts(const std::string& id) {
  std::vector<std::string> parts(1);
  for (const char c : id)
    if (c == '/')
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// The certificate of a claim, one file each, whole or not at all.
analysis::CertificateSink sink_into(const std::string& folder) {
  if (folder.empty()) return {};
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error || !std::filesystem::is_directory(folder))
    throw Error(fmt::format("--certificates {}: cannot be made a folder ({}); give another one",
                            folder, error ? error.message() : "a file of that name exists"));
  return [folder](const std::string& id, const std::string& text) {
    std::string name = id;
    std::replace(name.begin(), name.end(), '/', '.');
    write_file((std::filesystem::path(folder) / (name + ".json")).string(), text);
  };
}

/// Best first.
std::string ranking_text(const std::vector<Claim>& claims) {
  struct Row {
    bool none = false;
    spec::Rational bound = 0;
    const Claim* claim = nullptr;
  };
  std::vector<Row> rows;
  for (const Claim& c : claims) {
    const bool none = c.bound == "none";
    rows.push_back({none, none ? spec::Rational(0) : spec::Rational(c.bound), &c});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return a.none != b.none ? b.none : a.bound < b.bound;
  });
  Table table({{"worst error / block maximum"},
               {"", true},
               {"recipe"},
               {"scale"},
               {"element"},
               {"scales"},
               {"block"}});
  for (const Row& row : rows) {
    const std::vector<std::string> id = id_parts(row.claim->id);
    if (id.size() == 2) {  // a recipe's own arithmetic, or a choice between scales
      table.add({row.claim->bound, spec::to_approximate_text(row.bound, 4), id[1], "", "",
                 id[0] == "software" ? "its own" : "unbounded", row.claim->witness});
      continue;
    }
    table.add({row.claim->bound, row.none ? "" : spec::to_approximate_text(row.bound, 4),
               (id[0] == "stages" ? "twice " : "") + id[1], id[2], id[3], id[4],
               row.claim->witness});
  }
  return table.text();
}

/// A line for each rounding and number of random bits, whose claims are bias, mean, variance and
/// mean square in this order.
std::string stochastic_text(const std::vector<Claim>& claims) {
  constexpr std::size_t kEach = 4;
  Table table({{"form"},
               {"random\nbits", true},
               {"worst |E[Q] - x|,\nin gaps", true},
               {"where"},
               {"mean of\nE[Q] - x", true},
               {"worst\nvariance", true},
               {"worst\nE[(Q - x)^2]", true},
               {"where"}});
  for (std::size_t i = 0; i + kEach <= claims.size(); i += kEach) {
    const auto bound = [&](std::size_t k) { return claims[i + k].bound; };
    table.add({claims[i].subject, id_parts(claims[i].id).at(2), bound(0), claims[i].witness,
               bound(1), bound(2), bound(3), claims[i + 3].witness});
  }
  return table.text();
}

class VerifyBounds : public VerifySubject {
 public:
  std::string name() const override { return "bounds"; }
  std::string summary() const override {
    return "Prove how wrong recipes can be, on any block of real numbers";
  }
  std::string examples() const override {
    return "  mxscope verify bounds\n"
           "  mxscope verify bounds --recipe nvfp4 mxfp4 --certificates proofs\n"
           "  mxscope verify bounds --recipe te_nvfp4 torchao_nvfp4\n"
           "  mxscope verify bounds --all-roundings --only bounds\n"
           "  mxscope verify bounds --only stochastic-bias\n";
  }
  std::vector<ClaimKind> kinds() const override {
    return {{"bounds"}, {"choices"},  {"wide"},
            {"stages"}, {"software"}, {"stochastic-bias", "no --recipe"}};
  }

  void add_options(CLI::App& command) override {
    command.add_option("--recipe", recipes_, "Only these recipes")->option_text("NAME ...");
    command.add_flag("--all-roundings", all_roundings_,
                     "Each recipe also with every other rounding of its scales and elements");
    command
        .add_option("--certificates", certificates_,
                    "Write the proof of each claim into this folder, as JSON that\n"
                    "tests/check_certificate.py checks; finished tasks of a journal are not "
                    "written again")
        ->option_text("DIR");
    add_recipe_files(command, files, "--recipes");
  }

  void restore(const nlohmann::json& request) override {
    request.at("recipes").get_to(recipes_);
    all_recipes_ = request.at("all_recipes").get<bool>();
    all_roundings_ = request.at("all_roundings").get<bool>();
  }

  VerifyTasks tasks(Run& run) const override {
    const std::vector<Recipe> chosen = chosen_recipes(recipes_, load_recipes(files, run));
    VerifyTasks out;
    nlohmann::json names = nlohmann::json::array();
    std::vector<Recipe> all;
    std::vector<Recipe> staged;
    std::vector<Recipe> choices;
    std::vector<Recipe> wide;
    std::vector<Recipe> software;
    for (const Recipe& r : chosen) {
      names.push_back(r.name);
      for (const spec::RecipeField& f : spec::describe(r)) out.rows += f.name + "=" + f.value + " ";
      out.rows += "\n";
      if (!is_over_reals(r)) {
        (is_choice(r) ? choices : is_wide(r) ? wide : software).push_back(r);
        continue;
      }
      all.push_back(r);
      if (r.element.bits <= kMostStageBits && r.random_bits == 0) staged.push_back(r);
      if (!all_roundings_) continue;
      for (Recipe& other : analysis::with_all_roundings(r))
        if (other.scale_policy != r.scale_policy || other.element_policy != r.element_policy)
          all.push_back(std::move(other));
    }
    const bool all_recipes = recipes_.empty() || all_recipes_;
    out.request = {
        {"recipes", names}, {"all_recipes", all_recipes}, {"all_roundings", all_roundings_}};
    const analysis::CertificateSink sink = sink_into(certificates_);
    out.tasks = analysis::bound_tasks(all, sink);
    const auto add = [&](std::vector<analysis::Task> more) {
      std::move(more.begin(), more.end(), std::back_inserter(out.tasks));
    };
    add(analysis::choice_tasks(choices));
    add(analysis::wide_tasks(wide));
    add(analysis::stage_tasks(staged, sink));
    add(analysis::software_tasks(software));
    // About rounding, and no recipe's own.
    if (all_recipes) add(analysis::stochastic_bias_tasks(kMostRandomBits));
    return out;
  }

  /// A ranking, best first, and a line for each stochastic rounding.
  std::string text(const std::vector<Claim>& claims) const override;

 private:
  std::vector<std::string> recipes_;
  bool all_recipes_ = false;  ///< of a journal: its recipes are all that there were
  bool all_roundings_ = false;
  std::string certificates_;
};

std::string VerifyBounds::text(const std::vector<Claim>& all) const {
  for (const Claim& c : all)
    if (!c.holds()) return VerifySubject::text(all);
  const std::vector<Claim> stochastic = with_prefix(all, "stochastic-bias/");
  std::vector<Claim> claims = with_prefix(all, "bounds/");
  for (const char* kind : {"choices/", "wide/", "stages/", "software/"})
    for (Claim& c : with_prefix(all, kind)) claims.push_back(std::move(c));
  for (const Claim& c : claims)
    if (const std::size_t parts = id_parts(c.id).size(); parts != 5 && parts != 2)
      return VerifySubject::text(all);
  std::string out = claims.empty() ? "" : ranking_text(claims);
  if (!stochastic.empty()) out += (out.empty() ? "" : "\n") + stochastic_text(stochastic);
  return out;
}

}  // namespace

std::unique_ptr<VerifySubject> make_verify_bounds() { return std::make_unique<VerifyBounds>(); }

}  // namespace mxscope::reports
