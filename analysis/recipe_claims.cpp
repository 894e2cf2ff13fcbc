// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Recipes against the exact path: all bfloat16 pairs where those decide, chosen blocks elsewhere.
#include "analysis/recipe_claims.h"

#include <fmt/format.h>

#include <bit>
#include <memory>

#include "analysis/pair_bound.h"
#include "spec/block.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using Shared = std::shared_ptr<const RecipeUnderTest>;
using spec::Number;

constexpr int kQuickStride = 61;  ///< of block maxima; odd, so that all significands occur
/// Trying every scale code exactly costs as much as so many other blocks.
constexpr std::size_t kSweepStride = 32;

Number number_of(float x) {
  static const spec::Format& fp32 = spec::find_format("fp32");
  return spec::decode(fp32, std::bit_cast<std::uint32_t>(x));
}

Claim begin(const RecipeUnderTest& test, const std::string& id) {
  Claim claim;
  claim.id = id;
  claim.subject = test.recipe.name;
  claim.statement =
      fmt::format("{} ({}) gives the exact path's codes", test.recipe.name, test.quantizer.path);
  return claim;
}

std::string domain_text(const spec::Recipe& recipe, const PairDomain& domain) {
  std::string text = "bf16 pairs (block amax, element of no greater magnitude and either sign)";
  text =
      (domain.stride == 1 ? "all " : fmt::format("one block amax in {}, all its ", domain.stride)) +
      text;
  if (recipe.has_tensor_scale())
    text += fmt::format(", tensor amax bf16 0x{:04x}", domain.tensor_amax);
  return text;
}

/// The sweep's largest error under unclamped scales against that over real blocks.
Claim check_bound(Claim claim, const PairSweep& found, const PairBound& bound, bool all) {
  const bool everywhere = bound.unbounded == bound.over_reals;
  claim.statement = fmt::format(
      "no pair errs by more than {} of amax, the worst of all real blocks under such scales{}; {}",
      bound.over_reals.str(),
      everywhere ? " and under scales without bound"
                 : fmt::format(" ({} under scales without bound)", bound.unbounded.str()),
      all ? fmt::format("the worst pair errs by {}, as thresholds say of bf16 pairs",
                        found.inner.value.str())
          : fmt::format("thresholds allow {} for bf16 pairs", bound.over_grid.str()));
  claim.method +=
      "; over real blocks every breakpoint, over bf16 pairs both ends of every element cell under "
      "every amax, in rational arithmetic";
  claim.bound = bound.over_reals.str();
  const bool kept = found.inner.value <= bound.over_grid && bound.over_grid <= bound.over_reals;
  const bool reached = !all || found.inner.value == bound.over_grid;
  if (!kept || !reached) claim.result = Result::kRefuted;
  return claim;
}

std::vector<Claim> check_pairs(const RecipeUnderTest& test, const std::string& id,
                               const PairDomain& domain, const std::atomic<bool>& stop) {
  const PairSweep found = sweep_pairs(test.recipe, test.quantizer, domain, stop);
  if (!found.finished) return {};
  const Result known = domain.stride == 1 ? Result::kExhaustive : Result::kMeasured;
  Claim codes = begin(test, id + "/codes");
  codes.domain = domain_text(test.recipe, domain);
  codes.method = fmt::format(
      "every pair quantized; the exact scale of every block amax; exact element codes at {} pairs, "
      "the rest between equal ones of a monotone cast, or equal by x / s",
      found.exact_cases);
  codes.cases = found.cases;
  codes.result = found.disagreement ? Result::kRefuted : known;
  if (found.disagreement) codes.witness = found.disagreement->text();
  Claim error = begin(test, id + "/error");
  error.statement =
      fmt::format("no pair has |x - Q(x)| / amax of {} above the bound, which the witness attains",
                  test.recipe.name);
  if (found.not_finite)
    error.statement += fmt::format(" (but Q(x) is not finite at {})", found.not_finite->text());
  error.domain = codes.domain;
  error.method = "both ends of every run of equal codes, in exact arithmetic";
  error.cases = found.cases;
  error.result = found.disagreement ? Result::kRefuted : known;
  error.bound = found.worst.value.str();
  error.witness = found.disagreement ? codes.witness : found.worst.pair.text();
  Claim inner = error;
  inner.id = id + "/inner-error";
  inner.domain += "; block scales that are not clamped";
  inner.bound = found.inner.value.str();
  if (!found.disagreement) inner.witness = found.inner.pair.text();
  std::vector<Claim> claims = {codes, error, inner};
  if (const std::optional<PairBound> bound = pair_bound(test.recipe, domain)) {
    inner.id = id + "/bound";
    claims.push_back(check_bound(inner, found, *bound, domain.stride == 1));
  }
  return claims;
}

std::vector<Claim> check_special(const RecipeUnderTest& test, const std::string& id,
                                 const std::atomic<bool>& stop) {
  const PairSweep found = sweep_special_pairs(test.recipe, test.quantizer, stop);
  if (!found.finished) return {};
  Claim claim = begin(test, id);
  claim.domain = "block amax infinity or NaN with each of the 65536 bf16 patterns beside it";
  claim.method = "every pair through the exact path";
  claim.cases = found.cases;
  claim.result = found.disagreement ? Result::kRefuted : Result::kExhaustive;
  if (found.disagreement) claim.witness = found.disagreement->text();
  return {claim};
}

/// The first difference on a block, or "".
std::string block_fault(const RecipeUnderTest& test, const TestBlock& block) {
  std::vector<Number> numbers;
  for (const float x : block.values) numbers.push_back(number_of(x));
  const spec::TensorScales tensor = spec::tensor_scales(test.recipe, number_of(block.tensor_amax));
  const spec::BlockCodes exact = spec::quantize_block(test.recipe, numbers, tensor);
  std::vector<std::uint8_t> elements(block.values.size());
  std::uint64_t scale = 0;
  test.quantizer.quantize(block.values, block.tensor_amax, elements, {&scale, 1});
  const auto input = [&](std::size_t i) {
    return fmt::format("element {} = 0x{:08x}, tensor amax 0x{:08x}", i,
                       std::bit_cast<std::uint32_t>(block.values[i]),
                       std::bit_cast<std::uint32_t>(block.tensor_amax));
  };
  const std::uint64_t want =
      exact.refused ? BlockQuantizer::kRefused : exact.scale | std::uint64_t{exact.micro} << 8;
  if (scale != want)
    return fmt::format("scale code 0x{:x}, exactly 0x{:x}; {}", scale, want, input(0));
  for (std::size_t i = 0; i < elements.size(); ++i)
    if (elements[i] != exact.elements[i])
      return fmt::format("code 0x{:02x}, exactly 0x{:02x}; {}", elements[i], exact.elements[i],
                         input(i));
  return "";
}

std::vector<Claim> check_blocks(const RecipeUnderTest& test, const std::string& id,
                                std::uint64_t seed, const std::atomic<bool>& stop) {
  Claim claim = begin(test, id);
  claim.domain = "binary32 blocks at ties, powers of two, both ends of the range, with outliers";
  claim.method = fmt::format("whole blocks through the exact path, random from seed {}", seed);
  claim.result = Result::kMeasured;
  const std::vector<TestBlock> blocks = test.blocks(seed);
  const std::size_t step =
      test.recipe.search == spec::ScaleSearch::kSweep ? kSweepStride : std::size_t{1};
  for (std::size_t i = seed % step; i < blocks.size() && claim.witness.empty(); i += step) {
    if (stop) return {};
    claim.witness = block_fault(test, blocks[i]);
    ++claim.cases;
  }
  if (!claim.witness.empty()) claim.result = Result::kRefuted;
  return {claim};
}

}  // namespace

std::vector<Task> recipe_tasks(const RecipeRequest& request) {
  std::vector<Task> tasks;
  for (const RecipeUnderTest& one : request.recipes) {
    const auto test = std::make_shared<const RecipeUnderTest>(one);
    const std::string& name = test->recipe.name;
    const bool reduces = reduces_to_pairs(test->recipe);
    const double slowness = test->quantizer.path == "block by block" ? 3 : 1;
    const auto add_pairs = [&](const std::string& id, PairDomain domain) {
      if (request.quick) domain.stride = kQuickStride;
      tasks.push_back(
          {id, slowness / domain.stride, [test, id, domain](const std::atomic<bool>& stop) {
             return check_pairs(*test, id, domain, stop);
           }});
    };
    if (reduces && test->recipe.has_tensor_scale())
      for (const std::uint16_t amax : kTensorMaxima)
        add_pairs(fmt::format("pairs/{}/tensor-0x{:04x}", name, amax), {.tensor_amax = amax});
    else if (reduces)
      add_pairs("pairs/" + name, {});
    if (!request.quick && test->recipe.kind == spec::BlockKind::kScaled) {
      const std::string id = "special/" + name;
      tasks.push_back(
          {id, 0.1,
           [test, id](const std::atomic<bool>& stop) { return check_special(*test, id, stop); },
           1});
    }
    const int seeds = reduces || request.quick ? 1 : request.seeds;
    for (int seed = 0; seed < seeds; ++seed) {
      const std::string id = fmt::format("blocks/{}/{}", name, seed);
      tasks.push_back({id, 0.2,
                       [test, id, seed](const std::atomic<bool>& stop) {
                         return check_blocks(*test, id, static_cast<std::uint64_t>(seed), stop);
                       },
                       1});
    }
  }
  return tasks;
}

}  // namespace mxscope::analysis
