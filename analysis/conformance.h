// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "spec/oracle.h"

namespace mxscope::analysis {

/// Somebody's table of conversions: a header "fp32<TAB>name..." (or fp64, bf16, fp16), then input
/// and codes in hex, "!!" for a refusal; blank lines and those that begin with # do not count.
struct CastTable {
  std::string source;                ///< "fp32", ...
  std::vector<std::string> columns;  ///< conversion names
  std::vector<std::uint64_t> inputs;
  std::vector<std::vector<spec::Outcome>> outcomes;  ///< by column, then row
};

inline const std::atomic<bool> kNeverStop{false};

/// Reads a table; `name` stands for the file in errors ("NAME:LINE: ..."). Throws Error for a bad
/// header, ragged rows, non-hex cells, inputs with too many bits, or more than 2^26 cells. Reads
/// fewer rows when `stop` becomes true.
CastTable read_cast_table(std::istream& in, const std::string& name,
                          const std::atomic<bool>& stop = kNeverStop);

struct CastMismatch {
  std::uint64_t input = 0;
  spec::Outcome expected;  ///< of the file
  spec::Outcome actual;    ///< ours
};

struct CastColumnResult {
  std::string column;
  std::string error;  ///< why the column could not be checked ("unknown conversion ..."), or ""
  std::uint64_t cases = 0;
  std::uint64_t mismatches = 0;
  std::vector<CastMismatch> first;  ///< at most five
};

/// Checks every column against the oracle; `family` is the file's stem (find_conversion). Checks
/// fewer when `stop` becomes true.
std::vector<CastColumnResult> check_cast_table(const CastTable& table, const std::string& family,
                                               const std::atomic<bool>& stop = kNeverStop);

/// Of all binary32 inputs, each of 2^24.
inline constexpr std::uint32_t kDigestChunks = 256;

/// A line of a digest file: FNV-1a 64 of the codes of the inputs c 2^24 .. c 2^24 + 2^24 - 1; codes
/// wider than a byte are fed low byte first.
struct DigestLine {
  std::string conversion;
  std::uint32_t chunk = 0;
  std::uint64_t digest = 0;
};

/// Reads a digest file as read_cast_table() reads a table.
std::vector<DigestLine> read_digests(std::istream& in, const std::string& name,
                                     const std::atomic<bool>& stop = kNeverStop);

struct DigestResult {
  DigestLine line;
  std::string error;
  std::uint64_t actual = 0;
  bool matches() const { return error.empty() && actual == line.digest; }
};

/// Recomputes every digest with the batch codec (the oracle's step map where a conversion has no
/// codec) on `threads` threads (0: one per core); results in the order of `lines`. `done(n)` is
/// called as lines finish; stops early, returning fewer results, when `stop` becomes true.
std::vector<DigestResult> check_digests(const std::vector<DigestLine>& lines, int threads,
                                        const std::atomic<bool>& stop,
                                        const std::function<void(std::size_t)>& done);

}  // namespace mxscope::analysis
