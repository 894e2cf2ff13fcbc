// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "spec/exact.h"
#include "spec/format.h"

namespace mxscope::reports {

// The colours of the light page; the page's style sheet maps each to its dark counterpart.
inline constexpr const char* kInk = "#1b1f24";
inline constexpr const char* kMuted = "#68707c";
inline constexpr const char* kGrid = "#e3e6ea";
inline constexpr const char* kBlue = "#1f5fa8";
inline constexpr const char* kOrange = "#c8600a";
inline constexpr const char* kGreen = "#2c7d4f";
inline constexpr const char* kRed = "#b3261e";
inline constexpr const char* kViolet = "#7646a3";
inline constexpr const char* kPale = "#9db9dc";

/// Width of a figure that fills the page, in CSS pixels, axis titles excluded.
inline constexpr int kFullWidth = 920;

/// The Vega-Lite config shared by all figures.
nlohmann::ordered_json house_style();

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
