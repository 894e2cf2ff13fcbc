// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "reports/atomic_file.h"

namespace mxscope::reports {

/// An output folder whose files all appear together at the end: index.html last, so that whoever
/// sees a new page sees the data it speaks of. Until then nothing in the folder changes.
class ReportFolder {
 public:
  /// Makes the folder and its subfolders as needed, clears them of temporary files that killed
  /// programs left, and checks that files can be made in them, so
  /// that long work does not start in vain. Throws Error that names what cannot be written.
  ReportFolder(const std::string& path, const std::vector<std::string>& subfolders);
  ReportFolder(const ReportFolder&) = delete;
  ReportFolder& operator=(const ReportFolder&) = delete;
  ~ReportFolder();  ///< removes the folders it made unless commit() was called

  /// Writes a file beside its place; `name` is relative to the folder.
  void add(const std::string& name, std::string_view text);

  /// Puts every added file in its place, and the index last.
  void commit(std::string_view index_html);

 private:
  void make(const std::filesystem::path& path);
  void remove_made();

  std::filesystem::path path_;
  std::vector<std::filesystem::path> made_;
  std::unique_ptr<AtomicFile> index_;
  std::vector<std::unique_ptr<AtomicFile>> files_;
};

}  // namespace mxscope::reports
