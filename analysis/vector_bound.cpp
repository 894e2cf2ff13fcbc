// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/vector_bound.h"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/dual_stage.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

/// The curve's greatest error for M up to `limit`, over `limit`.
Rational greatest_share(const ErrorCurve& curve, const Rational& limit) {
  Rational most = 0;
  for (const ErrorPiece& piece : curve)
    if (const auto part = intersection(piece.at, {0, limit, true, true}))
      most = std::max(most, piece.error_at(*part->upper));
  return most / limit;
}

int significant_bits(const spec::Format& f) {
  return f.kind == spec::FormatKind::kFloat ? f.precision() : f.magnitude_bits();
}

}  // namespace

ElementShare element_share(const spec::Recipe& recipe, bool with_twice) {
  ElementShare out;
  if (!recipe.has_tensor_scale()) {
    out.once = worst_case(recipe, ScaleRange::kUnbounded).worst.ratio;
    if (with_twice)
      out.twice = multi_stage({{recipe}, {recipe}}, ScaleRange::kUnbounded).worst.ratio;
    return out;
  }
  out.range = ScaleRange::kStored;
  const WorstCase once = worst_case(recipe, ScaleRange::kStored);
  out.once = greatest_share(block_error_curve(once), once.limit);
  if (with_twice) {
    const MultiStage twice = multi_stage({{recipe}, {recipe}}, ScaleRange::kStored);
    out.twice = greatest_share(twice.curve, once.limit);
  }
  return out;
}

Operand largest_operand(const ElementShare& share, std::size_t length, std::size_t augmented) {
  if (augmented > length)
    throw Error(
        fmt::format("{} of {} elements cannot be augmented; at most all", augmented, length));
  Operand out;
  out.values.assign(length, 1);
  out.error.assign(length, share.once);
  if (augmented == 0) return out;
  out.first_error.assign(length, share.once);
  out.augmented.assign(length, false);
  for (std::size_t i = 0; i < augmented; ++i) {
    out.error[i] = share.twice;
    out.augmented[i] = true;
  }
  return out;
}

bool products_are_exact(const spec::Recipe& x, const spec::Recipe& w, int bits) {
  const auto of = [](const spec::Recipe& r) {
    return significant_bits(r.element) + significant_bits(r.scale);
  };
  return of(x) + of(w) <= bits;
}

}  // namespace mxscope::analysis
