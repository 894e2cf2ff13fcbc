// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Scale selection, block quantization and its inverse as operations, by the routine that is equal
// to spec's exact path.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "kernels/block_cases.h"
#include "kernels/block_routine.h"
#include "kernels/operations.h"
#include "kernels/recipe_changes.h"
#include "spec/error.h"
#include "spec/formats.h"
#include "spec/recipes.h"

namespace mxscope::kernels {
namespace {

using spec::Arguments;
using spec::CaseLevel;
using spec::Change;
using spec::Operation;
using spec::OperationKind;
using spec::Recipe;

constexpr std::size_t kMostElements = 4096;

/// The elements of a block: the recipe's own, or as many as --elements says where that depends on
/// the tensor.
std::size_t block_elements(const Recipe& recipe, const std::string& text) {
  const auto own = static_cast<std::size_t>(recipe.block_elements());
  if (text.empty()) {
    if (own == 0)
      throw Error(fmt::format("blocks of recipe {} have the size of the tensor; add --elements",
                              recipe.name));
    return own;
  }
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 ||
      count > kMostElements || (own != 0 && count > own))
    throw Error(fmt::format("--elements takes a whole number from 1 to {}",
                            own != 0 ? own : kMostElements));
  return count;
}

/// A recipe on the records of block_cases().
class BlockRecords {
 public:
  BlockRecords(const Recipe& recipe, std::size_t elements)
      : routine_(recipe), elements_(elements), input_bytes_(block_record_bytes(recipe, elements)) {}

  std::size_t scale_bytes() const {
    return static_cast<std::size_t>(routine_.recipe().scale.storage_bits) / 8;
  }
  bool is_fast() const { return routine_.is_fast(); }
  bool has_micro() const { return routine_.recipe().kind == spec::BlockKind::kHif4; }

  BlockOutput quantize(const std::uint8_t* record, std::vector<float>& values,
                       std::vector<std::uint32_t>& random, std::uint8_t* elements) const {
    values.resize(elements_);
    std::memcpy(values.data(), record, elements_ * sizeof(float));
    TensorFactors tensor;
    const std::uint8_t* at = record + elements_ * sizeof(float);
    if (routine_.recipe().has_tensor_scale()) {
      float amax = 0;
      std::memcpy(&amax, at, sizeof amax);
      tensor = routine_.tensor_factors(amax);
      at += sizeof amax;
    }
    if (routine_.recipe().random_bits > 0) {
      random.resize(elements_);
      std::memcpy(random.data(), at, elements_ * sizeof(std::uint32_t));
    }
    return routine_.quantize(values, tensor, elements, random);
  }

  /// Result records: the scale, HiF4's exponent bits, the elements.
  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results,
           bool scale_only) const {
    std::vector<float> values;
    std::vector<std::uint32_t> random;
    std::vector<std::uint8_t> elements(elements_);
    for (std::size_t i = 0; i < count; ++i) {
      const BlockOutput out = quantize(inputs + i * input_bytes_, values, random, elements.data());
      if (out.refused) std::fill(elements.begin(), elements.end(), std::uint8_t{0});
      const auto scale = static_cast<std::uint64_t>(out.refused ? 0 : out.scale)
                         << routine_.recipe().scale.storage_shift;
      spec::write_word(results, scale_bytes(), 0, scale);
      results += scale_bytes();
      if (scale_only) continue;
      if (has_micro()) {
        spec::write_word(results, 4, 0, out.refused ? 0 : out.micro);
        results += 4;
      }
      std::copy(elements.begin(), elements.end(), results);
      results += elements_;
    }
  }

 private:
  BlockRoutine routine_;
  std::size_t elements_;
  std::size_t input_bytes_;
};

std::vector<spec::WordField> code_fields(const Recipe& r, std::size_t elements) {
  std::vector<spec::WordField> out = {{"scale", r.scale.name, r.scale.storage_bits, 1}};
  if (r.kind == spec::BlockKind::kHif4) out.push_back({"micro", "", 32, 1});
  out.push_back({"element", r.element.name, 8, elements});
  return out;
}

std::vector<spec::WordField> number_fields(const Recipe& r, std::size_t elements) {
  std::vector<spec::WordField> out = {{"x", "fp32", 32, elements}};
  if (r.has_tensor_scale()) out.push_back({"tensor_amax", "fp32", 32, 1});
  if (r.random_bits > 0) out.push_back({"random", "", 32, elements});
  return out;
}

const std::vector<spec::Parameter>& parameters() {
  static const std::vector<spec::Parameter> all = {
      {"recipe", "A named recipe (mxscope recipes)", "", true},
      {"elements",
       "Elements of a block, where the recipe's has the size of\nthe tensor or a tail "
       "is meant",
       ""}};
  return all;
}

const Recipe& named(const OperationKind& kind, const Arguments& arguments) {
  static const spec::RecipeTable table;
  return table.find(spec::argument(kind, arguments, "recipe"));
}

/// What the three have in common.
Operation started(const OperationKind& kind, const Recipe& recipe, const Arguments& arguments,
                  std::string_view what) {
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format("{} of {}: {} elements, {} scales", what, recipe.name,
                          recipe.element.name, recipe.scale.name);
  out.source = recipe.source;
  out.arguments = spec::complete(kind, arguments);
  out.named = recipe_names(recipe);
  return out;
}

Operation make_quantizer(const OperationKind& kind, const Arguments& arguments, bool scale_only) {
  const Recipe recipe = named(kind, arguments);
  const std::size_t elements =
      scale_only ? 1 : block_elements(recipe, spec::argument(kind, arguments, "elements"));
  if (scale_only && (recipe.kind == spec::BlockKind::kHif4))
    throw Error("HiF4 has more than one scale in a block; use operation quantize");
  Operation out = started(kind, recipe, arguments, scale_only ? "block scale" : "codes");
  out.input.fields = number_fields(recipe, elements);
  out.result.fields = code_fields(recipe, elements);
  if (scale_only) out.result.fields.resize(1);
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return scale_only ? magnitude_cases(recipe, level, seed)
                      : block_cases(recipe, elements, level, seed);
  };
  out.model = [=, is_fast = BlockRoutine(recipe).is_fast()](
                  std::span<const Change> changes) -> std::optional<spec::Model> {
    const std::optional<Recipe> changed = changed_recipe(recipe, changes);
    if (!changed) return std::nullopt;
    const auto records = std::make_shared<const BlockRecords>(*changed, elements);
    // What is thousands of times slower is not worth suspecting.
    if (is_fast && !records->is_fast()) return std::nullopt;
    return [=](std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
      records->run(count, inputs, results, scale_only);
    };
  };
  out.changes = recipe_changes(recipe, false);
  return out;
}

/// Words of NaNs without signs and payloads.
void one_nan(std::size_t words, std::uint8_t* results) {
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t word = spec::read_word(results, 4, i);
    if ((word & 0x7FFFFFFF) > 0x7F800000) spec::write_word(results, 4, i, 0x7FC00000);
  }
}

/// What decoders get wrong besides the recipe.
const Change kLeastScale{"scale_0", "is zero", "is its value"};
const Change kTopScale{"scale_255", "is infinite", "is NaN"};
const Change kFlushed{"result_subnormals", "flushed", "kept"};

/// The codes of a block to numbers.
class BlockDecoder {
 public:
  BlockDecoder(const Recipe& recipe, std::size_t elements, std::span<const Change> changes)
      : routine_(recipe), elements_(elements) {
    const auto has = [&](const Change& change) {
      return std::find(changes.begin(), changes.end(), change) != changes.end();
    };
    least_is_zero_ = has(kLeastScale);
    top_is_infinite_ = has(kTopScale);
    flushes_ = has(kFlushed);
  }

  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) const {
    const Recipe& r = routine_.recipe();
    const auto scale_bytes = static_cast<std::size_t>(r.scale.storage_bits) / 8;
    std::vector<float> values(elements_);
    for (std::size_t i = 0; i < count; ++i) {
      BlockOutput codes;
      codes.scale = static_cast<std::uint32_t>(spec::read_word(inputs, scale_bytes, 0) >>
                                               r.scale.storage_shift);
      inputs += scale_bytes;
      if (r.kind == spec::BlockKind::kHif4) {
        codes.micro = static_cast<std::uint32_t>(spec::read_word(inputs, 4, 0));
        inputs += 4;
      }
      const std::uint8_t* const elements = inputs;
      inputs += elements_;
      TensorFactors tensor;
      if (r.has_tensor_scale()) {
        float amax = 0;
        std::memcpy(&amax, inputs, sizeof amax);
        tensor = routine_.tensor_factors(amax);
        inputs += sizeof amax;
      }
      routine_.dequantize(codes, elements, elements_, tensor, values.data());
      for (std::size_t e = 0; e < elements_; ++e) {
        if (least_is_zero_ && codes.scale == 0) values[e] *= 0;
        if (top_is_infinite_ && codes.scale == r.scale.code_mask())
          values[e] = routine_.element_value(elements[e]) * std::numeric_limits<float>::infinity();
        if (flushes_ && std::fpclassify(values[e]) == FP_SUBNORMAL) values[e] *= 0;
      }
      std::memcpy(results, values.data(), elements_ * sizeof(float));
      one_nan(elements_, results);
      results += elements_ * sizeof(float);
    }
  }

 private:
  BlockRoutine routine_;
  std::size_t elements_;
  bool least_is_zero_ = false, top_is_infinite_ = false, flushes_ = false;
};

/// Every scale code with every element code.
spec::CaseList code_cases(const Recipe& recipe, std::size_t elements, CaseLevel level) {
  if (level == CaseLevel::kEverything && recipe.has_tensor_scale())
    throw Error("level 3 of dequantize is for recipes without a tensor scale; use level 2");
  const auto scale_bytes = static_cast<std::size_t>(recipe.scale.storage_bits) / 8;
  const std::uint64_t scales = recipe.scale.bits <= 8 ? recipe.scale.code_mask() + 1 : 1024;
  const std::uint64_t codes = recipe.element.code_mask() + 1;
  const std::uint64_t rows = (codes + elements - 1) / elements;
  const std::uint64_t tensors = !recipe.has_tensor_scale()        ? 1
                                : level == CaseLevel::kBoundaries ? 4
                                                                  : 64;
  const bool micro = recipe.kind == spec::BlockKind::kHif4;
  const std::size_t record =
      scale_bytes + (micro ? 4 : 0) + elements + (recipe.has_tensor_scale() ? 4 : 0);
  return {scales * rows * tensors, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
            for (std::size_t i = 0; i < n; ++i) {
              const std::uint64_t at = first + i;
              const std::uint64_t scale = at / rows % scales;
              std::uint8_t* out = records + i * record;
              // Of binary32 scales a code of each exponent, with some of the mantissa.
              const std::uint64_t word = recipe.scale.bits <= 8
                                             ? scale << recipe.scale.storage_shift
                                             : scale / 4 << 23 | (scale % 4 * 0x2AAAAB & 0x7FFFFF);
              spec::write_word(out, scale_bytes, 0, word);
              out += scale_bytes;
              if (micro) {
                spec::write_word(out, 4, 0, at * 0x9E3779B9 & 0xFFFFFF);
                out += 4;
              }
              for (std::size_t e = 0; e < elements; ++e)
                out[e] = static_cast<std::uint8_t>((at % rows * elements + e) % codes);
              out += elements;
              if (recipe.has_tensor_scale()) {
                const std::uint64_t t = at / rows / scales;
                spec::write_word(out, 4, 0, 0x3F800000 + t * 0x01355555 % 0x20000000);
              }
            }
          }};
}

Operation make_dequantizer(const OperationKind& kind, const Arguments& arguments) {
  const Recipe recipe = named(kind, arguments);
  const std::size_t elements = block_elements(recipe, spec::argument(kind, arguments, "elements"));
  Operation out = started(kind, recipe, arguments, "numbers from codes");
  out.input.fields = code_fields(recipe, elements);
  if (recipe.has_tensor_scale()) out.input.fields.push_back({"tensor_amax", "fp32", 32, 1});
  out.result.fields = {{"x", "fp32", 32, elements}};
  out.cases = [=](CaseLevel level, std::uint64_t) { return code_cases(recipe, elements, level); };
  out.model = [=](std::span<const Change> changes) -> std::optional<spec::Model> {
    const std::optional<Recipe> changed = changed_recipe(recipe, changes);
    if (!changed) return std::nullopt;
    return [decoder = std::make_shared<const BlockDecoder>(*changed, elements, changes)](
               std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
      decoder->run(count, inputs, results);
    };
  };
  out.changes = recipe_changes(recipe, true);
  out.changes.insert(out.changes.begin(), {kLeastScale, kTopScale, kFlushed});
  out.canonical = [=](std::size_t count, std::uint8_t* results) {
    one_nan(count * elements, results);
  };
  return out;
}

OperationKind kind_of(std::string name, std::string summary, std::string example) {
  OperationKind out;
  out.name = std::move(name);
  out.summary = std::move(summary);
  out.parameters = parameters();
  out.example = std::move(example);
  return out;
}

}  // namespace

OperationKind scale_operation() {
  OperationKind out = kind_of("scale", "A block's scale from its largest magnitude",
                              "--recipe torchao_mxfp4_rceil");
  out.parameters.resize(1);
  out.make = [kind = out](const Arguments& arguments) {
    return make_quantizer(kind, arguments, true);
  };
  return out;
}

OperationKind quantize_operation() {
  OperationKind out =
      kind_of("quantize", "Blocks of numbers to codes under a recipe", "--recipe nvfp4 --level 2");
  out.make = [kind = out](const Arguments& arguments) {
    return make_quantizer(kind, arguments, false);
  };
  return out;
}

OperationKind dequantize_operation() {
  OperationKind out = kind_of("dequantize", "Codes of blocks to numbers", "--recipe mxfp8_e4m3");
  out.make = [kind = out](const Arguments& arguments) { return make_dequantizer(kind, arguments); };
  return out;
}

}  // namespace mxscope::kernels
