// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/provenance.h"

namespace CLI {
class App;
}

namespace mxscope::reports {

struct Context;

/// mxscope conform emit-cuda, whose program writes tables for check_tables().
void add_cuda_casts(CLI::App& conform, Context& context);

/// Adds gen and check, with a subcommand for every kind of operation, pack and check-pack.
void add_conform_pipe(CLI::App& conform, Context& context);

/// mxscope conform cast: every column of every table; kRefuted on a mismatch or unknown column.
int check_tables(const std::vector<std::string>& files, bool json, Run run);

/// mxscope conform digest; kRefuted on a mismatch or unknown conversion.
int check_digest_file(const std::string& file, int threads, bool json, Run run);

/// mxscope conform digest --write: a file of the digests of conversions, in the layout that
/// check_digest_file() checks; chunks in hex, all 256 where there are none.
int write_digest_file(const std::string& file, const std::vector<std::string>& conversions,
                      const std::vector<std::string>& chunks, int threads);

/// mxscope conform compare; `by`: "codes", "values" or "" for the one that suits the formats.
int compare_two(const std::vector<std::string>& names, const std::string& by, bool json,
                const Run& run);

/// What mxscope conform mma is asked for.
struct MmaRequest {
  std::vector<std::string> paths;  ///< headers, and folders of them
  std::string unit;                ///< instead of the one that each file stands for
  std::vector<std::string> fields;
  std::string executor = "both";  ///< "reference", "fast" or "both"
};

/// mxscope conform mma: every output of every file; kRefuted on a mismatch.
int check_mma_vectors(const MmaRequest& request, bool json, Run run);

/// mxscope conform list.
int list_conversions(bool json, const Run& run);

}  // namespace mxscope::reports
