// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reports/descriptor.h"

namespace mxscope::reports {

/// A file that appears whole or not at all: written beside its place, then synced and renamed.
/// Until then it has no name where the file system can do that (O_TMPFILE), so that a kill leaves
/// nothing. Devices, pipes and open descriptors (/dev/stdout, /dev/fd/3), which cannot be replaced,
/// are written directly.
class AtomicFile {
 public:
  /// Throws Error that names the file when it cannot be made.
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();  ///< removes what was written unless commit() was called

  void write(const void* data, std::size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  void give_name();

  std::string path_;       ///< as given, for errors
  std::string target_;     ///< with links followed
  std::string temporary_;  ///< beside the target; empty while the file has no name
  bool direct_ = false;
  Descriptor file_;
};

/// Removes what killed programs left of their AtomicFiles in a folder; those of running ones stay.
void remove_stale_temporaries(const std::string& folder);

/// Writes a whole file by way of AtomicFile.
void write_file(const std::string& path, std::string_view text);

}  // namespace mxscope::reports
