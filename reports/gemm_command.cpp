// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope gemm: a matrix product as a tensor core computes it, and what it is off by.
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/descriptor.h"
#include "reports/float_tensor.h"
#include "reports/gemm_errors.h"
#include "reports/gemm_inputs.h"
#include "reports/interrupt.h"
#include "reports/numbers.h"
#include "reports/ordered_work.h"
#include "reports/recipe_files.h"
#include "reports/tensor_tiles.h"
#include "reports/tensor_writer.h"
#include "sim/ptx_targets.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

/// That are summed for the errors, unless all are asked for: less work than a product that takes a
/// second.
constexpr double kExactProducts = 0x1p24;

struct Options {
  std::string a, b, a_tensor, b_tensor, random;
  std::string unit, target;
  std::vector<std::string> fields;
  std::string recipe;
  OperandChoices choices;
  RecipeFiles files;
  std::string alpha = "1", beta = "0", c, bias, out = "fp32", output;
  std::int64_t split_k = 1, promote_every = -1;
  std::string errors = "some";
  std::string executor = "fast";
  int threads = 0;
  bool json = false;
};

/// The nearest binary32 number.
float binary32(const std::string& option, const std::string& text) {
  std::size_t read = 0;
  float value = 0;
  try {
    value = std::stof(text, &read);
  } catch (const std::exception&) {
    read = 0;
  }
  if (read != text.size() || !std::isfinite(value))
    throw Error(fmt::format("{} {}: write a finite number that binary32 holds", option, text));
  return value;
}

kernels::GemmOutput output_format(const std::string& name) {
  if (name == "fp32") return kernels::GemmOutput::kFp32;
  if (name == "bf16") return kernels::GemmOutput::kBf16;
  if (name == "fp16") return kernels::GemmOutput::kFp16;
  throw Error(fmt::format("--out {}: write fp32, bf16 or fp16", name));
}

double error_budget(const std::string& choice) {
  if (choice == "all") return std::numeric_limits<double>::infinity();
  if (choice == "some") return kExactProducts;
  if (choice == "none") return 0;
  throw Error(fmt::format("--errors {}: write some, all or none", choice));
}

kernels::GemmExecutor executor_named(const std::string& name) {
  if (name == "fast") return kernels::GemmExecutor::kFast;
  if (name == "reference") return kernels::GemmExecutor::kReference;
  throw Error(fmt::format("--executor {}: write fast or reference", name));
}

struct Matrices {
  GemmMatrix a, b;
};

Matrices matrices_of(const Options& options, Run& run) {
  if (!options.random.empty()) {
    if (!options.a.empty()) throw Error("--random makes A and B; leave the files out");
    const RandomShape shape = random_shape(options.random);
    return {random_matrix(shape.m, shape.k, shape.seed, 0),
            random_matrix(shape.n, shape.k, shape.seed, 1)};
  }
  if (options.a.empty() || options.b.empty())
    throw Error("two files are missing: mxscope gemm A B --unit NAME, or --random M,N,K,SEED");
  return {read_matrix("A", options.a, options.a_tensor, run),
          read_matrix("B", options.b, options.b_tensor, run)};
}

kernels::Epilogue epilogue_of(const Options& options, std::int64_t m, std::int64_t n, Run& run) {
  kernels::Epilogue out;
  out.alpha = binary32("--alpha", options.alpha);
  out.beta = binary32("--beta", options.beta);
  out.output = output_format(options.out);
  if (out.beta == 0 && !options.c.empty())
    throw Error(fmt::format("--c {}: beta is 0, so it would not count; give --beta 1", options.c));
  if (!options.c.empty()) {
    const GemmMatrix c = read_matrix("--c", options.c, "", run);
    if (c.rows != m || c.columns != n)
      throw Error(fmt::format("--c {}: is {} x {}, and the product is {} x {}", options.c, c.rows,
                              c.columns, m, n));
    out.addend = c.values;
  }
  if (!options.bias.empty()) {
    const GemmMatrix bias = read_matrix("--bias", options.bias, "", run);
    if (static_cast<std::int64_t>(bias.values.size()) != n)
      throw Error(fmt::format("--bias {}: has {} elements, and B {} rows", options.bias,
                              bias.values.size(), n));
    out.bias = bias.values;
  }
  if (out.beta != 0 && options.c.empty())
    throw Error(fmt::format("--beta {}: multiplies C; give it with --c FILE", options.beta));
  return out;
}

kernels::Gemm gemm_of(const Options& options, const Matrices& matrices, OperandChoices& choices,
                      Run& run) {
  sim::MmaUnit unit = sim::find_unit(options.unit);
  for (const std::string& field : options.fields) sim::set_field(unit, field);
  const spec::RecipeTable recipes = load_recipes(options.files, run);
  const sim::Mma mma = choose_formats(unit, choices, recipes);
  if (!options.target.empty()) sim::require_target(mma, options.target);
  if (matrices.a.columns != matrices.b.columns)
    throw Error(fmt::format(
        "A is {} x {} and B {} x {}: the last axis of both is K; B has a row for each output",
        matrices.a.rows, matrices.a.columns, matrices.b.rows, matrices.b.columns));
  kernels::GemmOperand a = make_operand(matrices.a, choices.a, mma.a, mma, recipes);
  kernels::GemmOperand b = make_operand(matrices.b, choices.b, mma.b, mma, recipes);
  const sim::KOrder order{options.split_k, options.promote_every >= 0
                                               ? options.promote_every
                                               : kernels::usual_promotion(mma, a, b)};
  kernels::Epilogue epilogue = epilogue_of(options, a.rows, b.rows, run);
  return {mma,   std::move(a),        std::move(b),
          order, std::move(epilogue), executor_named(options.executor)};
}

std::vector<float> product_of(const kernels::Gemm& gemm, int threads) {
  std::vector<std::uint32_t> d(static_cast<std::size_t>(gemm.m() * gemm.n()));
  const auto& tiles = gemm.tiles();
  Progress progress("gemm", "tiles", tiles.size(), static_cast<double>(d.size()));
  in_order(
      tiles.size(), threads,
      [&](std::size_t i) {
        gemm.compute(tiles[i], d);
        return i;
      },
      [&](std::size_t i) {
        progress.advance(static_cast<double>(tiles[i].rows * tiles[i].columns));
      });
  return kernels::as_floats(d);
}

void write_product(const Options& options, const kernels::Gemm& gemm, std::span<const float> d) {
  const std::vector<std::uint64_t> shape = {static_cast<std::uint64_t>(gemm.m()),
                                            static_cast<std::uint64_t>(gemm.n())};
  const bool half = gemm.epilogue().output == kernels::GemmOutput::kFp16;
  const DType dtype = half ? DType::kF16 : DType::kF32;  // NumPy has no bfloat16
  write_npy(options.output, dtype, shape, store_floats(dtype, d));
}

std::string scales_text(const sim::Mma& mma) {
  return mma.scale ? fmt::format(", {} per {}", mma.scale->name, mma.block) : "";
}

std::string order_text(const kernels::Gemm& gemm) {
  const std::int64_t instructions = (gemm.k() + gemm.mma().unit.k - 1) / gemm.mma().unit.k;
  std::string text =
      fmt::format("{} instructions of k {} in ascending order", instructions, gemm.mma().unit.k);
  if (gemm.k() % gemm.mma().unit.k != 0) text += ", the last padded with zeros";
  if (gemm.order().promote_every != 0)
    text += fmt::format(", promoted to fp32 every {}", gemm.order().promote_every);
  if (gemm.order().split_k != 1) text += fmt::format(", K in {} parts", gemm.order().split_k);
  return text;
}

std::string epilogue_text(const kernels::Gemm& gemm, const std::string& out) {
  const kernels::Epilogue& e = gemm.epilogue();
  std::string text = fmt::format("alpha {}", gemm.whole_alpha());
  if (e.beta != 0) text += fmt::format(", beta {} C", e.beta);
  if (!e.bias.empty()) text += ", bias";
  return text + fmt::format(", to {}", out);
}

struct Timing {
  double seconds = 0;
  double macs = 0;
};

void print_text(const Options& options, const OperandChoices& choices, const kernels::Gemm& gemm,
                const GemmMeasurement* measurement, const Timing& timing) {
  const sim::Mma& mma = gemm.mma();
  print(fmt::format("{}: {} x {}{} to {}, {}\n", mma.unit.name, mma.a.name, mma.b.name,
                    scales_text(mma), mma.d.name, mma.unit.device));
  print(fmt::format("known by: {}\n", mma.unit.evidence));
  if (!options.fields.empty()) print(fmt::format("changed: {}\n", fmt::join(options.fields, ", ")));
  print(fmt::format("A {} x {} as {}, B {} x {} as {}: {}\n", gemm.m(), gemm.k(), choices.a,
                    gemm.n(), gemm.k(), choices.b, order_text(gemm)));
  print(fmt::format("epilogue: {}\n", epilogue_text(gemm, options.out)));
  if (measurement != nullptr) print("\n" + measurement_text(*measurement, gemm));
  print(fmt::format("{:.3g} s, {:.3g} million multiplications a second ({})\n", timing.seconds,
                    timing.macs / timing.seconds * 1e-6, gemm.engine()));
  if (!options.output.empty()) print(fmt::format("{} written\n", options.output));
}

nlohmann::json gemm_json(const OperandChoices& choices, const kernels::Gemm& gemm,
                         const std::string& out) {
  const sim::Mma& mma = gemm.mma();
  return {
      {"unit", mma.unit.name},
      {"fields", sim::field_texts(mma.unit)},
      {"evidence", mma.unit.evidence},
      {"open", mma.unit.open},
      {"m", gemm.m()},
      {"n", gemm.n()},
      {"k", gemm.k()},
      {"a",
       {{"choice", choices.a}, {"format", mma.a.name}, {"tensor_scale", gemm.a().tensor_scale}}},
      {"b",
       {{"choice", choices.b}, {"format", mma.b.name}, {"tensor_scale", gemm.b().tensor_scale}}},
      {"scale", mma.scale ? mma.scale->name : ""},
      {"scale_block", mma.block},
      {"d", mma.d.name},
      {"split_k", gemm.order().split_k},
      {"promote_every", gemm.order().promote_every},
      {"alpha", gemm.epilogue().alpha},
      {"whole_alpha", gemm.whole_alpha()},
      {"beta", gemm.epilogue().beta},
      {"bias", !gemm.epilogue().bias.empty()},
      {"out", out}};
}

int run_gemm(Options options, const Context& context) {
  using Clock = std::chrono::steady_clock;
  refuse_same_file(options.output, {options.a, options.b, options.c, options.bias});
  const double budget = error_budget(options.errors);
  OperandChoices choices = options.choices;
  if (choices.a.empty()) choices.a = options.recipe;
  if (choices.b.empty()) choices.b = options.recipe;
  Run run = this_run(context.arguments);
  const int threads = thread_count(options.threads);
  const Matrices matrices = matrices_of(options, run);
  throw_if_interrupted();
  const kernels::Gemm gemm = gemm_of(options, matrices, choices, run);
  throw_if_interrupted();
  const auto start = Clock::now();
  const std::vector<float> d = product_of(gemm, threads);
  const Timing timing{std::chrono::duration<double>(Clock::now() - start).count(),
                      static_cast<double>(gemm.m()) * static_cast<double>(gemm.n()) *
                          static_cast<double>(gemm.k())};
  std::optional<GemmMeasurement> measurement;
  if (budget > 0)
    measurement = measure_gemm(gemm, d, matrices.a.values, matrices.b.values, budget, threads);
  if (!options.output.empty()) write_product(options, gemm, d);
  const bool holds = !measurement || (measurement->quantized.above_bound == 0 &&
                                      measurement->original.above_bound == 0);
  if (options.json) {
    run.wall_seconds = timing.seconds;
    nlohmann::json json = {{"run", run}, {"gemm", gemm_json(choices, gemm, options.out)}};
    if (measurement) json["errors"] = measurement_json(*measurement, gemm);
    if (!options.output.empty()) json["output"] = options.output;
    print(json_text(json));
  } else {
    print_text(options, choices, gemm, measurement ? &*measurement : nullptr, timing);
  }
  return holds ? kAllHolds : kRefuted;
}

}  // namespace

void add_gemm_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("gemm", "Multiply matrices as a tensor core does, bit for bit");
  command->add_option("A", o->a, "M x K: a .npy or .safetensors file");
  command->add_option("B", o->b, "N x K, as weights are stored; D = A B^T");
  const auto text = [&](const char* name, std::string& value, const char* what, const char* shown) {
    return command->add_option(name, value, what)->option_text(shown);
  };
  text("--a-tensor", o->a_tensor, "Which tensor of the file", "NAME");
  text("--b-tensor", o->b_tensor, "Which tensor of the file", "NAME");
  text("--random", o->random, "Made-up operands instead of files", "M,N,K,SEED");
  text("--unit", o->unit, "The matrix unit; mxscope units lists them", "NAME")->required();
  text("--target", o->target, "Refuse what this target of PTX does not have", "sm_NNN");
  command->add_option("--set", o->fields, "A field of the unit; again for more")
      ->option_text("FIELD=VALUE")
      ->allow_extra_args(false);
  text("--recipe", o->recipe,
       "Quantizes both operands: a recipe, or a format of the\n"
       "unit's to cast to (default: what suits the unit)",
       "NAME");
  text("--a-recipe", o->choices.a, "Quantizes A", "NAME");
  text("--b-recipe", o->choices.b, "Quantizes B", "NAME");
  text("--alpha", o->alpha, "Multiplies the product (default 1)", "X");
  text("--beta", o->beta, "Multiplies C (default 0)", "X");
  text("--c", o->c, "C, M x N", "FILE");
  text("--bias", o->bias, "A number for each of the N outputs", "FILE");
  text("--out", o->out, "Round D to fp32, bf16 or fp16 (default fp32)", "FORMAT");
  add_number(*command, "--split-k", o->split_k, 1, std::int64_t{1} << 24,
             "Parts of K summed on their own, then added in order");
  add_number(*command, "--promote-every", o->promote_every, 0, std::int64_t{1} << 24,
             "Add the accumulator to an fp32 sum after so many\n"
             "instructions (default: as block scales outside the\n"
             "unit need it, else never)");
  text("--executor", o->executor, "fast (default) or reference: the words are the same", "NAME");
  text("--errors", o->errors, "Measure some outputs (default), all or none", "some|all|none");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  text("-o,--output", o->output, "Write D: float32, or float16 with --out fp16", "FILE.npy");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "D = alpha A B^T + beta C + bias. Scales of blocks go to the unit, of whole tensors into\n"
      "alpha; other binary32 scales multiply the accumulator at each promotion. Errors are "
      "against\n"
      "exact products, beside a bound proved for these very operands: exit code 1 if one is\n"
      "exceeded.\n\n"
      "Examples:\n"
      "  mxscope gemm x.npy w.npy --unit sm120.mxf4nvf4 --recipe nvfp4 --out bf16 -o d.npy\n"
      "  mxscope gemm --random 64,64,1024,1 --unit sm100.tcgen05.mxf8f6f4 --recipe mxfp8_e4m3\n"
      "  mxscope gemm x.npy w.npy --unit sm90.wgmma.fp8 --a-recipe fp8_1x128 "
      "--b-recipe fp8_128x128\n"
      "  mxscope gemm x.npy w.npy --unit sm80.mma.bf16 --split-k 4 --set kept_bits=23");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_gemm(*o, context); }; });
}

}  // namespace mxscope::reports
