// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope quantize: the tensors of a file as codes and scales of a recipe.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/ordered_work.h"
#include "reports/quantized_metadata.h"
#include "reports/recipe_files.h"
#include "reports/residual_channels.h"
#include "reports/table.h"
#include "reports/tensor_tiles.h"
#include "reports/tensor_writer.h"
#include "spec/recipes.h"

namespace mxscope::reports {
namespace {

using kernels::TensorQuantizer;
using kernels::TileCodes;

constexpr std::uint64_t kCopyBytes = std::uint64_t{4} << 20;

struct Options {
  std::string input, output, recipe;
  RecipeFiles files;
  ResidualChoice residuals;
  std::vector<std::string> tensors;
  bool unpacked = false;
  std::string scale_layout = "linear";
  std::int64_t seed = 0;
  int threads = 0;
  bool all = false;
  bool json = false;
};

/// What no recipe can keep: NaNs and infinities that went in, and scales that came out as neither.
struct NotFinite {
  std::uint64_t inputs = 0;
  std::uint64_t scales = 0;
};

NotFinite not_finite(std::span<const float> values, const TileCodes& codes,
                     const spec::Format& scale) {
  NotFinite out;
  for (const float x : values) out.inputs += std::isfinite(x) ? 0U : 1U;
  for (const std::uint32_t code : codes.scales) {
    const spec::CodeClass is = scale.classify(code);
    out.scales += is == spec::CodeClass::kNan || is == spec::CodeClass::kInfinity ? 1U : 0U;
  }
  return out;
}

/// One tensor of the input: its codes' place in the output, or nothing where it is copied.
struct Job {
  const TensorView* tensor = nullptr;
  std::optional<TensorQuantizer> quantizer;
  QuantizedTensor quantized;
  kernels::TensorState state;
  std::vector<TensorInfo> parts;
  std::optional<kernels::DualTensor> dual;
  ResidualGain gain;
  NotFinite not_finite;
};

/// Random numbers depend on a tensor's name and not on its place in the file.
std::uint64_t stream_of(std::string_view name) {
  std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

std::vector<Job> make_jobs(const Options& options, const TensorFile& file,
                           const kernels::BlockRoutine& routine, const spec::DualStage* dual) {
  const spec::Recipe& recipe = routine.recipe();
  const spec::ScaleLayoutKind layout = spec::parse_scale_layout_kind(options.scale_layout);
  if (layout != spec::ScaleLayoutKind::kLinear && recipe.block.rows != 1)
    throw Error(
        fmt::format("--scale-layout {}: the layout has a scale for every row, and blocks "
                    "of {} have several rows; use linear",
                    options.scale_layout, recipe.name));
  if (layout != spec::ScaleLayoutKind::kLinear && scale_bytes(recipe) != 1)
    throw Error(
        fmt::format("--scale-layout {}: a layout of single bytes, and scales of {} are "
                    "{}; use linear",
                    options.scale_layout, recipe.name, recipe.scale.name));
  const auto chosen = chosen_tensors(file, options.tensors,
                                     static_cast<std::size_t>(recipe.block.columns), options.all);
  std::vector<Job> jobs(file.tensors().size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Job& job = jobs[i];
    job.tensor = &file.tensors()[i];
    job.parts = {{job.tensor->name, job.tensor->dtype, job.tensor->shape}};
    if (!chosen[i]) continue;
    const MatrixShape matrix = matrix_shape(job.tensor->shape);
    const std::size_t whole_row = dual != nullptr ? matrix.columns : 0;
    job.quantizer.emplace(
        routine, matrix.rows, matrix.columns,
        spec::RandomStream{static_cast<std::uint64_t>(options.seed), stream_of(job.tensor->name)},
        std::max<std::size_t>(TensorQuantizer::kTileElements, whole_row));
    job.quantized = {.name = job.tensor->name,
                     .dtype = job.tensor->dtype,
                     .shape = job.tensor->shape,
                     .packing = packing_of(recipe, !options.unpacked),
                     .scale_layout = layout};
    if (dual != nullptr)
      job.quantized.augmented = residual_layout(*job.tensor, *dual, options.residuals);
    job.parts = job.quantized.parts(recipe);
  }
  return jobs;
}

struct PackedTile {
  TileCodes codes;
  std::vector<std::uint8_t> bytes;
  ResidualGain gain;
  NotFinite not_finite;
};

void write_quantized(Job& job, const TensorFile& file, int threads, TensorWriter& writer,
                     Progress& progress) {
  const TensorQuantizer& quantizer = *job.quantizer;
  const spec::Recipe& recipe = quantizer.routine().recipe();
  const TensorSource source{job.tensor, &file};
  const auto& tiles = quantizer.tiles();
  const spec::ScaleLayout layout = job.quantized.layout(recipe);
  std::vector<std::uint32_t> scales(layout.scales());
  std::vector<std::uint32_t> micro;
  if (recipe.kind == spec::BlockKind::kHif4) micro.resize(scales.size());
  const auto encode = [&](std::size_t i) {
    PackedTile out;
    const std::vector<float> values = load_tile(source, quantizer, tiles[i]);
    out.codes = job.dual ? job.dual->quantize(tiles[i], values, job.state.factors)
                         : quantizer.quantize(tiles[i], values, job.state);
    if (out.codes.refused) return out;
    if (job.dual)
      out.gain = residual_gain(quantizer, *job.dual, tiles[i], values, out.codes, job.state);
    out.not_finite = not_finite(values, out.codes, recipe.scale);
    out.bytes.resize(spec::packed_bytes(job.quantized.packing, out.codes.tile.elements()));
    spec::pack(job.quantized.packing, out.codes.elements, out.bytes);
    return out;
  };
  std::size_t done = 0;
  const auto write = [&](const PackedTile& tile) {
    if (tile.codes.refused) throw refusal(source, recipe, *tile.codes.refused);
    writer.append(std::as_bytes(std::span(tile.bytes)));
    const std::size_t first = job.dual ? tile.codes.tile.first_row * layout.columns
                                       : quantizer.first_block(tile.codes.tile);
    merge(job.gain, tile.gain);
    job.not_finite.inputs += tile.not_finite.inputs;
    job.not_finite.scales += tile.not_finite.scales;
    std::copy(tile.codes.scales.begin(), tile.codes.scales.end(),
              scales.begin() + static_cast<std::ptrdiff_t>(first));
    std::copy(tile.codes.micro.begin(), tile.codes.micro.end(),
              micro.begin() + static_cast<std::ptrdiff_t>(micro.empty() ? 0 : first));
    progress.advance(
        static_cast<double>(tiles[done++].elements()) * bits_per_element(job.tensor->dtype) / 8, 0);
  };
  in_order(tiles.size(), threads, encode, write);
  writer.append(pack_scales(recipe, layout, scales));
  if (recipe.has_tensor_scale())
    writer.append(std::as_bytes(std::span(&job.state.factors.decode, 1)));
  writer.append(std::as_bytes(std::span(micro)));
  if (job.dual) writer.append(std::as_bytes(std::span(job.dual->order())));
}

void copy(const TensorView& tensor, const TensorFile& file, TensorWriter& writer,
          Progress& progress) {
  for (std::uint64_t at = 0; at < tensor.data.size(); at += kCopyBytes) {
    throw_if_interrupted();
    const std::uint64_t count = std::min<std::uint64_t>(kCopyBytes, tensor.data.size() - at);
    writer.append(tensor.data.subspan(at, count));
    file.release(tensor, at, count);
    progress.advance(static_cast<double>(count), 0);
  }
}

std::uint64_t bytes_of(const std::vector<TensorInfo>& parts) {
  std::uint64_t bytes = 0;
  for (const TensorInfo& part : parts) bytes += byte_count(part.dtype, part.shape, part.name);
  return bytes;
}

std::string note_of(const Job& job) {
  if (!job.quantizer) return "copied";
  const spec::Recipe& recipe = job.quantizer->routine().recipe();
  std::string note;
  const auto add = [&](const std::string& text) { note += (note.empty() ? "" : "; ") + text; };
  if (job.tensor->dtype == DType::kF64) add("rounded to float32 first");
  const std::size_t tail = job.quantizer->grid().columns % job.quantizer->grid().block_columns;
  if (tail != 0)
    add(recipe.kind == spec::BlockKind::kHif4
            ? fmt::format("last block of a row: {} and zeros", tail)
            : fmt::format("last block of a row: {}", tail));
  if (job.dual)
    add(fmt::format("{} of {} channels twice", job.dual->layout().outliers,
                    job.dual->layout().channels));
  if (job.not_finite.inputs != 0)
    add(fmt::format("{} NaN or infinite going in", job.not_finite.inputs));
  if (job.not_finite.scales != 0)
    add(fmt::format("{} scales NaN or infinite", job.not_finite.scales));
  return note;
}

void print_text(const std::vector<Job>& jobs, const Options& options) {
  Table table({{"tensor"}, {"shape"}, {"from"}, {"to"}, {"bytes", true}, {"note"}});
  std::size_t quantized = 0;
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const Job& job : jobs) {
    std::string to(dtype_name(job.parts.front().dtype));
    if (job.quantizer) {
      to += fmt::format(" + {}", dtype_name(job.parts[1].dtype));
      ++quantized;
    }
    before += job.tensor->data.size();
    after += bytes_of(job.parts);
    table.add({printable(job.tensor->name), shape_text(job.tensor->shape),
               std::string(dtype_name(job.tensor->dtype)), to, std::to_string(bytes_of(job.parts)),
               note_of(job)});
  }
  print(table.text());
  std::vector<NamedGain> gains;
  for (const Job& job : jobs)
    if (job.dual) gains.push_back({job.tensor->name, job.dual->layout(), &job.gain});
  if (!gains.empty()) print("\n" + gains_text(gains));
  print(
      fmt::format("\n{}: {} tensors quantized with {}, {} copied; {} bytes of tensors became {} "
                  "({:.3g} times less)\n",
                  options.output, quantized, options.recipe, jobs.size() - quantized, before, after,
                  static_cast<double>(before) / static_cast<double>(after)));
}

nlohmann::json jobs_json(const std::vector<Job>& jobs) {
  nlohmann::json list = nlohmann::json::array();
  for (const Job& job : jobs) {
    nlohmann::json parts = nlohmann::json::array();
    for (const TensorInfo& part : job.parts)
      parts.push_back(
          {{"name", part.name}, {"dtype", dtype_name(part.dtype)}, {"shape", part.shape}});
    list.push_back({{"name", job.tensor->name},
                    {"dtype", dtype_name(job.tensor->dtype)},
                    {"shape", job.tensor->shape},
                    {"quantized", job.quantizer.has_value()},
                    {"rounded_to_f32", job.quantizer && job.tensor->dtype == DType::kF64},
                    {"bytes", bytes_of(job.parts)},
                    {"parts", std::move(parts)}});
    if (job.quantizer) {
      list.back()["tail"] = job.quantizer->grid().columns % job.quantizer->grid().block_columns;
      list.back()["not_finite"] = {{"inputs", job.not_finite.inputs},
                                   {"scales", job.not_finite.scales}};
      list.back()["packing"] = spec::to_string(job.quantized.packing);
      list.back()["scale_layout"] = spec::to_string(job.quantized.scale_layout);
      if (job.quantizer->routine().recipe().has_tensor_scale())
        list.back()["tensor_scale"] = job.state.factors.decode;
      if (job.dual) list.back()["residuals"] = gain_json(job.dual->layout(), job.gain);
    }
  }
  return list;
}

int run_quantize(Options options, const Context& context) {
  refuse_same_file(options.output, {options.input, options.files.recipes, options.files.formats,
                                    options.residuals.list_file});
  Run run = this_run(context.arguments);
  const spec::RecipeTable recipes = load_recipes(options.files, run);
  const auto dual = chosen_dual_stage(options.recipe, options.residuals, recipes);
  std::optional<kernels::DualRoutine> dual_routine;
  if (dual) dual_routine.emplace(*dual);
  const kernels::BlockRoutine routine(dual ? dual->recipe : recipes.find(options.recipe));
  const spec::Recipe& recipe = routine.recipe();
  const TensorFile file(options.input);
  for (const auto& [key, text] : file.metadata())
    if (key == std::string(kMetadataPrefix) + "recipe")
      throw Error(fmt::format("{} is quantized already; mxscope dequantize makes numbers of it",
                              options.input));
  read_list(options.residuals, run);
  std::vector<Job> jobs = make_jobs(options, file, routine, dual ? &*dual : nullptr);
  const int threads = thread_count(options.threads);
  double work = 0;
  for (const Job& job : jobs)
    work += static_cast<double>(job.tensor->data.size()) *
            (2 + (job.quantizer && job.quantizer->needs_maxima() ? 1 : 0) +
             (job.quantized.augmented ? 1 : 0));
  Progress progress("quantize", "tensors", jobs.size(), work);
  hash_input(run, options.input, progress);

  QuantizedMetadata about{.version = run.version,
                          .recipe = recipe,
                          .dual = dual,
                          .seed = static_cast<std::uint64_t>(options.seed),
                          .input_sha256 = run.inputs.back().sha256};
  std::vector<TensorInfo> infos;
  for (Job& job : jobs) {
    if (job.quantizer) {
      const kernels::Maxima maxima =
          first_pass({job.tensor, &file}, *job.quantizer, threads, progress);
      job.state = job.quantizer->state(maxima);
      job.quantized.amax_bits = std::bit_cast<std::uint32_t>(job.state.factors.amax);
      if (job.quantized.augmented)
        job.dual = make_dual_tensor({job.tensor, &file}, *job.quantizer, *dual_routine,
                                    *job.quantized.augmented, options.residuals, threads, progress);
      about.tensors.push_back(job.quantized);
    }
    infos.insert(infos.end(), job.parts.begin(), job.parts.end());
  }
  std::map<std::string, std::string> metadata = file.metadata();
  add_to(metadata, about);
  TensorWriter writer(options.output, infos, metadata);
  for (Job& job : jobs) {
    if (job.quantizer)
      write_quantized(job, file, threads, writer, progress);
    else
      copy(*job.tensor, file, writer, progress);
    progress.advance(0);
  }
  writer.finish();
  if (options.json)
    print(json_text({{"run", run},
                     {"recipe", options.recipe},
                     {"output", options.output},
                     {"seed", options.seed},
                     {"tensors", jobs_json(jobs)}}));
  else
    print_text(jobs, options);
  return kAllHolds;
}

}  // namespace

void add_quantize_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("quantize", "Write the tensors of a file as a recipe's codes");
  command->add_option("IN", o->input, "A .safetensors or .npy file")->required();
  command->add_option("--recipe", o->recipe, "The recipe; mxscope recipes lists them")
      ->required()
      ->option_text("NAME");
  command->add_option("-o,--output", o->output, "The .safetensors file to write")
      ->required()
      ->option_text("FILE");
  add_residual_options(*command, o->residuals);
  command
      ->add_option("--tensor", o->tensors,
                   "Quantize this one only; again for more.\n"
                   "The others are copied")
      ->option_text("NAME")
      ->allow_extra_args(false);
  command->add_flag("--all", o->all, "Vectors shorter than a block, too");
  command->add_flag("--unpacked,!--packed", o->unpacked,
                    "One code a byte instead of the densest packing");
  command->add_option("--scale-layout", o->scale_layout, "linear, or 128x4 (tcgen05, CUTLASS)")
      ->capture_default_str();
  add_number(*command, "--seed", o->seed, 0, std::numeric_limits<std::int64_t>::max(),
             "Of stochastic rounding: Philox4x32-10 of seed, tensor\n"
             "name and element index (default 0)");
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  command->add_flag("--json", o->json, "Write JSON");
  add_recipe_files(*command, o->files, "--recipes");
  command->footer(
      "F64 (rounded to float32 first), F32, F16 and BF16 tensors of any rank become NAME, the\n"
      "codes; NAME.scale; NAME.tensor_scale if the recipe has one; NAME.micro for HiF4. Blocks "
      "lie\n"
      "along the last axis, the other axes together count rows. What is left at the end of a row\n"
      "is a shorter block; HiF4 fills it with zeros that are not stored. Other tensors, and\n"
      "vectors shorter than a block, are copied. The metadata has all that decoding needs.\n\n"
      "With residuals (ARCQuant): NAME.order is the order of the channels, ascending by largest\n"
      "magnitude, those with residuals last; NAME and NAME.scale have each 16 or 32 of these\n"
      "followed by their residuals. Recipes: arcquant_16, arcquant_32, trtllm_arcquant.\n\n"
      "Examples:\n"
      "  mxscope quantize model.safetensors --recipe nvfp4 -o model.nvfp4.safetensors\n"
      "  mxscope quantize x.npy --recipe mxfp8_e4m3 --scale-layout 128x4 -o x.safetensors\n"
      "  mxscope quantize x.npy --recipe mine --recipes my.toml --seed 7 -o x.safetensors\n"
      "  mxscope quantize x.npy --recipe arcquant_16 --residual-channels 64 -o x.safetensors");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_quantize(*o, context); }; });
}

}  // namespace mxscope::reports
