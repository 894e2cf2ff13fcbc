// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Near names for error messages, by optimal string alignment distance.
#include "spec/names.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace mxscope::spec {
namespace {

constexpr std::size_t kMaxSuggestions = 6;
constexpr std::size_t kMaxShown = 60;

std::string lower(std::string_view text) {
  std::string out(text.substr(0, kMaxShown));
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

bool is_row_name(std::string_view name) {
  constexpr std::size_t kMaxName = 64;
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != ',' && c != '/'; });
}

Error unknown_name(std::string_view what, std::string_view name,
                   const std::vector<std::string>& known) {
  const std::string wanted = lower(name);
  std::vector<std::pair<std::size_t, std::string>> ranked;
  for (const std::string& candidate : known) {
    const std::string text = lower(candidate);
    const bool contains = !wanted.empty() && text.find(wanted) != std::string::npos;
    ranked.emplace_back(contains ? 1 : distance(wanted, text), candidate);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  const std::size_t near = std::max<std::size_t>(2, wanted.size() / 3);
  std::vector<std::string> shown;
  for (const auto& [score, candidate] : ranked) {
    if (shown.size() == kMaxSuggestions || (score > near && !shown.empty())) break;
    if (score <= near) shown.push_back(candidate);
  }
  if (!shown.empty())
    return Error(fmt::format("unknown {} '{}'; did you mean {}?", what, name.substr(0, kMaxShown),
                             fmt::join(shown, ", ")));
  for (const std::string& candidate : known) {
    if (shown.size() == 2 * kMaxSuggestions) break;
    shown.push_back(candidate);
  }
  return Error(fmt::format("unknown {} '{}'; known: {}{}", what, name.substr(0, kMaxShown),
                           fmt::join(shown, ", "), known.size() > shown.size() ? ", ..." : ""));
}

}  // namespace mxscope::spec
