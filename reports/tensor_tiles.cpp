// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Reading tensors in pieces, and what is said when one cannot be quantized.
#include "reports/tensor_tiles.h"

#include <fmt/format.h>

#include <cmath>
#include <thread>

#include "reports/descriptor.h"
#include "reports/interrupt.h"
#include "reports/ordered_work.h"
#include "reports/sha256.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kHashBytes = std::size_t{1} << 20;

}  // namespace

std::vector<float> load_tile(const TensorSource& source, const kernels::TensorQuantizer& quantizer,
                             const kernels::Tile& tile) {
  const std::size_t first = tile.first(quantizer.grid());
  std::vector<float> values = load_floats(*source.tensor, first, tile.elements());
  if (source.file != nullptr) {
    const auto width = static_cast<std::uint64_t>(bits_per_element(source.tensor->dtype)) / 8;
    source.file->release(*source.tensor, first * width, tile.elements() * width);
  }
  return values;
}

kernels::Maxima first_pass(const TensorSource& source, const kernels::TensorQuantizer& quantizer,
                           int threads, Progress& progress) {
  kernels::Maxima all;
  if (!quantizer.needs_maxima()) return all;
  const auto& tiles = quantizer.tiles();
  std::size_t done = 0;
  in_order(
      tiles.size(), threads,
      [&](std::size_t i) {
        return quantizer.maxima(tiles[i], load_tile(source, quantizer, tiles[i]));
      },
      [&](const kernels::Maxima& next) {
        const kernels::Tile& tile = tiles[done++];
        quantizer.merge(all, tile, next);
        progress.advance(
            static_cast<double>(tile.elements()) * bits_per_element(source.tensor->dtype) / 8, 0);
      });
  return all;
}

Error refusal(const TensorSource& source, const spec::Recipe& recipe,
              const kernels::Refusal& where) {
  const MatrixShape matrix = source.matrix();
  const float x = load_floats(*source.tensor, where.row * matrix.columns + where.column, 1).front();
  return Error(fmt::format(
      "{}tensor {}, row {}, column {}: recipe {} refuses this block{}; choose another recipe or "
      "mend the tensor",
      source.file == nullptr ? "" : source.file->path() + ": ", in_quotes(source.tensor->name),
      where.row, where.column, recipe.name,
      std::isfinite(x) ? std::string() : fmt::format(" for the {} there", x)));
}

std::vector<bool> chosen_tensors(const TensorFile& file, const std::vector<std::string>& names,
                                 std::size_t shortest, bool all) {
  const auto& tensors = file.tensors();
  std::vector<bool> chosen(tensors.size(), false);
  for (const std::string& name : names) {
    const TensorView& tensor = file.find(name);
    if (!is_quantizable(tensor.dtype))
      throw Error(fmt::format("{}: tensor {} is {}; F64, F32, F16 and BF16 can be quantized",
                              file.path(), in_quotes(name), dtype_name(tensor.dtype)));
    chosen[static_cast<std::size_t>(&tensor - tensors.data())] = true;
  }
  bool any = false;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const TensorView& tensor = tensors[i];
    const std::uint64_t count = tensor.element_count();
    const bool is_short = tensor.shape.size() < 2 && count < shortest;
    if (names.empty()) chosen[i] = is_quantizable(tensor.dtype) && (all || !is_short);
    chosen[i] = chosen[i] && count > 0;
    any = any || chosen[i];
  }
  if (!any)
    throw Error(fmt::format(
        "{} has nothing to quantize: no F64, F32, F16 or BF16 tensor has elements{}", file.path(),
        all ? ""
            : ", but for vectors shorter than a block, for which there is "
              "--all"));
  return chosen;
}

void hash_input(Run& run, const std::string& path, Progress& progress) {
  const Descriptor file = open_to_read(path);
  Sha256 digest;
  std::string piece(kHashBytes, '\0');
  std::uint64_t bytes = 0;
  while (const std::size_t count = read_up_to(file.get(), piece.data(), piece.size(), path)) {
    throw_if_interrupted();
    digest.add(std::string_view(piece).substr(0, count));
    bytes += count;
    progress.advance(static_cast<double>(count), 0);
  }
  run.inputs.push_back({path, bytes, digest.hex()});
}

int thread_count(int wanted) {
  if (wanted > 0) return wanted;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace mxscope::reports
