// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Packing of codes and the layouts of scales as operations: where each bit, or byte, goes.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "analysis/cast_cases.h"
#include "analysis/operations.h"
#include "analysis/text_lines.h"
#include "spec/error.h"
#include "spec/packing.h"
#include "spec/scale_layout.h"

namespace mxscope::analysis {
namespace {

using spec::Arguments;
using spec::CaseLevel;
using spec::CaseList;
using spec::Change;
using spec::Operation;
using spec::OperationKind;

std::size_t whole(std::string_view name, const std::string& text, std::size_t low,
                  std::size_t high) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
    throw Error(fmt::format("--{} takes a whole number from {} to {}, and not {}", name, low, high,
                            excerpt(text)));
  return value;
}

/// Where the bits of packed codes lie: place[i w + b] is the bit of the stream that holds bit b of
/// code i.
using BitPlaces = std::vector<std::size_t>;

/// The orders in which codes are packed by mistake.
constexpr std::string_view kPlain = "low bits first";
constexpr std::string_view kOrders[] = {
    "high bits first",   ///< the first code in the high bits of its bytes (6 bits: as one number of
                         ///< 24 bits, big-endian)
    "bits reversed",     ///< bit 7 - b of each byte
    "halves apart",      ///< codes i and i + n / 2 share a byte
    "reversed codes",    ///< the last code first
    "one in each byte",  ///< not packed at all
    "bytes swapped",     ///< of each pair of bytes
};

/// Nothing where the order does not keep the number of bytes.
std::optional<BitPlaces> places(std::size_t width, std::size_t count, std::string_view order) {
  const std::size_t bytes = (count * width + 7) / 8;
  const std::size_t group = width == 4 ? 8 : width == 6 ? 24 : 8;  // bits that codes fill together
  BitPlaces out(count * width);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t b = 0; b < width; ++b) {
      std::size_t at = i * width + b;
      if (order == "reversed codes") at = (count - 1 - i) * width + b;
      if (order == "halves apart") {
        if (count % 2 != 0 || width == 8) return std::nullopt;
        at = (i % (count / 2) * 2 + i / (count / 2)) * width + b;
      }
      if (order == "one in each byte") at = i * 8 + b;
      if (order == "high bits first") {
        if (width == 8 || count * width % group != 0) return std::nullopt;
        const std::size_t in_group = i * width % group;
        const std::size_t from_top = in_group + (width - 1 - b);  // 0: the first bit of the number
        at = i * width / group * group + from_top / 8 * 8 + (7 - from_top % 8);
      }
      if (order == "bits reversed") at = at / 8 * 8 + 7 - at % 8;
      if (order == "bytes swapped") {
        if (bytes % 2 != 0) return std::nullopt;
        at = (at / 8 ^ 1) * 8 + at % 8;
      }
      if (at >= bytes * 8) return std::nullopt;
      out[i * width + b] = at;
    }
  return out;
}

/// Bits moved from codes to the stream (pack) or back.
class BitMover {
 public:
  BitMover(std::size_t width, std::size_t count, BitPlaces places, bool packs)
      : width_(width), count_(count), places_(std::move(places)), packs_(packs) {}

  void run(std::size_t cases, const std::uint8_t* inputs, std::uint8_t* results) const {
    const std::size_t bytes = (count_ * width_ + 7) / 8;
    const std::size_t in = packs_ ? count_ : bytes;
    const std::size_t out = packs_ ? bytes : count_;
    for (std::size_t c = 0; c < cases; ++c, inputs += in, results += out) {
      std::fill_n(results, out, std::uint8_t{0});
      for (std::size_t i = 0; i < places_.size(); ++i) {
        const std::size_t code_bit = i / width_ * 8 + i % width_;
        const std::size_t from = packs_ ? code_bit : places_[i];
        const std::size_t to = packs_ ? places_[i] : code_bit;
        const int bit = inputs[from / 8] >> (from % 8) & 1;
        results[to / 8] = static_cast<std::uint8_t>(results[to / 8] | bit << (to % 8));
      }
    }
  }

 private:
  std::size_t width_, count_;
  BitPlaces places_;
  bool packs_;
};

/// Records of bytes of `bits` bits: the place of each byte in three digits; with `each_bit` every
/// bit of every byte alone, and all but it; then any.
CaseList byte_cases(std::size_t bytes, int bits, bool each_bit, CaseLevel level,
                    std::uint64_t seed) {
  if (level == CaseLevel::kEverything)
    throw Error("records of many bytes have no level 3; level 1 decides where each byte goes");
  const auto mask = static_cast<std::uint8_t>((1 << bits) - 1);
  const auto width = static_cast<unsigned>(bits);
  const std::uint64_t each = each_bit ? std::uint64_t{bytes} * width : 0;
  const std::uint64_t random = level == CaseLevel::kPatterns ? std::uint64_t{1} << 16 : 64;
  return {2 * each + 3 + random, [=](std::uint64_t first, std::size_t n, std::uint8_t* records) {
            for (std::size_t i = 0; i < n; ++i, records += bytes) {
              const std::uint64_t at = first + i;
              for (std::size_t b = 0; b < bytes; ++b) {
                std::uint64_t byte = 0;
                if (at < 2 * each) {
                  const std::uint64_t bit = at % each;
                  byte = bit / width == b ? std::uint64_t{1} << bit % width : 0;
                  if (at >= each) byte = ~byte;
                } else if (at < 2 * each + 3) {
                  byte = b >> (width * (at - 2 * each));
                } else {
                  byte = mixed_word(seed + at, b / 8) >> (b % 8 * 8);
                }
                records[b] = static_cast<std::uint8_t>(byte & mask);
              }
            }
          }};
}

Operation make_packing(const OperationKind& kind, const Arguments& arguments, bool packs) {
  const std::size_t width = whole("bits", spec::argument(kind, arguments, "bits"), 4, 8);
  const std::size_t count = whole("count", spec::argument(kind, arguments, "count"), 1, 65536);
  const spec::Packing packing = spec::packing_for(static_cast<int>(width));
  if (static_cast<std::size_t>(packed_bits(packing)) != width)
    throw Error(fmt::format("--bits takes 4, 6 or 8, and not {}", width));
  const std::size_t bytes = packed_bytes(packing, count);
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format("{} {} codes of {} bits, {}", packs ? "pack" : "unpack", count, width,
                          to_string(packing));
  out.source =
      "CUTLASS and MicroMix: code i fills bits i w to i w + w - 1 of a little-endian "
      "stream";
  out.arguments = spec::complete(kind, arguments);
  const spec::WordField codes{"code", "", static_cast<int>(width), count};
  const spec::WordField stream{"byte", "", 8, bytes};
  out.input.fields = {packs ? codes : stream};
  out.result.fields = {packs ? stream : codes};
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return byte_cases(packs ? count : bytes, packs ? static_cast<int>(width) : 8, true, level,
                      seed);
  };
  out.model = [=](std::span<const Change> changes) -> std::optional<spec::Model> {
    std::string_view order = kPlain;
    for (const Change& change : changes) order = change.value;
    auto where = places(width, count, order);
    if (!where || changes.size() > 1) return std::nullopt;
    if (changes.empty())  // the library's own packing, which the places of bits are held against
      return [=](std::size_t cases, const std::uint8_t* inputs, std::uint8_t* results) {
        const std::size_t in = packs ? count : bytes;
        const std::size_t outs = packs ? bytes : count;
        for (std::size_t c = 0; c < cases; ++c)
          packs ? spec::pack(packing, {inputs + c * in, in}, {results + c * outs, outs})
                : spec::unpack(packing, {inputs + c * in, in}, {results + c * outs, outs});
      };
    return [mover = std::make_shared<const BitMover>(width, count, std::move(*where), packs)](
               std::size_t cases, const std::uint8_t* inputs, std::uint8_t* results) {
      mover->run(cases, inputs, results);
    };
  };
  for (const std::string_view order : kOrders)
    out.changes.push_back({"order", std::string(order), std::string(kPlain)});
  return out;
}

OperationKind packing_kind(bool packs) {
  OperationKind out;
  out.name = packs ? "pack" : "unpack";
  out.summary = packs ? "Codes into bytes" : "Bytes into codes";
  out.parameters = {{"bits", "Of a code: 4, 6 or 8", "4"}, {"count", "Codes of a record", "32"}};
  out.example = "--bits 4 --count 32";
  out.make = [kind = out, packs](const Arguments& arguments) {
    return make_packing(kind, arguments, packs);
  };
  return out;
}

/// Ways to place the scale of (row, column), each with the layout's own number of bytes.
constexpr std::string_view kPlacings[] = {
    "linear",              ///< no tiles; padding at the end
    "linear, padded",      ///< rows of the padded width
    "tiles column-major",  ///< tiles go down the rows first
    "rows 4 apart",        ///< row / 4 and row % 4 in place of row % 32 and row / 32
    "columns first",       ///< a tile is 4 columns of 128 rows
    "lines column-major",  ///< within a tile the four columns of a row are 128 bytes apart
    "columns reversed",    ///< 3 - column % 4: a big-endian word
    "tile rows of 64",     ///< row / 64 taken for row / 128
};

std::size_t placed(const spec::ScaleLayout& l, std::string_view placing, std::size_t row,
                   std::size_t column) {
  const std::size_t tiles_across = l.padded_columns() / spec::kScaleTileColumns;
  const std::size_t tiles_down = l.padded_rows() / spec::kScaleTileRows;
  const std::size_t r = row % 128;
  const std::size_t c = column % 4;
  std::size_t tile = row / 128 * tiles_across + column / 4;
  std::size_t inside = r % 32 * 16 + r / 32 * 4 + c;
  if (placing == "linear") return row * l.columns + column;
  if (placing == "linear, padded") return row * l.padded_columns() + column;
  if (placing == "tiles column-major") tile = column / 4 * tiles_down + row / 128;
  if (placing == "rows 4 apart") inside = r / 4 * 16 + r % 4 * 4 + c;
  if (placing == "columns first") inside = c * 128 + r;
  if (placing == "lines column-major") inside = c * 128 + r % 32 * 4 + r / 32;
  if (placing == "columns reversed") inside = r % 32 * 16 + r / 32 * 4 + 3 - c;
  if (placing == "tile rows of 64") inside = r % 64 * 8 + r / 64 * 4 + c;
  return tile * spec::kScaleTileBytes + inside;
}

Operation make_layout(const OperationKind& kind, const Arguments& arguments) {
  const std::size_t rows = whole("rows", spec::argument(kind, arguments, "rows"), 1, 4096);
  const std::size_t columns = whole("columns", spec::argument(kind, arguments, "columns"), 1, 1024);
  const std::string direction = spec::argument(kind, arguments, "direction");
  if (direction != "swizzle" && direction != "unswizzle")
    throw Error(
        fmt::format("--direction takes swizzle or unswizzle, and not {}", excerpt(direction)));
  const bool swizzles = direction == "swizzle";
  const spec::ScaleLayout layout =
      make_scale_layout(spec::ScaleLayoutKind::k128x4, rows, columns, 1);
  if (layout.bytes() > 65536)
    throw Error(
        fmt::format("{} x {} scales fill {} bytes, and a record has at most 65536; take a "
                    "smaller matrix",
                    rows, columns, layout.bytes()));
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format("{} {} x {} scales, 128x4", direction, rows, columns);
  out.source = "CUTLASS Sm1xxBlockScaledConfig; cuBLAS, 1D Block Scaling Factors Layout";
  out.arguments = spec::complete(kind, arguments);
  const spec::WordField linear{"scale", "", 8, layout.scales()};
  const spec::WordField tiled{"byte", "", 8, layout.bytes()};
  out.input.fields = {swizzles ? linear : tiled};
  out.result.fields = {swizzles ? tiled : linear};
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return byte_cases(swizzles ? layout.scales() : layout.bytes(), 8, false, level, seed);
  };
  out.model = [=](std::span<const Change> changes) -> std::optional<spec::Model> {
    std::string placing = "128x4";
    int padding = 0;
    for (const Change& change : changes) {
      if (change.field == "placing") placing = change.value;
      if (change.field == "padding")
        padding = change.value == "0xff" ? 0xFF : change.value == "0x7f" ? 0x7F : -1;
    }
    if (!swizzles && padding != 0) return std::nullopt;
    return [=](std::size_t cases, const std::uint8_t* inputs, std::uint8_t* results) {
      const std::size_t in = swizzles ? layout.scales() : layout.bytes();
      const std::size_t size = swizzles ? layout.bytes() : layout.scales();
      for (std::size_t c = 0; c < cases; ++c, inputs += in, results += size) {
        if (placing == "128x4" && padding == 0) {
          swizzles ? spec::swizzle(layout, {inputs, in}, {results, size})
                   : spec::unswizzle(layout, {inputs, in}, {results, size});
          continue;
        }
        std::fill_n(results, size, static_cast<std::uint8_t>(padding));
        for (std::size_t row = 0; row < (padding < 0 ? layout.padded_rows() : rows); ++row)
          for (std::size_t column = 0; column < (padding < 0 ? layout.padded_columns() : columns);
               ++column) {
            // Padding "as the last": what clamped indices read.
            const std::size_t linear_at =
                std::min(row, rows - 1) * columns + std::min(column, columns - 1);
            const std::size_t at = placed(layout, placing, row, column);
            if (swizzles)
              results[at] = inputs[linear_at];
            else
              results[linear_at] = inputs[at];
          }
      }
    };
  };
  for (const std::string_view placing : kPlacings)
    out.changes.push_back({"placing", std::string(placing), "128x4"});
  if (swizzles && layout.bytes() > layout.scales())
    for (const char* const padding : {"0xff", "0x7f", "as the last"})
      out.changes.push_back({"padding", padding, "0"});
  return out;
}

}  // namespace

OperationKind pack_operation() { return packing_kind(true); }

OperationKind unpack_operation() { return packing_kind(false); }

OperationKind layout_operation() {
  OperationKind out;
  out.name = "layout";
  out.summary = "Scales into the 128x4 layout, or back";
  out.parameters = {{"rows", "Of scales", "160"},
                    {"columns", "Of scales", "6"},
                    {"direction", "swizzle or unswizzle", "swizzle"}};
  out.example = "--rows 200 --columns 12";
  out.make = [kind = out](const Arguments& arguments) { return make_layout(kind, arguments); };
  return out;
}

}  // namespace mxscope::analysis
