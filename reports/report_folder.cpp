// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A folder of output files that appear together.
#include "reports/report_folder.h"

#include <fmt/format.h>

#include "spec/error.h"

namespace mxscope::reports {

namespace fs = std::filesystem;

ReportFolder::ReportFolder(const std::string& path, const std::vector<std::string>& subfolders)
    : path_(path) {
  try {
    make(path_);
    remove_stale_temporaries(path_.string());
    for (const std::string& name : subfolders) {
      make(path_ / name);
      remove_stale_temporaries((path_ / name).string());
      const AtomicFile trial((path_ / name / ".writable").string());
    }
    index_ = std::make_unique<AtomicFile>((path_ / "index.html").string());
  } catch (...) {
    remove_made();
    throw;
  }
}

ReportFolder::~ReportFolder() {
  index_.reset();
  files_.clear();
  remove_made();
}

void ReportFolder::make(const fs::path& path) {
  std::error_code failure;
  if (fs::is_directory(path, failure)) return;
  const fs::path parent = path.parent_path();
  if (!parent.empty() && parent != path && !fs::exists(parent, failure)) make(parent);
  if (path.filename().empty()) return;  // "out/": its parent is the folder itself
  failure.clear();
  if (!fs::create_directory(path, failure) || failure)
    throw Error(fmt::format("cannot make the folder {}: {}", path.string(),
                            failure ? failure.message() : "a file of that name exists"));
  made_.push_back(path);
}

void ReportFolder::remove_made() {
  std::error_code ignored;
  // Newest first; a folder that is not empty stays.
  for (auto it = made_.rbegin(); it != made_.rend(); ++it) fs::remove(*it, ignored);
}

void ReportFolder::add(const std::string& name, std::string_view text) {
  auto file = std::make_unique<AtomicFile>((path_ / name).string());
  file->write(text);
  files_.push_back(std::move(file));
}

void ReportFolder::commit(std::string_view index_html) {
  index_->write(index_html);
  for (const auto& file : files_) file->commit();
  index_->commit();
  made_.clear();
}

}  // namespace mxscope::reports
