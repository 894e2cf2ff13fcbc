// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files larger than memory, a window at a time, by mmap and madvise.
#include "reports/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "reports/descriptor.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

void* address(const std::byte* data) { return const_cast<std::byte*>(data); }

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const Descriptor file = open_to_read(path);
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0)
    throw Error(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  if (!S_ISREG(status.st_mode))
    throw Error(fmt::format("cannot map {}: it is a {}; tensors are read from a file on disk", path,
                            S_ISDIR(status.st_mode) ? "folder" : "pipe or device"));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) throw Error(fmt::format("cannot map {}: {}", path, std::strerror(errno)));
  bytes_ = {static_cast<const std::byte*>(data), size};
  // Advice: a kernel or a file system without it reads as well, only slower.
  ::madvise(data, size, MADV_SEQUENTIAL);
  ::madvise(data, size, MADV_HUGEPAGE);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(address(bytes_.data()), bytes_.size());
}

void MappedFile::release(std::size_t begin, std::size_t end) const {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  end = std::min(end, bytes_.size());
  if (end < bytes_.size()) end -= end % page;
  begin -= begin % page;
  if (begin < end) ::madvise(address(bytes_.data() + begin), end - begin, MADV_DONTNEED);
}

}  // namespace mxscope::reports
