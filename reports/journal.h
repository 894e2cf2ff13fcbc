// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/claim.h"
#include "reports/descriptor.h"

namespace mxscope::reports {

/// A finished task: its place in the whole list of tasks, and what it found.
struct JournalEntry {
  std::size_t index = 0;
  std::string task;
  std::vector<analysis::Claim> claims;
};

/// What a journal file holds: a header line, which says what was asked of which program, and a line
/// for each finished task. A last line without its end was cut by a kill and does not count.
struct JournalText {
  nlohmann::json header;  ///< null: the file is new or was cut within its first line
  std::vector<JournalEntry> entries;
  std::size_t whole_bytes = 0;  ///< up to the end of the last whole line
};

inline constexpr std::size_t kMaxJournalBytes = std::size_t{1} << 30;

/// `path` names the file in errors. Throws Error naming file and line for anything that is no
/// journal, and for a line whose check says that it was edited.
JournalText parse_journal(std::string_view text, const std::string& path);

/// A journal that grows. One process at a time: the file is locked.
class Journal {
 public:
  /// Opens or creates it. Throws Error when it belongs to another request or program (the headers
  /// differ), is no journal, cannot be written, or is in use.
  Journal(const std::string& path, const nlohmann::json& header);
  ~Journal();  ///< syncs

  const std::vector<JournalEntry>& entries() const { return entries_; }  ///< found when opened

  /// The line is in the file when this returns: a kill of the process cannot lose it.
  void append(const JournalEntry& entry);

 private:
  std::string path_;
  Descriptor file_;
  std::vector<JournalEntry> entries_;
  std::chrono::steady_clock::time_point synced_;
};

/// Why two headers differ, naming the field: "field version is 0.1 there and 0.2 here", or "".
std::string header_difference(const nlohmann::json& there, const nlohmann::json& here);

}  // namespace mxscope::reports
