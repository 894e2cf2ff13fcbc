// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// JSON that is safe to walk recursively.
#include "reports/json_input.h"

#include <fmt/format.h>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr int kMaxDepth = 64;

}  // namespace

nlohmann::json parse_json(std::string_view text) {
  using nlohmann::json;
  const auto shallow = [](int depth, json::parse_event_t, json&) {
    if (depth > kMaxDepth)
      throw Error(fmt::format("it is nested more than {} levels deep", kMaxDepth));
    return true;
  };
  try {
    json document = json::parse(text, shallow);
    if (!document.is_object()) throw Error("it is no JSON object");
    return document;
  } catch (const json::parse_error& e) {
    throw Error(fmt::format("malformed JSON at byte {}", e.byte));
  }
}

}  // namespace mxscope::reports
