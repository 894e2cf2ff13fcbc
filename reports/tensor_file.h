// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/mapped_file.h"
#include "reports/tensor.h"

namespace mxscope::reports {

/// The tensors of a .safetensors or .npy file, told apart by content. The file is mapped, so
/// opening reads its header only. A .npy file is one tensor, named after the file without ".npy".
class TensorFile {
 public:
  /// Throws Error, one sentence that names the file, the tensor and field, and what to do, unless
  /// the file is whole and follows its format in everything.
  explicit TensorFile(const std::string& path);

  /// Reads the bytes of such a file, which must outlive the result; `path` names it in errors.
  static TensorFile parse(std::span<const std::byte> bytes, const std::string& path);

  const std::string& path() const { return path_; }
  /// In the order of their bytes in the file.
  const std::vector<TensorView>& tensors() const { return tensors_; }
  /// The free texts that safetensors keeps as "__metadata__".
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

  /// Throws Error with the near names when there is none of that name.
  const TensorView& find(std::string_view name) const;

  /// Gives the memory behind bytes [offset, offset + bytes) of one of tensors() back, once they are
  /// done with; they can still be read, from disk again. A file larger than memory is read by
  /// releasing each piece before the next. Does nothing for a file parsed from memory.
  void release(const TensorView& tensor, std::uint64_t offset, std::uint64_t bytes) const;

 private:
  TensorFile() = default;
  void read(std::span<const std::byte> bytes);

  std::string path_;
  MappedFile file_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, std::size_t, std::less<>> index_;
};

}  // namespace mxscope::reports
