// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes after numpy's magic string are refused with an Error, or give a tensor of its shape's
// size that ends with the bytes.
#include <cstdlib>
#include <span>
#include <string>

#include "reports/npy.h"
#include "spec/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace reports = mxscope::reports;
  const std::string text = "\x93NUMPY" + std::string(reinterpret_cast<const char*>(data), size);
  const auto bytes = std::as_bytes(std::span(text));
  if (!reports::is_npy(bytes)) std::abort();
  reports::TensorView tensor;
  try {
    tensor = reports::read_npy(bytes, "fuzz.npy");
  } catch (const mxscope::Error&) {
    return 0;
  }
  if (tensor.data.size() != reports::byte_count(tensor.dtype, tensor.shape, "fuzz")) std::abort();
  if (tensor.data.size() > size) std::abort();
  if (tensor.data.data() + tensor.data.size() != bytes.data() + bytes.size()) std::abort();
  return 0;
}
