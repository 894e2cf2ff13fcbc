// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Any text is refused with an Error, leaving the table as it was, or gives rows that are valid and
// whose every code decodes.
#include <cstdlib>
#include <string_view>

#include "spec/error.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace {

namespace spec = mxscope::spec;

/// Every code of a narrow row decodes, and a finite one encodes back.
void check_codes(const spec::Format& format) {
  if (format.bits > 8) return;
  for (spec::Code code = 0; code <= format.code_mask(); ++code) {
    const spec::Number number = spec::decode(format, code);
    if (number.kind != spec::NumberKind::kFinite) continue;
    if (format.encode(format.is_negative(code), format.ordinal(code)) != code) std::abort();
    if (format.classify(code) == spec::CodeClass::kUnused) continue;
    if (number.value() > format.max_value() || number.value() < format.min_value()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  spec::FormatTable table;
  const std::size_t before = table.rows().size();
  try {
    table.load_text({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  } catch (const mxscope::Error&) {
    if (table.rows().size() != before) std::abort();
    return 0;
  }
  if (table.rows().size() <= before) std::abort();
  for (std::size_t i = before; i < table.rows().size(); ++i) {
    spec::validate(table.rows()[i]);
    check_codes(table.rows()[i]);
  }
  return 0;
}
