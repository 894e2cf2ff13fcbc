// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The list of operations under test.
#include "reports/operation_list.h"

#include "analysis/operations.h"
#include "kernels/operations.h"
#include "spec/names.h"

namespace mxscope::reports {

const std::vector<spec::OperationKind>& operation_kinds() {
  static const std::vector<spec::OperationKind> all = {
      analysis::cast_operation(),     kernels::scale_operation(),
      kernels::quantize_operation(),  kernels::dequantize_operation(),
      analysis::pack_operation(),     analysis::unpack_operation(),
      analysis::layout_operation(),   analysis::decode_operation(),
      analysis::dot_operation(),      analysis::mma_operation(),
      analysis::channels_operation(), kernels::dual_operation(),
  };
  return all;
}

const spec::OperationKind& find_operation_kind(const std::string& name) {
  std::vector<std::string> known;
  for (const spec::OperationKind& kind : operation_kinds()) {
    if (kind.name == name) return kind;
    known.push_back(kind.name);
  }
  throw spec::unknown_name("operation", name, known);
}

}  // namespace mxscope::reports
