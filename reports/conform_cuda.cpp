// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope conform emit-cuda: a program that tables what CUDA's headers and a GPU's instructions do.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/conform.h"
#include "reports/console.h"
#include "reports/probe_source.h"
#include "reports/provenance.h"

namespace mxscope::reports {
namespace {

void replace(std::string& text, std::string_view mark, std::string_view value) {
  for (std::size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
}

int emit_cuda(const std::string& output, bool json, const Run& run) {
  const std::string file = std::filesystem::path(output).filename().string();
  std::string program(probe_template("casts"));
  replace(program, "@VERSION@", run.version);
  replace(program, "@FILE@", file);
  write_file(output, program);
  if (json) {
    print(json_text({{"run", run}, {"file", output}, {"bytes", program.size()}}));
    return kAllHolds;
  }
  print(
      fmt::format("nvcc -arch=native -o casts {0} && ./casts . && "
                  "mxscope conform cast host_*.tsv gpu_*.tsv\n"
                  "its GPU part has not run on silicon yet; without a GPU it tables the headers' "
                  "host functions\n",
                  output));
  return kAllHolds;
}

}  // namespace

void add_cuda_casts(CLI::App& conform, Context& context) {
  auto output = std::make_shared<std::string>("casts.cu");
  auto json = std::make_shared<bool>(false);
  CLI::App* command = conform.add_subcommand(
      "emit-cuda", "Write a CUDA program that tables NVIDIA's conversions for 'conform cast'");
  command->add_option("-o,--output", *output, "The .cu file to write")
      ->option_text("FILE.cu")
      ->capture_default_str();
  command->add_flag("--json", *json, "Write JSON");
  command->footer(
      "The program runs cvt instructions to FP8, FP6, FP4, E8M0, bf16 and fp16 where there is a "
      "GPU\n"
      "that has them, and the functions of the CUDA headers on the host everywhere. g++ -x c++\n"
      "compiles the host's part alone.\n\n"
      "Examples:\n"
      "  mxscope conform emit-cuda -o casts.cu\n"
      "  nvcc -arch=sm_120a -o casts casts.cu && ./casts . && mxscope conform cast host_*.tsv");
  command->callback([=, &context] {
    context.action = [=, &context] {
      return emit_cuda(*output, *json, this_run(context.arguments));
    };
  });
}

}  // namespace mxscope::reports
