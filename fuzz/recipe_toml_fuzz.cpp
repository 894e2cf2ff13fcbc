// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused with an Error, leaving the table as it was, or gives recipes that are valid,
// whose fields read back, and which quantize a block or refuse it.
#include <cstdlib>
#include <string_view>
#include <vector>

#include "spec/block.h"
#include "spec/error.h"
#include "spec/recipes.h"

namespace {

namespace spec = mxscope::spec;

void check_fields(const spec::Recipe& recipe) {
  spec::Recipe copy = recipe;
  for (const spec::RecipeField& field : spec::describe(recipe)) {
    if (field.name == "element" || field.name == "scale") continue;
    spec::set_field(copy, field.name, field.value);
  }
  const auto before = spec::describe(recipe);
  const auto after = spec::describe(copy);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].value != after[i].value) std::abort();
}

void check_block(const spec::Recipe& recipe) {
  // Trying every code of a wide scale takes hours.
  if (recipe.search == spec::ScaleSearch::kSweep || recipe.element.bits > 8) return;
  const std::size_t count = recipe.kind == spec::BlockKind::kHif4 ? 64 : 4;
  std::vector<spec::Number> values(count, spec::Number::finite(spec::Rational(1, 3)));
  values[1] = spec::Number::finite(-448);
  values[2] = spec::Number::infinity(true);
  const std::vector<std::uint32_t> random(recipe.random_bits > 0 ? count : 0, 1);
  const auto tensor = spec::tensor_scales(recipe, spec::Number::finite(448));
  const spec::BlockCodes codes = spec::quantize_block(recipe, values, tensor, random);
  if (codes.elements.size() != count) std::abort();
  if (!codes.refused && spec::dequantize_block(recipe, codes, tensor).size() != count) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const spec::RecipeTable named;
  spec::RecipeTable table = named;
  const std::size_t before = table.rows().size();
  try {
    table.load_text({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  } catch (const mxscope::Error&) {
    if (table.rows().size() != before) std::abort();
    return 0;
  }
  if (table.rows().size() <= before) std::abort();
  for (std::size_t i = before; i < table.rows().size(); ++i) {
    spec::validate(table.rows()[i]);
    check_fields(table.rows()[i]);
    check_block(table.rows()[i]);
  }
  return 0;
}
