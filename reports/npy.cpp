// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The header of a .npy file: a Python dict of descr, fortran_order and shape.
#include "reports/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMaxHeader = std::size_t{1} << 20;  ///< bytes; numpy itself reads 10000
constexpr std::string_view kSave = "save it again with numpy.save";
constexpr std::string_view kIncomplete = "the file is incomplete, so copy it again";

struct NumpyName {
  std::string_view descr;
  DType dtype;
};
constexpr std::array kNames = {
    NumpyName{"<f8", DType::kF64},  NumpyName{"<f4", DType::kF32}, NumpyName{"<f2", DType::kF16},
    NumpyName{"<c8", DType::kC64},  NumpyName{"|u1", DType::kU8},  NumpyName{"|i1", DType::kI8},
    NumpyName{"<u2", DType::kU16},  NumpyName{"<i2", DType::kI16}, NumpyName{"<u4", DType::kU32},
    NumpyName{"<i4", DType::kI32},  NumpyName{"<u8", DType::kU64}, NumpyName{"<i8", DType::kI64},
    NumpyName{"|b1", DType::kBool},
};

/// Reads the literals that numpy writes: strings without escapes, True and False, integers, tuples.
class DictReader {
 public:
  DictReader(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  void read() {
    expect('{');
    while (!take('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr")
        set(key, descr_, descr());
      else if (key == "fortran_order")
        set(key, fortran_order_, boolean());
      else if (key == "shape")
        set(key, shape_, shape());
      else
        throw error(key, "is not one of descr, fortran_order and shape");
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_spaces();
    if (at_ != text_.size()) throw malformed();
    if (!descr_) throw error("descr", "is missing");
    if (!fortran_order_) throw error("fortran_order", "is missing");
    if (!shape_) throw error("shape", "is missing");
  }

  Error error(std::string_view field, std::string_view problem,
              std::string_view fix = kSave) const {
    return Error(fmt::format("{}: field {} {}; {}", file_, in_quotes(field), problem, fix));
  }

  std::string_view descr_text() const { return *descr_; }
  bool fortran_order() const { return *fortran_order_; }
  const std::vector<std::uint64_t>& shape_sizes() const { return *shape_; }

 private:
  template <typename Value>
  void set(std::string_view key, std::optional<Value>& field, Value value) const {
    if (field) throw error(key, "stands in the header twice");
    field = std::move(value);
  }

  Error malformed() const {
    return Error(fmt::format("{}: byte {} of the header is not as numpy writes its dict; {}", file_,
                             at_ + 1, kSave));
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool take(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool take(std::string_view word) {
    skip_spaces();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  void expect(char c) {
    if (!take(c)) throw malformed();
  }

  std::string_view string() {
    const char quote = take('"') ? '"' : '\'';
    if (quote == '\'') expect(quote);
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) throw malformed();
    const std::string_view inside = text_.substr(at_, end - at_);
    at_ = end + 1;
    return inside;
  }

  std::string_view descr() {
    skip_spaces();
    if (at_ < text_.size() && (text_[at_] == '[' || text_[at_] == '('))
      throw error("descr", "is a structured type, a record of several arrays",
                  "save one field, x['name'], as an array of its own");
    return string();
  }

  bool boolean() {
    if (take("True")) return true;
    if (take("False")) return false;
    throw error("fortran_order", "is neither True nor False");
  }

  std::vector<std::uint64_t> shape() {
    constexpr std::string_view kWrong = "is not a tuple of non-negative integers";
    std::vector<std::uint64_t> sizes;
    if (!take('(')) throw error("shape", kWrong);
    while (!take(')')) {
      const auto size = integer();
      if (!size) throw error("shape", kWrong);
      sizes.push_back(*size);
      if (take(',')) continue;
      // (1) is the number 1; a tuple of one is (1,).
      if (sizes.size() == 1 || !take(')')) throw error("shape", kWrong);
      break;
    }
    return sizes;
  }

  std::optional<std::uint64_t> integer() {
    skip_spaces();
    const std::size_t first = at_;
    std::uint64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto digit = static_cast<std::uint64_t>(text_[at_] - '0');
      if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, digit, &value))
        throw error("shape", "has a number beyond 2^64-1");
    }
    if (at_ == first) return std::nullopt;
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // as Python 2 wrote long integers
    return value;
  }

  std::string_view text_;
  std::string_view file_;
  std::size_t at_ = 0;
  std::optional<std::string_view> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::uint64_t>> shape_;
};

DType find_descr(const DictReader& dict) {
  const std::string_view descr = dict.descr_text();
  for (const NumpyName& name : kNames)
    if (name.descr == descr) return name.dtype;
  const std::string is = fmt::format("is {}", in_quotes(descr));
  const std::string_view kind = descr.substr(std::min<std::size_t>(1, descr.size()));
  if (kind == "f1" || kind.starts_with('V'))
    throw dict.error("descr",
                     is + ", as numpy calls types that it does not know, those of ml_dtypes too",
                     "save x as .safetensors, or its codes as x.view(numpy.uint16) or of uint8");
  if (kind.starts_with('O'))
    throw dict.error("descr", is + ", Python objects",
                     "save x.astype(numpy.float32), or the type that the numbers have");
  if (descr.starts_with('>'))
    throw dict.error("descr", is + ", a big-endian type",
                     "save x.astype(x.dtype.newbyteorder('<'))");
  std::vector<std::string_view> known;
  known.reserve(kNames.size());
  for (const NumpyName& name : kNames) known.push_back(name.descr);
  throw dict.error("descr", is, fmt::format("save a type of {}", fmt::join(known, ", ")));
}

}  // namespace

bool is_npy(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::equal(kMagic.begin(), kMagic.end(), bytes.begin(),
                    [](char c, std::byte b) { return static_cast<std::byte>(c) == b; });
}

TensorView read_npy(std::span<const std::byte> bytes, std::string_view file) {
  const auto cut = [&] {
    return Error(fmt::format("{}: the header goes beyond the file's {} bytes; {}", file,
                             bytes.size(), kIncomplete));
  };
  constexpr std::size_t kVersionEnd = 8;
  if (bytes.size() < kVersionEnd) throw cut();
  const int version = std::to_integer<int>(bytes[6]);
  const int minor = std::to_integer<int>(bytes[7]);
  if (version < 1 || version > 3 || minor != 0)
    throw Error(fmt::format("{}: .npy version {}.{} is none of 1.0, 2.0 and 3.0; {}", file, version,
                            minor, kSave));
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < kVersionEnd + length_bytes) throw cut();
  std::size_t length = 0;
  for (std::size_t i = length_bytes; i-- > 0;)
    length = length << 8 | std::to_integer<std::size_t>(bytes[kVersionEnd + i]);
  if (length > kMaxHeader)
    throw Error(fmt::format("{}: the header's length, {}, is more than {}; {}", file, length,
                            kMaxHeader, kSave));
  const std::size_t begin = kVersionEnd + length_bytes;
  if (length > bytes.size() - begin) throw cut();

  DictReader dict({reinterpret_cast<const char*>(bytes.data()) + begin, length}, file);
  dict.read();
  TensorView tensor{.name = {},
                    .dtype = find_descr(dict),
                    .shape = dict.shape_sizes(),
                    .data = bytes.subspan(begin + length)};
  if (dict.fortran_order() && tensor.shape.size() > 1)
    throw dict.error("fortran_order", "is True: the first dimension is the contiguous one",
                     "save numpy.ascontiguousarray(x)");
  const std::uint64_t size = byte_count(tensor.dtype, tensor.shape, file);
  if (tensor.data.size() < size)
    throw Error(fmt::format("{}: {} bytes of data where descr and shape have {}; {}", file,
                            tensor.data.size(), size, kIncomplete));
  if (tensor.data.size() > size)
    throw Error(fmt::format("{}: {} bytes after the array belong to none; save one array to a file",
                            file, tensor.data.size() - size));
  return tensor;
}

std::string npy_header(DType dtype, std::span<const std::uint64_t> shape, std::string_view file) {
  const auto row = std::find_if(kNames.begin(), kNames.end(),
                                [&](const NumpyName& name) { return name.dtype == dtype; });
  if (row == kNames.end())
    throw Error(fmt::format("cannot write {}: numpy has no type for {}; write .safetensors", file,
                            dtype_name(dtype)));
  std::string dict = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}",
                                 row->descr, fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  constexpr std::size_t kShortest = kMagic.size() + 2 + 2;  // magic, version, length
  const bool is_long = dict.size() + kShortest + kAlignment > 0xFFFF;
  const std::size_t start = kShortest + (is_long ? 2 : 0);
  const std::size_t used = (start + dict.size() + 1) % kAlignment;
  dict.append(used == 0 ? 0 : kAlignment - used, ' ');
  dict += '\n';
  std::string header(kMagic);
  header += is_long ? '\2' : '\1';
  header += '\0';
  for (std::size_t i = 0; i < start - kMagic.size() - 2; ++i)
    header += static_cast<char>(dict.size() >> 8 * i & 0xFF);
  return header + dict;
}

}  // namespace mxscope::reports
