// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A user's formats from TOML: [[format]] tables with the fields of Format, all checked.
#include <fmt/format.h>

#include "spec/formats.h"
#include "spec/toml_table.h"

namespace mxscope::spec {
namespace {

Format read_format(TomlTable& table, std::string_view file) {
  Format f;
  f.name = table.text("name", true);
  const std::string kind = table.text("kind");
  if (kind == "fixed")
    f.kind = FormatKind::kFixed;
  else if (!kind.empty() && kind != "float")
    throw table.error("kind", fmt::format("'{}' must be \"float\" or \"fixed\"", kind));
  const bool is_float = f.kind == FormatKind::kFloat;
  f.bits = table.integer("bits", 0, true);
  f.exponent_bits = table.integer("exponent_bits", 0, is_float);
  f.mantissa_bits = table.integer("mantissa_bits", 0, true);
  f.bias = table.integer("bias", 0, is_float);
  f.is_signed = table.boolean("signed", true);
  f.negative_zero = table.boolean("negative_zero", true);
  f.infinities = table.boolean("infinities", false);
  f.high_nans = table.integer<std::int64_t>("high_nans", 0);
  f.subnormals = table.boolean("subnormals", true);
  f.zero = table.boolean("zero", true);
  f.symmetric = table.boolean("symmetric", false);
  const int container = f.bits <= 8 ? 8 : f.bits <= 16 ? 16 : f.bits <= 32 ? 32 : 64;
  f.storage_bits = table.integer("storage_bits", container);
  f.storage_shift = table.integer("storage_shift", 0);
  f.source = table.text("source");
  if (f.source.empty()) f.source = std::string(file);
  f.note = table.text("note");
  f.aliases = table.texts("aliases");
  table.finish();
  try {
    validate(f);
  } catch (const Error& e) {
    throw table.error(e.what());
  }
  return f;
}

}  // namespace

void FormatTable::load_text(std::string_view text, std::string_view name) {
  FormatTable next = *this;
  for_each_table(parse_toml(text, name), name, "format",
                 [&](TomlTable& table) { next.add(read_format(table, name)); });
  *this = std::move(next);
}

void FormatTable::load(const std::string& path) { load_text(read_small_file(path), path); }

}  // namespace mxscope::spec
