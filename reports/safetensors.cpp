// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The header of a .safetensors file, held to every rule of its format.
#include "reports/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>
#include <utility>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kLengthBytes = 8;
constexpr std::string_view kIncomplete = "the file is incomplete, so copy it again";
constexpr std::string_view kWrite = "write it again with a safetensors library";

/// A tensor as the header has it.
struct Entry {
  TensorInfo info;
  std::uint64_t begin = 0, end = 0;  ///< bytes, from the end of the header
};

/// Collects the header's JSON as the parser meets it, so that repeated names are seen.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(std::string_view file) : file_(file) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(std::size_t) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == kSafetensorsMetadata) {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      place_ = Place::kTensor;
      fields_.clear();
      entries.emplace_back().info.name = key_;
    } else {
      throw wrong_type();
    }
    return true;
  }

  bool key(std::string& text) override {
    if (place_ == Place::kTop) {
      key_ = text;
      if (!names_.insert(text).second)
        throw Error(fmt::format("{}: {} stands in the header twice; {} under two names", file_,
                                here(), kWrite));
      return true;
    }
    field_ = text;
    if (place_ == Place::kMetadata) {
      if (metadata.contains(text)) throw error("stands there twice");
      return true;
    }
    if (text != "dtype" && text != "shape" && text != "data_offsets")
      throw error("is not one of dtype, shape and data_offsets");
    if (!fields_.insert(text).second) throw error("stands there twice");
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTop) {
      place_ = Place::kOutside;
      return true;
    }
    if (place_ == Place::kTensor) {
      for (const char* field : {"dtype", "shape", "data_offsets"}) {
        field_ = field;
        if (!fields_.contains(field_)) throw error("is missing");
      }
    }
    place_ = Place::kTop;
    return true;
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) {
      metadata.emplace(field_, text);
    } else if (place_ == Place::kTensor && field_ == "dtype") {
      try {
        entries.back().info.dtype = find_dtype(text);
      } catch (const Error& e) {
        throw Error(fmt::format("{}: {}: {}", file_, here(), e.what()));
      }
    } else {
      throw wrong_type();
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kTensor || field_ == "dtype") throw wrong_type();
    place_ = Place::kArray;
    numbers_.clear();
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (place_ != Place::kArray) throw wrong_type();
    numbers_.push_back(value);
    return true;
  }

  bool end_array() override {
    place_ = Place::kTensor;
    Entry& entry = entries.back();
    if (field_ == "shape") {
      entry.info.shape = numbers_;
      return true;
    }
    if (numbers_.size() != 2)
      throw error(fmt::format("has {} numbers, not a begin and an end", numbers_.size()));
    entry.begin = numbers_[0];
    entry.end = numbers_[1];
    return true;
  }

  bool null() override { throw wrong_type(); }
  bool boolean(bool) override { throw wrong_type(); }
  bool number_integer(std::int64_t) override { throw wrong_type(); }
  bool number_float(double, const std::string&) override { throw wrong_type(); }
  bool binary(nlohmann::json::binary_t&) override { throw wrong_type(); }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception&) override {
    throw Error(fmt::format("{}: byte {} of the header is not as JSON in UTF-8 has it; {}", file_,
                            position, kWrite));
  }

 private:
  enum class Place { kOutside, kTop, kTensor, kArray, kMetadata };

  std::string here() const {
    return (key_ == kSafetensorsMetadata ? "" : "tensor ") + in_quotes(key_);
  }

  Error error(std::string_view problem) const {
    return Error(
        fmt::format("{}: {}: field {} {}; {}", file_, here(), in_quotes(field_), problem, kWrite));
  }

  Error wrong_type() const {
    switch (place_) {
      case Place::kOutside:
        return Error(fmt::format("{}: the header is not a JSON object; {}", file_, kWrite));
      case Place::kTop:
        return Error(fmt::format("{}: {} is not a JSON object; {}", file_, here(), kWrite));
      case Place::kMetadata:
        return error("is not a string");
      case Place::kTensor:
      case Place::kArray:
        break;
    }
    if (field_ == "dtype") return error("is not a string");
    return error("is not an array of integers from 0 to 2^64-1");
  }

  std::string_view file_;
  Place place_ = Place::kOutside;
  std::string key_;
  std::string field_;
  std::unordered_set<std::string> names_;
  std::set<std::string, std::less<>> fields_;  ///< of the current tensor
  std::vector<std::uint64_t> numbers_;
};

std::string where(std::string_view file, const TensorInfo& tensor) {
  return fmt::format("{}: tensor {}", file, in_quotes(tensor.name));
}

/// The entries in the order of their bytes, each the size its shape says, filling `size` bytes.
void check_layout(std::vector<Entry>& entries, std::uint64_t size, std::string_view file) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t next = 0;
  for (const Entry& entry : entries) {
    const auto error = [&](std::string_view problem, std::string_view fix) {
      return Error(fmt::format("{}: field 'data_offsets' [{}, {}] {}; {}", where(file, entry.info),
                               entry.begin, entry.end, problem, fix));
    };
    if (entry.begin > entry.end) throw error("ends before it begins", kWrite);
    const std::uint64_t bytes =
        byte_count(entry.info.dtype, entry.info.shape, where(file, entry.info));
    if (entry.end - entry.begin != bytes)
      throw error(
          fmt::format("has {} bytes where dtype and shape have {}", entry.end - entry.begin, bytes),
          kWrite);
    if (entry.end > size)
      throw error(fmt::format("goes beyond the {} bytes of data", size), kIncomplete);
    if (entry.begin < next) throw error("overlaps the tensor before it", kWrite);
    if (entry.begin > next) throw error(fmt::format("leaves a gap after byte {}", next), kWrite);
    next = entry.end;
  }
  if (next != size)
    throw Error(fmt::format("{}: {} bytes after the last tensor belong to none; {}", file,
                            size - next, kWrite));
}

std::string_view characters(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Safetensors read_safetensors(std::span<const std::byte> bytes, std::string_view file) {
  const std::string_view text = characters(bytes);
  if (text.starts_with("PK\x03\x04"))
    throw Error(
        fmt::format("{} is a zip archive, as .npz files and PyTorch checkpoints are; save "
                    "its arrays as .safetensors or .npy",
                    file));
  if (bytes.size() < kLengthBytes)
    throw Error(fmt::format("{} has {} bytes, too few for a .safetensors or .npy file; {}", file,
                            bytes.size(), kIncomplete));
  std::uint64_t length = 0;
  for (std::size_t i = kLengthBytes; i-- > 0;)
    length = length << 8 | std::to_integer<int>(bytes[i]);
  if (bytes.size() > kLengthBytes && text[kLengthBytes] != '{')
    throw Error(
        fmt::format("{} is neither .safetensors, which has '{{' as its ninth byte, nor "
                    ".npy; save the tensors as one of these",
                    file));
  if (length > kMaxSafetensorsHeader)
    throw Error(fmt::format("{}: the header's length, {}, is more than {}, the format's limit; {}",
                            file, length, kMaxSafetensorsHeader, kWrite));
  if (length > bytes.size() - kLengthBytes)
    throw Error(fmt::format("{}: the header's {} bytes go beyond the file's {}; {}", file, length,
                            bytes.size(), kIncomplete));
  const std::string_view json = text.substr(kLengthBytes, length);
  // The parser would take a NUL for the end of the text.
  if (const auto nul = json.find('\0'); nul != std::string_view::npos)
    throw Error(fmt::format("{}: byte {} of the header is not as JSON in UTF-8 has it; {}", file,
                            nul + 1, kWrite));
  HeaderReader reader(file);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);

  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + length);
  check_layout(reader.entries, data.size(), file);
  Safetensors contents{.tensors = {}, .metadata = std::move(reader.metadata)};
  contents.tensors.reserve(reader.entries.size());
  for (Entry& entry : reader.entries)
    contents.tensors.push_back({std::move(entry.info.name), entry.info.dtype,
                                std::move(entry.info.shape),
                                data.subspan(entry.begin, entry.end - entry.begin)});
  return contents;
}

}  // namespace mxscope::reports
