// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Binary arrays through the batch codec: read, convert and write overlap, block by block.
#include "reports/cast_raw.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

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

struct Block {
  std::unique_ptr<std::byte[]> data;  ///< of a pipe
  std::unique_ptr<std::byte[]> words;
  std::size_t offset = 0;  ///< of the first byte in a regular file
  std::size_t first = 0;   ///< index of the first element
  std::size_t count = 0;
  std::optional<std::size_t> refused;
};

/// An array of elements of a file or pipe, in blocks.
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
    ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
    regular_ = true;
    size_ = static_cast<std::size_t>(info.st_size);
    next_ = static_cast<std::size_t>(start);
  }

  /// Sets out the next block, in order; its elements are here only if they come from a pipe. No
  /// elements: the end.
  void next(Block& block) {
    const std::size_t wanted = kBlockElements * element_bytes_;
    block.offset = next_;
    std::size_t bytes = 0;
    if (regular_) {
      bytes = std::min(wanted, size_ - next_);
    } else {
      block.data.reset(new std::byte[wanted]);
      bytes = read_up_to(fd_, block.data.get(), wanted, name_);
    }
    next_ += bytes;
    if (bytes % element_bytes_ != 0) check_whole(next_);
    block.count = bytes / element_bytes_;
  }

  /// The elements of a block, from any thread; those of a regular file are read now and stay until
  /// the thread's next call. Copying in the kernel is work to share, too. A map would save it, and
  /// die of SIGBUS where the file is shortened meanwhile.
  const std::byte* elements(const Block& block) const {
    if (block.data) return block.data.get();
    thread_local std::vector<std::byte> storage;
    const std::size_t bytes = block.count * element_bytes_;
    if (storage.size() < bytes) storage.resize(bytes);
    if (read_up_to_at(fd_, storage.data(), bytes, block.offset, name_) < bytes)
      throw Error(fmt::format("{} was shortened while it was read; run this again", name_));
    return storage.data();
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
  bool regular_ = false;
  std::size_t size_ = 0;
  std::size_t next_ = 0;  ///< byte
};

/// Converts `count` elements; returns the first refused one.
using Kernel =
    std::function<std::optional<std::size_t>(const void* in, void* out, std::size_t count)>;

/// Returns the index of the first refused element, and then leaves no file.
std::optional<std::size_t> stream(const CastOptions& options, std::size_t in_bytes,
                                  std::size_t out_bytes, const Kernel& kernel) {
  namespace tbb = oneapi::tbb;
  refuse_same_file(options.output.empty() ? "/dev/stdout" : options.output,
                   {options.input.empty() ? "/dev/stdin" : options.input, options.formats_file});
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
  std::atomic<bool> stopped{false};
  const auto threads = static_cast<std::size_t>(options.threads);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
  // The pipeline drops what is in flight when a filter throws, so the blocks are kept here; blocks
  // leave it in order, so that the one of `tokens` turns ago is free.
  const std::size_t tokens = 2 * threads;
  std::vector<Block> blocks(tokens);
  std::size_t turn = 0;
  using Item = Block*;
  const auto read_block = [&](tbb::flow_control& control) -> Item {
    throw_if_interrupted();
    Item block = &blocks[turn++ % tokens];
    *block = Block{};
    if (!stopped) input.next(*block);
    if (block->count == 0) control.stop();
    block->first = elements;
    elements += block->count;
    return block;
  };
  const auto convert = [&](Item block) -> Item {
    const std::byte* const data = input.elements(*block);
    block->words.reset(new std::byte[block->count * out_bytes]);
    block->refused = kernel(data, block->words.get(), block->count);
    return block;
  };
  std::optional<std::size_t> first_refused;
  const auto write_block = [&](const Item& block) {
    if (first_refused) return;
    if (block->refused) {
      first_refused = block->first + *block->refused;
      stopped = true;
      return;
    }
    write(block->words.get(), block->count * out_bytes);
  };
  tbb::parallel_pipeline(
      tokens, tbb::make_filter<void, Item>(tbb::filter_mode::serial_in_order, read_block) &
                  tbb::make_filter<Item, Item>(tbb::filter_mode::parallel, convert) &
                  tbb::make_filter<Item, void>(tbb::filter_mode::serial_in_order, write_block));
  if (file && !first_refused) file->commit();
  return first_refused;
}

/// The first word with bits that are none of the format's.
template <typename Word>
std::optional<std::size_t> stray_word(const void* words, std::size_t count,
                                      const spec::Format& format) {
  const auto used = static_cast<Word>(format.code_mask() << format.storage_shift);
  const auto* const all = static_cast<const Word*>(words);
  Word stray = 0;
  for (std::size_t i = 0; i < count; ++i) stray |= static_cast<Word>(all[i] & ~used);
  if (stray == 0) return std::nullopt;
  return std::find_if(all, all + count, [used](Word word) { return (word & ~used) != 0; }) - all;
}

std::optional<std::size_t> stray_word(const void* words, std::size_t count,
                                      const spec::Format& format) {
  switch (format.storage_bits) {
    case 8:
      return stray_word<std::uint8_t>(words, count, format);
    case 16:
      return stray_word<std::uint16_t>(words, count, format);
    case 32:
      return stray_word<std::uint32_t>(words, count, format);
    default:
      return stray_word<std::uint64_t>(words, count, format);
  }
}

}  // namespace

int cast_array(const CastOptions& options, const CastRequest& request) {
  if (options.from == "exact")
    throw Error("--raw needs the type of its input; add --from f32, bf16, f16 or f64");
  const spec::BatchCast cast(raw_source(options.from), request.format, request.policy,
                             request.random.count, options.backend);
  std::vector<std::uint32_t> random;
  if (request.random.count > 0) random.push_back(request.random.value);
  const auto refused = stream(options, static_cast<std::size_t>(cast.source_bytes()),
                              static_cast<std::size_t>(cast.word_bytes()),
                              [&](const void* in, void* out, std::size_t count) {
                                return cast.encode(in, out, count, random);
                              });
  if (!refused) return kAllHolds;
  complain(fmt::format("element {} (from 0) is refused by the policy{}", *refused,
                       options.output.empty() ? "" : "; " + options.output + " is not written"));
  return kRefuted;
}

int decode_array(const CastOptions& options, const spec::Format& format) {
  const spec::BatchDecode decode(format);
  const auto stray =
      stream(options, static_cast<std::size_t>(decode.word_bytes()), sizeof(std::uint32_t),
             [&](const void* in, void* out, std::size_t count) -> std::optional<std::size_t> {
               if (const auto found = stray_word(in, count, format)) return found;
               decode.decode(in, static_cast<std::uint32_t*>(out), count);
               return std::nullopt;
             });
  if (stray)
    throw Error(fmt::format("element {} (from 0) is not a code of {}: it has bits beyond its {}",
                            *stray, format.name, format.bits));
  return kAllHolds;
}

}  // namespace mxscope::reports
