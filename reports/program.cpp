// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The list of commands, and how every kind of failure becomes one sentence and an exit code.
#include "reports/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <new>
#include <sstream>

#include "mxscope_build.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/interrupt.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

void add_commands(CLI::App& app, Context& context) {
  add_formats_command(app, context);
  add_cast_command(app, context);
  add_layout_command(app, context);
  add_recipes_command(app, context);
  add_quantize_command(app, context);
  add_dequantize_command(app, context);
  add_compare_command(app, context);
  add_moments_command(app, context);
  add_inner_command(app, context);
  add_verify_command(app, context);
  add_units_command(app, context);
  add_gemm_command(app, context);
  add_models_command(app, context);
  add_devices_command(app, context);
  add_validate_command(app, context);
  add_calibrate_command(app, context);
  add_conform_command(app, context);
  add_probe_command(app, context);
  add_simulate_command(app, context);
  add_explain_command(app, context);
  add_schemes_command(app, context);
  add_calibrate_scheme_command(app, context);
  add_run_scheme_command(app, context);
  add_compare_schemes_command(app, context);
  add_study_command(app, context);
  add_report_command(app, context);
}

/// One command of a kind, so that a later argument of such a name is a value; and no empty values.
void be_strict(CLI::App& app) {
  app.require_subcommand(0, 1);
  for (CLI::Option* const option : app.get_options())
    if (option->get_items_expected_max() > 0)
      option->check([](const std::string& value) {
        return value.empty() ? "an empty value; write one or leave it out" : "";
      });
  for (CLI::App* const command : app.get_subcommands({})) be_strict(*command);
}

/// "-inf", "-nan" and "-.5" are values and not options; a blank in front says so to the parser.
std::string as_value(const std::string& argument) {
  std::string text;
  for (const char c : argument)
    text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const bool is_value =
      text == "-inf" || text == "-infinity" || text == "-nan" ||
      (text.size() > 2 && text.substr(0, 2) == "-." && text[2] >= '0' && text[2] <= '9');
  return is_value ? " " + argument : argument;
}

const CLI::App& chosen(const CLI::App& app) {
  const auto subcommands = app.get_subcommands();
  return subcommands.empty() ? app : chosen(*subcommands.front());
}

std::string path_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name()
                                     : path_of(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

/// The sentence for an argument that nothing takes, with the near names that exist.
std::string unexpected(const CLI::App& app, const std::string& argument) {
  const CLI::App& command = chosen(app);
  if (argument.size() > 1 && argument.front() == '-') {
    std::vector<std::string> names;
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const std::string name = argument.substr(0, argument.find('='));
    return spec::unknown_name(path_of(command) + " option", name, names).what();
  }
  const auto names = command_names(command);
  if (!names.empty())
    return spec::unknown_name(path_of(command) + " command", argument, names).what();
  return fmt::format("'{}' is one argument too many; see {} --help", argument, path_of(command));
}

int parse_and_run(CLI::App& app, Context& context) {
  try {
    std::vector<std::string> reversed;
    for (const std::string& a : context.arguments) {
      // CLI11 would take the next argument for the value.
      if (a.size() > 3 && a.rfind("--", 0) == 0 && a.find('=') == a.size() - 1)
        throw Error(fmt::format("{} is followed by no value; write one or leave it out", a));
      reversed.push_back(as_value(a));
    }
    std::reverse(reversed.begin(), reversed.end());
    app.parse(reversed);
  } catch (const CLI::ExtrasError& e) {
    const auto extras = app.remaining(true);
    throw Error(extras.empty() ? std::string(e.what()) : unexpected(app, extras.front()));
  } catch (const CLI::Success& e) {  // --help, --version
    std::ostringstream text;
    app.exit(e, text, text);
    print(text.str());
    return kAllHolds;
  } catch (const CLI::ParseError& e) {
    throw Error(fmt::format("{}; see {} --help", e.what(), path_of(chosen(app))));
  }
  if (!context.action)
    throw Error(fmt::format("a command is missing: {}; {} --help explains them",
                            fmt::join(command_names(chosen(app)), ", "), path_of(chosen(app))));
  return context.action();
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, TaskPool* pool) {
  const auto fail = [](const std::string& text, int code) {
    complain(text);
    return code;
  };
  prepare_standard_streams();
  catch_interrupts();
  try {
    CLI::App app("Exact models of low-precision number formats, and proofs about them.", "mxscope");
    app.set_version_flag("--version", fmt::format("mxscope {} ({}, {})", build::kVersion,
                                                  build::kCommit, build::kCompiler));
    app.footer(
        "Exit codes: 0 fine, 1 a claim is refuted or a check failed, 2 bad usage or input,\n"
        "3 interrupted.\n\n"
        "Examples:\n"
        "  mxscope formats e4m3\n"
        "  mxscope cast --format e4m3 0.1 1/3 448\n"
        "  mxscope verify codec --format e2m1");
    Context context{arguments, {}, pool};
    if (pool == nullptr)
      add_commands(app, context);
    else
      add_verify_command(app, context);
    be_strict(app);
    int code = kBadInput;
    try {
      code = parse_and_run(app, context);
    } catch (...) {
      // What was answered before the failure is still an answer, unless writing is what failed.
      try {
        flush_output();
      } catch (const std::exception&) {
      }
      throw;
    }
    flush_output();
    return code;
  } catch (const Interrupted& e) {
    return fail(e.what(), kInterrupted);
  } catch (const Error& e) {
    return fail(e.what(), kBadInput);
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory for this", kBadInput);
  } catch (const std::exception& e) {
    return fail(fmt::format("internal error: {}; please report it", e.what()), kBadInput);
  }
}

}  // namespace mxscope::reports
