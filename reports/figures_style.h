// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "spec/exact.h"
#include "spec/format.h"

namespace mxscope::reports {

// The colours of the light page, which readers who confuse red and green can tell apart (after
// Okabe and Ito, and Tol). palette() has the dark page's counterpart of each.
inline constexpr const char* kInk = "#1b1f24";
inline constexpr const char* kMuted = "#68707c";
inline constexpr const char* kGrid = "#e3e6ea";
inline constexpr const char* kBlue = "#0067ab";
inline constexpr const char* kOrange = "#d05a00";
inline constexpr const char* kGreen = "#00805e";
inline constexpr const char* kRed = "#a8326f";
inline constexpr const char* kViolet = "#5b45a8";
inline constexpr const char* kGold = "#9a7400";
inline constexpr const char* kPale = "#93b5dc";

struct PaletteColour {
  const char* light;
  const char* dark;
};
const std::vector<PaletteColour>& palette();

/// Width of a figure that fills the page, in CSS pixels, axis titles excluded.
inline constexpr int kFullWidth = 920;

/// The Vega-Lite config shared by all figures.
nlohmann::ordered_json house_style();

/// `mark` with a text for each of its symbols, shown where a reader points: encode it with
/// {"description", {"field", ...}} or leave it to Vega-Lite, which lists the encoded fields.
nlohmann::ordered_json with_tips(nlohmann::ordered_json mark);

/// {"field": name, "type": type, "title": title, "axis": {...}}.
nlohmann::ordered_json position(const std::string& field, const std::string& type,
                                const std::string& title);

/// An axis with exactly these ticks, labelled as they are written here.
nlohmann::ordered_json plain_axis(const std::vector<double>& ticks);

/// An axis of powers of two at 2^first, 2^(first+step), ... <= 2^last, labelled 2⁻³ and so on, for
/// a base-2 logarithmic scale.
nlohmann::ordered_json binade_axis(int first, int last, int step);

/// A Vega expression that writes datum.value, an integer exponent, as a power of two.
std::string power_label(int first, int last);

/// "2⁻⁹".
std::string power_text(int exponent);

/// Decimal text for a number column: exact where a decimal of 40 digits can be, else 17 digits.
std::string decimal(const spec::Rational& value);

/// "E4M3" for e4m3, "MXINT8" for mxint8: how people write it.
std::string display_name(const spec::Format& format);

}  // namespace mxscope::reports
