// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Folders of test vectors that say what they are, for whoever cannot run gen.
#pragma once

#include <string>

#include "reports/conform_stream.h"

namespace mxscope::reports {

inline constexpr int kPackVersion = 1;

/// mxscope conform pack: writes a CSV for each of a standard list of operations, or for those of
/// one kind, and manifest.json, which names them with their SHA-256; all appear at the end. A CSV
/// begins with comments (the operation, its arguments and clause, level and seed, the fields) and
/// has a line of hex words for each case: the input, then the right result. Exit code.
int write_packs(const std::string& folder, const std::string& kind, const StreamRequest& request,
                const Run& run);

/// mxscope conform check-pack: checks that the files of a folder are those of its manifest and that
/// their results are still ours; with `results`, a folder, also NAME.txt there for each NAME.csv,
/// as conform check does. kRefuted where something differs. Throws Error that names file and field
/// for a manifest that cannot be read, and for a file that is missing or altered.
int check_packs(const std::string& folder, const std::string& results, bool json, Run run);

}  // namespace mxscope::reports
