// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Elements of tensor files to float32 and back.
#include "reports/float_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <cstring>

#include "spec/batch.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

static_assert(std::endian::native == std::endian::little);

const spec::BatchDecode& half_decoder() {
  static const spec::BatchDecode decoder(spec::find_format("fp16"));
  return decoder;
}

spec::BatchCast narrowing_to(const char* format) {
  return {spec::kF32,
          spec::find_format(format),
          {.overflow = spec::Overflow::kInfinity,
           .infinity = spec::Overflow::kInfinity,
           .nan = spec::NanRule::kPayload,
           .nan_sign = spec::NanSign::kKeep}};
}

const spec::BatchCast& narrowing(DType dtype) {
  static const spec::BatchCast to_f16 = narrowing_to("fp16");
  static const spec::BatchCast to_bf16 = narrowing_to("bf16");
  return dtype == DType::kF16 ? to_f16 : to_bf16;
}

}  // namespace

bool is_quantizable(DType dtype) {
  return dtype == DType::kF64 || dtype == DType::kF32 || dtype == DType::kF16 ||
         dtype == DType::kBf16;
}

MatrixShape matrix_shape(std::span<const std::uint64_t> shape) {
  MatrixShape out;
  if (shape.empty()) return out;
  out.columns = shape.back();
  for (const std::uint64_t extent : shape.first(shape.size() - 1)) out.rows *= extent;
  return out;
}

std::string shape_text(std::span<const std::uint64_t> shape) {
  return shape.empty() ? "scalar" : fmt::format("{}", fmt::join(shape, "x"));
}

std::vector<float> load_floats(const TensorView& tensor, std::uint64_t first, std::size_t count) {
  const std::size_t width = static_cast<std::size_t>(bits_per_element(tensor.dtype)) / 8;
  std::vector<float> out(count);
  const std::byte* const bytes = tensor.data.data() + first * width;
  switch (tensor.dtype) {
    case DType::kF32:
      std::memcpy(out.data(), bytes, count * width);
      return out;
    case DType::kF64: {
      for (std::size_t i = 0; i < count; ++i) {
        double x = 0;
        std::memcpy(&x, bytes + i * width, width);
        out[i] = static_cast<float>(x);
      }
      return out;
    }
    case DType::kBf16: {
      for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t word = 0;
        std::memcpy(&word, bytes + i * width, width);
        out[i] = std::bit_cast<float>(std::uint32_t{word} << 16);
      }
      return out;
    }
    case DType::kF16: {
      std::vector<std::uint16_t> words(count);
      std::memcpy(words.data(), bytes, count * width);
      std::vector<std::uint32_t> patterns(count);
      half_decoder().decode(words.data(), patterns.data(), count);
      std::memcpy(out.data(), patterns.data(), count * sizeof(float));
      return out;
    }
    default:
      throw Error(fmt::format("tensor {} is {}; F64, F32, F16 and BF16 can be quantized",
                              in_quotes(tensor.name), dtype_name(tensor.dtype)));
  }
}

std::vector<std::byte> store_floats(DType dtype, std::span<const float> values) {
  const auto bytes = std::as_bytes(values);
  if (dtype == DType::kF32) return {bytes.begin(), bytes.end()};
  std::vector<std::byte> out(values.size() * 2);
  narrowing(dtype).encode(values.data(), out.data(), values.size());
  return out;
}

}  // namespace mxscope::reports
