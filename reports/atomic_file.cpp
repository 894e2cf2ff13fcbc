// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files that are never seen half-written.
#include "reports/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

Error cannot_write(const std::string& path) {
  return Error(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(path_) {
  mode_t mode = usual_mode();
  struct stat existing = {};
  if (::stat(path_.c_str(), &existing) == 0) {
    if (S_ISDIR(existing.st_mode)) {
      errno = EISDIR;
      throw cannot_write(path_);
    }
    if (!S_ISREG(existing.st_mode)) {
      file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
      if (file_.get() < 0) throw cannot_write(path_);
      return;
    }
    // Permission to replace a file is the folder's; a file made read-only is meant to stay.
    if (::access(path_.c_str(), W_OK) != 0) throw cannot_write(path_);
    mode = existing.st_mode & 07777;
    if (char* real = ::realpath(path_.c_str(), nullptr)) {
      target_ = real;
      std::free(real);
    }
  }
  temporary_ = target_ + ".XXXXXX";
  file_ = Descriptor(::mkostemp(temporary_.data(), O_CLOEXEC));
  if (file_.get() < 0) {
    temporary_.clear();
    throw cannot_write(path_);
  }
  ::fchmod(file_.get(), mode);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  write_all(file_.get(), data, size, path_);
}

void AtomicFile::commit() {
  if (temporary_.empty()) return;
  if (::fsync(file_.get()) != 0) throw cannot_write(path_);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw cannot_write(path_);
  temporary_.clear();
  // The rename lives in the folder; syncing it is not possible everywhere and only helps.
  const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace mxscope::reports
