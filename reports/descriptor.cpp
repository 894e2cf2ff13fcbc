// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// POSIX reads and writes that finish, notice errors and can be interrupted.
#include "reports/descriptor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
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

Descriptor open_file(const std::string& path, int flags, unsigned mode) {
  while (true) {
    throw_if_interrupted();
    Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, mode));
    if (file.get() >= 0 || errno != EINTR) return file;
  }
}

Descriptor open_to_read(const std::string& path) {
  Descriptor file = open_file(path, O_RDONLY);
  if (file.get() < 0) throw Error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return file;
}

void write_all(int fd, const void* data, std::size_t size, std::string_view name) {
  struct stat info = {};
  const bool stalls = ::fstat(fd, &info) == 0 &&
                      (S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode) || ::isatty(fd) == 1);
  // What a pipe that is ready takes without waiting: no signal to another thread would end a wait.
  const auto most = static_cast<std::size_t>(stalls ? PIPE_BUF : SSIZE_MAX);
  const char* next = static_cast<const char*>(data);
  while (size > 0) {
    wait_until(fd, POLLOUT);
    const ssize_t n = ::write(fd, next, std::min(size, most));
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) throw WriteError(fmt::format("cannot write {}: {}", name, std::strerror(errno)));
    next += n;
    size -= static_cast<std::size_t>(n);
  }
}

std::size_t read_some(int fd, void* data, std::size_t size, std::string_view name) {
  while (true) {
    throw_if_interrupted();
    wait_until(fd, POLLIN);
    const ssize_t n = ::read(fd, data, size);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != EAGAIN)
      throw Error(fmt::format("cannot read {}: {}", name, std::strerror(errno)));
  }
}

std::size_t read_up_to(int fd, void* data, std::size_t size, std::string_view name) {
  std::size_t done = 0;
  while (done < size) {
    const std::size_t n = read_some(fd, static_cast<char*>(data) + done, size - done, name);
    if (n == 0) break;
    done += n;
  }
  return done;
}

std::size_t read_up_to_at(int fd, void* data, std::size_t size, std::size_t offset,
                          std::string_view name) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd, static_cast<char*>(data) + done, size - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
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

void refuse_same_file(const std::string& output, const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  struct stat written = {};
  const bool exists = ::stat(output.c_str(), &written) == 0;
  // Whether a device or pipe is read and written is its own matter.
  if (output.empty() || (exists && !S_ISREG(written.st_mode))) return;
  for (const std::string& input : inputs) {
    if (input.empty()) continue;
    struct stat read = {};
    std::error_code failure;
    bool same = ::stat(input.c_str(), &read) == 0 && exists && read.st_dev == written.st_dev &&
                read.st_ino == written.st_ino;
    if (!exists)  // neither is there yet: a journal, say
      same = fs::weakly_canonical(fs::absolute(input, failure), failure) ==
             fs::weakly_canonical(fs::absolute(output, failure), failure);
    if (same)
      throw Error(fmt::format(
          "{} {}; give another file to write", output,
          input == output ? "is read, too" : fmt::format("is the file {}, which is read", input)));
  }
}

}  // namespace mxscope::reports
