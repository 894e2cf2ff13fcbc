// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What mxscope verify can check. A subject is one file reports/verify_NAME.cpp that derives from
// VerifySubject, its factory declared below, and a line of verify_subjects(). Shards, journals,
// threads, --only, output and exit codes are the same for all and none of its business.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/work.h"
#include "reports/claims_text.h"
#include "reports/provenance.h"
#include "reports/recipe_files.h"

namespace mxscope::reports {

/// The tasks of a request, those of all shards.
struct VerifyTasks {
  std::vector<analysis::Task> tasks;
  nlohmann::json request = nlohmann::json::object();  ///< what restore() reads back
  std::string rows = {};  ///< text of formats and recipes that the tasks' ids name and a user's
                          ///< file may define: equal ids and rows mean equal work
};

/// What a task's id begins with, and the option that a request needs to have such tasks, or "".
struct ClaimKind {
  std::string name;
  std::string option = {};
};

/// One subcommand of verify, with the values of its options.
class VerifySubject {
 public:
  VerifySubject() = default;
  VerifySubject(const VerifySubject&) = delete;
  VerifySubject& operator=(const VerifySubject&) = delete;
  virtual ~VerifySubject() = default;

  virtual std::string name() const = 0;
  virtual std::string summary() const = 0;  ///< one line of help
  virtual std::string examples() const = 0;
  virtual std::vector<ClaimKind> kinds() const = 0;

  /// Adds the options that say what is to be verified. `command` does not outlive this.
  virtual void add_options(CLI::App& command) = 0;

  /// Sets the options from a request that tasks() gave. May throw as nlohmann::json does.
  virtual void restore(const nlohmann::json& request) = 0;

  /// Throws Error where this processor cannot run the tasks, which can be listed all the same.
  virtual void check_runnable() const {}

  /// Throws Error for options that name what there is not. The same for equal options and files.
  virtual VerifyTasks tasks(Run& run) const = 0;

  /// The claims as a person reads them, before the summary.
  virtual std::string text(const std::vector<analysis::Claim>& claims) const;

  RecipeFiles files;  ///< set by --formats and --recipes, where add_options() adds them
};

std::unique_ptr<VerifySubject> make_verify_codec();
std::unique_ptr<VerifySubject> make_verify_layout();
std::unique_ptr<VerifySubject> make_verify_bounds();
std::unique_ptr<VerifySubject> make_verify_arcquant();
std::unique_ptr<VerifySubject> make_verify_micromix();
std::unique_ptr<VerifySubject> make_verify_moments();
std::unique_ptr<VerifySubject> make_verify_recipes();

/// Every subject, in the order of the help.
std::vector<std::unique_ptr<VerifySubject>> verify_subjects();

/// The subject of that name; throws Error with the near names.
std::unique_ptr<VerifySubject> find_verify_subject(const std::string& name);

}  // namespace mxscope::reports
