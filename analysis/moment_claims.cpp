// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Each number is enclosed by the closed form and computed again by quadrature.
#include "analysis/moment_claims.h"

#include <fmt/format.h>

#include "analysis/moment_quadrature.h"
#include "spec/formats.h"
#include "spec/number.h"
#include "spec/recipes.h"

namespace mxscope::analysis {
namespace {

using spec::Rational;

constexpr int kBlockDigits = 20;
constexpr int kScalarDigits = 50;

/// Two digits more than asked for, as decimal text.
template <typename Real>
std::string quadrature_text(const Real& x, int digits) {
  return x.str(digits + 2, std::ios_base::scientific);
}

/// Fills in the result: enough proved digits, and the other number within 10^-digits of them.
void judge(Claim& claim, const Enclosure& value, const std::string& other, int digits) {
  claim.bound = value.text(value.proved_digits(digits));
  const Rational peer = spec::parse_number(other).value();
  const Rational low = value.low();
  const Rational gap = peer > low ? Rational(peer - low) : Rational(low - peer);
  const Rational tolerance = low / Rational(pow(spec::Integer(10), static_cast<unsigned>(digits)));
  const bool enough = value.proved_digits(digits) >= digits;
  claim.result = enough && gap <= tolerance ? Result::kProved : Result::kRefuted;
  if (claim.result == Result::kRefuted)
    claim.witness = enough ? fmt::format("quadrature gives {}", other)
                           : fmt::format("only {} digits are proved", value.proved_digits(digits));
}

Enclosure shifted(const Enclosure& value, const Rational& shift) {
  return value + Enclosure(value.bits(), shift);
}

}  // namespace

Claim block_moments_claim(const Density& density, const spec::Recipe& recipe,
                          const Rational& shift) {
  Claim claim;
  claim.id = fmt::format("block-moments/{}/{}", density.name, recipe.name);
  claim.subject = recipe.name;
  spec::TensorScales tensor;
  std::string under;
  if (recipe.has_tensor_scale()) {
    const Rational amax = typical_tensor_amax(density);
    tensor = spec::tensor_scales(recipe, spec::Number::finite(amax));
    under = fmt::format(" under a tensor maximum of {}", spec::to_approximate_text(amax));
  }
  const MomentQuantizer quantizer = block_quantizer(recipe, tensor);
  claim.statement = fmt::format(
      "the expected squared error of an element is this number, to {} digits", kBlockDigits);
  claim.domain = fmt::format("blocks of {} independent reals of density {}{}", quantizer.elements,
                             density.name, under);
  claim.method =
      "closed form over all scale codes, rounded outward; quadrature of the order statistic agrees";
  claim.cases = quantizer.steps.size() * quantizer.cells.size();
  const ErrorMoments moments = moments_to_digits(
      kBlockDigits, [&](int bits) { return block_moments(density, quantizer, bits); });
  judge(claim, shifted(moments.mse, shift),
        quadrature_text(block_mse_by_quadrature(density, quantizer), kBlockDigits), kBlockDigits);
  return claim;
}

Claim scalar_moments_claim(const Density& density, const spec::Format& format,
                           const Rational& scale, const Rational& shift) {
  Claim claim;
  claim.id = fmt::format("scalar-moments/{}/{}", density.name, format.name);
  claim.subject = format.name;
  claim.statement =
      fmt::format("the expected squared error is this number, to {} digits", kScalarDigits);
  claim.domain = fmt::format("reals of density {}, nearest even, saturating, scale {}",
                             density.name, spec::to_text(scale));
  claim.method = "closed form over the cells, rounded outward; tanh-sinh quadrature agrees";
  const std::vector<Cell> cells = quantizer_cells(format, adapted(format, {}));
  claim.cases = cells.size();
  const ErrorMoments moments = moments_to_digits(
      kScalarDigits, [&](int bits) { return scalar_moments(density, cells, scale, bits); });
  judge(claim, shifted(moments.mse, shift),
        quadrature_text(scalar_mse_by_quadrature(density, cells, scale), kScalarDigits),
        kScalarDigits);
  return claim;
}

Claim optimal_scale_claim(const Density& density, const spec::Format& format) {
  Claim claim;
  claim.id = fmt::format("optimal-scale/{}/{}", density.name, format.name);
  claim.subject = format.name;
  claim.statement =
      fmt::format("the error has a local minimum at this scale, to {} digits", kBlockDigits);
  claim.domain = fmt::format("real scales, density {}, nearest even, saturating", density.name);
  claim.method =
      "signs of the derivative at both ends of a bracket, and higher errors 1/1000 away, enclosed";
  const std::vector<Cell> cells = quantizer_cells(format, adapted(format, {}));
  const OptimalScale optimum = optimal_scale(density, cells, kBlockDigits + 2);
  const int bits = optimum.moments.mse.bits();
  claim.cases = static_cast<std::uint64_t>(optimum.scanned);
  MomentTable table(density, bits);
  const auto is_higher = [&](const Rational& scale) {
    return (scalar_moments(density, cells, scale, bits).mse - optimum.moments.mse).is_positive();
  };
  const Enclosure bracket = hull(Enclosure(bits, optimum.low), Enclosure(bits, optimum.high));
  claim.bound = bracket.text(bracket.proved_digits(kBlockDigits));
  const bool holds = error_slope(table, cells, optimum.low).is_negative() &&
                     error_slope(table, cells, optimum.high).is_positive() &&
                     is_higher(optimum.low * Rational(999, 1000)) &&
                     is_higher(optimum.high * Rational(1001, 1000)) &&
                     bracket.proved_digits(kBlockDigits) >= kBlockDigits;
  claim.result = holds ? Result::kProved : Result::kRefuted;
  if (!holds) claim.witness = fmt::format("scale {}", claim.bound);
  return claim;
}

std::vector<Task> moment_tasks() {
  std::vector<Task> tasks;
  const auto add = [&](std::string id, double cost, std::function<Claim()> make) {
    tasks.push_back(
        {std::move(id), cost,
         [make = std::move(make)](const std::atomic<bool>&) { return std::vector<Claim>{make()}; },
         1});
  };
  const spec::RecipeTable recipes;
  for (const char* name : {"normal", "laplace", "uniform", "t:5"}) {
    const Density density = parse_density(name);
    for (const char* recipe : {"nvfp4", "nvfp4_1level", "mxfp4", "mxfp4_rceil", "mxfp6_e2m3",
                               "mxfp6_e3m2", "mxfp8_e4m3"})
      add(fmt::format("block-moments/{}/{}", name, recipe), 10,
          [density, r = recipes.find(recipe)] { return block_moments_claim(density, r); });
    for (const char* format : {"e2m1", "e2m3", "e3m2", "int4"}) {
      const spec::Format& f = spec::find_format(format);
      add(fmt::format("scalar-moments/{}/{}", name, format), 3, [density, f] {
        return scalar_moments_claim(density, f, Rational(3) / Rational(f.max_value()));
      });
      add(fmt::format("optimal-scale/{}/{}", name, format), 1,
          [density, f] { return optimal_scale_claim(density, f); });
    }
  }
  return tasks;
}

}  // namespace mxscope::analysis
