// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "spec/operation.h"

namespace mxscope::reports {

/// Every kind of operation that conform gen and conform check know; one line each.
const std::vector<spec::OperationKind>& operation_kinds();

/// Throws Error that lists the near names.
const spec::OperationKind& find_operation_kind(const std::string& name);

}  // namespace mxscope::reports
