// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Other programs that a command needs: found, run to their end, and ended with us.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace mxscope::reports {

/// A folder that is gone with its contents when the work is done. Throws Error.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Where a program is: the name itself if it has a slash, else a place in $PATH; "" if it is not
/// there or cannot be run.
std::string program_in_path(const std::string& name);

/// Runs a program to its end, its output in a file. Returns its exit status, 127 where it cannot be
/// started and 128 where a signal ended it. Throws Interrupted, with the program ended.
int run_quietly(std::vector<std::string> words, const std::filesystem::path& log);

/// "" for a file that cannot be read.
std::string whole_file(const std::filesystem::path& path);

}  // namespace mxscope::reports
