// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Rows in first-level-cache pieces: gathered, made inputs, quantized by SimdQuantizer, and once
// more.
#include "kernels/fused_quantizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "kernels/block_simd.h"
#include "kernels/dual_routine.h"
#include "kernels/fused_simd.h"
#include "kernels/simd_quantizer.h"
#include "spec/batch.h"
#include "spec/batch_lanes.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace mxscope::kernels {

using spec::Packing;
using spec::Recipe;
using spec::TensorScale;

namespace {

constexpr std::size_t kPiece = 16;
constexpr std::size_t kChunk = 2048;  ///< channels that are quantized at once
constexpr std::size_t kAhead = 6144;  ///< floats, at least, from a row to the one that is fetched

bool is_rescaled(const Recipe& r) {
  return r.tensor_scale == TensorScale::kDivideBf16 || r.tensor_scale == TensorScale::kMultiplyBf16;
}

/// What is left of the recipe once inputs are as it wants them: it then takes them as they are.
/// A bfloat16 number over a power of two is one, or smaller than any element.
Recipe recipe_of_inputs(const Recipe& recipe) {
  Recipe out = spec::stage_recipe(recipe);
  if (out.input != spec::Precision::kBf16) return out;
  out.input = spec::Precision::kF32;
  const bool powers = out.scale.mantissa_bits == 0 && out.tensor_scale == TensorScale::kNone;
  if (out.intermediate == spec::Precision::kBf16 && powers && out.element.emin() > -60)
    out.intermediate = spec::Precision::kExact;
  return out;
}

/// One segment, compiled.
struct Part {
  FusedSegment segment;
  std::size_t first = 0;   ///< place of its first channel
  std::size_t length = 0;  ///< of a block
  Packing packing = Packing::kByte;
  BlockRoutine routine;
  std::optional<DualRoutine> dual;
  std::optional<SimdQuantizer> simd;  ///< of the inputs; none: one block at a time
  bool makes_inputs = false;
  InputRule::Form form = InputRule::Form::kNearest;
  std::vector<float> values;  ///< of element codes

  std::size_t blocks() const { return (segment.channels + length - 1) / length; }
  std::size_t stages() const { return dual ? 2 : 1; }
  std::size_t granularity() const { return segment.dual->granularity; }
};

void check_segment(const FusedSegment& segment, std::size_t index) {
  const Recipe& r = segment.recipe;
  const auto refuse = [&](const std::string& why) {
    throw Error(fmt::format("segment {}, recipe {}: {}", index, r.name, why));
  };
  if (r.kind != spec::BlockKind::kScaled || r.scale.bits > 8 || r.element.bits > 8)
    refuse("a fused quantizer takes blocks with one scale, of a byte, and elements of 8 bits");
  if (r.block.rows != 1 || r.block.columns == 0)
    refuse("a fused quantizer takes blocks within a row, of a fixed length");
  if (r.random_bits != 0) refuse("a fused quantizer does not round stochastically");
  if (!segment.dual) return;
  if (r.block.columns != static_cast<int>(kPiece)) refuse("residuals follow blocks of 16");
  if (segment.channels % segment.dual->granularity != 0)
    refuse(fmt::format("residuals of {} channels follow each other, and {} are no multiple",
                       segment.dual->granularity, segment.channels));
}

Part make_part(const FusedSegment& segment, std::size_t first, std::string_view backend) {
  const Recipe& r = segment.recipe;
  Part part{.segment = segment,
            .first = first,
            .length = static_cast<std::size_t>(r.block.columns),
            .packing = segment.packing.value_or(spec::packing_for(r.element.bits)),
            .routine = BlockRoutine(r)};
  if (segment.dual) part.dual.emplace(*segment.dual);
  part.simd = SimdQuantizer::make(recipe_of_inputs(r), backend);
  part.makes_inputs = r.input == spec::Precision::kBf16 || is_rescaled(r);
  if (r.tensor_scale == TensorScale::kDivideBf16) part.form = InputRule::Form::kDivide;
  if (r.tensor_scale == TensorScale::kMultiplyBf16) part.form = InputRule::Form::kMultiply;
  if (part.makes_inputs && r.input != spec::Precision::kBf16) part.simd.reset();
  // The product q s S of a second scale is not in the kernel.
  if (part.dual && spec::stage_recipe(r).has_tensor_scale()) part.simd.reset();
  for (std::uint32_t code = 0; code <= r.element.code_mask(); ++code)
    part.values.push_back(part.routine.element_value(code));
  part.values.resize(256);
  return part;
}

float widened(std::uint16_t word) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(word) << 16);
}

}  // namespace

struct FusedQuantizer::State {
  FusedPlan plan;
  std::size_t channels = 0;
  std::vector<Part> parts;
  std::optional<FusedKernels> kernels;
  std::optional<BlockKernels> block_kernels;

  /// Memory of a thread.
  struct Scratch;

  const float* row_of(const FusedInput& input, std::size_t row, Scratch& scratch) const;
  void plain_row(const FusedInput& input, std::size_t row, std::span<float> out) const;
  bool plain_segment(const Part& part, std::span<const float> ordered, const TensorFactors& tensor,
                     std::uint8_t* elements, std::uint8_t* scales) const;
  bool fast_segment(const Part& part, const float* row, const float* next, bool bf16,
                    const SimdQuantizer::Tables& tables, const TensorFactors& tensor,
                    std::uint8_t* elements, std::uint8_t* scales, Scratch& scratch) const;
  bool residuals(const Part& part, std::size_t count, const float* raw, const float* inputs,
                 const SimdQuantizer::Tables& tables, const TensorFactors& tensor,
                 std::uint8_t* elements, std::uint8_t* scales, Scratch& scratch) const;
};

struct FusedQuantizer::State::Scratch {
  explicit Scratch(std::size_t channels) : gate(channels), up(channels), row(channels) {}

  std::vector<float> gate, up, row, sums;
  alignas(64) std::array<float, kChunk> raw, inputs, residual;
  alignas(64) std::array<std::uint8_t, kChunk> first_codes, second_codes, codes;
  std::array<std::uint8_t, kChunk> first_scales, second_scales;
  std::array<float, kChunk / kPiece> factors;
  std::array<std::uint32_t, kChunk / kPiece> odd{};
};

/// The row after its prologue, in any memory.
const float* FusedQuantizer::State::row_of(const FusedInput& input, std::size_t row,
                                           Scratch& scratch) const {
  const auto line = [&](const float* f32, const std::uint16_t* bf16, std::vector<float>& wide) {
    if (f32 != nullptr) return f32 + row * channels;
    kernels->widen(bf16 + row * channels, channels, wide.data());
    return static_cast<const float*>(wide.data());
  };
  const float* x = line(input.f32, input.bf16, scratch.gate);
  const RowRule& rule = plan.rule;
  bool held = true;
  switch (rule.prologue) {
    case Prologue::kNone:
      return x;
    case Prologue::kRmsNorm: {
      const std::size_t threads = channels / rule.sum.per_thread;
      float sum = 0;
      if (rule.sum.load == 8 && threads % 16 == 0) {
        scratch.sums.resize(threads);
        kernels->square_sums(x, channels, threads, scratch.sums.data());
        sum = sum_of_threads(scratch.sums);
      } else {
        sum = sum_of_squares({x, channels}, rule.sum);
      }
      held = kernels->normalize(x, rule.weight.data(), reciprocal_root(sum, channels, rule.epsilon),
                                rule.to_bf16, channels, scratch.row.data());
      break;
    }
    case Prologue::kSiluMul: {
      const float* up = line(input.up_f32, input.up_bf16, scratch.up);
      held = kernels->silu_mul(x, up, rule.to_bf16, channels, scratch.row.data());
      break;
    }
  }
  if (!held) plain_row(input, row, scratch.row);
  return scratch.row.data();
}

void FusedQuantizer::State::plain_row(const FusedInput& input, std::size_t row,
                                      std::span<float> out) const {
  const auto line = [&](const float* f32, const std::uint16_t* bf16) {
    std::vector<float> values(channels);
    for (std::size_t i = 0; i < channels; ++i)
      values[i] = f32 != nullptr ? f32[row * channels + i] : widened(bf16[row * channels + i]);
    return values;
  };
  std::vector<float> up;
  if (plan.rule.prologue == Prologue::kSiluMul) up = line(input.up_f32, input.up_bf16);
  apply_row_rule(plan.rule, line(input.f32, input.bf16), up, out);
}

/// Returns whether the recipe refuses a block.
bool FusedQuantizer::State::plain_segment(const Part& part, std::span<const float> ordered,
                                          const TensorFactors& tensor, std::uint8_t* elements,
                                          std::uint8_t* scales) const {
  const std::size_t count = ordered.size();
  const std::size_t blocks = (count + part.length - 1) / part.length;
  std::vector<std::uint8_t> codes(count * part.stages());
  bool refused = false;
  for (std::size_t b = 0; b < blocks; ++b) {
    const std::size_t at = b * part.length;
    const auto block = ordered.subspan(at, std::min(part.length, count - at));
    if (!part.dual) {
      const BlockOutput out = part.routine.quantize(block, tensor, codes.data() + at);
      scales[b] = static_cast<std::uint8_t>(out.scale);
      refused = refused || out.refused;
      continue;
    }
    const std::size_t together = part.granularity() / kPiece;
    const std::size_t first = b / together * 2 * together + b % together;
    const std::size_t second = first + together;
    const DualOutput out = part.dual->quantize(block, tensor, codes.data() + first * kPiece,
                                               codes.data() + second * kPiece);
    scales[first] = static_cast<std::uint8_t>(out.primary.scale);
    scales[second] = static_cast<std::uint8_t>(out.residual.scale);
    refused = refused || out.primary.refused || out.residual.refused;
  }
  spec::pack(part.packing, codes, {elements, spec::packed_bytes(part.packing, codes.size())});
  return refused;
}

bool FusedQuantizer::State::fast_segment(const Part& part, const float* row, const float* next,
                                         bool bf16, const SimdQuantizer::Tables& tables,
                                         const TensorFactors& tensor, std::uint8_t* elements,
                                         std::uint8_t* scales, Scratch& scratch) const {
  const std::size_t channels_here = part.segment.channels;
  const std::size_t whole = channels_here / part.length * part.length;
  const std::size_t step =
      part.dual ? kChunk / 2
                : kChunk / std::lcm(part.length, kPiece) * std::lcm(part.length, kPiece);
  const InputRule rule{part.form, !bf16,
                       part.form == InputRule::Form::kDivide ? tensor.decode : tensor.encode};
  bool refused = false;
  const auto gather = [&](std::size_t at, std::size_t count) -> const float* {
    if (plan.order.empty()) return row + at;
    kernels->gather(row, plan.order.data() + at, count, next + at, scratch.raw.data());
    return scratch.raw.data();
  };
  for (std::size_t done = 0; done < whole; done += step) {
    const std::size_t count = std::min(step, whole - done);
    const float* const raw = gather(part.first + done, count);
    const float* inputs = raw;
    if (part.makes_inputs && !(bf16 && part.form == InputRule::Form::kNearest)) {
      inputs = scratch.inputs.data();
      if (kernels->inputs(rule, raw, count, scratch.inputs.data(), scratch.odd.data()))
        for (std::size_t i = 0; i < count; i += kPiece)
          if (std::exchange(scratch.odd[i / kPiece], 0) != 0)
            part.routine.inputs({raw + i, std::min(kPiece, count - i)}, tensor,
                                scratch.inputs.data() + i);
    }
    const std::size_t blocks = count / part.length;
    std::uint8_t* const to = elements + spec::packed_bytes(part.packing, done * part.stages());
    std::uint8_t* const to_scales = scales + done / part.length * part.stages();
    if (part.dual)
      refused |= residuals(part, count, raw, inputs, tables, tensor, to, to_scales, scratch);
    else
      refused |=
          part.simd->quantize(inputs, blocks, tables, part.packing, to, to_scales).has_value();
  }
  if (whole == channels_here) return refused;
  const std::size_t rest = channels_here - whole;
  const float* const last = gather(part.first + whole, rest);
  return plain_segment(part, {last, rest}, tensor,
                       elements + spec::packed_bytes(part.packing, whole),
                       scales + whole / part.length) ||
         refused;
}

/// Both stages of some blocks of 16, put between each other.
bool FusedQuantizer::State::residuals(const Part& part, std::size_t count, const float* raw,
                                      const float* inputs, const SimdQuantizer::Tables& tables,
                                      const TensorFactors& tensor, std::uint8_t* elements,
                                      std::uint8_t* scales, Scratch& s) const {
  const std::size_t blocks = count / kPiece;
  const spec::ResidualRule& rule = part.segment.dual->rule;
  const BlockRoutine& inner = part.simd->routine();
  bool any_odd = false;
  bool refused = part.simd
                     ->quantize(inputs, blocks, tables, Packing::kByte, s.first_codes.data(),
                                s.first_scales.data())
                     .has_value();
  for (std::size_t b = 0; b < blocks; ++b) {
    const double scale = rule.unrounded_scale
                             ? inner.unrounded_scale({inputs + b * kPiece, kPiece}, {})
                             : static_cast<double>(inner.scale_value(s.first_scales[b]));
    s.factors[b] = static_cast<float>(scale);
    if (static_cast<double>(s.factors[b]) == scale) continue;
    s.odd[b] = 1;
    any_odd = true;
  }
  any_odd |= kernels->residuals({rule.precision == spec::Precision::kBf16, rule.unrounded_scale},
                                inputs, s.first_codes.data(), part.values.data(), s.factors.data(),
                                count, s.residual.data(), s.odd.data());
  refused |= part.simd
                 ->quantize(s.residual.data(), blocks, tables, Packing::kByte,
                            s.second_codes.data(), s.second_scales.data())
                 .has_value();
  for (std::size_t b = 0; any_odd && b < blocks; ++b) {
    if (std::exchange(s.odd[b], 0) == 0) continue;
    const DualOutput out =
        part.dual->quantize({raw + b * kPiece, kPiece}, tensor, s.first_codes.data() + b * kPiece,
                            s.second_codes.data() + b * kPiece);
    s.first_scales[b] = static_cast<std::uint8_t>(out.primary.scale);
    s.second_scales[b] = static_cast<std::uint8_t>(out.residual.scale);
    refused |= out.primary.refused || out.residual.refused;
  }
  const std::size_t together = part.granularity();
  std::uint8_t* codes = s.codes.data();
  for (std::size_t i = 0; i < count; i += together) {
    codes = std::copy_n(s.first_codes.data() + i, together, codes);
    codes = std::copy_n(s.second_codes.data() + i, together, codes);
    scales = std::copy_n(s.first_scales.data() + i / kPiece, together / kPiece, scales);
    scales = std::copy_n(s.second_scales.data() + i / kPiece, together / kPiece, scales);
  }
  if (part.packing == Packing::kNibble)
    block_kernels->pack_nibbles(s.codes.data(), 2 * count, elements);
  else
    spec::pack(part.packing, {s.codes.data(), 2 * count},
               {elements, spec::packed_bytes(part.packing, 2 * count)});
  return refused;
}

FusedPlan plain_plan(const Recipe& recipe, std::vector<std::uint32_t> order) {
  const std::size_t channels = order.size();
  return {.order = std::move(order), .segments = {{channels, recipe}}};
}

FusedPlan dual_plan(const spec::DualStage& stage, std::size_t residual_channels,
                    std::vector<std::uint32_t> order) {
  if (residual_channels > order.size())
    throw Error(fmt::format("{} residual channels of {}: give at most as many", residual_channels,
                            order.size()));
  const std::size_t normal = order.size() - residual_channels;
  return {.order = std::move(order),
          .segments = {{normal, stage.recipe}, {residual_channels, stage.recipe, stage}}};
}

FusedPlan micromix_plan(std::size_t fp4, std::size_t fp6, std::size_t fp8,
                        std::vector<std::uint32_t> order) {
  const spec::RecipeTable recipes;
  return {.order = std::move(order),
          .segments = {{fp4, recipes.find("micromix_mxfp4")},
                       {fp6, recipes.find("micromix_mxfp6_e3m2")},
                       {fp8, recipes.find("micromix_mxfp8_e4m3")}}};
}

FusedQuantizer::FusedQuantizer(FusedPlan plan, std::string_view backend) {
  auto state = std::make_unique<State>();
  std::string name(backend);
  const auto names = spec::batch_backends();
  if (name == "auto") name = names.front();
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw Error(fmt::format("there is no back end '{}' on this processor", name));
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    const FusedSegment& segment = plan.segments[i];
    check_segment(segment, i);
    state->parts.push_back(make_part(segment, state->channels, name));
    state->channels += segment.channels;
  }
  std::vector<bool> seen(state->channels);
  for (const std::uint32_t channel : plan.order) {
    if (channel >= seen.size() || seen[channel])
      throw Error(fmt::format("channel {} of the order is {}", channel,
                              channel < seen.size() ? "there twice" : "not one of the segments'"));
    seen[channel] = true;
  }
  if (!plan.order.empty() && plan.order.size() != seen.size())
    throw Error(fmt::format("the order has {} channels, and the segments have {}",
                            plan.order.size(), seen.size()));
  if (plan.rule.prologue == Prologue::kRmsNorm) {
    const std::vector<float> row(state->channels);
    std::vector<float> out(state->channels);
    apply_row_rule(plan.rule, row, {}, out);  // which says what is wrong
  }
  if (const std::int64_t target = spec::find_target(name); target != 0) {
    state->kernels = find_fused_kernels(target);
    state->block_kernels = find_block_kernels(target);
  }
  state->plan = std::move(plan);
  state_ = std::move(state);
}

FusedQuantizer::FusedQuantizer(FusedQuantizer&&) noexcept = default;
FusedQuantizer& FusedQuantizer::operator=(FusedQuantizer&&) noexcept = default;
FusedQuantizer::~FusedQuantizer() = default;

const FusedPlan& FusedQuantizer::plan() const { return state_->plan; }
std::size_t FusedQuantizer::channels() const { return state_->channels; }

std::size_t FusedQuantizer::codes(std::size_t segment) const {
  const Part& part = state_->parts.at(segment);
  return part.segment.channels * part.stages();
}

std::size_t FusedQuantizer::scales(std::size_t segment) const {
  const Part& part = state_->parts.at(segment);
  return part.blocks() * part.stages();
}

std::size_t FusedQuantizer::element_bytes(std::size_t segment) const {
  return spec::packed_bytes(state_->parts.at(segment).packing, codes(segment));
}

bool FusedQuantizer::is_fast() const {
  return state_->kernels && std::all_of(state_->parts.begin(), state_->parts.end(),
                                        [](const Part& part) { return part.simd.has_value(); });
}

std::optional<std::size_t> FusedQuantizer::quantize(const FusedInput& input, std::size_t rows,
                                                    const TensorFactors& tensor,
                                                    std::span<const SegmentOutput> outputs) const {
  const State& state = *state_;
  if (!state.kernels) return quantize_plainly(input, rows, tensor, outputs);
  const auto scratch = std::make_unique<State::Scratch>(state.channels);
  std::vector<std::shared_ptr<const SimdQuantizer::Tables>> tables;
  for (const Part& part : state.parts)
    tables.push_back(
        part.simd ? part.simd->tables(is_rescaled(part.segment.recipe) ? TensorFactors{} : tensor)
                  : nullptr);
  const RowRule& rule = state.plan.rule;
  const bool bf16 = rule.prologue == Prologue::kNone ? input.f32 == nullptr : rule.to_bf16;
  const bool in_place = rule.prologue == Prologue::kNone && input.f32 != nullptr;
  const std::size_t rows_ahead = kAhead / std::max<std::size_t>(state.channels, 1) + 1;
  std::vector<float> ordered;
  std::optional<std::size_t> refused;
  for (std::size_t row = 0; row < rows; ++row) {
    const float* const values = state.row_of(input, row, *scratch);
    const std::size_t ahead = in_place && row + rows_ahead < rows ? rows_ahead : 0;
    const float* const next = values + ahead * state.channels;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Part& part = state.parts[i];
      std::uint8_t* const elements = outputs[i].elements + row * outputs[i].element_stride;
      std::uint8_t* const scales = outputs[i].scales + row * outputs[i].scale_stride;
      bool bad = false;
      if (part.simd) {
        bad = state.fast_segment(part, values, next, bf16, *tables[i], tensor, elements, scales,
                                 *scratch);
      } else {
        ordered.resize(part.segment.channels);
        for (std::size_t j = 0; j < ordered.size(); ++j)
          ordered[j] =
              values[state.plan.order.empty() ? part.first + j : state.plan.order[part.first + j]];
        bad = state.plain_segment(part, ordered, tensor, elements, scales);
      }
      if (bad && !refused) refused = row;
    }
  }
  return refused;
}

std::optional<std::size_t> FusedQuantizer::quantize_plainly(
    const FusedInput& input, std::size_t rows, const TensorFactors& tensor,
    std::span<const SegmentOutput> outputs) const {
  const State& state = *state_;
  std::vector<float> values(state.channels);
  std::vector<float> ordered;
  std::optional<std::size_t> refused;
  for (std::size_t row = 0; row < rows; ++row) {
    state.plain_row(input, row, values);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const Part& part = state.parts[i];
      ordered.clear();
      for (std::size_t j = part.first; j < part.first + part.segment.channels; ++j)
        ordered.push_back(values[state.plan.order.empty() ? j : state.plan.order[j]]);
      if (state.plain_segment(part, ordered, tensor,
                              outputs[i].elements + row * outputs[i].element_stride,
                              outputs[i].scales + row * outputs[i].scale_stride) &&
          !refused)
        refused = row;
    }
  }
  return refused;
}

}  // namespace mxscope::kernels
