// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "reports/provenance.h"

namespace mxscope::reports {

/// mxscope conform cast: every column of every table; kRefuted on a mismatch or unknown column.
int check_tables(const std::vector<std::string>& files, bool json, Run run);

/// mxscope conform digest; kRefuted on a mismatch or unknown conversion.
int check_digest_file(const std::string& file, int threads, bool json, Run run);

/// mxscope conform compare; `by`: "codes", "values" or "" for the one that suits the formats.
int compare_two(const std::vector<std::string>& names, const std::string& by, bool json,
                const Run& run);

/// mxscope conform list.
int list_conversions(bool json, const Run& run);

}  // namespace mxscope::reports
