// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform: our conversions against other software's tables and digests, and each other.
#include <memory>

#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/numbers.h"

namespace mxscope::reports {
namespace {

void add_cast_check(CLI::App& conform, Context& context) {
  auto files = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = conform.add_subcommand("cast", "Check tables of inputs and codes");
  command->add_option("FILES", *files, "Tables: 'fp32<TAB>conversion...', then hex")
      ->option_text("FILE.tsv ...");
  command->add_flag("--json", *json, "Write JSON");
  command->footer(
      "Each column is a named conversion (mxscope conform list); short names are completed from\n"
      "the file's name. Exit code 1 on any mismatch or unknown column.\n\n"
      "Examples:\n"
      "  mxscope conform cast fp32_nv.tsv fp32_ml.tsv\n"
      "  mxscope conform cast gfloat_ocp_e4m3.tsv --json");
  command->callback([=, &context] {
    context.action = [=, &context] {
      return check_tables(*files, *json, this_run(context.arguments));
    };
  });
}

void add_digest_check(CLI::App& conform, Context& context) {
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  auto threads = std::make_shared<int>(0);
  auto names = std::make_shared<std::vector<std::string>>();
  auto chunks = std::make_shared<std::vector<std::string>>();
  CLI::App* command = conform.add_subcommand(
      "digest", "Check, or write, digests of conversions over 2^24 inputs each");
  command->add_option("FILE", *file, "Lines 'conversion chunk digest', in hex")
      ->option_text("FILE.txt");
  add_number(*command, "--threads", *threads, 1, kMostThreads, "Threads (default: one per core)");
  command->add_flag("--json", *json, "Write JSON");
  command->add_option("--write", *names, "Write FILE, with the digests of these conversions")
      ->option_text("NAME ...")
      ->excludes(command->get_option("--json"));
  command->add_option("--chunks", *chunks, "Only these chunks, 00 to ff (default: all 256)")
      ->option_text("HEX ...")
      ->needs(command->get_option("--write"));
  command->footer(
      "A digest is FNV-1a 64 of the codes of the inputs c 2^24 to (c + 1) 2^24 - 1, in ascending\n"
      "order; codes wider than a byte go in low byte first.\n\n"
      "Examples:\n"
      "  mxscope conform digest mine.txt --write nv_e4m3_sat ml_float8_e4m3fn\n"
      "  mxscope conform digest exhaustive_digest.txt\n"
      "  grep nv_e4m3_sat exhaustive_digest.txt > some.txt; mxscope conform digest some.txt");
  command->callback([=, &context] {
    context.action = [=, &context] {
      if (!names->empty()) return write_digest_file(*file, *names, *chunks, *threads);
      return check_digest_file(*file, *threads, *json, this_run(context.arguments));
    };
  });
}

void add_compare(CLI::App& conform, Context& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto by = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = conform.add_subcommand(
      "compare", "Where two conversions differ, over all 2^32 binary32 inputs, and why");
  command->add_option("NAMES", *names, "Two named conversions; without them the names are listed")
      ->option_text("A B");
  command
      ->add_option("--by", *by,
                   "Compare codes, or values (default: codes, and values where the\n"
                   "formats differ)")
      ->option_text("codes|values");
  command->add_flag("--json", *json, "Write JSON");
  command->get_option("--by")->needs(command->get_option("NAMES"));
  command->footer(
      "Examples:\n"
      "  mxscope conform compare nv_e4m3_sat ml_float8_e4m3fn\n"
      "  mxscope conform compare pt_float8_e8m0fnu ml_float8_e8m0fnu --json\n"
      "  mxscope conform compare nv_e4m3_nosat ml_float8_e4m3 --by values");
  command->callback([=, &context] {
    context.action = [=, &context] {
      const Run run = this_run(context.arguments);
      if (names->empty()) return list_conversions(*json, run);
      return compare_two(*names, *by, *json, run);
    };
  });
}

void add_mma_check(CLI::App& conform, Context& context) {
  auto request = std::make_shared<MmaRequest>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = conform.add_subcommand(
      "mma", "Check matrix units against products and results of GPUs or other models");
  command->add_option("PATHS", request->paths, "Headers NAME.json with NAME.bin beside, or folders")
      ->option_text("DIR|FILE.json ...");
  command
      ->add_option("--unit", request->unit, "This unit, and not the one that each file stands for")
      ->option_text("NAME");
  command
      ->add_option("--set", request->fields,
                   "A field of the unit; again for more\n"
                   "(mxscope units NAME lists them)")
      ->option_text("FIELD=VALUE")
      ->allow_extra_args(false);
  command->add_option("--executor", request->executor, "reference, fast or both")
      ->option_text("NAME")
      ->capture_default_str();
  command->add_flag("--json", *json, "Write JSON");
  command->footer(
      "Words are compared bit for bit. Results that a file marks as contested are counted apart\n"
      "and not judged. Exit code 1 on any mismatch, of which the first is shown with its "
      "operands.\n\n"
      "Examples:\n"
      "  mxscope conform mma tensor_core silicon\n"
      "  mxscope conform mma B200_e4m3_f32.json --unit sm100.tcgen05.f8f6f4\n"
      "  mxscope conform mma tensor_core/sm80_mma_bf16_f32.json --set kept_bits=23 --json");
  command->callback([=, &context] {
    context.action = [=, &context] {
      return check_mma_vectors(*request, *json, this_run(context.arguments));
    };
  });
}

void add_list(CLI::App& conform, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = conform.add_subcommand("list", "List the named conversions");
  command->add_flag("--json", *json, "Write JSON, with every policy field");
  command->footer(
      "Examples:\n"
      "  mxscope conform list\n"
      "  mxscope conform list --json");
  command->callback([=, &context] {
    context.action = [=, &context] { return list_conversions(*json, this_run(context.arguments)); };
  });
}

}  // namespace

void add_conform_command(CLI::App& app, Context& context) {
  CLI::App* conform =
      app.add_subcommand("conform", "Check other software, or conversions against each other");
  conform->footer(
      "Examples:\n"
      "  mxscope conform gen cast --to e4m3 | ./theirs | mxscope conform check cast --to e4m3\n"
      "  mxscope conform cast fp32_nv.tsv\n"
      "  mxscope conform digest exhaustive_digest.txt\n"
      "  mxscope conform compare nv_e4m3_sat ml_float8_e4m3fn");
  add_conform_pipe(*conform, context);
  add_cast_check(*conform, context);
  add_digest_check(*conform, context);
  add_compare(*conform, context);
  add_mma_check(*conform, context);
  add_list(*conform, context);
  add_cuda_casts(*conform, context);
}

}  // namespace mxscope::reports
