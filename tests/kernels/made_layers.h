// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Layers with channels of varied size, for tests of schemes.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/matrix_view.h"
#include "kernels/scheme.h"

namespace mxscope::kernels {

/// Numbers of both signs that bfloat16 holds; channel j is larger the higher (37 j mod 64) is.
inline Matrix made_layer(std::int64_t rows, std::int64_t columns, std::uint32_t seed) {
  Matrix out{rows, columns, {}};
  std::uint32_t state = seed * 2654435761U + 1;
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    state = state * 1664525U + 1013904223U;
    const auto place = static_cast<int>(37 * (i % columns) % 64);
    const int digits = static_cast<int>(state >> 24) - 128;
    out.values.push_back(
        static_cast<float>(std::ldexp(digits, place / 16 + (place == 63 ? 3 : 0))));
  }
  return out;
}

inline const spec::RecipeTable& all_recipes() {
  static const spec::RecipeTable table;
  return table;
}

inline const SchemeTable& all_schemes() {
  static const SchemeTable table(all_recipes());
  return table;
}

/// The scheme that a TOML text describes.
inline Scheme scheme_of(const std::string& toml) {
  SchemeTable table = all_schemes();
  table.load_text(toml, "test.toml");
  return table.rows().back();
}

}  // namespace mxscope::kernels
