// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope dequantize: the numbers that a quantized file stands for.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "kernels/dual_tensor.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/ordered_work.h"
#include "reports/quantized_metadata.h"
#include "reports/table.h"
#include "reports/tensor_tiles.h"
#include "reports/tensor_writer.h"

namespace mxscope::reports {
namespace {

using kernels::TensorQuantizer;

constexpr std::uint64_t kCopyBytes = std::uint64_t{4} << 20;

struct Options {
  std::string input, output;
  std::string dtype = "F32";
  int threads = 0;
  bool json = false;
};

/// A quantized tensor of the file, checked: every part is there and of the shape it should have.
struct Stored {
  QuantizedTensor tensor;
  std::vector<const TensorView*> parts;
};

Stored find_parts(const TensorFile& file, const QuantizedTensor& tensor,
                  const spec::Recipe& recipe) {
  Stored out{.tensor = tensor};
  for (const TensorInfo& wanted : tensor.parts(recipe)) {
    const TensorView& found = file.find(wanted.name);
    if (found.dtype != wanted.dtype || found.shape != wanted.shape)
      throw Error(
          fmt::format("{}: tensor {} is {} {} and should be {} {}, as the metadata says; "
                      "quantize the tensors again",
                      file.path(), in_quotes(wanted.name), dtype_name(found.dtype),
                      shape_text(found.shape), dtype_name(wanted.dtype), shape_text(wanted.shape)));
    out.parts.push_back(&found);
  }
  return out;
}

Error bad_code(const TensorFile& file, const TensorView& part, std::size_t index,
               std::uint32_t code, const spec::Format& format) {
  return Error(fmt::format("{}: tensor {}: {} at {} is no code of {}; quantize the tensors again",
                           file.path(), in_quotes(part.name), code, index, format.name));
}

class Decoder {
 public:
  /// `dual`: of a file with residuals, else null.
  Decoder(const TensorFile& file, const Stored& stored, const kernels::BlockRoutine& routine,
          const kernels::DualRoutine* dual)
      : file_(file),
        stored_(stored),
        routine_(routine),
        quantizer_(quantizer_of(matrix_shape(stored.tensor.stored_shape()), routine, dual)) {
    const spec::Recipe& recipe = routine.recipe();
    const TensorView& packed = *stored.parts[0];
    if (!spec::padding_is_zero(
            stored.tensor.packing,
            {reinterpret_cast<const std::uint8_t*>(packed.data.data()), packed.data.size()},
            quantizer_.grid().rows * quantizer_.grid().columns))
      throw Error(fmt::format("{}: tensor {} has bits after its last code; quantize it again",
                              file.path(), in_quotes(packed.name)));
    const TensorView& scale = *stored.parts[1];
    scales_ = unpack_scales(recipe, stored.tensor.layout(recipe), scale.data);
    for (std::size_t i = 0; i < scales_.size(); ++i)
      if (scales_[i] > recipe.scale.code_mask())
        throw bad_code(file, scale, i, scales_[i], recipe.scale);
    if (recipe.has_tensor_scale()) {
      state_.factors = routine.tensor_factors(std::bit_cast<float>(stored.tensor.amax_bits));
      if (std::memcmp(stored.parts[2]->data.data(), &state_.factors.decode, sizeof(float)) != 0)
        throw Error(
            fmt::format("{}: tensor {} is not the scale that the metadata's amax_bits "
                        "give; quantize the tensors again",
                        file.path(), in_quotes(stored.parts[2]->name)));
    }
    if (recipe.kind == spec::BlockKind::kHif4) {
      micro_.resize(scales_.size());
      std::memcpy(micro_.data(), stored.parts.back()->data.data(), 4 * micro_.size());
    }
    if (dual != nullptr) read_order(*dual);
  }

  std::size_t tiles() const { return quantizer_.tiles().size(); }

  std::vector<float> values(std::size_t i) const {
    const kernels::Tile& tile = quantizer_.tiles()[i];
    kernels::TileCodes codes{.tile = tile};
    codes.elements.resize(tile.elements());
    const TensorView& packed = *stored_.parts.front();
    const spec::Packing packing = stored_.tensor.packing;
    const std::size_t first = spec::packed_bytes(packing, tile.first(quantizer_.grid()));
    const std::size_t count = spec::packed_bytes(packing, tile.elements());
    spec::unpack(packing,
                 {reinterpret_cast<const std::uint8_t*>(packed.data.data()) + first, count},
                 codes.elements);
    file_.release(packed, first, count);
    const spec::Format& element = routine_.recipe().element;
    for (std::size_t k = 0; k < codes.elements.size(); ++k)
      if (codes.elements[k] > element.code_mask())
        throw bad_code(file_, packed, tile.first(quantizer_.grid()) + k, codes.elements[k],
                       element);
    const auto block = static_cast<std::ptrdiff_t>(quantizer_.first_block(tile));
    const auto blocks = static_cast<std::ptrdiff_t>(quantizer_.touched_blocks(tile));
    codes.scales.assign(scales_.begin() + block, scales_.begin() + block + blocks);
    if (!micro_.empty())
      codes.micro.assign(micro_.begin() + block, micro_.begin() + block + blocks);
    if (dual_) {
      std::vector<float> out(tile.rows * dual_->layout().channels);
      dual_->dequantize(codes, state_.factors, kernels::Stages::kBoth, out);
      return out;
    }
    std::vector<float> out(tile.elements());
    quantizer_.dequantize(codes, state_, out);
    return out;
  }

 private:
  /// Residuals need the rows whole.
  static TensorQuantizer quantizer_of(const MatrixShape& matrix,
                                      const kernels::BlockRoutine& routine,
                                      const kernels::DualRoutine* dual) {
    return {routine,
            matrix.rows,
            matrix.columns,
            {},
            std::max<std::size_t>(TensorQuantizer::kTileElements,
                                  dual != nullptr ? matrix.columns : 0)};
  }

  void read_order(const kernels::DualRoutine& dual) {
    const TensorView& part = *stored_.parts.back();
    std::vector<std::uint32_t> order(part.element_count());
    std::memcpy(order.data(), part.data.data(), part.data.size());
    try {
      dual_.emplace(dual, *stored_.tensor.augmented, std::move(order));
    } catch (const Error& e) {
      throw Error(fmt::format("{}: tensor {}: {}; quantize the tensors again", file_.path(),
                              in_quotes(part.name), e.what()));
    }
  }

  const TensorFile& file_;
  const Stored& stored_;
  const kernels::BlockRoutine& routine_;
  TensorQuantizer quantizer_;
  std::optional<kernels::DualTensor> dual_;
  kernels::TensorState state_;
  std::vector<std::uint32_t> scales_;
  std::vector<std::uint32_t> micro_;
};

void copy(const TensorView& tensor, const TensorFile& file, TensorWriter& writer) {
  for (std::uint64_t at = 0; at < tensor.data.size(); at += kCopyBytes) {
    throw_if_interrupted();
    const std::uint64_t count = std::min<std::uint64_t>(kCopyBytes, tensor.data.size() - at);
    writer.append(tensor.data.subspan(at, count));
    file.release(tensor, at, count);
  }
}

int run_dequantize(const Options& options, const Context& context) {
  refuse_same_file(options.output, {options.input});
  const DType dtype = find_dtype(options.dtype);
  if (dtype != DType::kF32 && dtype != DType::kBf16 && dtype != DType::kF16)
    throw Error(fmt::format("--dtype {}: must be F32, BF16 or F16", options.dtype));
  Run run = this_run(context.arguments);
  const TensorFile file(options.input);
  const QuantizedMetadata about = quantized_metadata(file.metadata(), options.input);
  const kernels::BlockRoutine routine(about.recipe);
  std::optional<kernels::DualRoutine> dual;
  try {
    if (about.dual) dual.emplace(*about.dual);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: metadata mxscope.dual_stage: {}; quantize the tensors again",
                            options.input, e.what()));
  }

  std::vector<Stored> stored;
  std::set<std::string, std::less<>> part_names;
  double work = 0;
  for (const QuantizedTensor& tensor : about.tensors) {
    stored.push_back(find_parts(file, tensor, about.recipe));
    for (const TensorView* part : stored.back().parts) part_names.insert(part->name);
    work += static_cast<double>(stored.back().parts.front()->data.size());
  }
  std::vector<TensorInfo> infos;
  for (const Stored& s : stored) infos.push_back({s.tensor.name, dtype, s.tensor.shape});
  std::vector<const TensorView*> copied;
  for (const TensorView& tensor : file.tensors())
    if (part_names.count(tensor.name) == 0) {
      copied.push_back(&tensor);
      infos.push_back({tensor.name, tensor.dtype, tensor.shape});
    }
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : file.metadata())
    if (key.rfind(kMetadataPrefix, 0) != 0) metadata.emplace(key, text);
  const std::string& name = about.dual ? about.dual->name : about.recipe.name;
  metadata.emplace(std::string(kMetadataPrefix) + "dequantized_from", name);

  TensorWriter writer(options.output, infos, metadata);
  Progress progress("dequantize", "tensors", stored.size(), work);
  for (const Stored& s : stored) {
    const Decoder decoder(file, s, routine, dual ? &*dual : nullptr);
    const double share =
        static_cast<double>(s.parts.front()->data.size()) / static_cast<double>(decoder.tiles());
    in_order(
        decoder.tiles(), thread_count(options.threads),
        [&](std::size_t i) { return store_floats(dtype, decoder.values(i)); },
        [&](const std::vector<std::byte>& bytes) {
          writer.append(bytes);
          progress.advance(share, 0);
        });
    progress.advance(0);
  }
  for (const TensorView* tensor : copied) copy(*tensor, file, writer);
  writer.finish();
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const TensorInfo& info : infos)
      list.push_back({{"name", info.name},
                      {"dtype", dtype_name(info.dtype)},
                      {"shape", info.shape},
                      {"dequantized", list.size() < stored.size()}});
    print(json_text({{"run", run},
                     {"recipe", name},
                     {"output", options.output},
                     {"tensors", std::move(list)}}));
  } else {
    print(fmt::format("{}: {} tensors of {} as {}, {} copied\n", options.output, stored.size(),
                      name, dtype_name(dtype), copied.size()));
  }
  return kAllHolds;
}

}  // namespace

void add_dequantize_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("dequantize", "Write the numbers that a quantized file stands for");
  command->add_option("IN", o->input, "A file of mxscope quantize")->required();
  command->add_option("-o,--output", o->output, "The .safetensors file to write")
      ->required()
      ->option_text("FILE");
  command->add_option("--dtype", o->dtype, "F32, BF16 or F16")->capture_default_str();
  add_number(*command, "--threads", o->threads, 1, kMostThreads,
             "Threads (default: one per core); the output is the same");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Code times scale times tensor scale is exact, then rounded to float32 once; BF16 and F16\n"
      "are roundings of that. Recipe and shapes come from the file's metadata. What has residuals\n"
      "becomes the sum of both stages, its channels in their first order.\n\n"
      "Examples:\n"
      "  mxscope dequantize model.nvfp4.safetensors -o model.safetensors\n"
      "  mxscope dequantize x.mxfp4.safetensors --dtype BF16 -o x.safetensors");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_dequantize(*o, context); }; });
}

}  // namespace mxscope::reports
