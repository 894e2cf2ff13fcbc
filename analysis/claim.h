// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace mxscope::analysis {

/// How a statement is known, or that it is false.
enum class Result : std::uint8_t {
  kProved,      ///< by an argument whose finitely many cases were all checked
  kExhaustive,  ///< every input was tried
  kMeasured,    ///< some inputs were tried
  kRefuted,     ///< a witness contradicts it
};

/// What is true of a statement that somebody has published.
enum class Verdict : std::uint8_t {
  kNone,  ///< the claim is not about one
  kAsStated,
  kOtherConstant,  ///< true, and the claim gives the best constant
  kRefuted,        ///< a witness contradicts it
};

/// One checked statement: everything that `verify` prints is a list of these.
struct Claim {
  std::string id;         ///< stable, unique in a run: "codec/e4m3/rne/saturate/fp32/AVX3_ZEN4"
  std::string statement;  ///< one sentence
  std::string subject;    ///< format or conversion it speaks about
  std::string domain;     ///< the inputs: "all 2^32 binary32 patterns"
  std::string method;     ///< how it was checked
  Result result = Result::kRefuted;
  std::string bound;           ///< an exact fraction where the claim is about an error, else ""
  std::string witness;         ///< hex input (and codes) that refutes or attains, else ""
  std::uint64_t cases = 0;     ///< inputs tried
  std::string digest;          ///< of the outputs, hex, where it is defined; else ""
  std::string published = {};  ///< what a paper or its code says about this, else ""
  Verdict verdict = Verdict::kNone;  ///< on that; the claim itself says what is true

  bool holds() const { return result != Result::kRefuted; }
  bool operator==(const Claim&) const = default;
};

std::string_view to_string(Result result);
std::string_view to_string(Verdict verdict);
void to_json(nlohmann::json& json, const Claim& claim);
/// Throws Error, with the field's name, for one that is missing, of another type or out of range.
void from_json(const nlohmann::json& json, Claim& claim);

}  // namespace mxscope::analysis
