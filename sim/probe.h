// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Inputs that make a tensor core give away its rule, and the rule read back from its words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/mma_unit.h"

namespace mxscope::sim {

/// One dot product of an instruction's K elements, plus C. It is given to hardware with the same
/// words in every row of A and every column of B, so every word of D is its answer and only the
/// order along K has to be right.
struct ProbeCase {
  std::string question;                        ///< the field it is made for, such as "kept_bits"
  std::string what;                            ///< "C at distance 25"
  std::vector<std::uint8_t> a, b;              ///< K containers each, as MmaMatrix::codes
  std::vector<std::uint8_t> scale_a, scale_b;  ///< one per block; empty without scales
  spec::Code c = 0;

  bool operator==(const ProbeCase&) const = default;
};

/// The cases for an instruction. They depend on its formats, K and blocks alone, not on the rule
/// that its row claims.
std::vector<ProbeCase> design_probe(const Mma& mma);

/// D's word by the reference executor.
spec::Code probe_word(const Mma& mma, const ProbeCase& probe);

/// The values of one field that explain the words.
struct ProbeField {
  std::string name;
  std::string row;                  ///< the named row's value
  std::vector<std::string> values;  ///< several: no case tells them apart
  bool agrees() const;              ///< the row's value is among them
};

/// A case whose word is not the one a rule gives.
struct ProbeMismatch {
  std::size_t index = 0;
  spec::Code expected = 0;
};

/// What words say about a row.
struct ProbeReading {
  bool explained = false;  ///< some known rule gives every word
  /// Not explained: windows with decisions of no row that give every word about kept bits, steps
  /// and D (probe_variants.h); the other questions are not put to them.
  std::vector<std::string> beyond;
  std::vector<ProbeField> fields;  ///< explained only: those that the rule uses, "rule" first
  MmaUnit nearest;                 ///< explained only: the survivor with fewest changes to the row
  std::vector<std::string> changes;  ///< "field=value" where `nearest` differs from the row
  std::vector<ProbeMismatch> row_mismatches;  ///< of the row as it stands, in order
  std::string unanswered;     ///< not explained: the question at which the last rule fell
  std::size_t survivors = 0;  ///< combinations of values that give every word
};

/// Tries every known rule and every combination of values of its fields, question by question.
/// `words` are D's, one per case; mma.unit is the row they are held against. Throws Error when a
/// case does not fit the instruction.
ProbeReading read_probe(const Mma& mma, const std::vector<ProbeCase>& cases,
                        const std::vector<spec::Code>& words);

/// The fields that an instruction's rule reads, by set_field's names: no other can be probed.
std::vector<std::string> probed_fields(const Mma& mma);

/// The values of a field among which read_probe looks, by set_field's texts.
std::vector<std::string> probed_values(const Mma& mma, std::string_view field);

}  // namespace mxscope::sim
