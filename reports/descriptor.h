// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mxscope::reports {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

/// Opens a file for reading; throws Error that names it.
Descriptor open_to_read(const std::string& path);

/// Writes all bytes; throws Error "cannot write <name>: <reason>", Interrupted after SIGINT.
void write_all(int fd, const void* data, std::size_t size, std::string_view name);

/// Reads until `size` bytes or the end of the file; returns how many came. Throws as write_all.
std::size_t read_up_to(int fd, void* data, std::size_t size, std::string_view name);

/// The whole of a file of at most `limit` bytes; throws Error that names it.
std::string read_whole(const std::string& path, std::size_t limit);

}  // namespace mxscope::reports
