// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Reads matrix products; every size that a header states is checked against the bytes there are.
#include "reports/mma_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>

#include "reports/descriptor.h"
#include "reports/json_input.h"
#include "reports/sha256.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::reports {
namespace {

using nlohmann::json;
using spec::Format;

constexpr std::size_t kMaxHeaderBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxDataBytes = std::size_t{1} << 30;
constexpr std::int64_t kMostExtent = 65536;
constexpr std::int64_t kMostTiles = std::int64_t{1} << 24;

/// What files call formats that spec calls otherwise.
const std::map<std::string, std::string>& type_names() {
  static const std::map<std::string, std::string> names = {{"f64", "fp64"},
                                                           {"f32", "fp32"},
                                                           {"f16", "fp16"},
                                                           {"fp8fnuz", "e4m3fnuz"},
                                                           {"bf8fnuz", "e5m2fnuz"}};
  return names;
}

/// A JSON object of a file, read field by field.
class Header {
 public:
  Header(std::string where, const json& object) : where_(std::move(where)), object_(object) {}

  Error error(const std::string& field, const std::string& problem) const {
    return Error(fmt::format("{}: field {} {}", where_, field, problem));
  }
  bool has(const std::string& field) const {
    return object_.contains(field) && !object_.at(field).is_null();
  }
  const json& at(const std::string& field) const {
    if (!object_.contains(field)) throw error(field, "is missing");
    return object_.at(field);
  }
  Header inside(const std::string& field) const {
    if (!at(field).is_object()) throw error(field, "is no JSON object");
    return {fmt::format("{}: {}", where_, field), at(field)};
  }
  std::string text(const std::string& field) const {
    if (!at(field).is_string()) throw error(field, "is no text");
    return at(field).get<std::string>();
  }
  std::int64_t count(const std::string& field, std::int64_t low, std::int64_t high) const {
    return number(field, at(field), low, high);
  }
  std::int64_t number(const std::string& field, const json& value, std::int64_t low,
                      std::int64_t high) const {
    const bool fits = value.is_number_integer() &&
                      !(value.is_number_unsigned() &&
                        value.get<std::uint64_t>() >
                            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    if (!fits || value.get<std::int64_t>() < low || value.get<std::int64_t>() > high)
      throw error(field, fmt::format("must be a whole number of {} to {}", low, high));
    return value.get<std::int64_t>();
  }
  /// A format that an instruction takes.
  Format format(const std::string& field) const {
    const std::string name = text(field);
    for (const int bits : {8, 32})  // integers as units name them; spec's int8 is another format
      if (name == fmt::format("s{}", bits))
        return {.name = name, .kind = spec::FormatKind::kFixed, .bits = bits, .storage_bits = bits};
    const auto alias = type_names().find(name);
    try {
      return spec::find_format(alias == type_names().end() ? name : alias->second);
    } catch (const Error& e) {
      throw error(field, fmt::format("is no known type: {}", e.what()));
    }
  }

 private:
  std::string where_;
  const json& object_;
};

std::size_t container_bytes(const Format& format) {
  return static_cast<std::size_t>(format.storage_bits) / 8;
}

std::uint64_t word_at(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= std::uint64_t{static_cast<std::uint8_t>(bytes[at + i])} << 8 * i;
  return word;
}

/// The .bin file beside a header, once its digest and size are as stated.
std::string data_of(const Header& header, const std::string& path, std::uint64_t size, Run& run) {
  const std::filesystem::path data = std::filesystem::path(path).replace_extension(".bin");
  std::string bytes = run.read_input(data.string(), kMaxDataBytes);
  if (bytes.size() != size)
    throw Error(
        fmt::format("{}: has {} bytes, and {} states {}", data.string(), bytes.size(), path, size));
  if (run.inputs.back().sha256 != header.text("sha256"))
    throw header.error("sha256", fmt::format("is not that of {}, which is {}", data.string(),
                                             run.inputs.back().sha256));
  return bytes;
}

/// A field of a tile: words of `size` bytes, rows x columns of them.
struct Extent {
  std::size_t offset = 0, size = 1, rows = 0, columns = 0;

  std::size_t bytes() const { return size * rows * columns; }
};

class TileReader {
 public:
  TileReader(const Header& header, std::string path) : header_(header), path_(std::move(path)) {}

  MmaVectors read(Run& run) {
    if (header_.has("endianness") && header_.text("endianness") != "little")
      throw header_.error("endianness", "must be little");
    const Header types = header_.inside("types");
    const Format a = types.format("A");
    const Format b = types.format("B");
    const Format d = types.format("D");
    if (types.format("C").name != d.name)
      throw header_.error("types.C", fmt::format("is not D's, {}", d.name));
    MmaVectors out{.file = path_,
                   .source = header_.text("instruction"),
                   .a = a.name,
                   .b = b.name,
                   .d = d.name,
                   .scale = types.has("scale") ? types.format("scale").name : "",
                   .a_bytes = container_bytes(a),
                   .b_bytes = container_bytes(b),
                   .d_bytes = container_bytes(d),
                   .m = header_.count("m", 1, kMostExtent),
                   .n = header_.count("n", 1, kMostExtent),
                   .k = header_.count("k", 1, kMostExtent)};
    if (!out.scale.empty()) {
      out.block = static_cast<int>(types.count("scale_block", 1, kMostExtent));
      if (out.k % out.block != 0)
        throw header_.error("types.scale_block", fmt::format("does not divide k, {}", out.k));
    }
    tile_bytes_ = static_cast<std::size_t>(
        header_.count("tile_bytes", 1, static_cast<std::int64_t>(kMaxDataBytes)));
    read_fields();
    const auto m = static_cast<std::size_t>(out.m);
    const auto n = static_cast<std::size_t>(out.n);
    const auto k = static_cast<std::size_t>(out.k);
    const Extent ea = expect("A", container_bytes(a), m, k);
    const Extent eb = expect("B", container_bytes(b), k, n);
    const Extent ec = expect("C", container_bytes(d), m, n);
    const Extent ed = expect("D", container_bytes(d), m, n);
    const std::size_t blocks = out.block == 0 ? 0 : k / static_cast<std::size_t>(out.block);
    if (blocks != 0) {
      expect("SA", 1, m, blocks);
      expect("SB", 1, blocks, n);
    }
    const bool contested = fields_.count("Q") != 0;
    if (contested) expect("Q", 1, m, n);
    const std::int64_t tiles = header_.count("tiles", 1, kMostTiles);
    const std::vector<std::string> categories = read_categories(static_cast<std::size_t>(tiles));
    bytes_ =
        data_of(header_, path_,
                static_cast<std::uint64_t>(tiles) * static_cast<std::uint64_t>(tile_bytes_), run);
    for (std::int64_t t = 0; t < tiles; ++t) {
      tile_ = static_cast<std::size_t>(t) * tile_bytes_;
      MmaProduct tile{.a = rows(ea), .b = columns(eb), .c = words(ec), .d = words(ed)};
      if (!categories.empty()) tile.category = categories[static_cast<std::size_t>(t)];
      if (blocks != 0) {
        tile.a_scales = rows(fields_.at("SA"));
        tile.b_scales = columns(fields_.at("SB"));
      }
      if (contested) tile.contested = rows(fields_.at("Q"));
      out.tiles.push_back(std::move(tile));
    }
    return out;
  }

 private:
  void read_fields() {
    const json& list = header_.at("fields");
    if (!list.is_array()) throw header_.error("fields", "is no list");
    for (const json& entry : list) {
      if (!entry.is_object()) throw header_.error("fields", "holds something other than an object");
      const Header field(fmt::format("{}: fields", path_), entry);
      const std::string name = field.text("name");
      const json& shape = field.at("shape");
      if (!shape.is_array() || shape.size() != 2)
        throw field.error("shape", fmt::format("of {} must be [rows, columns]", name));
      Extent e;
      e.size = static_cast<std::size_t>(field.count("bytes_per_word", 1, 8));
      e.rows = static_cast<std::size_t>(field.number("shape", shape[0], 1, kMostExtent));
      e.columns = static_cast<std::size_t>(field.number("shape", shape[1], 1, kMostExtent));
      e.offset = static_cast<std::size_t>(
          field.count("offset", 0, static_cast<std::int64_t>(kMaxDataBytes)));
      if (e.offset + e.bytes() > tile_bytes_)
        throw field.error("offset", fmt::format("of {} puts its {} bytes beyond the tile's {}",
                                                name, e.bytes(), tile_bytes_));
      for (const auto& [other, at] : fields_)
        if (e.offset < at.offset + at.bytes() && at.offset < e.offset + e.bytes())
          throw field.error("offset", fmt::format("of {} puts it into {}", name, other));
      if (!fields_.emplace(name, e).second)
        throw header_.error("fields", fmt::format("holds {} twice", name));
    }
  }

  Extent expect(const std::string& name, std::size_t size, std::size_t rows, std::size_t columns) {
    const auto field = fields_.find(name);
    if (field == fields_.end()) throw header_.error("fields", fmt::format("has no field {}", name));
    const Extent& e = field->second;
    if (e.size != size)
      throw header_.error("fields", fmt::format("has words of {} bytes in {}, and its type has {}",
                                                e.size, name, size));
    if (e.rows != rows || e.columns != columns)
      throw header_.error("fields", fmt::format("has {} x {} words in {}, and m, n and k make it "
                                                "{} x {}",
                                                e.rows, e.columns, name, rows, columns));
    return e;
  }

  std::vector<std::string> read_categories(std::size_t tiles) const {
    std::vector<std::string> names;
    if (!header_.has("category_per_tile")) return names;
    const json& list = header_.at("category_per_tile");
    if (!list.is_array() || list.size() != tiles)
      throw header_.error("category_per_tile", fmt::format("is no list of {} texts", tiles));
    for (const json& name : list) {
      if (!name.is_string()) throw header_.error("category_per_tile", "holds more than texts");
      names.push_back(name.get<std::string>());
    }
    return names;
  }

  std::vector<std::uint8_t> rows(const Extent& e) const {
    const auto first = bytes_.begin() + static_cast<std::ptrdiff_t>(tile_ + e.offset);
    return {first, first + static_cast<std::ptrdiff_t>(e.bytes())};
  }

  std::vector<std::uint8_t> columns(const Extent& e) const {
    std::vector<std::uint8_t> out;
    for (std::size_t column = 0; column < e.columns; ++column)
      for (std::size_t row = 0; row < e.rows; ++row)
        for (std::size_t i = 0; i < e.size; ++i)
          out.push_back(static_cast<std::uint8_t>(
              bytes_[tile_ + e.offset + (row * e.columns + column) * e.size + i]));
    return out;
  }

  std::vector<std::uint64_t> words(const Extent& e) const {
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < e.rows * e.columns; ++i)
      out.push_back(word_at(bytes_, tile_ + e.offset + i * e.size, e.size));
    return out;
  }

  const Header& header_;
  std::string path_;
  std::size_t tile_bytes_ = 0;
  std::map<std::string, Extent> fields_;
  std::string bytes_;
  std::size_t tile_ = 0;  ///< where the current tile begins
};

MmaVectors read_dot_products(const Header& header, const std::string& path, Run& run) {
  const Format ab = header.format("a_b_type");
  const Format cd = header.format("c_d_type");
  const auto count = static_cast<std::size_t>(header.count("vectors", 1, kMostTiles));
  MmaVectors out{.file = path,
                 .source = fmt::format("{} {} {}", header.text("gpu"), header.text("a_b_type"),
                                       header.text("c_d_type")),
                 .a = ab.name,
                 .b = ab.name,
                 .d = cd.name,
                 .scale = "",
                 .a_bytes = container_bytes(ab),
                 .b_bytes = container_bytes(ab),
                 .d_bytes = container_bytes(cd),
                 .k = header.count("k", 1, kMostExtent)};
  const Header sizes = header.inside("word_bytes");
  const auto expect = [&](const std::string& field, const Format& format) {
    if (static_cast<std::size_t>(sizes.count(field, 1, 8)) != container_bytes(format))
      throw sizes.error(
          field, fmt::format("is not {}, which {} has", container_bytes(format), format.name));
    return container_bytes(format);
  };
  const std::size_t ab_bytes = expect("A", ab) * static_cast<std::size_t>(out.k);
  const std::size_t word = expect("C", cd);
  const std::string bytes = data_of(header, path, 2 * count * (ab_bytes + word), run);
  const auto operand = [&](std::size_t at) {
    const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return std::vector<std::uint8_t>(first, first + static_cast<std::ptrdiff_t>(ab_bytes));
  };
  const std::size_t c = 2 * count * ab_bytes;
  for (std::size_t i = 0; i < count; ++i)
    out.tiles.push_back({.category = {},
                         .a = operand(i * ab_bytes),
                         .b = operand((count + i) * ab_bytes),
                         .a_scales = {},
                         .b_scales = {},
                         .c = {word_at(bytes, c + i * word, word)},
                         .d = {word_at(bytes, c + (count + i) * word, word)},
                         .contested = {}});
  return out;
}

/// Words of a case as the bytes that a file would have.
std::vector<std::uint8_t> words_of(const Header& header, const std::string& field,
                                   const Format& format) {
  const json& list = header.at(field);
  if (!list.is_array() || list.empty() || list.size() > kMostExtent)
    throw header.error(field, "is no list of words");
  const std::size_t size = container_bytes(format);
  const std::int64_t most =
      size >= 8 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t{1} << 8 * size) - 1;
  std::vector<std::uint8_t> bytes;
  for (const json& value : list) {
    const auto word = static_cast<std::uint64_t>(header.number(field, value, 0, most));
    for (std::size_t i = 0; i < size; ++i)
      bytes.push_back(static_cast<std::uint8_t>(word >> 8 * i));
  }
  return bytes;
}

MmaVectors read_case(const Header& header, const std::string& path) {
  const Format a = header.format("a");
  const Format b = header.format("b");
  const Format d = header.format("d");
  if (header.format("c").name != d.name)
    throw header.error("c", fmt::format("is not D's type, {}", d.name));
  MmaVectors out{.file = path,
                 .source = fmt::format("{} {}", header.text("family"), header.text("qualifier")),
                 .a = a.name,
                 .b = b.name,
                 .d = d.name,
                 .scale = "",
                 .a_bytes = container_bytes(a),
                 .b_bytes = container_bytes(b),
                 .d_bytes = container_bytes(d)};
  const std::int64_t most = (std::int64_t{1} << d.storage_bits) - 1;
  MmaProduct tile{.category = header.text("name"),
                  .a = words_of(header, "A", a),
                  .b = words_of(header, "B", b),
                  .c = {static_cast<std::uint64_t>(header.count("C", 0, most))},
                  .d = {static_cast<std::uint64_t>(header.count("D_b200", 0, most))}};
  out.k = static_cast<std::int64_t>(tile.a.size() / container_bytes(a));
  if (tile.b.size() / container_bytes(b) != static_cast<std::size_t>(out.k))
    throw header.error("B", fmt::format("has not the {} words of A", out.k));
  if (header.has("scale")) {
    const Format scale = header.format("scale");
    out.scale = scale.name;
    out.block = static_cast<int>(header.count("block", 1, kMostExtent));
    tile.a_scales = words_of(header, "SA", scale);
    tile.b_scales = words_of(header, "SB", scale);
    for (const auto& [name, size] :
         {std::pair("SA", tile.a_scales.size()), std::pair("SB", tile.b_scales.size())})
      if (static_cast<std::int64_t>(size) * out.block != out.k)
        throw header.error(name, fmt::format("has {} scales for {} elements in blocks of {}", size,
                                             out.k, out.block));
  }
  out.tiles.push_back(std::move(tile));
  return out;
}

std::vector<MmaVectors> read_cases(const Header& header, const std::string& path) {
  const json& list = header.at("cases");
  if (!list.is_array() || list.empty()) throw header.error("cases", "is no list of cases");
  std::vector<MmaVectors> all;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i].is_object()) throw header.error("cases", "holds something other than an object");
    MmaVectors one = read_case(Header(fmt::format("{}: case {}", path, i), list[i]), path);
    const auto same = std::find_if(all.begin(), all.end(), [&](const MmaVectors& v) {
      return std::tie(v.source, v.a, v.b, v.d, v.scale, v.block, v.k) ==
             std::tie(one.source, one.a, one.b, one.d, one.scale, one.block, one.k);
    });
    if (same == all.end())
      all.push_back(std::move(one));
    else
      same->tiles.push_back(std::move(one.tiles.front()));
  }
  return all;
}

}  // namespace

std::vector<MmaVectors> read_mma_vectors(const std::string& path, Run& run) {
  const std::string text = run.read_input(path, kMaxHeaderBytes);
  json document;
  try {
    document = parse_json(text);
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", path, e.what()));
  }
  const Header header(path, document);
  if (header.has("fields")) return {TileReader(header, path).read(run)};
  if (header.has("vectors")) return {read_dot_products(header, path, run)};
  if (header.has("cases")) return read_cases(header, path);
  throw Error(fmt::format(
      "{}: none of the fields fields, vectors and cases is there: no file of matrix products",
      path));
}

std::vector<std::string> mma_vector_headers(const std::vector<std::string>& paths) {
  std::vector<std::string> headers;
  for (const std::string& path : paths) {
    std::error_code none;
    if (!std::filesystem::is_directory(path, none)) {
      headers.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path, none))
      if (entry.path().extension() == ".json") found.push_back(entry.path().string());
    if (none) throw Error(fmt::format("cannot read the folder {}: {}", path, none.message()));
    if (found.empty()) throw Error(fmt::format("{}: no file of the folder ends in .json", path));
    std::sort(found.begin(), found.end());
    headers.insert(headers.end(), found.begin(), found.end());
  }
  return headers;
}

}  // namespace mxscope::reports
