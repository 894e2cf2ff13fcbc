// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A quantization method for a linear layer Y = X W^T, as data: what happens to the channels, which
// recipe each of them gets, how weights are rounded, and which products add up to Y.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/gemm.h"
#include "spec/dual_stage.h"
#include "spec/recipes.h"
#include "spec/toml_table.h"

namespace mxscope::kernels {

/// Channels by a statistic of the calibration activations, ascending, ties by number.
enum class ChannelOrder : std::uint8_t { kNone, kMax, kMean, kMeanSquare };

/// What decides how many channels a level gets. Levels are runs of ordered channels.
enum class SplitBy : std::uint8_t {
  kNothing,   ///< one level
  kCounts,    ///< `counts`: of each level but the first, which gets the rest
  kChannels,  ///< a channel's largest magnitude against shares of the tensor's
  kElements,  ///< each element against shares of its token's largest; a level gets the share of
              ///< channels that is its share of elements
};

/// The numbers above threshold i are of level i + 1 or higher. Counts of levels but the first are
/// rounded up to `multiple`.
struct ChannelSplit {
  SplitBy by = SplitBy::kNothing;
  std::vector<spec::Rational> thresholds;
  bool signed_max = false;    ///< kElements: of the token: its largest number, not magnitude
  bool signed_value = false;  ///< kElements: which is compared
  bool inclusive = true;      ///< what equals a threshold is below it
  std::vector<std::int64_t> counts;
  std::int64_t multiple = 1;
  bool clamp = true;  ///< the highest levels take what there is; false: too many are an Error

  std::size_t levels() const;
};

/// Activations and weights times an orthogonal matrix that cancels in the product.
enum class Rotation : std::uint8_t { kNone, kHadamard };

enum class WeightMethod : std::uint8_t {
  kNearest,  ///< the recipe
  kGptq,     ///< rounding errors carried on to later channels by the calibration's second moments
  kDouble,   ///< first in blocks along the outputs, then by the recipe
};

/// One product of some levels' channels.
struct SchemePart {
  int levels = 1;                             ///< how many it takes, after those of earlier parts
  std::string activations;                    ///< a recipe, or a format to cast to
  std::string weights;                        ///< the same; "" as activations
  std::vector<std::string> activations_with;  ///< "field=value": fields of the recipe to change
  std::vector<std::string> weights_with;
  /// The last level's channels are quantized twice, and their weights stand twice (ARCQuant).
  bool residuals = false;
  spec::ResidualRule residual_rule = {spec::Precision::kF32, false};
  std::int64_t interleave = 16;
  std::string unit;  ///< a matrix unit; "": no instruction takes such operands, so the product of
                     ///< the values, its sums in binary64
};

struct Scheme {
  std::string name;
  std::string source;

  std::string smoothing;  ///< SmoothQuant's alpha, a number in 0..1; "": none
  Rotation rotation = Rotation::kNone;
  std::int64_t rotation_block = 0;  ///< channels rotated together; 0: as many as there are
  bool random_signs = false;        ///< of the channels, before rotating
  std::int64_t seed = 1;            ///< of the signs
  ChannelOrder order = ChannelOrder::kNone;
  ChannelSplit split;

  WeightMethod weight_method = WeightMethod::kNearest;
  bool signed_weight_max = false;   ///< the tensor scale of weights is of the largest number
  bool double_activations = false;  ///< activations, too, first in blocks along the tokens
  std::int64_t low_rank = 0;  ///< weights less their best approximation of this rank are quantized;
                              ///< that one's two factors are fp16, and so are their operands

  /// Each part's result is added to the sum of those before it, in binary32, then rounded to
  /// `between`, and the last sum to `output`. With a low rank, its product comes first.
  GemmOutput between = GemmOutput::kFp32;
  GemmOutput output = GemmOutput::kBf16;
  std::vector<SchemePart> parts;
};

/// The unit of a low rank's two products, and the formats of their operands.
inline constexpr std::string_view kLowRankUnit = "sm120.mma.f16";

/// Whether calibration activations are needed again where weights are quantized.
inline bool needs_calibration_again(const Scheme& scheme) {
  return scheme.weight_method == WeightMethod::kGptq;
}

/// Throws Error that names the field where a scheme contradicts itself, or names a recipe or unit
/// that is not there.
void validate(const Scheme& scheme, const spec::RecipeTable& recipes);

/// What a part's operand is quantized with: a recipe, its fields changed, or a format to cast to.
struct PartRecipe {
  std::optional<spec::Recipe> recipe;
  std::optional<spec::Format> format;  ///< where there is no recipe

  const spec::Format& element() const { return recipe ? recipe->element : *format; }
};
PartRecipe activation_recipe(const SchemePart& part, const spec::RecipeTable& recipes);
PartRecipe weight_recipe(const SchemePart& part, const spec::RecipeTable& recipes);

/// The part's unit, bound to its operands' formats. Only where `unit` is not "".
sim::Mma part_unit(const SchemePart& part, const spec::RecipeTable& recipes);

/// What both stages of a part with residuals do.
spec::DualStage part_stage(const SchemePart& part, const spec::RecipeTable& recipes);

/// Bits of an element with its share of scales, tensor scales left out; `rows` x `columns` is the
/// matrix, for scales of whole rows.
double element_bits(const PartRecipe& recipe, std::int64_t rows, std::int64_t columns);

/// Named schemes: kernels/schemes/*.toml, and a user's.
class SchemeTable {
 public:
  explicit SchemeTable(const spec::RecipeTable& recipes);

  /// Adds every [[scheme]] of a TOML file. Throws Error naming file, line and field.
  void load_text(std::string_view toml, std::string_view name);

  const std::vector<Scheme>& rows() const { return rows_; }
  /// Throws Error that lists the nearest names.
  const Scheme& find(std::string_view name) const;

 private:
  const spec::RecipeTable* recipes_;
  std::vector<Scheme> rows_;
};

/// A scheme's table, as scheme_node() writes it, and validates it. Throws Error naming the field.
Scheme read_scheme(spec::TomlTable& table, std::string_view file, const spec::RecipeTable& recipes);

/// The fields that differ from a new scheme's, in the order of `scheme_fields()`.
spec::TomlNode scheme_node(const Scheme& scheme);

/// The names of a scheme's fields and of a part's, in the order to show them in.
const std::vector<std::string>& scheme_fields();
const std::vector<std::string>& part_fields();

}  // namespace mxscope::kernels
