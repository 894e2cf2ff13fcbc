// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mxscope::reports {

/// A file's bytes, mapped read-only and expected to be read from front to back. Where another
/// program shortens the file meanwhile, the bytes that are gone read as zero, and check() throws.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error that names the file when it cannot be read, or is no regular file.
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

  /// Throws Error, naming the file, if bytes that were read were gone. To be called after reading
  /// and before the result is used; release() does.
  void check() const;

  /// Gives the memory behind bytes [begin, end) back; the bytes can still be read, from the file
  /// again. The page that holds `end` stays, so adjacent pieces released in turn leave one page.
  void release(std::size_t begin, std::size_t end) const;

 private:
  std::string path_;
  std::span<const std::byte> bytes_;
};

}  // namespace mxscope::reports
