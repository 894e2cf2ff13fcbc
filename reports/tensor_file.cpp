// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Opens tensor files of either format.
#include "reports/tensor_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "reports/npy.h"
#include "reports/safetensors.h"
#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {

TensorFile::TensorFile(const std::string& path) : path_(path), file_(path) { read(file_.bytes()); }

TensorFile TensorFile::parse(std::span<const std::byte> bytes, const std::string& path) {
  TensorFile file;
  file.path_ = path;
  file.read(bytes);
  return file;
}

void TensorFile::read(std::span<const std::byte> bytes) {
  if (is_npy(bytes)) {
    tensors_.push_back(read_npy(bytes, path_));
    tensors_.front().name = std::filesystem::path(path_).stem().string();
  } else {
    Safetensors contents = read_safetensors(bytes, path_);
    tensors_ = std::move(contents.tensors);
    metadata_ = std::move(contents.metadata);
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) index_.emplace(tensors_[i].name, i);
}

const TensorView& TensorFile::find(std::string_view name) const {
  const auto found = index_.find(name);
  if (found != index_.end()) return tensors_[found->second];
  if (tensors_.empty()) throw Error(fmt::format("{} holds no tensors", path_));
  std::vector<std::string> known;
  known.reserve(tensors_.size());
  for (const TensorView& tensor : tensors_) {
    const std::string text = in_quotes(tensor.name);
    known.push_back(text.substr(1, text.size() - 2));
  }
  throw Error(fmt::format("{}: {}", path_, spec::unknown_name("tensor", name, known).what()));
}

void TensorFile::release(const TensorView& tensor, std::uint64_t offset,
                         std::uint64_t bytes) const {
  if (file_.bytes().empty() || tensor.data.empty()) return;
  const std::uint64_t size = tensor.data.size();
  const std::uint64_t from = std::min(offset, size);
  const std::uint64_t to = from + std::min(bytes, size - from);
  const auto start = static_cast<std::uint64_t>(tensor.data.data() - file_.bytes().data());
  file_.release(start + from, start + to);
}

}  // namespace mxscope::reports
