// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Dot products and whole matrix instructions of a unit as operations, by the reference executor.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "analysis/cast_cases.h"
#include "analysis/operations.h"
#include "sim/mma_matrix.h"
#include "sim/probe.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using sim::Mma;
using sim::ProbeCase;
using spec::Arguments;
using spec::CaseLevel;
using spec::CaseList;
using spec::Change;
using spec::Operation;
using spec::OperationKind;

constexpr std::uint64_t kRandomDots = std::uint64_t{1} << 16;  ///< of level 2

/// A format's name where spec has it: the hardware's integers are none of its rows.
std::string named(const spec::Format& format) {
  return format.name == "s8" || format.name == "s32" ? "" : format.name;
}

/// The sizes of a record: rows of A, columns of B, scales and C, then D.
struct Shape {
  Shape(const Mma& mma, bool whole)
      : m(whole ? mma.unit.m : 1),
        n(whole ? mma.unit.n : 1),
        k(mma.unit.k),
        scales(mma.scales_per_row(mma.unit.k)),
        code_bytes(static_cast<std::size_t>(mma.a.storage_bits) / 8),
        word_bytes(static_cast<std::size_t>(mma.d.storage_bits) / 8) {}

  std::size_t a_bytes() const { return static_cast<std::size_t>(m * k) * code_bytes; }
  std::size_t b_bytes() const { return static_cast<std::size_t>(n * k) * code_bytes; }
  std::size_t a_scales() const { return static_cast<std::size_t>(m * scales); }
  std::size_t b_scales() const { return static_cast<std::size_t>(n * scales); }
  std::size_t outputs() const { return static_cast<std::size_t>(m * n); }
  std::size_t input_bytes() const {
    return a_bytes() + b_bytes() + a_scales() + b_scales() + outputs() * word_bytes;
  }

  std::int64_t m, n, k, scales;
  std::size_t code_bytes, word_bytes;
};

/// Decisions around the unit that no field of its row has.
struct Surroundings {
  bool descending = false;  ///< K from its end
  bool without_addend = false;
  bool swapped_scales = false;  ///< A's for B's
  bool without_scales_of_b = false;
};

class Executor {
 public:
  Executor(Mma mma, bool whole, Surroundings around)
      : mma_(std::move(mma)), shape_(mma_, whole), around_(around) {}

  void run(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) const {
    for (std::size_t i = 0; i < count; ++i) {
      one(inputs, results);
      inputs += shape_.input_bytes();
      results += shape_.outputs() * shape_.word_bytes;
    }
  }

 private:
  std::vector<std::uint8_t> taken(const std::uint8_t*& from, std::size_t bytes,
                                  std::size_t group) const {
    std::vector<std::uint8_t> out(from, from + bytes);
    from += bytes;
    if (around_.descending)
      for (std::size_t at = 0; at < bytes; at += group)
        std::reverse(out.begin() + static_cast<std::ptrdiff_t>(at),
                     out.begin() + static_cast<std::ptrdiff_t>(at + group));
    return out;
  }

  /// Codes of more than a byte are reversed as codes.
  void mend(std::vector<std::uint8_t>& codes) const {
    if (!around_.descending || shape_.code_bytes == 1) return;
    for (std::size_t at = 0; at < codes.size(); at += shape_.code_bytes)
      std::reverse(codes.begin() + static_cast<std::ptrdiff_t>(at),
                   codes.begin() + static_cast<std::ptrdiff_t>(at + shape_.code_bytes));
  }

  void one(const std::uint8_t* at, std::uint8_t* results) const {
    const std::size_t row = static_cast<std::size_t>(shape_.k) * shape_.code_bytes;
    const auto scales = static_cast<std::size_t>(std::max<std::int64_t>(shape_.scales, 1));
    std::vector<std::uint8_t> a = taken(at, shape_.a_bytes(), row);
    std::vector<std::uint8_t> b = taken(at, shape_.b_bytes(), row);
    mend(a);
    mend(b);
    std::vector<std::uint8_t> scale_a = taken(at, shape_.a_scales(), scales);
    std::vector<std::uint8_t> scale_b = taken(at, shape_.b_scales(), scales);
    if (around_.swapped_scales) std::swap(scale_a, scale_b);
    if (around_.without_scales_of_b && mma_.scale)
      std::fill(scale_b.begin(), scale_b.end(), one_of_scales());
    std::vector<std::uint64_t> d(shape_.outputs());
    for (std::size_t i = 0; i < d.size(); ++i)
      d[i] = around_.without_addend ? 0 : spec::read_word(at, shape_.word_bytes, i);
    reference_mma(mma_, {shape_.m, shape_.k, a, scale_a}, {shape_.n, shape_.k, b, scale_b}, d);
    for (std::size_t i = 0; i < d.size(); ++i)
      spec::write_word(results, shape_.word_bytes, i, d[i]);
  }

  std::uint8_t one_of_scales() const {
    return static_cast<std::uint8_t>(mma_.scale->bias << mma_.scale->mantissa_bits);
  }

  Mma mma_;
  Shape shape_;
  Surroundings around_;
};

/// Appends a dot product, or every combination of the rows and columns of several.
void append(std::vector<std::uint8_t>& out, const Shape& shape, const std::vector<ProbeCase>& dots,
            std::size_t first) {
  const auto dot = [&](std::int64_t i) -> const ProbeCase& {
    return dots[(first + static_cast<std::size_t>(i)) % dots.size()];
  };
  const auto put = [&](const std::vector<std::uint8_t>& bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  for (std::int64_t i = 0; i < shape.m; ++i) put(dot(i).a);
  for (std::int64_t j = 0; j < shape.n; ++j) put(dot(j).b);
  for (std::int64_t i = 0; i < shape.m; ++i) put(dot(i).scale_a);
  for (std::int64_t j = 0; j < shape.n; ++j) put(dot(j).scale_b);
  for (std::int64_t i = 0; i < shape.m; ++i)
    for (std::int64_t j = 0; j < shape.n; ++j) {
      const std::size_t at = out.size();
      out.resize(at + shape.word_bytes);
      spec::write_word(&out[at], shape.word_bytes, 0, dot(i).c);
    }
}

/// A code of a random sign and mantissa, its exponent near one of the middle ones.
std::uint64_t code_near(const spec::Format& format, std::uint64_t random, int spread) {
  if (format.kind == spec::FormatKind::kFixed || format.exponent_bits == 0)
    return random & format.code_mask();
  const std::int64_t last = format.max_ordinal();
  const std::int64_t binade = std::int64_t{1} << format.mantissa_bits;
  const std::int64_t middle = last / 2;
  const std::int64_t away =
      static_cast<std::int64_t>(random >> 8 & 0xFFFFFFFF) % (2 * spread * binade) - spread * binade;
  const bool negative = format.is_signed && (random & 1) != 0;
  return format.encode(negative, std::clamp<std::int64_t>(middle + away, 0, last));
}

ProbeCase random_dot(const Mma& mma, std::uint64_t seed, std::uint64_t index) {
  std::uint64_t draw = mixed_word(seed, index);
  const int spread = 1 + static_cast<int>(draw % 12);
  const auto next = [&] { return mixed_word(draw, ++index * 0x10001); };
  const auto codes = [&](const spec::Format& format, std::int64_t count) {
    const auto bytes = static_cast<std::size_t>(format.storage_bits) / 8;
    std::vector<std::uint8_t> out(static_cast<std::size_t>(count) * bytes);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const std::uint64_t random = next();
      const std::uint64_t code = random >> 60 == 0 ? 0 : code_near(format, random, spread);
      spec::write_word(out.data(), bytes, i, code << format.storage_shift);
    }
    return out;
  };
  ProbeCase out;
  const std::int64_t k = mma.unit.k;
  out.a = codes(mma.a, k);
  out.b = codes(mma.b, k);
  if (mma.scale) {
    out.scale_a = codes(*mma.scale, mma.scales_per_row(k));
    out.scale_b = codes(*mma.scale, mma.scales_per_row(k));
  }
  out.c = next() % 3 == 0 ? 0 : code_near(mma.d, next(), 2 * spread);
  return out;
}

CaseList dot_cases(const Mma& mma, const Shape& shape, CaseLevel level, std::uint64_t seed) {
  if (level == CaseLevel::kEverything)
    throw Error("a matrix unit has too many inputs for level 3; use level 1 or 2");
  std::vector<ProbeCase> dots = sim::design_probe(mma);
  const std::uint64_t random = level == CaseLevel::kPatterns ? kRandomDots : 512;
  for (std::uint64_t i = 0; i < random; ++i) dots.push_back(random_dot(mma, seed, i));
  const auto records = std::make_shared<std::vector<std::uint8_t>>();
  const auto step = static_cast<std::size_t>(std::min(shape.m, shape.n));
  std::uint64_t count = 0;
  for (std::size_t first = 0; first < dots.size(); first += step, ++count)
    append(*records, shape, dots, first);
  return {count, [records, size = shape.input_bytes()](std::uint64_t first, std::size_t n,
                                                       std::uint8_t* out) {
            std::memcpy(out, records->data() + first * size, n * size);
          }};
}

/// The same instruction by another row's rule; nothing where that row does not take the operands.
std::optional<Mma> by_rule_of(const Mma& mma, const sim::MmaUnit& other) {
  if (other.d_format != mma.unit.d_format || other.scales.empty() != mma.unit.scales.empty())
    return std::nullopt;
  try {
    sim::MmaUnit unit = other;
    unit.k = mma.unit.k;
    if (unit.rule != sim::MmaRule::kFmaChain && unit.k % other.k != 0) return std::nullopt;
    return sim::bind_unit(unit, mma.a.name, mma.b.name, mma.scale ? mma.scale->name : "",
                          mma.block);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<spec::Model> model(const Mma& base, bool whole, std::span<const Change> changes) {
  Mma mma = base;
  Surroundings around;
  try {
    for (const Change& change : changes) {
      if (change.field == "unit") {
        const auto other = by_rule_of(base, sim::find_unit(change.value));
        if (!other) return std::nullopt;
        mma = *other;
      } else if (change.field == "k_order") {
        around.descending = true;
      } else if (change.field == "addend") {
        around.without_addend = true;
      } else if (change.field == "scales") {
        around.swapped_scales = change.value == "swapped";
        around.without_scales_of_b = change.value == "of B ignored";
      }
    }
    for (const Change& change : changes)  // on top of another unit's rule
      if (change.field != "unit" && change.field != "k_order" && change.field != "addend" &&
          change.field != "scales")
        sim::set_field(mma.unit, change.field + "=" + change.value);
  } catch (const Error&) {
    return std::nullopt;
  }
  return [executor = std::make_shared<const Executor>(mma, whole, around)](
             std::size_t count, const std::uint8_t* inputs, std::uint8_t* results) {
    executor->run(count, inputs, results);
  };
}

std::vector<Change> suspects(const Mma& mma) {
  std::vector<Change> out;
  const auto value_of = [&](const std::string& field) {
    for (const std::string& text : sim::field_texts(mma.unit))
      if (text.rfind(field + "=", 0) == 0) return text.substr(field.size() + 1);
    return std::string();
  };
  for (const std::string& field : sim::probed_fields(mma))
    for (const std::string& value : sim::probed_values(mma, field))
      if (value != value_of(field)) out.push_back({field, value, value_of(field)});
  out.push_back({"k_order", "descending", "ascending"});
  out.push_back({"addend", "ignored", "added"});
  if (mma.scale) {
    out.push_back({"scales", "swapped", "as given"});
    out.push_back({"scales", "of B ignored", "as given"});
  }
  for (const sim::MmaUnit& other : sim::mma_units())
    if (other.name != mma.unit.name && by_rule_of(mma, other))
      out.push_back({"unit", other.name, mma.unit.name});
  return out;
}

/// NaNs of D without sign and payload.
void one_nan(const spec::Format& d, std::size_t words, std::uint8_t* results) {
  const auto bytes = static_cast<std::size_t>(d.storage_bits) / 8;
  for (std::size_t i = 0; i < words; ++i) {
    const spec::Code code = spec::read_word(results, bytes, i);
    if (d.classify(code) == spec::CodeClass::kNan)
      spec::write_word(results, bytes, i, d.quiet_nan_code(false).value());
  }
}

Operation make(const OperationKind& kind, const Arguments& arguments, bool whole) {
  const auto text = [&](std::string_view name) { return spec::argument(kind, arguments, name); };
  const sim::MmaUnit& unit = sim::find_unit(text("unit"));
  const Mma mma = sim::bind_unit(unit, text("a"), text("b"), text("scale"));
  const Shape shape(mma, whole);
  Operation out;
  out.kind = kind.name;
  out.title = fmt::format(
      "{} of {}: {} x {}{} to {}, {} x {} x {}", kind.name, unit.name, mma.a.name, mma.b.name,
      mma.scale ? fmt::format(", {} scales of {}", mma.scale->name, mma.block) : "", mma.d.name,
      shape.m, shape.n, shape.k);
  out.source = unit.evidence;
  out.arguments = spec::complete(kind, arguments);
  const auto codes = [&](const char* name, const spec::Format& format, std::size_t bytes) {
    out.input.fields.push_back(
        {name, named(format), format.storage_bits, bytes / shape.code_bytes});
  };
  codes("a", mma.a, shape.a_bytes());
  codes("b", mma.b, shape.b_bytes());
  if (mma.scale) {
    out.input.fields.push_back({"scale_a", named(*mma.scale), 8, shape.a_scales()});
    out.input.fields.push_back({"scale_b", named(*mma.scale), 8, shape.b_scales()});
  }
  out.input.fields.push_back({"c", named(mma.d), mma.d.storage_bits, shape.outputs()});
  out.result.fields = {{"d", named(mma.d), mma.d.storage_bits, shape.outputs()}};
  out.cases = [=](CaseLevel level, std::uint64_t seed) {
    return dot_cases(mma, shape, level, seed);
  };
  const bool has_nan = mma.d.has_nan();
  const auto canonical = [d = mma.d, each = shape.outputs()](std::size_t count,
                                                             std::uint8_t* results) {
    one_nan(d, count * each, results);
  };
  if (has_nan) out.canonical = canonical;
  out.model = [=](std::span<const Change> changes) -> std::optional<spec::Model> {
    auto plain = model(mma, whole, changes);
    if (!plain || !has_nan) return plain;
    return [=, run = std::move(*plain)](std::size_t count, const std::uint8_t* inputs,
                                        std::uint8_t* results) {
      run(count, inputs, results);
      canonical(count, results);
    };
  };
  out.changes = suspects(mma);
  return out;
}

OperationKind kind_of(std::string name, std::string summary, bool whole) {
  OperationKind out;
  out.name = std::move(name);
  out.summary = std::move(summary);
  out.parameters = {{"unit", "A matrix unit (mxscope units)", "", true},
                    {"a", "Format of A's codes (default: the unit's first)", ""},
                    {"b", "Format of B's codes (default: as A's)", ""},
                    {"scale", "Format of block scales (default: the unit's first)", ""}};
  out.example = "--unit sm120.mxf4nvf4";
  out.make = [kind = out, whole](const Arguments& arguments) {
    return make(kind, arguments, whole);
  };
  return out;
}

}  // namespace

OperationKind dot_operation() {
  return kind_of("dot", "One output of a matrix instruction", false);
}

OperationKind mma_operation() { return kind_of("mma", "A whole matrix instruction", true); }

}  // namespace mxscope::analysis
