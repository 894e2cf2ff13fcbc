// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// POSIX reads and writes that finish, notice errors and can be interrupted.
#include "reports/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "reports/interrupt.h"
#include "spec/error.h"

namespace mxscope::reports {

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Descriptor open_to_read(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) throw Error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return file;
}

void write_all(int fd, const void* data, std::size_t size, std::string_view name) {
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd, next, size);
    if (n < 0 && errno == EINTR) {
      throw_if_interrupted();
      continue;
    }
    if (n < 0) throw Error(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
    next += n;
    size -= static_cast<std::size_t>(n);
  }
}

std::size_t read_up_to(int fd, void* data, std::size_t size, std::string_view name) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::read(fd, static_cast<char*>(data) + done, size - done);
    if (n < 0 && errno == EINTR) {
      throw_if_interrupted();
      continue;
    }
    if (n < 0) throw Error(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

std::string read_whole(const std::string& path, std::size_t limit) {
  constexpr std::size_t kStep = 1 << 20;
  const Descriptor file = open_to_read(path);
  std::string text;
  while (true) {
    const std::size_t before = text.size();
    text.resize(before + kStep);
    const std::size_t n = read_up_to(file.get(), text.data() + before, kStep, path);
    text.resize(before + n);
    if (text.size() > limit)
      throw Error(fmt::format("{} has more than {} bytes, the most that is read", path, limit));
    if (n < kStep) return text;
  }
}

}  // namespace mxscope::reports
