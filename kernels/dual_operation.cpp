// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A block and its residual as an operation: ARCQuant's kernels, and what can be done otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "kernels/block_cases.h"
#include "kernels/dual_routine.h"
#include "kernels/operations.h"
#include "kernels/recipe_changes.h"
#include "spec/error.h"

namespace mxscope::kernels {
namespace {

using spec::Arguments;
using spec::CaseLevel;
using spec::Change;
using spec::DualStage;
using spec::Operation;
using spec::OperationKind;

std::string precision_text(spec::Precision precision) {
  switch (precision) {
    case spec::Precision::kBf16:
      return "bf16";
    case spec::Precision::kF16:
      return "f16";
    case spec::Precision::kF32:
      return "f32";
    default:
      return "exact";
  }
}

std::string scale_text(bool unrounded) { return unrounded ? "before rounding" : "stored"; }

/// What the second stage can do besides its recipe.
struct Residual {
  bool negated = false;   ///< q s - x
  bool repeated = false;  ///< the first stage's codes again
};

class DualRecords {
 public:
  DualRecords(const DualStage& stage, std::size_t elements, Residual residual)
      : routine_(stage),
        elements_(elements),
        record_(block_record_bytes(stage.recipe, elements)),
        residual_(residual) {}

  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) const {
    std::vector<float> values(elements_);
    std::vector<std::uint8_t> primary(elements_), residual(elements_);
    const spec::Recipe& recipe = routine_.stage().recipe;
    const auto scale_bytes = static_cast<std::size_t>(recipe.scale.storage_bits) / 8;
    for (std::size_t i = 0; i < count; ++i, inputs += record_) {
      std::memcpy(values.data(), inputs, elements_ * sizeof(float));
      TensorFactors tensor;
      if (recipe.has_tensor_scale()) {
        float amax = 0;
        std::memcpy(&amax, inputs + elements_ * sizeof(float), sizeof amax);
        tensor = routine_.tensor_factors(amax);
      }
      DualOutput out = routine_.quantize(values, tensor, primary.data(), residual.data());
      if (residual_.repeated) {
        out.residual = out.primary;
        residual = primary;
      }
      const auto put = [&](BlockOutput codes, std::vector<std::uint8_t>& elements, bool negated) {
        if (codes.refused) {
          codes = {};
          std::fill(elements.begin(), elements.end(), std::uint8_t{0});
        }
        spec::write_word(results, scale_bytes, 0, codes.scale);
        results += scale_bytes;
        for (const std::uint8_t code : elements)
          *results++ = static_cast<std::uint8_t>(negated ? code ^ recipe.element.sign_mask()
                                                         : std::uint64_t{code});
      };
      put(out.primary, primary, false);
      put(out.residual, residual, residual_.negated);
    }
  }

 private:
  DualRoutine routine_;
  std::size_t elements_;
  std::size_t record_;
  Residual residual_;
};

std::optional<spec::Model> model(const DualStage& base, std::size_t elements,
                                 std::span<const Change> changes) {
  DualStage stage = base;
  Residual residual;
  const auto recipe = changed_recipe(base.recipe, changes);
  if (!recipe) return std::nullopt;
  stage.recipe = *recipe;
  for (const Change& change : changes) {
    if (change.field == "residual_precision")
      stage.rule.precision =
          change.value == "bf16" ? spec::Precision::kBf16 : spec::Precision::kF32;
    if (change.field == "residual_scale")
      stage.rule.unrounded_scale = change.value == scale_text(true);
    if (change.field == "residual") {
      residual.negated = change.value == "negated";
      residual.repeated = change.value == "repeats the first stage";
    }
  }
  try {
    return [records = std::make_shared<const DualRecords>(stage, elements, residual)](
               std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
      records->run(count, inputs, results);
    };
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::vector<Change> suspects(const DualStage& stage) {
  std::vector<Change> out;
  const auto add = [&](const char* field, const std::string& value, const std::string& was) {
    if (value != was) out.push_back({field, value, was});
  };
  for (const bool unrounded : {false, true})
    add("residual_scale", scale_text(unrounded), scale_text(stage.rule.unrounded_scale));
  for (const char* const precision : {"f32", "bf16"})
    add("residual_precision", precision, precision_text(stage.rule.precision));
  add("residual", "negated", "x - q s");
  add("residual", "repeats the first stage", "x - q s");
  for (Change& change : recipe_changes(stage.recipe, false)) out.push_back(std::move(change));
  return out;
}

Operation make(const OperationKind& kind, const Arguments& arguments) {
  const DualStage stage = spec::find_dual_stage(spec::argument(kind, arguments, "stage"));
  const spec::Recipe& recipe = stage.recipe;
  const auto elements = static_cast<std::size_t>(recipe.block_elements());
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format("both stages of {}: {} elements, {} scales", stage.name,
                          recipe.element.name, recipe.scale.name);
  out.source = stage.source;
  out.arguments = spec::complete(kind, arguments);
  out.input.fields = {{"x", "fp32", 32, elements}};
  if (recipe.has_tensor_scale()) out.input.fields.push_back({"tensor_amax", "fp32", 32, 1});
  for (const char* const part : {"", "residual_"}) {
    out.result.fields.push_back(
        {std::string(part) + "scale", recipe.scale.name, recipe.scale.storage_bits, 1});
    out.result.fields.push_back({std::string(part) + "element", recipe.element.name, 8, elements});
  }
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return block_cases(stage.recipe, elements, level, seed);
  };
  out.model = [=](std::span<const Change> changes) { return model(stage, elements, changes); };
  out.changes = suspects(stage);
  for (const DualStage& other : spec::named_dual_stages()) {
    if (other.name == stage.name) continue;
    for (spec::NamedChanges& named : recipe_names(recipe)) {
      if (named.name != other.recipe.name) continue;
      named.name = other.name;
      if (other.rule.unrounded_scale != stage.rule.unrounded_scale)
        named.changes.push_back({"residual_scale", scale_text(other.rule.unrounded_scale),
                                 scale_text(stage.rule.unrounded_scale)});
      out.named.push_back(std::move(named));
    }
  }
  return out;
}

}  // namespace

OperationKind dual_operation() {
  OperationKind out;
  out.name = "dual";
  out.summary = "A block and then its residual";
  out.parameters = {{"stage", "arcquant_16, arcquant_32 or trtllm_arcquant", "arcquant_16"}};
  out.example = "--stage arcquant_16";
  out.make = [kind = out](const Arguments& arguments) { return make(kind, arguments); };
  return out;
}

}  // namespace mxscope::kernels
