// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Fields are switched from A to B one at a time, then added greedily, then left out where they can
// be; each trial is a recipe of its own, and all trials of a step share one pass over the tensors.
#include "reports/recipe_comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <list>
#include <optional>

#include "reports/console.h"
#include "reports/ordered_work.h"
#include "reports/table.h"

namespace mxscope::reports {
namespace {

using kernels::BlockRoutine;
using kernels::CodeDifference;
using kernels::TensorQuantizer;
using kernels::TileCodes;
using spec::Recipe;

/// The codes of A, B and the variants, compared over all tensors.
CodeDifference differences(const std::vector<const Recipe*>& recipes,
                           const std::vector<TensorSource>& sources, int threads) {
  std::list<BlockRoutine> routines;
  for (const Recipe* recipe : recipes) routines.emplace_back(*recipe);
  double bytes = 0;
  for (const TensorSource& source : sources)
    bytes += static_cast<double>(source.tensor->data.size());
  Progress progress("compare", "tensors", sources.size(), bytes);
  CodeDifference all;
  all.variants.resize(recipes.size() - 2);
  for (std::size_t t = 0; t < sources.size(); ++t) {
    const MatrixShape matrix = sources[t].matrix();
    std::vector<TensorQuantizer> quantizers;
    std::vector<kernels::TensorState> states;
    Progress silent("compare", "tensors", 0, 0);
    for (const BlockRoutine& routine : routines) {
      quantizers.emplace_back(routine, matrix.rows, matrix.columns);
      states.push_back(
          quantizers.back().state(first_pass(sources[t], quantizers.back(), threads, silent)));
      if (quantizers.back().tiles().size() != quantizers.front().tiles().size())
        throw Error(fmt::format("{}: its blocks are too large to compare {} with {}",
                                in_quotes(sources[t].tensor->name), recipes[0]->name,
                                recipes[1]->name));
    }
    const auto& tiles = quantizers.front().tiles();
    CodeDifference tensor;
    in_order(
        tiles.size(), threads,
        [&](std::size_t i) {
          const std::vector<float> values = load_tile(sources[t], quantizers.front(), tiles[i]);
          std::vector<TileCodes> codes;
          for (std::size_t r = 0; r < quantizers.size(); ++r)
            codes.push_back(quantizers[r].quantize(tiles[i], values, states[r]));
          return tile_difference(quantizers.front(), values, codes[0], codes[1],
                                 std::span(codes).subspan(2));
        },
        [&](const CodeDifference& tile) {
          merge(tensor, tile);
          progress.advance(
              static_cast<double>(tile.elements) * bits_per_element(sources[t].tensor->dtype) / 8,
              0);
        });
    if (tensor.first) tensor.first->tensor = t;
    for (kernels::VariantAgreement& v : tensor.variants)
      if (v.first) v.first->tensor = t;
    if (!tiles.empty()) merge(all, tensor);
    progress.advance(0);
  }
  return all;
}

/// Sets of fields tried one after the other, for what each leaves of the differences.
class Trials {
 public:
  Trials(const Recipe& a, const Recipe& b, const std::vector<TensorSource>& sources, int threads)
      : a_(a), b_(b), sources_(sources), threads_(threads) {}

  /// A with the fields taken over from B; nothing, and the reason, if that is no recipe.
  std::optional<Recipe> variant(const std::vector<std::string>& fields,
                                std::string* reason = nullptr) const {
    Recipe out = a_;
    for (const std::string& field : fields) out = spec::with_field(out, b_, field);
    try {
      BlockRoutine{out};
      return out;
    } catch (const Error& e) {
      if (reason != nullptr) *reason = e.what();
      return std::nullopt;
    }
  }

  CodeDifference run(const std::vector<Recipe>& variants) const {
    std::vector<const Recipe*> recipes = {&a_, &b_};
    for (const Recipe& variant : variants) recipes.push_back(&variant);
    return differences(recipes, sources_, threads_);
  }

  /// The index of the set that leaves the fewest differences, and how many; the first of several.
  std::optional<std::pair<std::size_t, std::uint64_t>> best(
      const std::vector<std::vector<std::string>>& sets) const {
    std::vector<Recipe> variants;
    std::vector<std::size_t> indices;
    for (std::size_t i = 0; i < sets.size(); ++i)
      if (auto recipe = variant(sets[i])) {
        variants.push_back(std::move(*recipe));
        indices.push_back(i);
      }
    if (variants.empty()) return std::nullopt;
    const CodeDifference found = run(variants);
    std::size_t least = 0;
    for (std::size_t v = 1; v < variants.size(); ++v)
      if (found.variants[v].remaining < found.variants[least].remaining) least = v;
    return std::pair(indices[least], found.variants[least].remaining);
  }

 private:
  const Recipe& a_;
  const Recipe& b_;
  const std::vector<TensorSource>& sources_;
  int threads_;
};

std::vector<std::string> without(std::vector<std::string> fields, std::size_t i) {
  fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(i));
  return fields;
}

/// Adds the field that helps most until nothing is left, then leaves out what is not needed.
std::vector<std::string> find_cause(const Trials& trials, std::vector<std::string> rest) {
  std::vector<std::string> cause;
  std::uint64_t remaining = 1;
  while (remaining > 0 && !rest.empty()) {
    std::vector<std::vector<std::string>> sets;
    for (const std::string& field : rest) {
      sets.push_back(cause);
      sets.back().push_back(field);
    }
    const auto step = trials.best(sets);
    if (!step) {  // no single step makes a recipe: all of them do
      cause.insert(cause.end(), rest.begin(), rest.end());
      break;
    }
    cause.push_back(rest[step->first]);
    rest = without(std::move(rest), step->first);
    remaining = step->second;
  }
  for (std::size_t i = cause.size(); i-- > 0 && cause.size() > 1;) {
    const auto step = trials.best({without(cause, i)});
    if (step && step->second == 0) cause = without(std::move(cause), i);
  }
  return cause;
}

std::string value_text(std::uint32_t bits) {
  return fmt::format("0x{:08x} = {:.9g}", bits, std::bit_cast<float>(bits));
}

std::string witness_text(const kernels::Witness& w, const std::vector<TensorSource>& sources) {
  return fmt::format("{} of {}, row {}, column {}, input {}: 0x{:02x} and 0x{:02x}",
                     w.is_scale ? "scale" : "element", printable(sources[w.tensor].tensor->name),
                     w.row, w.column, value_text(w.input), w.code_a, w.code_b);
}

nlohmann::json witness_json(const std::optional<kernels::Witness>& w,
                            const std::vector<TensorSource>& sources) {
  if (!w) return nullptr;
  return {{"tensor", sources[w->tensor].tensor->name},
          {"what", w->is_scale ? "scale" : "element"},
          {"row", w->row},
          {"column", w->column},
          {"input", fmt::format("0x{:08x}", w->input)},
          {"code_a", w->code_a},
          {"code_b", w->code_b}};
}

}  // namespace

RecipeComparison compare_recipes(const Recipe& a, const Recipe& b,
                                 const std::vector<TensorSource>& sources, int threads) {
  kernels::check_comparable(a, b);
  RecipeComparison out{.a = a, .b = b};
  const Trials trials(a, b, sources, threads);
  const std::vector<std::string> names = kernels::differing_fields(a, b);
  const auto of_a = spec::describe(a);
  const auto of_b = spec::describe(b);
  std::vector<Recipe> variants;
  for (const std::string& name : names) {
    FieldEffect effect{.field = name};
    for (std::size_t i = 0; i < of_a.size(); ++i)
      if (of_a[i].name == name) {
        effect.value_a = of_a[i].value;
        effect.value_b = of_b[i].value;
      }
    if (auto recipe = trials.variant({name}, &effect.invalid))
      variants.push_back(std::move(*recipe));
    out.fields.push_back(std::move(effect));
  }
  out.difference = trials.run(variants);
  std::size_t next = 0;
  for (FieldEffect& effect : out.fields)
    if (effect.invalid.empty()) effect.agreement = out.difference.variants[next++];
  if (out.difference.differ() == 0) return out;
  for (const FieldEffect& effect : out.fields)
    if (effect.invalid.empty() && effect.agreement.remaining == 0) {
      out.cause = {effect.field};
      return out;
    }
  out.cause = find_cause(trials, names);
  return out;
}

std::string comparison_text(const RecipeComparison& c, const std::vector<TensorSource>& sources) {
  const CodeDifference& d = c.difference;
  std::string text = fmt::format(
      "A = {}, B = {}\n{} of {} scales and {} of {} element codes differ in {} tensors\n", c.a.name,
      c.b.name, d.scales_differ, d.blocks, d.elements_differ, d.elements, sources.size());
  if (d.first) text += "first: " + witness_text(*d.first, sources) + "\n";
  if (c.fields.empty()) return text + "\nno field of the recipes differs\n";
  Table table({{"field that differs"},
               {"A"},
               {"B"},
               {"alone gives B's\nscale", true},
               {"\nelement", true},
               {"leaves", true}});
  for (const FieldEffect& f : c.fields) {
    std::string value_b = f.value_b;
    if (value_b == f.value_a) value_b += " (another row)";
    if (f.invalid.empty())
      table.add({f.field, f.value_a, value_b, std::to_string(f.agreement.scales),
                 std::to_string(f.agreement.elements), std::to_string(f.agreement.remaining)});
    else
      table.add({f.field, f.value_a, value_b, "-", "-", "-"});
  }
  text += "\n" + table.text();
  for (const FieldEffect& f : c.fields) {
    if (!f.invalid.empty())
      text += fmt::format("{}: alone it makes no recipe: {}\n", f.field, f.invalid);
    else if (f.agreement.first)
      text += fmt::format("{}: first, {}\n", f.field, witness_text(*f.agreement.first, sources));
  }
  if (d.differ() == 0) return text + "\nnone of these fields matters here\n";
  if (c.cause.size() == 1) return text + fmt::format("\ncause: {} alone\n", c.cause.front());
  return text +
         fmt::format("\ncause: {} together; none can be left out\n", fmt::join(c.cause, ", "));
}

nlohmann::json comparison_json(const RecipeComparison& c,
                               const std::vector<TensorSource>& sources) {
  const CodeDifference& d = c.difference;
  nlohmann::json fields = nlohmann::json::array();
  for (const FieldEffect& f : c.fields) {
    fields.push_back({{"field", f.field}, {"a", f.value_a}, {"b", f.value_b}});
    if (!f.invalid.empty())
      fields.back()["invalid"] = f.invalid;
    else
      fields.back().update({{"scales", f.agreement.scales},
                            {"elements", f.agreement.elements},
                            {"remaining", f.agreement.remaining},
                            {"first", witness_json(f.agreement.first, sources)}});
  }
  nlohmann::json tensors = nlohmann::json::array();
  for (const TensorSource& source : sources)
    tensors.push_back({{"name", source.tensor->name}, {"shape", source.tensor->shape}});
  return {{"a", c.a.name},
          {"b", c.b.name},
          {"blocks", d.blocks},
          {"elements", d.elements},
          {"scales_differ", d.scales_differ},
          {"elements_differ", d.elements_differ},
          {"first", witness_json(d.first, sources)},
          {"fields", std::move(fields)},
          {"cause", c.cause},
          {"tensors", std::move(tensors)}};
}

}  // namespace mxscope::reports
