// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace mxscope::reports {

class TaskPool;

/// What a command line asks for: filled in while it is parsed, run afterwards.
struct Context {
  std::vector<std::string> arguments;  ///< as given, without the program's name
  std::function<int()> action;         ///< set by the callback of the chosen command; exit code
  TaskPool* pool = nullptr;            ///< processes to share the tasks of verify with, if any
};

/// Exit codes of every command. Errors of input are thrown as mxscope::Error and give kBadInput.
inline constexpr int kAllHolds = 0;
inline constexpr int kRefuted = 1;
inline constexpr int kBadInput = 2;
inline constexpr int kInterrupted = 3;

// Each command is one file and one line here and in program.cpp: it adds its subcommand with a
// callback that sets `context.action`. `context` outlives the parse.
void add_formats_command(CLI::App& app, Context& context);
void add_cast_command(CLI::App& app, Context& context);
void add_layout_command(CLI::App& app, Context& context);
void add_recipes_command(CLI::App& app, Context& context);
void add_quantize_command(CLI::App& app, Context& context);
void add_dequantize_command(CLI::App& app, Context& context);
void add_compare_command(CLI::App& app, Context& context);
void add_moments_command(CLI::App& app, Context& context);
void add_inner_command(CLI::App& app, Context& context);
void add_verify_command(CLI::App& app, Context& context);
void add_units_command(CLI::App& app, Context& context);
void add_gemm_command(CLI::App& app, Context& context);
void add_models_command(CLI::App& app, Context& context);
void add_devices_command(CLI::App& app, Context& context);
void add_validate_command(CLI::App& app, Context& context);
void add_calibrate_command(CLI::App& app, Context& context);
void add_conform_command(CLI::App& app, Context& context);
void add_probe_command(CLI::App& app, Context& context);
void add_simulate_command(CLI::App& app, Context& context);
void add_explain_command(CLI::App& app, Context& context);
void add_schemes_command(CLI::App& app, Context& context);
void add_calibrate_scheme_command(CLI::App& app, Context& context);
void add_run_scheme_command(CLI::App& app, Context& context);
void add_compare_schemes_command(CLI::App& app, Context& context);
void add_study_command(CLI::App& app, Context& context);
void add_report_command(CLI::App& app, Context& context);

}  // namespace mxscope::reports
