// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused with an Error by the readers of cast tables and digests, or gives complete
// rows; a small table can then be checked without further ado.
#include <cstdlib>
#include <sstream>

#include "analysis/conformance.h"
#include "spec/error.h"

namespace {

namespace analysis = mxscope::analysis;

void read_table(const std::string& text) {
  std::istringstream in(text);
  const analysis::CastTable table = analysis::read_cast_table(in, "fuzz.tsv");
  if (table.columns.empty() || table.outcomes.size() != table.columns.size()) std::abort();
  for (const auto& column : table.outcomes)
    if (column.size() != table.inputs.size()) std::abort();
  constexpr std::size_t kQuickColumns = 8;
  constexpr std::size_t kQuickRows = 64;
  if (table.columns.size() > kQuickColumns || table.inputs.size() > kQuickRows) return;
  const auto results = analysis::check_cast_table(table, "gfloat_ocp_e2m1");
  if (results.size() != table.columns.size()) std::abort();
  for (const auto& result : results)
    if (result.error.empty() && result.cases != table.inputs.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    read_table(text);
  } catch (const mxscope::Error&) {
  }
  try {
    std::istringstream in(text);
    for (const analysis::DigestLine& line : analysis::read_digests(in, "fuzz.txt"))
      if (line.conversion.empty() || line.chunk > 0xFF) std::abort();
  } catch (const mxscope::Error&) {
  }
  return 0;
}
