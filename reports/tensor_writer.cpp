// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Tensor files written piece by piece.
#include "reports/tensor_writer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "reports/npy.h"
#include "reports/safetensors.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

std::string json_string(std::string_view text, std::string_view file) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    throw Error(fmt::format("cannot write {}: name or text {} is not UTF-8; rename it", file,
                            in_quotes(text)));
  }
}

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes += static_cast<char>(value >> 8 * i & 0xFF);
  return bytes;
}

/// What comes before the tensors' bytes: the header's length and the header, padded with spaces to
/// a multiple of 8.
std::string safetensors_header(std::span<const TensorInfo> tensors,
                               const std::map<std::string, std::string>& metadata,
                               std::string_view file) {
  std::string header;
  const auto add = [&](std::string_view item) {
    header += header.empty() ? '{' : ',';
    header += item;
  };
  if (!metadata.empty()) {
    std::vector<std::string> texts;
    texts.reserve(metadata.size());
    for (const auto& [key, text] : metadata)
      texts.push_back(json_string(key, file) + ":" + json_string(text, file));
    add(fmt::format("\"{}\":{{{}}}", kSafetensorsMetadata, fmt::join(texts, ",")));
  }
  std::unordered_set<std::string_view> names = {kSafetensorsMetadata};
  std::uint64_t begin = 0;
  for (const TensorInfo& tensor : tensors) {
    if (!names.insert(tensor.name).second)
      throw Error(fmt::format("cannot write {}: the name {} is taken; rename the tensor", file,
                              in_quotes(tensor.name)));
    const std::string where = fmt::format("{}: tensor {}", file, in_quotes(tensor.name));
    std::uint64_t end = 0;
    if (__builtin_add_overflow(begin, byte_count(tensor.dtype, tensor.shape, where), &end))
      throw Error(fmt::format("{}: ends beyond 2^64 bytes; write fewer tensors to a file", where));
    add(fmt::format(R"({}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                    json_string(tensor.name, file), dtype_name(tensor.dtype),
                    fmt::join(tensor.shape, ","), begin, end));
    begin = end;
  }
  header += header.empty() ? "{}" : "}";
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > kMaxSafetensorsHeader)
    throw Error(
        fmt::format("cannot write {}: its header has {} bytes, more than {}, the format's "
                    "limit; write fewer tensors to a file",
                    file, header.size(), kMaxSafetensorsHeader));
  return little_endian(header.size()) + header;
}

}  // namespace

TensorWriter::TensorWriter(std::string path, std::span<const TensorInfo> tensors,
                           const std::map<std::string, std::string>& metadata)
    : path_(std::move(path)) {
  const std::string header = safetensors_header(tensors, metadata, path_);
  for (const TensorInfo& tensor : tensors)
    missing_ += byte_count(tensor.dtype, tensor.shape, path_);
  file_.emplace(path_);
  file_->write(header);
}

void TensorWriter::append(std::span<const std::byte> bytes) {
  if (!file_) throw Error(fmt::format("cannot write {}: it is finished or failed before", path_));
  if (bytes.size() > missing_) {
    file_.reset();
    throw Error(fmt::format("cannot write {}: {} bytes where its tensors have {} left", path_,
                            bytes.size(), missing_));
  }
  try {
    file_->write(bytes.data(), bytes.size());
  } catch (...) {
    file_.reset();
    throw;
  }
  missing_ -= bytes.size();
}

void TensorWriter::finish() {
  if (!file_) throw Error(fmt::format("cannot write {}: it is finished or failed before", path_));
  if (missing_ != 0)
    throw Error(
        fmt::format("cannot write {}: {} bytes of its tensors are missing", path_, missing_));
  file_->commit();
  file_.reset();
}

void write_npy(const std::string& path, DType dtype, std::span<const std::uint64_t> shape,
               std::span<const std::byte> bytes) {
  const std::string header = npy_header(dtype, shape, path);
  const std::uint64_t size = byte_count(dtype, shape, path);
  if (bytes.size() != size)
    throw Error(
        fmt::format("cannot write {}: {} bytes where its shape has {}", path, bytes.size(), size));
  AtomicFile file(path);
  file.write(header);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace mxscope::reports
