// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files that are never seen half-written.
#include "reports/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <optional>
#include <random>

namespace mxscope::reports {
namespace {

constexpr std::string_view kTemporary = ".mxscope-";
constexpr std::string_view kTemporaryEnd = "XXXXXX";

WriteError cannot_write(const std::string& path) {
  return WriteError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
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

std::string link_of(const Descriptor& file) { return fmt::format("/proc/self/fd/{}", file.get()); }

std::string temporary_pattern(const std::string& target) {
  return fmt::format("{}/{}{}", folder_of(target), kTemporary, kTemporaryEnd);
}

/// The open descriptor that /dev/stdout, /dev/fd/3 and the like stand for.
std::optional<int> descriptor_of(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.substr(0, folder.size()) != folder) continue;
    const std::string_view digits = path.substr(folder.size());
    int fd = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
    if (error == std::errc{} && end == digits.data() + digits.size() && fd >= 0) return fd;
  }
  return std::nullopt;
}

/// The path with links in its last place followed, whether or not the last one leads anywhere.
std::string followed(std::string path) {
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && !descriptor_of(path); ++i) {
    std::error_code no_link;
    const auto target = std::filesystem::read_symlink(path, no_link);
    if (no_link) break;
    path = (std::filesystem::path(path).parent_path() / target).string();
  }
  return path;
}

}  // namespace

AtomicFile::AtomicFile(std::string path) : path_(std::move(path)), target_(followed(path_)) {
  direct_ = true;
  // Opened anew, a redirected output would begin again at its first byte.
  if (const auto fd = descriptor_of(target_)) {
    file_ = Descriptor(::fcntl(*fd, F_DUPFD_CLOEXEC, 0));
    if (file_.get() < 0) throw cannot_write(path_);
    return;
  }
  mode_t mode = usual_mode();
  struct stat existing = {};
  if (::stat(target_.c_str(), &existing) == 0) {
    if (S_ISDIR(existing.st_mode)) {
      errno = EISDIR;
      throw cannot_write(path_);
    }
    if (!S_ISREG(existing.st_mode)) {
      file_ = open_file(target_, O_WRONLY);
      if (file_.get() < 0) throw cannot_write(path_);
      return;
    }
    // Permission to replace a file is the folder's; a file made read-only is meant to stay.
    if (::access(target_.c_str(), W_OK) != 0) throw cannot_write(path_);
    mode = existing.st_mode & 07777;
  } else if (errno != ENOENT) {
    throw cannot_write(path_);
  }
  direct_ = false;
  file_ = Descriptor(::open(folder_of(target_).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
  if (file_.get() < 0 || ::access(link_of(file_).c_str(), F_OK) != 0) {
    temporary_ = temporary_pattern(target_);
    file_ = Descriptor(::mkostemp(temporary_.data(), O_CLOEXEC));
  }
  if (file_.get() < 0) {
    temporary_.clear();
    throw cannot_write(path_);
  }
  // Held until this process ends, so that others can tell it from one that was left behind. Not
  // every file system has locks; where they fail nothing counts as stale.
  [[maybe_unused]] const int locked = ::flock(file_.get(), LOCK_SH | LOCK_NB);
  ::fchmod(file_.get(), mode);
}

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(const void* data, std::size_t size) {
  write_all(file_.get(), data, size, path_);
}

// A link cannot replace the target, so the file is named beside it first.
void AtomicFile::give_name() {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  constexpr int kMostTries = 100;
  for (int i = 0; i < kMostTries; ++i) {
    std::string name = temporary_pattern(target_);
    for (std::size_t at = name.size() - kTemporaryEnd.size(); at < name.size(); ++at)
      name[at] = kLetters[random() % kLetters.size()];
    if (::linkat(AT_FDCWD, link_of(file_).c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) ==
        0) {
      temporary_ = std::move(name);
      return;
    }
    if (errno != EEXIST) break;
  }
  throw cannot_write(path_);
}

void AtomicFile::commit() {
  if (direct_) return;
  if (::fsync(file_.get()) != 0) throw cannot_write(path_);
  if (temporary_.empty()) give_name();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) throw cannot_write(path_);
  temporary_.clear();
  direct_ = true;  // what follows would change the file that everybody sees
  // The rename lives in the folder; syncing it is not possible everywhere and only helps.
  const Descriptor folder(::open(folder_of(target_).c_str(), O_RDONLY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

void remove_stale_temporaries(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind(kTemporary, 0) != 0 || name.size() != kTemporary.size() + kTemporaryEnd.size() ||
        !entry.is_regular_file(ignored) || entry.is_symlink(ignored))
      continue;
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0)
      ::unlink(entry.path().c_str());
  }
}

void write_file(const std::string& path, std::string_view text) {
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace mxscope::reports
