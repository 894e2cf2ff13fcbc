// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// CUDA programs from the templates of reports/probes: instructions and operands follow PTX ISA 9.0,
// 9.7.14 (mma), 9.7.15 (wgmma) and 9.7.16 (tcgen05).
#include "reports/probe_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "spec/error.h"

namespace mxscope::reports {
namespace {

using sim::Mma;
using Values = std::map<std::string, std::string>;

enum class Family { kMmaSync, kWgmma, kTcgen05 };

Family family_of(const sim::MmaUnit& unit) {
  if (unit.instruction.starts_with("mma.sync.")) return Family::kMmaSync;
  if (unit.instruction.starts_with("wgmma.")) return Family::kWgmma;
  if (unit.instruction.starts_with("tcgen05.")) return Family::kTcgen05;
  throw Error(fmt::format("unit {}: no CUDA program has {}", unit.name, unit.instruction));
}

/// Replaces every @NAME@; other uses of @ (PTX predicates) stay.
std::string filled(std::string_view text, const Values& values) {
  std::string result;
  while (!text.empty()) {
    const std::size_t at = text.find('@');
    result += text.substr(0, at);
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    std::size_t end = 1;
    while (end < text.size() &&
           (std::isupper(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      ++end;
    if (end > 1 && end < text.size() && text[end] == '@') {
      result += values.at(std::string(text.substr(1, end - 1)));
      text.remove_prefix(end + 1);
    } else {
      result += '@';
      text.remove_prefix(1);
    }
  }
  return result;
}

std::string ptx_type(const spec::Format& format) {
  if (format.name == "fp16") return "f16";
  if (format.name == "fp32") return "f32";
  if (format.name == "fp64") return "f64";
  return format.name == "e8m0" ? "ue8m0" : format.name;
}

/// "mxf8f6f4" of "tcgen05.mma.kind::mxf8f6f4.block_scale", or nothing.
std::string kind_of(const Mma& mma) {
  const std::string& text = mma.unit.instruction;
  const std::size_t at = text.find("kind::");
  if (at == std::string::npos) return "";
  if (text[at + 6] == '{') return mma.a.name == "tf32" ? "tf32" : "f16";
  const std::size_t end = text.find_first_of(". ", at);
  return text.substr(at + 6, end == std::string::npos ? end : end - at - 6);
}

/// ".kind::mxf4.block_scale.scale_vec::2X"
std::string kind_text(const Mma& mma) {
  std::string text;
  if (const std::string kind = kind_of(mma); !kind.empty()) text += ".kind::" + kind;
  if (mma.scale) text += fmt::format(".block_scale.scale_vec::{}X", mma.unit.k / mma.block);
  return text;
}

std::string shape_text(const Mma& mma) {
  return fmt::format("m{}n{}k{}", mma.unit.m, mma.unit.n, mma.unit.k);
}

/// Bits that an element takes in a row; the row has 32 bytes in all but the smallest shapes.
int row_bytes(const Mma& mma) {
  const bool nibbles = mma.unit.k == 64;
  return nibbles ? mma.unit.k / 2 : mma.unit.k * mma.a.storage_bits / 8;
}

std::string packing(const Mma& mma, const spec::Format& format) {
  if (mma.unit.k == 64) return "kNibbles";
  if (format.bits == 8 || format.storage_bits > 8) return "kWords";
  const bool shared = family_of(mma.unit) == Family::kTcgen05;
  if (format.bits == 4) return shared ? "kPaddedFours" : "kShiftedNibbles";
  return shared ? "kPaddedSixes" : "kWords";
}

/// "{%0, %1}" of `count` operands from `first` on.
std::string operand_list(int first, int count) {
  std::string text = "{";
  for (int i = 0; i < count; ++i) text += fmt::format("{}%{}", i == 0 ? "" : ", ", first + i);
  return text + "}";
}

std::string constraints(const std::string& letter, const std::string& name, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += fmt::format("{}\"{}\"({}[{}])", i == 0 ? "" : ", ", letter, name, i);
  return text;
}

/// What a kernel needs of a set beside its text.
struct Kernel {
  std::string text;
  int d_words = 0;
  int threads = 0;
};

Kernel mma_sync_kernel(const Mma& mma, Values values) {
  const bool wide = mma.d.bits == 64;
  const int word_bytes = wide ? 8 : 4;
  const int chunks = row_bytes(mma) / (4 * word_bytes);
  const int parts = mma.unit.m / 8;
  const int of_a = chunks * parts;
  const int of_d = mma.unit.m * mma.unit.n / 32 * mma.d.bits / (8 * word_bytes);
  const std::string letter = wide ? "l" : "r";
  std::string assembly = fmt::format(
      "      \"{}\\n\"\n      \"{}, {}, {}, \"\n      \"{}", ptx_instruction(mma),
      operand_list(0, of_d), operand_list(of_d, of_a), operand_list(of_d + of_a, chunks), "{");
  const int addend = of_d + of_a + chunks;
  for (int i = 0; i < of_d; ++i) assembly += fmt::format("{}%{}", i == 0 ? "" : ", ", addend);
  assembly += "}";
  if (mma.scale) assembly += fmt::format(", %{}, {{0, 0}}, %{}, {{0, 0}}", addend + 1, addend + 2);
  assembly += fmt::format(";\"\n      : {}\n      : {}, {}, \"{}\"(rc)",
                          constraints("=" + letter, "rd", of_d), constraints(letter, "ra", of_a),
                          constraints(letter, "rb", chunks), letter);
  if (mma.scale) assembly += ", \"r\"(scale_a), \"r\"(scale_b)";
  values["ASM"] = assembly + ");";
  values["WORD"] = wide ? "uint64_t" : "uint32_t";
  values["ROW_PARTS"] = std::to_string(parts);
  values["ROW_BYTES"] = std::to_string(row_bytes(mma));
  values["A_COUNT"] = std::to_string(of_a);
  values["B_COUNT"] = std::to_string(chunks);
  values["D_COUNT"] = std::to_string(of_d);
  return {filled(probe_template("mma_sync"), values), 32 * of_d * (wide ? 2 : 1), 32};
}

Kernel wgmma_kernel(const Mma& mma, Values values) {
  const int of_d = mma.unit.m * mma.unit.n / 128 * mma.d.bits / 32;
  std::string flags;  // sign of A and B, and for 16-bit types whether they are transposed
  if (mma.a.kind == spec::FormatKind::kFloat) flags = ", 1, 1";
  if (mma.a.storage_bits == 16) flags += ", 0, 0";
  values["ASM"] = fmt::format(
      "      \"{{\\n\"\n      \".reg .pred add;\\n\"\n      \"setp.ne.b32 add, 1, 0;\\n\"\n"
      "      \"wgmma.fence.sync.aligned;\\n\"\n"
      "      \"{}\\n\"\n      \"{}, %{}, %{}, add{};\\n\"\n"
      "      \"wgmma.commit_group.sync.aligned;\\n\"\n"
      "      \"wgmma.wait_group.sync.aligned 0;\\n\"\n      \"}}\"\n"
      "      : {}\n      : \"l\"(describe_a), \"l\"(describe_b) : \"memory\");",
      ptx_instruction(mma), operand_list(0, of_d), of_d, of_d + 1, flags,
      constraints("+r", "rd", of_d));
  values["D_COUNT"] = std::to_string(of_d);
  return {filled(probe_template("wgmma"), values), 128 * of_d, 128};
}

int operand_field(const std::string& kind, const spec::Format& format) {
  static const std::map<std::string, int> narrow = {
      {"e4m3", 0}, {"e5m2", 1}, {"e2m3", 3}, {"e3m2", 4}, {"e2m1", 5}};
  static const std::map<std::string, int> wide = {{"fp16", 0}, {"bf16", 1}, {"tf32", 2}, {"s8", 1}};
  if (kind == "mxf4" || kind == "mxf4nvf4") return 1;
  return kind == "f8f6f4" || kind == "mxf8f6f4" ? narrow.at(format.name) : wide.at(format.name);
}

/// PTX ISA 9.0, 9.7.16.4.2, tables of instruction descriptors.
unsigned instruction_descriptor(const Mma& mma) {
  const std::string kind = kind_of(mma);
  unsigned bits = static_cast<unsigned>(operand_field(kind, mma.a)) << 7 |
                  static_cast<unsigned>(operand_field(kind, mma.b)) << 10 | 16U / 8 << 17 |
                  128U / 16 << 24;
  if (mma.scale) {
    bits |= (mma.scale->name == "e8m0" ? 1U : 0U) << 23;
  } else {
    bits |= (mma.d.name == "fp16" ? 0U : mma.d.name == "fp32" ? 1U : 2U) << 4;
    bits |= (mma.unit.saturate ? 1U : 0U) << 3;
  }
  return bits;
}

Kernel tcgen05_kernel(const Mma& mma, Values values) {
  const std::string scales = mma.scale ? ", [%4], [%5]" : "";
  values["ASM"] = fmt::format(
      "        \"{{\\n\"\n        \".reg .pred add;\\n\"\n        \"setp.ne.b32 add, 1, 0;\\n\"\n"
      "        \"{}\\n\"\n        \"[%0], %1, %2, %3{}, add;\\n\"\n        \"}}\"\n"
      "        ::\"r\"(memory), \"l\"(describe_a), \"l\"(describe_b), \"r\"(instruction)"
      "{} : \"memory\");",
      ptx_instruction(mma), scales,
      mma.scale ? ",\n          \"r\"(memory + 32), \"r\"(memory + 48)" : "");
  values["DESCRIPTOR"] = fmt::format("0x{:08x}", instruction_descriptor(mma));
  return {filled(probe_template("tcgen05"), values), 128 * 16, 128};
}

Kernel kernel_of(const Mma& mma, std::size_t index) {
  const Values values = {{"SET", std::to_string(index)},
                         {"UNIT", mma.unit.name},
                         {"FORMATS", formats_text(mma)},
                         {"C_TWICE", mma.d.bits == 16 ? " * 0x10001" : ""}};
  switch (family_of(mma.unit)) {
    case Family::kMmaSync:
      return mma_sync_kernel(mma, values);
    case Family::kWgmma:
      return wgmma_kernel(mma, values);
    case Family::kTcgen05:
      return tcgen05_kernel(mma, values);
  }
  throw Error("a kernel of no known family");
}

std::string cases_text(const ProbeSet& set, std::size_t index) {
  std::string text = fmt::format("static const Case kCases{}[] = {{\n", index);
  for (const sim::ProbeCase& one : set.cases)
    text += fmt::format("    {{\"{}\", \"{}\", \"{}\", \"{}\", \"{}\", \"{}\", \"0x{:x}\"}},\n",
                        one.question, one.what, operand_text(one.a, set.mma.a.storage_bits / 8),
                        operand_text(one.b, set.mma.b.storage_bits / 8),
                        operand_text(one.scale_a, 1), operand_text(one.scale_b, 1), one.c);
  return text + "};\n\n";
}

}  // namespace

std::string ptx_instruction(const Mma& mma) {
  const std::string types = "." + ptx_type(mma.d) + "." + ptx_type(mma.a) + "." + ptx_type(mma.b);
  const std::string clamp = mma.unit.saturate ? ".satfinite" : "";
  switch (family_of(mma.unit)) {
    case Family::kMmaSync:
      return "mma.sync.aligned." + shape_text(mma) + ".row.col" + kind_text(mma) + clamp + types +
             "." + ptx_type(mma.d) + (mma.scale ? "." + ptx_type(*mma.scale) : "");
    case Family::kWgmma:
      return "wgmma.mma_async.sync.aligned." + shape_text(mma) + clamp + types;
    case Family::kTcgen05:
      return "tcgen05.mma.cta_group::1" + kind_text(mma);
  }
  throw Error("an instruction of no known family");
}

bool emitted_for(const sim::MmaUnit& unit, std::string_view target) {
  if (unit.target == "sm_70") return false;  // today's compilers begin at sm_75
  return unit.target == target ||
         (target.ends_with('a') && unit.target == target.substr(0, target.size() - 1));
}

std::string probe_program(const std::vector<ProbeSet>& sets, const std::string& target,
                          const std::string& version, const std::string& file) {
  std::string kernels, tables;
  std::string list = "static const Set kSets[] = {\n";
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const Mma& mma = sets[i].mma;
    const Kernel kernel = kernel_of(mma, i);
    kernels += kernel.text;
    tables += cases_text(sets[i], i);
    list += fmt::format(
        "    {{\"{}\", \"{}\", \"{}\", \"{}\", {},\n     \"{}\",\n     {}, {}, {}, {}, "
        "Packing::{}, Packing::{}, {}, {}, {}, {}, kernel_{}, kCases{}, {}}},\n",
        mma.unit.name, mma.a.name, mma.b.name, mma.scale ? mma.scale->name : "", mma.block,
        ptx_instruction(mma), mma.unit.k, mma.a.storage_bits / 8, mma.b.storage_bits / 8,
        mma.d.bits, packing(mma, mma.a), packing(mma, mma.b), row_bytes(mma),
        mma.scales_per_row(mma.unit.k), kernel.d_words, kernel.threads, i, i, sets[i].cases.size());
  }
  return filled(probe_template("program"), {{"VERSION", version},
                                            {"TARGET", target},
                                            {"FILE", file},
                                            {"KERNELS", kernels},
                                            {"SETS", tables + list + "};\n"}});
}

}  // namespace mxscope::reports
