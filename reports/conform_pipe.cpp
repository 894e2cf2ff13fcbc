// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform gen | somebody's program | mxscope conform check.
#include <fmt/format.h>

#include <memory>

#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/conform_pack.h"
#include "reports/conform_stream.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/operation_list.h"

namespace mxscope::reports {
namespace {

/// What one invocation is given.
struct Given {
  std::shared_ptr<spec::Arguments> arguments = std::make_shared<spec::Arguments>();
  std::shared_ptr<StreamRequest> request = std::make_shared<StreamRequest>();
  std::shared_ptr<bool> json = std::make_shared<bool>(false);
};

void add_level_and_seed(CLI::App& command, const Given& given) {
  add_number(command, "--seed", given.request->seed, 0, std::numeric_limits<std::int64_t>::max(),
             "Of the random cases (default 1)");
  command
      .add_option_function<std::string>(
          "--level",
          [request = given.request](const std::string& text) {
            request->level = static_cast<spec::CaseLevel>(whole_number("--level", text, 1, 3));
          },
          "1: every boundary (default); 2: bit patterns and random\nwords too; 3: everything")
      ->option_text("N");
}

void add_shared_options(CLI::App& command, const spec::OperationKind& kind, const Given& given) {
  for (const spec::Parameter& p : kind.parameters) {
    const auto store = [arguments = given.arguments, name = p.name](const std::string& text) {
      (*arguments)[name] = text;
    };
    command
        .add_option_function<std::string>(
            "--" + p.name, store,
            p.meaning + (p.initial.empty() ? "" : " (default " + p.initial + ")"))
        ->option_text("TEXT")
        ->required(p.required);
  }
  add_level_and_seed(command, given);
  command.add_flag("--raw", given.request->raw, "Little-endian words instead of hex text");
}

std::string layout_text(const spec::OperationKind& kind) {
  return fmt::format(
      "Examples:\n"
      "  mxscope conform gen {0} {1} | ./theirs | \\\n"
      "    mxscope conform check {0} {1}",
      kind.name, kind.example);
}

void add_gen(CLI::App& conform, Context& context) {
  CLI::App* gen = conform.add_subcommand("gen", "Write the cases of an operation, for a program");
  gen->footer(
      "A case is a line of hex words, or with --raw those words in binary. The program under test\n"
      "reads them, and writes a result for each: alone, or after its input. Level, seed and all\n"
      "options of check must be those of gen.\n\n"
      "Examples:\n"
      "  mxscope conform gen cast --to e4m3 | ./theirs | mxscope conform check cast --to e4m3");
  for (const spec::OperationKind& kind : operation_kinds()) {
    CLI::App* command = gen->add_subcommand(kind.name, kind.summary);
    const Given given;
    add_shared_options(*command, kind, given);
    command->footer(layout_text(kind));
    command->callback([=, &context, &kind] {
      context.action = [=, &kind] {
        return write_cases(kind.make(*given.arguments), *given.request);
      };
    });
  }
}

void add_check(CLI::App& conform, Context& context) {
  CLI::App* check = conform.add_subcommand(
      "check", "Check a program's results, and say what it does differently");
  check->footer(
      "Exit codes: 0 conforms, 1 does not, 2 bad usage or a broken stream.\n\n"
      "Examples:\n"
      "  mxscope conform gen cast --to e4m3 | ./theirs | mxscope conform check cast --to e4m3\n"
      "  mxscope conform check cast --to e2m1 --level 2 --raw results.bin --json");
  for (const spec::OperationKind& kind : operation_kinds()) {
    CLI::App* command = check->add_subcommand(kind.name, kind.summary);
    const Given given;
    add_shared_options(*command, kind, given);
    command->add_option("RESULTS", given.request->file, "File of results (default: standard input)")
        ->option_text("FILE");
    command->add_flag_callback(
        "--with-inputs", [request = given.request] { request->form = analysis::LineForm::kEchoed; },
        "Each input stands before its result (text: found out)");
    command->add_flag("--json", *given.json, "Write JSON");
    command->footer(layout_text(kind));
    command->callback([=, &context, &kind] {
      context.action = [=, &context, &kind] {
        Run run = this_run(context.arguments);
        const spec::Operation operation = kind.make(*given.arguments);
        const analysis::Diagnosis diagnosis = check_results(operation, *given.request);
        if (*given.json) {
          nlohmann::json json = diagnosis_json(operation, *given.request, diagnosis);
          json["run"] = run;
          print(json_text(json));
        } else {
          print(diagnosis_text(operation, *given.request, diagnosis));
        }
        return diagnosis.conforms() ? kAllHolds : kRefuted;
      };
    });
  }
}

void add_packs(CLI::App& conform, Context& context) {
  CLI::App* pack = conform.add_subcommand("pack", "Write folders of test vectors");
  const Given given;
  const auto folder = std::make_shared<std::string>();
  const auto kind = std::make_shared<std::string>();
  pack->add_option("-o,--output", *folder, "The folder")->option_text("DIR")->required();
  pack->add_option("--operation", *kind, "Only the packs of this operation")->option_text("NAME");
  add_level_and_seed(*pack, given);
  pack->footer(
      "A CSV for each operation, with its clause and fields in comments, and manifest.json with\n"
      "SHA-256 and all that makes the file again.\n\n"
      "Examples:\n"
      "  mxscope conform pack -o vectors\n"
      "  mxscope conform pack -o casts --operation cast");
  pack->callback([=, &context] {
    context.action = [=, &context] {
      return write_packs(*folder, *kind, *given.request, this_run(context.arguments));
    };
  });
  CLI::App* check =
      conform.add_subcommand("check-pack", "Check results for a folder of test vectors");
  const auto results = std::make_shared<std::string>();
  check->add_option("DIR", *folder, "The folder of conform pack")->option_text("DIR")->required();
  check
      ->add_option("RESULTS", *results,
                   "A folder with NAME.txt for each NAME.csv, a result a line;\n"
                   "without it the vectors themselves are checked")
      ->option_text("DIR");
  check->add_flag("--json", *given.json, "Write JSON");
  check->footer(
      "Examples:\n"
      "  mxscope conform check-pack vectors\n"
      "  mxscope conform check-pack vectors my_results --json");
  check->callback([=, &context] {
    context.action = [=, &context] {
      return check_packs(*folder, *results, *given.json, this_run(context.arguments));
    };
  });
}

}  // namespace

void add_conform_pipe(CLI::App& conform, Context& context) {
  add_gen(conform, context);
  add_check(conform, context);
  add_packs(conform, context);
}

}  // namespace mxscope::reports
