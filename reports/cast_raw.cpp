// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Binary arrays through the batch codec: read, convert and write overlap, block by block.
#include "reports/cast_raw.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>

#include "reports/atomic_file.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/descriptor.h"
#include "reports/interrupt.h"
#include "spec/batch.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

// Input and output of one block stay in a core's second-level cache.
constexpr std::size_t kBlockElements = std::size_t{1} << 17;

/// An array of elements of a file or pipe, in blocks; a regular file is mapped and never copied.
class ArrayInput {
 public:
  ArrayInput(const std::string& path, std::size_t element_bytes)
      : name_(path.empty() ? "standard input" : path), element_bytes_(element_bytes) {
    if (!path.empty()) file_ = open_to_read(path);
    fd_ = path.empty() ? STDIN_FILENO : file_.get();
    struct stat info = {};
    if (::fstat(fd_, &info) != 0 || !S_ISREG(info.st_mode)) return;
    const off_t start = ::lseek(fd_, 0, SEEK_CUR);
    if (start < 0 || start > info.st_size) return;
    check_whole(static_cast<std::size_t>(info.st_size - start));
    if (info.st_size == 0) return;
    size_ = static_cast<std::size_t>(info.st_size);
    void* map = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd_, 0);
    if (map == MAP_FAILED) return;
    ::madvise(map, size_, MADV_SEQUENTIAL);
    map_ = static_cast<const std::byte*>(map);
    next_ = static_cast<std::size_t>(start);
  }
  ArrayInput(const ArrayInput&) = delete;
  ArrayInput& operator=(const ArrayInput&) = delete;
  ~ArrayInput() {
    if (map_ != nullptr) ::munmap(const_cast<std::byte*>(map_), size_);
  }

  /// The next elements: in the map, or read into `storage`. No elements: the end.
  std::size_t next(const std::byte*& data, std::unique_ptr<std::byte[]>& storage) {
    const std::size_t wanted = kBlockElements * element_bytes_;
    if (map_ != nullptr) {
      const std::size_t bytes = std::min(wanted, size_ - next_);
      data = map_ + next_;
      next_ += bytes;
      return bytes / element_bytes_;
    }
    storage.reset(new std::byte[wanted]);
    const std::size_t bytes = read_up_to(fd_, storage.get(), wanted, name_);
    next_ += bytes;
    if (bytes % element_bytes_ != 0) check_whole(next_);
    data = storage.get();
    return bytes / element_bytes_;
  }

 private:
  void check_whole(std::size_t bytes) const {
    if (bytes % element_bytes_ == 0) return;
    throw Error(
        fmt::format("{} has {} bytes, which is not a whole number of {}-byte elements; "
                    "it is truncated or of another type",
                    name_, bytes, element_bytes_));
  }

  std::string name_;
  std::size_t element_bytes_;
  Descriptor file_;
  int fd_ = -1;
  const std::byte* map_ = nullptr;
  std::size_t size_ = 0;
  std::size_t next_ = 0;
};

struct Block {
  const std::byte* data = nullptr;
  std::unique_ptr<std::byte[]> storage;  ///< of data, unless it is mapped
  std::unique_ptr<std::byte[]> words;
  std::size_t first = 0;  ///< index of the first element
  std::size_t count = 0;
  std::optional<std::size_t> refused;
};

/// Converts `count` elements; returns the first refused one.
using Kernel =
    std::function<std::optional<std::size_t>(const void* in, void* out, std::size_t count)>;

int stream(const CastOptions& options, std::size_t in_bytes, std::size_t out_bytes,
           const Kernel& kernel) {
  namespace tbb = oneapi::tbb;
  ArrayInput input(options.input, in_bytes);
  std::optional<AtomicFile> file;
  if (!options.output.empty()) file.emplace(options.output);
  flush_output();
  const auto write = [&](const void* data, std::size_t size) {
    if (file)
      file->write(data, size);
    else
      write_all(STDOUT_FILENO, data, size, "standard output");
  };
  std::size_t elements = 0;
  std::optional<std::size_t> refused;
  const auto threads = static_cast<std::size_t>(options.threads);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  using Item = std::shared_ptr<Block>;
  const auto read_block = [&](tbb::flow_control& control) -> Item {
    auto block = std::make_shared<Block>();
    throw_if_interrupted();
    if (!refused) block->count = input.next(block->data, block->storage);
    if (block->count == 0) control.stop();
    block->first = elements;
    elements += block->count;
    return block;
  };
  const auto convert = [&](Item block) -> Item {
    block->words.reset(new std::byte[block->count * out_bytes]);
    block->refused = kernel(block->data, block->words.get(), block->count);
    return block;
  };
  std::optional<std::size_t> first_refused;
  const auto write_block = [&](const Item& block) {
    if (first_refused) return;
    if (block->refused) {
      first_refused = block->first + *block->refused;
      return;
    }
    write(block->words.get(), block->count * out_bytes);
  };
  tbb::parallel_pipeline(
      2 * threads,
      tbb::make_filter<void, Item>(tbb::filter_mode::serial_in_order, read_block) &
          tbb::make_filter<Item, Item>(tbb::filter_mode::parallel, convert) &
          tbb::make_filter<Item, void>(tbb::filter_mode::serial_in_order, write_block));
  if (first_refused) {
    complain(fmt::format("element {} (from 0) is refused by the policy{}", *first_refused,
                         file ? "; " + options.output + " is not written" : ""));
    return kRefuted;
  }
  if (file) file->commit();
  return kAllHolds;
}

}  // namespace

int cast_array(const CastOptions& options, const CastRequest& request) {
  if (options.from == "exact")
    throw Error("--raw needs the type of its input; add --from f32, bf16, f16 or f64");
  const spec::BatchCast cast(raw_source(options.from), request.format, request.policy,
                             request.random.count, options.backend);
  std::vector<std::uint32_t> random;
  if (request.random.count > 0) random.push_back(request.random.value);
  return stream(options, static_cast<std::size_t>(cast.source_bytes()),
                static_cast<std::size_t>(cast.word_bytes()),
                [&](const void* in, void* out, std::size_t count) {
                  return cast.encode(in, out, count, random);
                });
}

int decode_array(const CastOptions& options, const spec::Format& format) {
  const spec::BatchDecode decode(format);
  return stream(options, static_cast<std::size_t>(decode.word_bytes()), sizeof(std::uint32_t),
                [&](const void* in, void* out, std::size_t count) {
                  decode.decode(in, static_cast<std::uint32_t*>(out), count);
                  return std::optional<std::size_t>();
                });
}

}  // namespace mxscope::reports
