// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rows gathered by the channel order: by the fused kernel, or a block at a time.
#include "kernels/dual_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <tuple>

#include "spec/error.h"

namespace mxscope::kernels {

using spec::kAugmentedBlock;

namespace {

std::uint32_t magnitude_bits(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFF; }

}  // namespace

void raise_channel_maxima(std::span<const float> rows, std::span<float> maxima) {
  for (std::size_t first = 0; first < rows.size(); first += maxima.size())
    for (std::size_t k = 0; k < maxima.size(); ++k)
      maxima[k] = std::bit_cast<float>(
          std::max(magnitude_bits(maxima[k]), magnitude_bits(rows[first + k])));
}

std::vector<std::uint32_t> channel_order(std::span<const float> maxima,
                                         std::span<const std::uint32_t> last) {
  std::vector<bool> is_last(maxima.size());
  for (const std::uint32_t channel : last) {
    if (channel >= maxima.size())
      throw Error(fmt::format("channel {} is not one of the {}, which count from 0", channel,
                              maxima.size()));
    if (is_last[channel]) throw Error(fmt::format("channel {} stands twice", channel));
    is_last[channel] = true;
  }
  std::vector<std::uint32_t> order(maxima.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return std::tuple(is_last[a], magnitude_bits(maxima[a]), a) <
           std::tuple(is_last[b], magnitude_bits(maxima[b]), b);
  });
  return order;
}

DualTensor::DualTensor(const DualRoutine& routine, const spec::AugmentedLayout& layout,
                       std::vector<std::uint32_t> order)
    : routine_(&routine), layout_(layout), order_(std::move(order)) {
  const spec::Recipe& recipe = routine.stage().recipe;
  if (recipe.block.rows != 1 || recipe.block.columns != static_cast<int>(kAugmentedBlock))
    throw Error(fmt::format("dual stage {}: the augmented layout has blocks of 1x{}",
                            routine.stage().name, kAugmentedBlock));
  std::vector<bool> seen(layout_.channels);
  for (const std::uint32_t channel : order_) {
    if (channel >= seen.size() || seen[channel])
      throw Error(fmt::format("channel {} is {}", channel,
                              channel < seen.size() ? "there twice" : "not one of the tensor's"));
    seen[channel] = true;
  }
  if (order_.size() != seen.size())
    throw Error(fmt::format("the order has {} channels instead of {}", order_.size(), seen.size()));
  if (recipe.scale.bits > 8 || recipe.element.bits > 8 || recipe.random_bits != 0) return;
  FusedPlan plan = dual_plan(routine.stage(), layout.outliers, order_);
  plan.segments[1].dual->granularity = layout.granularity;
  for (FusedSegment& segment : plan.segments) segment.packing = spec::Packing::kByte;
  fused_ = std::make_shared<const FusedQuantizer>(std::move(plan));
}

TileCodes DualTensor::quantize(const Tile& rows, std::span<const float> values,
                               const TensorFactors& tensor) const {
  TileCodes out{.tile = {rows.first_row, 0, rows.rows, columns()}};
  out.elements.resize(out.tile.elements());
  out.scales.resize(rows.rows * layout_.blocks());
  if (fused_) {
    std::vector<std::uint8_t> scales(out.scales.size());
    const std::size_t normal = layout_.normal_blocks();
    const SegmentOutput outputs[] = {
        {out.elements.data(), columns(), scales.data(), layout_.blocks()},
        {out.elements.data() + normal * kAugmentedBlock, columns(), scales.data() + normal,
         layout_.blocks()}};
    const bool refused = fused_->quantize({values.data()}, rows.rows, tensor, outputs).has_value();
    std::copy(scales.begin(), scales.end(), out.scales.begin());
    if (!refused) return out;  // which element to blame is found below
  }
  std::array<float, kAugmentedBlock> block{};
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const float* const line = values.data() + row * layout_.channels;
    std::uint8_t* const codes = out.elements.data() + row * columns();
    std::uint32_t* const scales = out.scales.data() + row * layout_.blocks();
    for (std::size_t b = 0; b < layout_.source_blocks(); ++b) {
      const std::uint32_t* const channels = order_.data() + b * kAugmentedBlock;
      for (std::size_t i = 0; i < kAugmentedBlock; ++i) block[i] = line[channels[i]];
      const std::size_t at = layout_.position({b, false});
      bool refused = false;
      if (b < layout_.normal_blocks()) {
        const BlockOutput one =
            routine_->single().quantize(block, tensor, codes + at * kAugmentedBlock);
        scales[at] = one.scale;
        refused = one.refused;
      } else {
        const std::size_t more = layout_.position({b, true});
        const DualOutput two = routine_->quantize(block, tensor, codes + at * kAugmentedBlock,
                                                  codes + more * kAugmentedBlock);
        scales[at] = two.primary.scale;
        scales[more] = two.residual.scale;
        refused = two.primary.refused || two.residual.refused;
      }
      if (!refused || out.refused) continue;
      const auto odd =
          std::find_if(block.begin(), block.end(), [](float x) { return !std::isfinite(x); });
      out.refused =
          Refusal{rows.first_row + row, channels[odd == block.end() ? 0 : odd - block.begin()]};
    }
  }
  return out;
}

void DualTensor::dequantize(const TileCodes& codes, const TensorFactors& tensor, Stages stages,
                            std::span<float> values) const {
  std::array<float, kAugmentedBlock> block{};
  for (std::size_t row = 0; row < codes.tile.rows; ++row) {
    const std::uint8_t* const elements = codes.elements.data() + row * columns();
    const std::uint32_t* const scales = codes.scales.data() + row * layout_.blocks();
    for (std::size_t b = 0; b < layout_.source_blocks(); ++b) {
      const std::size_t at = layout_.position({b, false});
      if (stages == Stages::kFirst || b < layout_.normal_blocks()) {
        routine_->single().dequantize({.scale = scales[at]}, elements + at * kAugmentedBlock,
                                      kAugmentedBlock, tensor, block.data());
      } else {
        const std::size_t more = layout_.position({b, true});
        routine_->dequantize({{.scale = scales[at]}, {.scale = scales[more]}},
                             elements + at * kAugmentedBlock, elements + more * kAugmentedBlock,
                             kAugmentedBlock, tensor, block.data());
      }
      for (std::size_t i = 0; i < kAugmentedBlock; ++i)
        values[row * layout_.channels + order_[b * kAugmentedBlock + i]] = block[i];
    }
  }
}

}  // namespace mxscope::kernels
