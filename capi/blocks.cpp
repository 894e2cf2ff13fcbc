// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Block quantizers for C. A recipe is compiled when its name is first asked for, and then kept.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "capi/call.h"
#include "kernels/tensor_quantizer.h"
#include "spec/recipes.h"

namespace mxscope::capi {
namespace {

using kernels::BlockOutput;
using kernels::TensorFactors;
using spec::Recipe;

struct Slot {
  std::once_flag once;
  std::optional<mxscope_recipe> recipe;
};

const mxscope_recipe* compiled(std::size_t index) {
  static std::deque<Slot> slots(spec::named_recipes().size());
  Slot& slot = slots[index];
  std::call_once(slot.once, [&] {
    const Recipe& recipe = spec::named_recipes()[index];
    auto simd = kernels::SimdQuantizer::make(recipe);
    slot.recipe.emplace(mxscope_recipe{
        kernels::BlockRoutine(recipe),
        simd ? std::make_shared<const kernels::SimdQuantizer>(std::move(*simd)) : nullptr});
  });
  return &*slot.recipe;
}

const kernels::BlockRoutine& routine_of(const mxscope_recipe* recipe) {
  require(recipe, "recipe");
  return recipe->routine;
}

TensorFactors factors_of(const mxscope_tensor_scale* tensor) {
  if (tensor == nullptr) return {};
  if (tensor->reserved != 0)
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  "the tensor scale's reserved field is not 0; "
                  "begin with mxscope_tensor_scale_of()");
  return {.amax = tensor->amax, .decode = tensor->decode, .encode = tensor->encode};
}

mxscope_tensor_scale written(const TensorFactors& factors) {
  return {.amax = factors.amax, .decode = factors.decode, .encode = factors.encode, .reserved = 0};
}

bool has_micro(const Recipe& recipe) { return recipe.kind == spec::BlockKind::kHif4; }

void check_micro(const Recipe& recipe, const void* micro) {
  if (has_micro(recipe)) require(micro, "micro");
}

void check_block(const Recipe& recipe, std::size_t count) {
  checked_size(count, 1, "elements");
  if (has_micro(recipe) && count != 64)
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  fmt::format("a block of {} has 64 elements, not {}", recipe.name, count));
}

void check_random(const Recipe& recipe, const std::uint32_t* random, std::size_t count) {
  if (recipe.random_bits == 0) {
    if (random != nullptr)
      throw Failure(MXSCOPE_UNSUPPORTED,
                    fmt::format("recipe {} takes no random bits", recipe.name));
    return;
  }
  require(random, count, "random");
  for (std::size_t i = 0; i < count; ++i)
    if (recipe.random_bits < 32 && random[i] >> recipe.random_bits != 0)
      throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("random[{}] is {}, which is not below 2^{}",
                                                      i, random[i], recipe.random_bits));
}

void check_codes(const Recipe& recipe, const std::uint8_t* elements, std::size_t count) {
  const spec::Code mask = recipe.element.code_mask();
  const auto* const wrong =
      std::find_if(elements, elements + count, [&](std::uint8_t code) { return code > mask; });
  if (wrong != elements + count)
    throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("element {} is 0x{:x}, which is no code of {}",
                                                    wrong - elements, *wrong, recipe.element.name));
}

void check_scale(const Recipe& recipe, std::uint32_t code) {
  if (code > recipe.scale.code_mask())
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  fmt::format("scale 0x{:x} is no code of {}", code, recipe.scale.name));
}

}  // namespace
}  // namespace mxscope::capi

using namespace mxscope;
using namespace mxscope::capi;

size_t mxscope_recipe_count(void) {
  std::size_t count = 0;
  guarded([&] { count = spec::named_recipes().size(); });
  return count;
}

const mxscope_recipe* mxscope_recipe_at(size_t index) {
  return guarded_pointer([&] {
    if (index >= spec::named_recipes().size())
      throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("there are {} recipes, and no number {}",
                                                      spec::named_recipes().size(), index));
    return compiled(index);
  });
}

const mxscope_recipe* mxscope_find_recipe(const char* name) {
  return guarded_pointer([&] {
    const std::string_view text = required_text(name, "name");
    const auto& rows = spec::named_recipes();
    const auto it =
        std::find_if(rows.begin(), rows.end(), [&](const Recipe& r) { return r.name == text; });
    if (it == rows.end()) looked_up([&] { spec::RecipeTable().find(text); });
    return compiled(static_cast<std::size_t>(it - rows.begin()));
  });
}

int mxscope_recipe_describe(const mxscope_recipe* recipe, mxscope_recipe_info* info) {
  return guarded([&] {
    const Recipe& r = routine_of(recipe).recipe();
    require(info, "info");
    *info = {};
    info->name = r.name.c_str();
    info->element = handle(r.element);
    info->scale = handle(r.scale);
    info->block_rows = r.block.rows;
    info->block_columns = r.block.columns;
    info->random_bits = r.random_bits;
    info->has_tensor_scale = r.has_tensor_scale();
    info->has_micro = has_micro(r);
  });
}

int mxscope_block_grid(const mxscope_recipe* recipe, size_t rows, size_t columns,
                       mxscope_grid* grid) {
  return guarded([&] {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    require(grid, "grid");
    checked_size(rows, columns, "elements");
    const kernels::BlockGrid g = kernels::block_grid(routine.recipe(), rows, columns);
    *grid = {g.block_rows, g.block_columns, g.row_blocks(), g.column_blocks()};
  });
}

int mxscope_tensor_scale_of(const mxscope_recipe* recipe, float amax, mxscope_tensor_scale* scale) {
  return guarded([&] {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    require(scale, "scale");
    if (amax < 0)
      throw Failure(MXSCOPE_BAD_ARGUMENT, "amax is negative; it is the largest magnitude");
    *scale = written(routine.recipe().has_tensor_scale() ? routine.tensor_factors(amax)
                                                         : TensorFactors{});
  });
}

int mxscope_quantize_block(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                           const uint32_t* random, const float* values, size_t count,
                           uint8_t* elements, uint32_t* scale, uint32_t* micro) {
  return guarded([&]() -> int {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    require(values, count, "values");
    require(elements, count, "elements");
    require(scale, "scale");
    check_micro(routine.recipe(), micro);
    check_block(routine.recipe(), count);
    check_random(routine.recipe(), random, count);
    const BlockOutput out = routine.quantize(
        {values, count}, factors_of(tensor), elements,
        random == nullptr ? std::span<const std::uint32_t>() : std::span(random, count));
    *scale = out.refused ? 0 : out.scale;
    if (micro != nullptr) *micro = out.refused ? 0 : out.micro;
    if (!out.refused) return MXSCOPE_OK;
    std::fill_n(elements, count, std::uint8_t{0});
    return failed(MXSCOPE_REFUSED,
                  fmt::format("recipe {} refuses the block: it holds a NaN or an infinity",
                              routine.recipe().name));
  });
}

int mxscope_dequantize_block(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                             const uint8_t* elements, uint32_t scale, uint32_t micro, size_t count,
                             float* values) {
  return guarded([&] {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    require(elements, count, "elements");
    require(values, count, "values");
    check_block(routine.recipe(), count);
    check_codes(routine.recipe(), elements, count);
    check_scale(routine.recipe(), scale);
    routine.dequantize({.scale = scale, .micro = micro}, elements, count, factors_of(tensor),
                       values);
  });
}

int mxscope_quantize(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                     uint64_t seed, const float* values, size_t rows, size_t columns,
                     uint8_t* elements, uint32_t* scales, uint32_t* micro,
                     mxscope_tensor_scale* used) {
  return guarded([&]() -> int {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    const std::size_t count = checked_size(rows, columns, "elements");
    require(values, count, "values");
    require(elements, count, "elements");
    require(scales, count, "scales");
    if (count > 0) check_micro(routine.recipe(), micro);
    const kernels::TensorQuantizer quantizer(routine, recipe->simd, rows, columns,
                                             {.seed = seed, .stream = 0});
    const kernels::Tile all{0, 0, rows, columns};
    kernels::TensorState state;
    kernels::TileCodes codes;
    if (count > 0) {
      kernels::Maxima maxima;
      const bool looks = quantizer.cuts_blocks() || tensor == nullptr;
      if (looks && quantizer.needs_maxima()) maxima = quantizer.maxima(all, {values, count});
      state = quantizer.state(maxima);
      if (tensor != nullptr) state.factors = factors_of(tensor);
      codes = quantizer.quantize(all, {values, count}, state);
    }
    if (used != nullptr) *used = written(state.factors);
    if (codes.refused) {
      std::fill(codes.elements.begin(), codes.elements.end(), std::uint8_t{0});
      std::fill(codes.scales.begin(), codes.scales.end(), 0U);
      std::fill(codes.micro.begin(), codes.micro.end(), 0U);
    }
    std::copy(codes.elements.begin(), codes.elements.end(), elements);
    std::copy(codes.scales.begin(), codes.scales.end(), scales);
    if (micro != nullptr) std::copy(codes.micro.begin(), codes.micro.end(), micro);
    if (!codes.refused) return MXSCOPE_OK;
    return failed(MXSCOPE_REFUSED,
                  fmt::format("recipe {} refuses the block of row {}, column {}",
                              routine.recipe().name, codes.refused->row, codes.refused->column));
  });
}

int mxscope_dequantize(const mxscope_recipe* recipe, const mxscope_tensor_scale* tensor,
                       const uint8_t* elements, const uint32_t* scales, const uint32_t* micro,
                       size_t rows, size_t columns, float* values) {
  return guarded([&] {
    const kernels::BlockRoutine& routine = routine_of(recipe);
    const std::size_t count = checked_size(rows, columns, "elements");
    require(elements, count, "elements");
    require(scales, count, "scales");
    require(values, count, "values");
    if (count == 0) return;
    check_micro(routine.recipe(), micro);
    check_codes(routine.recipe(), elements, count);
    const kernels::TensorQuantizer quantizer(routine, recipe->simd, rows, columns);
    const std::size_t blocks = quantizer.grid().blocks();
    for (std::size_t b = 0; b < blocks; ++b) check_scale(routine.recipe(), scales[b]);
    kernels::TileCodes codes{.tile = {0, 0, rows, columns}};
    codes.elements.assign(elements, elements + count);
    codes.scales.assign(scales, scales + blocks);
    if (has_micro(routine.recipe())) codes.micro.assign(micro, micro + blocks);
    quantizer.dequantize(codes, {.factors = factors_of(tensor), .block_maxima = {}},
                         {values, count});
  });
}
