// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <type_traits>

#include "spec/error.h"
#include "spec/exact.h"

namespace mxscope::reports {

inline constexpr std::int64_t kMostThreads = 1024;

/// A decimal whole number of an option. Throws Error that names the option and the range for
/// anything else: CLI11's own reading takes "" for 0, "010" for 8 and clamps what has too many
/// digits.
std::int64_t whole_number(const std::string& option, const std::string& text, std::int64_t low,
                          std::int64_t high);

/// A positive number of an option in any of the forms of spec::parse_number(), "1/3" say. Throws
/// Error that names the option.
spec::Rational positive_number(const std::string& option, const std::string& text);

/// Adds an option that takes a whole number of low..high.
template <typename Target>
CLI::Option* add_number(CLI::App& command, const std::string& name, Target& target,
                        std::int64_t low, std::int64_t high, const std::string& description) {
  const auto store = [=, &target](const std::string& text) {
    const std::int64_t value = whole_number(name, text, low, high);
    if constexpr (std::is_same_v<Target, int>)
      target = static_cast<int>(value);
    else
      target = value;
  };
  return command.add_option_function<std::string>(name, store, description)->option_text("N");
}

}  // namespace mxscope::reports
