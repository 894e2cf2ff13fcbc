// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Outputs of other people's software, where the environment variable MXSCOPE_VECTORS says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mxscope::analysis {

/// The directory formats/ of the vectors, or "" where there are none.
inline std::filesystem::path vector_directory() {
  const char* const root = std::getenv("MXSCOPE_VECTORS");
  if (root == nullptr || *root == '\0') return {};
  return std::filesystem::path(root) / "formats";
}

/// Files of the directory whose names begin with `prefix` and end in `suffix`, sorted.
inline std::vector<std::filesystem::path> vector_files(const std::string& prefix,
                                                       const std::string& suffix) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(vector_directory())) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(prefix, 0) == 0 && entry.path().extension() == suffix)
      found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mxscope::analysis

#define MXSCOPE_NEEDS_VECTORS()                      \
  if (mxscope::analysis::vector_directory().empty()) \
  GTEST_SKIP() << "set MXSCOPE_VECTORS to the directory that holds formats/"
