// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Element types by name and size, and how many bytes a shape takes.
#include "reports/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::reports {
namespace {

struct Row {
  DType dtype;
  std::string_view name;
  int bits;
};

constexpr std::array kRows = {
    Row{DType::kF64, "F64", 64},
    Row{DType::kF32, "F32", 32},
    Row{DType::kF16, "F16", 16},
    Row{DType::kBf16, "BF16", 16},
    Row{DType::kF8E4m3, "F8_E4M3", 8},
    Row{DType::kF8E5m2, "F8_E5M2", 8},
    Row{DType::kF8E8m0, "F8_E8M0", 8},
    Row{DType::kF8E4m3fnuz, "F8_E4M3FNUZ", 8},
    Row{DType::kF8E5m2fnuz, "F8_E5M2FNUZ", 8},
    Row{DType::kF6E2m3, "F6_E2M3", 6},
    Row{DType::kF6E3m2, "F6_E3M2", 6},
    Row{DType::kF4, "F4", 4},
    Row{DType::kC64, "C64", 64},
    Row{DType::kU8, "U8", 8},
    Row{DType::kI8, "I8", 8},
    Row{DType::kU16, "U16", 16},
    Row{DType::kI16, "I16", 16},
    Row{DType::kU32, "U32", 32},
    Row{DType::kI32, "I32", 32},
    Row{DType::kU64, "U64", 64},
    Row{DType::kI64, "I64", 64},
    Row{DType::kBool, "BOOL", 8},
};

constexpr auto kDTypes = [] {
  std::array<DType, kRows.size()> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].dtype;
  return all;
}();

constexpr bool in_enumeration_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (static_cast<std::size_t>(kRows[i].dtype) != i) return false;
  return true;
}
static_assert(in_enumeration_order(), "row() takes the enumeration as an index");

const Row& row(DType dtype) { return kRows[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::span<const DType> all_dtypes() { return kDTypes; }

std::string_view dtype_name(DType dtype) { return row(dtype).name; }

int bits_per_element(DType dtype) { return row(dtype).bits; }

DType find_dtype(std::string_view name) {
  std::vector<std::string> known;
  for (const Row& r : kRows) {
    if (r.name == name) return r.dtype;
    known.emplace_back(r.name);
  }
  throw spec::unknown_name("dtype", name, known);
}

std::uint64_t TensorView::element_count() const {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  return count;
}

std::uint64_t byte_count(DType dtype, std::span<const std::uint64_t> shape,
                         std::string_view where) {
  std::uint64_t bits = static_cast<std::uint64_t>(bits_per_element(dtype));
  bool empty = false;
  bool too_large = false;
  for (const std::uint64_t size : shape) {
    if (size == 0)
      empty = true;
    else
      too_large |= __builtin_mul_overflow(bits, size, &bits);
  }
  const auto dimensions = [&] {
    constexpr std::size_t kShown = 8;
    const auto shown = shape.first(std::min(shape.size(), kShown));
    return fmt::format("{}{}", fmt::join(shown, ", "), shape.size() > kShown ? ", ..." : "");
  };
  if (too_large)
    throw Error(
        fmt::format("{}: shape [{}] of {} has more bits than 64-bit sizes count; no file "
                    "holds it, so correct the shape",
                    where, dimensions(), dtype_name(dtype)));
  if (empty) return 0;
  if (bits % 8 != 0)
    throw Error(fmt::format("{}: shape [{}] of {} is {} bits, not whole bytes; pad a dimension",
                            where, dimensions(), dtype_name(dtype), bits));
  return bits / 8;
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 80;
  std::size_t end = std::min(name.size(), kShown);
  if (end < name.size())  // not within a UTF-8 sequence
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  std::string text = "'";
  for (const char c : name.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  return text + (end < name.size() ? "...'" : "'");
}

}  // namespace mxscope::reports
