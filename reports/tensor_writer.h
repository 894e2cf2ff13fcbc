// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "reports/atomic_file.h"
#include "reports/tensor.h"

namespace mxscope::reports {

/// Writes a .safetensors file piece by piece, holding none of it: the tensors' bytes follow one
/// another in the order given. The file appears whole at finish(), or not at all.
class TensorWriter {
 public:
  /// Throws Error, naming the file, when it cannot be made, and for names given twice or not UTF-8,
  /// for sizes that are not whole bytes, and for a header beyond the format's 100 MB.
  TensorWriter(std::string path, std::span<const TensorInfo> tensors,
               const std::map<std::string, std::string>& metadata = {});

  /// The next bytes, of any number: a piece may end within a tensor or go on into the next. Each
  /// call writes at once, so give it blocks. Throws Error when the disk is full, and for more bytes
  /// than the tensors have; nothing of the file is left then.
  void append(std::span<const std::byte> bytes);

  std::uint64_t missing_bytes() const { return missing_; }

  /// Syncs the file and puts it in its place; throws Error when bytes are missing.
  void finish();

 private:
  std::string path_;
  std::optional<AtomicFile> file_;  ///< until finish() or a failure
  std::uint64_t missing_ = 0;
};

/// Writes one tensor as .npy, whole or not at all. Throws Error, naming the file, when it cannot be
/// written, for types that numpy does not have, and when `bytes` is not of the shape's size.
void write_npy(const std::string& path, DType dtype, std::span<const std::uint64_t> shape,
               std::span<const std::byte> bytes);

}  // namespace mxscope::reports
