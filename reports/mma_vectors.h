// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Files of matrix products with their results, from GPUs or from other models of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/provenance.h"

namespace mxscope::reports {

/// One product D = A B + C in the words of an instruction.
struct MmaProduct {
  std::string category;            ///< what the file calls it; may be empty
  std::vector<std::uint8_t> a, b;  ///< rows of A and columns of B, k codes each, in containers
  std::vector<std::uint8_t> a_scales, b_scales;  ///< of each row and column; empty without scales
  std::vector<std::uint64_t> c, d;               ///< row-major, m x n
  std::vector<std::uint8_t> contested;           ///< nonzero: D is in doubt; empty: nowhere
};

/// Products of one instruction. Formats are named as in spec, integers "s8" and "s32".
struct MmaVectors {
  std::string file;    ///< the header's
  std::string source;  ///< what the file says of the instruction; mma_sources.h makes a unit of it
  std::string a, b, d, scale;  ///< `scale` is empty without scales; C has D's format
  int block = 0;
  std::size_t a_bytes = 1, b_bytes = 1, d_bytes = 1;  ///< of a container
  std::int64_t m = 1, n = 1, k = 1;
  std::vector<MmaProduct> tiles;
};

/// Reads a header NAME.json, and NAME.bin beside it, in one of three layouts:
///   "fields": tiles of A[m][k], B[k][n], SA[m][k/block], SB[k/block][n], C[m][n], D[m][n] and
///     Q[m][n] (contested), each field at its offset in a tile of `tile_bytes`; the source is
///     `instruction`;
///   "vectors": A[i][k], B[i][k], C[i], D[i] one array after the other, dot products; the source is
///     "gpu a_b_type c_d_type";
///   "cases": dot products in the header itself; the source is "family qualifier", and cases of one
///     source and format are one entry of the result.
/// Words are little-endian. Throws Error, one sentence that names file and field, for whatever is
/// missing, of the wrong type or size, or contradicts itself, and for a wrong SHA-256.
std::vector<MmaVectors> read_mma_vectors(const std::string& header, Run& run);

/// The headers among the names given: files as they are, of folders every *.json, sorted. Throws
/// Error for a folder without any.
std::vector<std::string> mma_vector_headers(const std::vector<std::string>& paths);

}  // namespace mxscope::reports
