// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any bytes are refused by the safetensors reader with an Error, or give tensors that fill the data
// one after another, each of its shape's size.
#include <cstdlib>
#include <span>

#include "reports/safetensors.h"
#include "spec/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace reports = mxscope::reports;
  const auto bytes = std::as_bytes(std::span(data, size));
  reports::Safetensors contents;
  try {
    contents = reports::read_safetensors(bytes, "fuzz.safetensors");
  } catch (const mxscope::Error&) {
    return 0;
  }
  const std::byte* next = contents.tensors.empty() ? nullptr : contents.tensors.front().data.data();
  if (next != nullptr && next < bytes.data() + 8) std::abort();
  for (const reports::TensorView& tensor : contents.tensors) {
    if (tensor.data.data() != next) std::abort();
    if (tensor.data.size() != reports::byte_count(tensor.dtype, tensor.shape, "fuzz")) std::abort();
    next += tensor.data.size();
  }
  if (next != nullptr && next != bytes.data() + bytes.size()) std::abort();
  return 0;
}
