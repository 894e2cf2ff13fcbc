// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files larger than memory, a window at a time, by mmap and madvise.
#include "reports/mapped_file.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <utility>

#include "reports/descriptor.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

void* address(const std::byte* data) { return const_cast<std::byte*>(data); }

/// The mappings that a SIGBUS may come from, where its handler finds them.
struct Mapping {
  std::atomic<std::uintptr_t> begin{0};  ///< 0: free
  std::atomic<std::uintptr_t> end{0};
  std::atomic<bool> shortened{false};
};
std::array<Mapping, 64> mappings;  // more than the files of any command
static_assert(std::atomic<std::uintptr_t>::is_always_lock_free &&
              std::atomic<bool>::is_always_lock_free);  // a signal handler may use these

/// A page of a mapping beyond the end of its file: puts zeros in place of the rest of the mapping
/// and notes it. Any other bus error ends the program as it would have.
extern "C" void on_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  for (Mapping& mapping : mappings) {
    const std::uintptr_t end = mapping.end.load();
    if (at < mapping.begin.load() || at >= end) continue;
    mapping.shortened.store(true);
    const std::uintptr_t page = at - at % 4096;  // the least page of any x86-64 or Arm system
    if (::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
      return;
  }
  std::signal(signal, SIG_DFL);
}

void catch_bus_errors() {
  struct sigaction action = {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

Mapping* find_mapping(const std::byte* data) {
  const auto at = reinterpret_cast<std::uintptr_t>(data);
  for (Mapping& mapping : mappings)
    if (mapping.begin.load() == at) return &mapping;
  return nullptr;
}

/// Where no slot is free the mapping is not guarded.
void guard(std::span<const std::byte> bytes) {
  static std::once_flag once;
  std::call_once(once, catch_bus_errors);
  const auto begin = reinterpret_cast<std::uintptr_t>(bytes.data());
  for (Mapping& mapping : mappings) {
    std::uintptr_t none = 0;
    if (!mapping.begin.compare_exchange_strong(none, begin)) continue;
    mapping.shortened.store(false);
    mapping.end.store(begin + bytes.size());
    return;
  }
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
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
  guard(bytes_);
  // Advice: a kernel or a file system without it reads as well, only slower.
  ::madvise(data, size, MADV_SEQUENTIAL);
  ::madvise(data, size, MADV_HUGEPAGE);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)), bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (bytes_.empty()) return;
  if (Mapping* const mapping = find_mapping(bytes_.data()); mapping != nullptr) {
    mapping->end.store(0);
    mapping->begin.store(0);
  }
  ::munmap(address(bytes_.data()), bytes_.size());
}

void MappedFile::check() const {
  const Mapping* const mapping = bytes_.empty() ? nullptr : find_mapping(bytes_.data());
  if (mapping != nullptr && mapping->shortened.load())
    throw Error(
        fmt::format("{} became shorter while it was read; run this again when nothing "
                    "writes to it",
                    path_));
}

void MappedFile::release(std::size_t begin, std::size_t end) const {
  check();
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  end = std::min(end, bytes_.size());
  if (end < bytes_.size()) end -= end % page;
  begin -= begin % page;
  if (begin < end) ::madvise(address(bytes_.data() + begin), end - begin, MADV_DONTNEED);
}

}  // namespace mxscope::reports
