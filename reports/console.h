// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace mxscope::reports {

/// Appends to standard output, buffered. Throws Error when it cannot be written (closed pipe, full
/// disk): half an answer must not look like one.
void print(std::string_view text);

/// JSON, indented by two; text that is not UTF-8 (a file name, say) is replaced.
std::string json_text(const nlohmann::json& json);

/// Writes what is buffered; call before the program ends and before writing to the descriptor.
void flush_output();

/// The text on one line that no terminal obeys: control characters and what is not UTF-8 become
/// '?'.
std::string printable(std::string_view text);

/// One line on standard error, printable and prefixed with the program's name. Never throws.
void complain(std::string_view text);

enum class Colour { kGood, kBad, kDim };

/// The text, coloured when standard output is a terminal and NO_COLOR is not set.
std::string coloured(Colour colour, std::string_view text);

/// Opens /dev/null in place of closed standard descriptors, so that no file of ours becomes one,
/// and ignores SIGPIPE, so that a closed pipe is an error and not a death.
void prepare_standard_streams();

}  // namespace mxscope::reports
