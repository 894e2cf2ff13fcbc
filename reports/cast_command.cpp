// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope cast: what numbers become in a format, exactly, and arrays at memory speed.
#include <memory>

#include "reports/cast_raw.h"
#include "reports/cast_request.h"
#include "reports/cast_text.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "spec/batch.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

int list_backends(bool json, const Run& run) {
  if (json) {
    print(json_text({{"run", run}, {"backends", spec::batch_backends()}}));
  } else {
    for (const std::string& name : spec::batch_backends()) print(name + "\n");
  }
  return kAllHolds;
}

/// What each option needs and what it cannot stand beside.
void add_contradictions(CLI::App& command) {
  for (const char* const name : {"--input", "--output", "--backend", "--threads"})
    command.get_option(name)->needs(command.get_option("--raw"));
  for (const char* const name : {"--json", "--codes", "--bits"})
    command.get_option("--raw")->excludes(command.get_option(name));
  command.get_option("--codes")->excludes(command.get_option("--json"));
  for (const char* const name : {"--round", "--overflow", "--infinity", "--set", "--from", "--bits",
                                 "--random-bits", "--random", "--backend"})
    command.get_option("--decode")->excludes(command.get_option(name));
  CLI::Option* const list = command.get_option("--list-backends");
  for (CLI::Option* const option : command.get_options())
    if (option != list && option != command.get_option("--json") &&
        option != command.get_help_ptr())
      list->excludes(option);
}

int run_cast(const CastOptions& options, const Context& context) {
  Run run = this_run(context.arguments);
  if (options.list_backends) return list_backends(options.json, run);
  if (options.raw && !options.values.empty())
    throw Error("--raw reads an array and no values; leave the values out");
  if (options.decode && !options.format.empty() && !options.policy.empty())
    throw Error("--decode reads codes of --format, without a policy; leave --policy out");
  spec::FormatTable table;
  const CastRequest request = make_cast_request(options, table, run);
  if (options.decode && options.raw) return decode_array(options, request.format);
  if (options.decode) return decode_texts(options, request.format, run);
  if (options.raw) return cast_array(options, request);
  return cast_texts(options, request, table, run);
}

}  // namespace

void add_cast_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<CastOptions>();
  CLI::App* command = app.add_subcommand("cast", "Convert numbers to codes of a format, or back");
  command->add_option("VALUES", o->values,
                      "0.1, 0x1.8p-3, 1/3, 3*2^-149, inf, nan;\n"
                      "from standard input, one per line, if left out");
  command->add_option("--format", o->format, "Name or alias of the format")->option_text("NAME");
  command
      ->add_option("--policy", o->policy,
                   "ocp (default), ieee (default for formats with infinities\n"
                   "that are not OCP's: fp16, bf16, P3109, ...), nv, ml_dtypes,\n"
                   "torchao, ..., or a named conversion such as nv_e4m3_sat\n"
                   "(mxscope conform list)")
      ->option_text("NAME");
  command
      ->add_option("--round", o->round,
                   "rne, rna, rtz, rup, rdn, odd, or with random bits\n"
                   "sr-a, sr-b, sr-c, sr-odd, sr-carry")
      ->option_text("MODE");
  command
      ->add_option("--overflow", o->overflow,
                   "saturate, infinity, nan or error; for infinite inputs\n"
                   "too unless --infinity says otherwise")
      ->option_text("RULE");
  command->add_option("--infinity", o->infinity, "The same, for infinite inputs")
      ->option_text("RULE");
  command->add_option("--set", o->settings, "Any field of the policy")
      ->option_text("FIELD=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--from", o->from,
                   "What the input is: exact (default), or f32, bf16, f16,\n"
                   "f64 to round it there first")
      ->option_text("TYPE");
  command->add_option("--bits", o->bits, "Read bit patterns (0x3f800000) of this type")
      ->option_text("TYPE");
  add_number(*command, "--random-bits", o->random_bits, 1, 32, "Number of random bits, 1 to 32");
  add_number(*command, "--random", o->random, 0, 0xFFFFFFFF, "Their value")->option_text("R");
  command->add_flag("--codes", o->codes,
                    "Print codes alone (with --decode: values); !! if refused");
  command->add_flag("--json", o->json, "Write JSON");
  command->add_flag("--decode", o->decode, "Read codes and print values");
  command->add_flag("--raw", o->raw,
                    "Binary arrays: elements of --from in, stored words out;\n"
                    "with --decode words in, float32 out");
  command->add_option("--input", o->input, "Array to read; standard input if left out")
      ->option_text("FILE");
  command->add_option("--output", o->output, "Array to write; standard output if left out")
      ->option_text("FILE");
  command->add_option("--backend", o->backend, "Back end of --raw (default: the fastest)")
      ->option_text("NAME");
  command->add_flag("--list-backends", o->list_backends, "Print the back ends of this processor");
  add_number(*command, "--threads", o->threads, 1, kMostThreads, "Threads of --raw (default 2)");
  command->add_option("--formats", o->formats_file, "TOML file of further formats")
      ->option_text("FILE.toml");
  add_contradictions(*command);
  command->footer(
      "An ulp is the gap between the format's values in the binade of the input.\n"
      "~ marks a number shortened to six digits; --json has all of them exactly.\n\n"
      "Examples:\n"
      "  mxscope cast --format e4m3 0.1 1/3 1e9\n"
      "  mxscope cast --format e5m2 --round rtz --overflow infinity 57344.001 inf\n"
      "  mxscope cast --policy ml_float8_e4m3fn --from f32 --codes < numbers.txt\n"
      "  mxscope cast --format e2m1 --round sr-c --random-bits 3 --random 5 1.2\n"
      "  mxscope cast --format e4m3 --decode 0x7e\n"
      "  mxscope cast --format e4m3 --raw --from f32 --input x.f32 --output x.e4m3");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_cast(*o, context); }; });
}

}  // namespace mxscope::reports
