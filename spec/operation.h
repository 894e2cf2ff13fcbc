// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// An operation that other programs do too, as data: its records, its cases, what it gives, and the
// ways to get it wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mxscope::spec {

/// Words of one kind in a record, each in 1, 2, 4 or 8 bytes, little-endian.
struct WordField {
  std::string name;    ///< "x", "scale", "elements"
  std::string format;  ///< whose stored words they are; "" for plain numbers
  int bits = 32;       ///< of a word, in the fewest bytes that hold them
  std::size_t count = 1;

  std::size_t word_bytes() const;
  std::size_t bytes() const { return count * word_bytes(); }
};

/// Fields one after the other, without padding.
struct RecordLayout {
  std::vector<WordField> fields;

  std::size_t bytes() const;
  std::size_t words() const;
};

/// Writes the result records of `count` input records. Safe to call from several threads.
using Model =
    std::function<void(std::size_t count, const std::uint8_t* inputs, std::uint8_t* results)>;

/// One decision made otherwise. Decisions of one field exclude each other.
struct Change {
  std::string field;  ///< "overflow"
  std::string value;  ///< "nan"
  std::string was;    ///< what the operation as asked for has there

  bool operator==(const Change&) const = default;
};

/// Several changes under one name: what a piece of software does.
struct NamedChanges {
  std::string name;
  std::vector<Change> changes;
};

/// Input records by number: any stretch can be had at any time.
struct CaseList {
  std::uint64_t count = 0;
  std::function<void(std::uint64_t first, std::size_t count, std::uint8_t* records)> fill;
};

/// How thorough cases are. Each level is a pure function of the operation, the level and a seed.
enum class CaseLevel : std::uint8_t {
  kBoundaries = 1,  ///< every place where results change, its neighbours, and special values
  kPatterns = 2,    ///< those, dense bit patterns, and weighted random ones
  kEverything = 3,  ///< all inputs (blocks: all pairs of bfloat16 numbers)
};

/// Texts by the name of a parameter.
using Arguments = std::map<std::string, std::string, std::less<>>;

struct Operation {
  std::string kind;     ///< "cast"
  std::string title;    ///< "fp32 to e4m3: rounding rne, overflow saturate, ..."
  std::string source;   ///< the document and clause that say so
  Arguments arguments;  ///< that make it again, none left out
  RecordLayout input, result;

  /// Throws Error for a level that the operation does not have.
  std::function<CaseList(CaseLevel level, std::uint64_t seed)> cases;

  /// What the operation gives with some decisions made otherwise; nothing where they contradict
  /// each other. Without changes: the operation itself.
  std::function<std::optional<Model>(std::span<const Change> changes)> model;

  std::vector<Change> changes;      ///< single decisions to suspect, likely ones first
  std::vector<NamedChanges> named;  ///< what known software does, likely ones first

  /// Results that differ in words which nobody promises (payloads of NaNs) are equal after this;
  /// empty where every bit counts. Models give such results already.
  std::function<void(std::size_t count, std::uint8_t* results)> canonical;
};

/// A setting of a kind of operation, as text.
struct Parameter {
  std::string name;     ///< "to"
  std::string meaning;  ///< for people
  std::string initial;  ///< its value if left out; "" for one that is required or has none
  bool required = false;
};

/// A kind of operation and how to make one.
struct OperationKind {
  std::string name;     ///< "cast"
  std::string summary;  ///< "Convert numbers to codes"
  std::vector<Parameter> parameters;
  std::string example;  ///< arguments as a command line has them
  std::function<Operation(const Arguments& arguments)> make;
};

/// The value of an argument, or its parameter's initial one. Throws Error for a missing required
/// one.
std::string argument(const OperationKind& kind, const Arguments& given, std::string_view name);

/// All of the kind's parameters with their values. Throws Error for an argument that is no
/// parameter of the kind.
Arguments complete(const OperationKind& kind, const Arguments& given);

/// The word at `index` of a field of words of `bytes` bytes.
std::uint64_t read_word(const std::uint8_t* field, std::size_t bytes, std::size_t index);
void write_word(std::uint8_t* field, std::size_t bytes, std::size_t index, std::uint64_t word);

}  // namespace mxscope::spec
