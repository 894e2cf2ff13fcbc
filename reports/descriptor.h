// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "spec/error.h"

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

/// An output that cannot be written: never the fault of the input at hand.
class WriteError : public Error {
 public:
  using Error::Error;
};

/// open(2), closed on exec and taken up again after a signal's EINTR; Interrupted after SIGINT. Not
/// open, with errno set, when it fails.
Descriptor open_file(const std::string& path, int flags, unsigned mode = 0);

/// Opens a file for reading; throws Error that names it.
Descriptor open_to_read(const std::string& path);

/// Writes all bytes; throws WriteError "cannot write <name>: <reason>". After SIGINT it goes on for
/// as long as it need not wait, then throws Interrupted.
void write_all(int fd, const void* data, std::size_t size, std::string_view name);

/// What one read(2) gives, waiting for it; 0 at the end. Throws Error that names the file, and
/// Interrupted after SIGINT.
std::size_t read_some(int fd, void* data, std::size_t size, std::string_view name);

/// Reads until `size` bytes or the end of the file; returns how many came. Throws as read_some.
std::size_t read_up_to(int fd, void* data, std::size_t size, std::string_view name);

/// As read_up_to, of a regular file from `offset`; from any thread.
std::size_t read_up_to_at(int fd, void* data, std::size_t size, std::size_t offset,
                          std::string_view name);

/// The whole of a file of at most `limit` bytes; throws Error that names it.
std::string read_whole(const std::string& path, std::size_t limit);

/// Throws Error when the output is one of the inputs, by any name. Empty names are skipped.
void refuse_same_file(const std::string& output, const std::vector<std::string>& inputs);

}  // namespace mxscope::reports
