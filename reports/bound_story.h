// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Claims about published bounds, told on a page.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/bound_claims.h"
#include "analysis/claim.h"
#include "analysis/work.h"

namespace mxscope::reports {

/// What a page about bounds is made of: the worst case of every named recipe over reals with scales
/// without bounds, and all of verify arcquant and verify micromix. `sink` gets the certificates.
std::vector<analysis::Task> bound_story_tasks(analysis::CertificateSink sink = {});

/// The claims whose ids begin with `prefix`.
std::vector<analysis::Claim> with_prefix(const std::vector<analysis::Claim>& claims,
                                         std::string_view prefix);

/// Each published statement once, with what is true of it under each subject:
///
///     alpha >= 1: a block scale never falls below the block's maximum
///       refuted      nvfp4: alpha is at least 16/17 (attained); block [0x1.98p+2]
///       as stated    nvfp4_up: alpha is at least 1 (attained)
std::string published_text(const std::vector<analysis::Claim>& claims);

/// A line each for claims that are about nothing published: bound, decimal, id's last part,
/// statement.
std::string bounds_text(const std::vector<analysis::Claim>& claims);

/// Claims with ids ".../row/column" and fractions for bounds, as a table of their base-2
/// logarithms.
std::string logarithms_text(const std::vector<analysis::Claim>& claims);

}  // namespace mxscope::reports
