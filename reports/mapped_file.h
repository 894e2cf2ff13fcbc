// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mxscope::reports {

/// A file's bytes, mapped read-only and expected to be read from front to back. Another program
/// that shortens the file meanwhile ends this one with SIGBUS, as with every mapping.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error that names the file when it cannot be read, or is no regular file.
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

  /// Gives the memory behind bytes [begin, end) back; the bytes can still be read, from the file
  /// again. The page that holds `end` stays, so adjacent pieces released in turn leave one page.
  void release(std::size_t begin, std::size_t end) const;

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace mxscope::reports
