// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope formats: the table of formats, or everything about one.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/format_facts.h"
#include "reports/provenance.h"
#include "reports/table.h"
#include "spec/formats.h"
#include "spec/number.h"

namespace mxscope::reports {
namespace {

using spec::Code;
using spec::CodeClass;
using spec::Format;
using spec::FormatKind;
using spec::FormatTable;
using spec::Rational;
using spec::to_approximate_text;
using spec::to_hex_text;
using spec::to_text;

constexpr int kMaxListedBits = 8;
constexpr std::size_t kTerminalWidth = 100;

struct Options {
  std::string name;
  std::string file;
  bool json = false;
  bool p3109 = false;
};

std::string count_text(const spec::Integer& count) { return short_text(Rational(count), 7); }

std::vector<std::string> row_of(const Format& f) {
  const bool fixed = f.kind == FormatKind::kFixed;
  const bool negative_zero = !fixed && f.is_signed && f.negative_zero;
  const auto normal = f.min_normal();
  const bool has_subnormal = !fixed && f.subnormals && f.mantissa_bits > 0;
  return {f.name,
          std::to_string(f.bits),
          fmt::format("{}/{}/{}", f.is_signed ? 1 : 0, f.exponent_bits, f.mantissa_bits),
          fixed ? "-" : std::to_string(f.bias),
          fixed ? "-" : fmt::format("{}..{}", f.emin(), f.emax()),
          short_text(f.max_value(), 7),
          normal ? short_text(*normal, 5) : "-",
          has_subnormal ? short_text(f.min_positive(), 5) : "-",
          f.infinities ? "yes" : "-",
          nan_codes(f) == 0 ? "-" : short_text(Rational(nan_codes(f)), 5),
          negative_zero ? "yes" : "-",
          count_text(finite_values(f))};
}

/// Each source with the formats that follow it, in the order of the table.
std::string sources_text(const std::vector<Format>& rows) {
  std::vector<std::pair<std::string, std::vector<std::string>>> sources;
  for (const Format& f : rows) {
    auto it = std::find_if(sources.begin(), sources.end(),
                           [&](const auto& s) { return s.first == f.source; });
    if (it == sources.end()) it = sources.insert(sources.end(), {f.source, {}});
    it->second.push_back(f.name);
  }
  constexpr std::size_t kMaxNamed = 3;
  Table table({{"formats"}, {"source"}});
  for (auto& [source, names] : sources) {
    const std::string text =
        names.size() <= kMaxNamed
            ? fmt::format("{}", fmt::join(names, ", "))
            : fmt::format("{} ... {} ({})", names.front(), names.back(), names.size());
    table.add({text, source});
  }
  return table.text();
}

void print_table(const std::vector<Format>& rows) {
  Table table({{"name"},
               {"bits", true},
               {"S/E/M", true},
               {"bias", true},
               {"emin..emax", true},
               {"max", true},
               {"min\nnormal", true},
               {"min sub-\nnormal", true},
               {"inf"},
               {"NaN\ncodes", true},
               {"-0"},
               {"finite\nvalues", true}});
  for (const Format& f : rows) table.add(row_of(f));
  print(table.text());
  print("\n" + sources_text(rows));
  print("\nmxscope formats NAME shows one: limits, every code, clause.\n");
}

/// "448 = 0x1.cp+8, code 0x7e".
std::string limit_text(const Format& f, const Rational& value, Code code) {
  std::string exact = to_text(value, 24);
  const std::string hex = to_hex_text(value);
  if (exact.find_first_of("/*") != std::string::npos || exact.size() > 30)
    exact = "about " + to_approximate_text(value, 10);
  return fmt::format("{} = {}, code {}", exact, hex, code_text(f, code));
}

void print_limits(const Format& f) {
  const bool fixed = f.kind == FormatKind::kFixed;
  Table table({{""}, {""}});
  if (!f.aliases.empty()) table.add({"also called", fmt::format("{}", fmt::join(f.aliases, ", "))});
  table.add({"source", f.source});
  if (!f.note.empty()) table.add({"our choice", f.note});
  table.add(
      {"bits", fixed ? fmt::format("{}, two's complement times 2^{}", f.bits, -f.mantissa_bits)
                     : fmt::format("{} = sign {} + exponent {} + mantissa {}, bias {}", f.bits,
                                   f.is_signed ? 1 : 0, f.exponent_bits, f.mantissa_bits, f.bias)});
  table.add({"stored in", f.storage_shift == 0 ? fmt::format("{} bits", f.storage_bits)
                                               : fmt::format("{} bits, shifted left by {}",
                                                             f.storage_bits, f.storage_shift)});
  table.add({"greatest", limit_text(f, f.max_value(), f.encode(false, f.max_ordinal()))});
  const Code least = f.is_signed ? f.encode(true, f.max_ordinal(true)) : f.encode(false, 0);
  table.add({"least", limit_text(f, f.min_value(), least)});
  if (!fixed) {
    table.add({"exponents", fmt::format("{} to {}", f.emin(), f.emax())});
    if (const auto normal = f.min_normal()) {
      const std::int64_t ordinal =
          f.subnormals ? std::int64_t{1} << f.mantissa_bits : (f.zero ? 1 : 0);
      table.add({"least normal", limit_text(f, *normal, f.encode(false, ordinal))});
    }
    if (f.subnormals && f.mantissa_bits > 0)
      table.add({"least subnormal", limit_text(f, f.min_positive(), f.encode(false, 1))});
  }
  table.add({"finite values", finite_values(f).str()});
  const auto specials = [&](const spec::Integer& count, std::optional<Code> positive,
                            std::optional<Code> negative) -> std::string {
    if (count == 0) return "none";
    std::string text = count == 1 ? "1 code, " : count.str() + " codes, ";
    text += code_text(f, *positive);
    if (negative && negative != positive) text += " and " + code_text(f, *negative);
    return count > 2 ? text + " among them" : text;
  };
  if (!fixed) {
    table.add(
        {"infinities", specials(infinity_codes(f), f.infinity_code(false), f.infinity_code(true))});
    table.add({"NaNs", specials(nan_codes(f), f.quiet_nan_code(false),
                                f.is_signed ? f.quiet_nan_code(true) : std::nullopt)});
    table.add({"negative zero",
               f.is_signed && f.negative_zero ? "code " + code_text(f, f.sign_mask()) : "none"});
  } else if (f.symmetric) {
    table.add({"unused", "code " + code_text(f, f.sign_mask())});
  }
  print(f.name + "\n" + table.text());
}

std::string value_text(const Format& f, Code code) {
  if (f.classify(code) == CodeClass::kUnused) return "unused";
  return to_text(decode(f, code));
}

/// Every code, in as many columns as a terminal holds, ascending down each column.
void print_codes(const Format& f) {
  std::vector<std::string> cells;
  std::size_t width = 0;
  const Code count = f.code_mask() + 1;
  for (Code code = 0; code < count; ++code) {
    cells.push_back(
        fmt::format("{}  {}  {}", code_text(f, code), fields_text(f, code), value_text(f, code)));
    width = std::max(width, cells.back().size());
  }
  const std::size_t columns = std::max<std::size_t>(1, (kTerminalWidth + 2) / (width + 2));
  const std::size_t height = (cells.size() + columns - 1) / columns;
  Table table{std::vector<Table::Column>(columns)};
  for (std::size_t i = 0; i < height; ++i) {
    std::vector<std::string> row;
    for (std::size_t k = i; k < cells.size(); k += height) row.push_back(cells[k]);
    table.add(std::move(row));
  }
  print(fmt::format("\nall {} codes: code, fields, value\n", count) + table.text());
}

void print_landmarks(const Format& f) {
  // 64 bits by field are wider than a terminal; the code has them all.
  const bool with_fields = f.bits <= 32;
  std::vector<Table::Column> columns = {{"landmark"}, {"code"}, {"value"}};
  if (with_fields) columns.insert(columns.end() - 1, {"fields"});
  Table table(std::move(columns));
  for (const Landmark& mark : landmarks(f)) {
    const spec::Number number = decode(f, mark.code);
    std::string value = to_text(number);
    // Beyond a few digits the hex float is the readable exact form.
    if (number.kind == spec::NumberKind::kFinite && value.size() > 20)
      value = (number.negative ? "-" : "") + to_hex_text(number.magnitude);
    std::vector<std::string> row = {mark.name, code_text(f, mark.code), value};
    if (with_fields) row.insert(row.end() - 1, fields_text(f, mark.code));
    table.add(std::move(row));
  }
  print(fmt::format("\n{} bits make 2^{} codes, too many to list; landmarks:\n", f.bits, f.bits) +
        table.text());
}

nlohmann::json one_json(const Format& f) {
  nlohmann::json json = format_json(f);
  nlohmann::json codes = nlohmann::json::array();
  json["codes_complete"] = f.bits <= kMaxListedBits;
  if (f.bits <= kMaxListedBits) {
    for (Code code = 0; code <= f.code_mask(); ++code) codes.push_back(code_json(f, code));
  } else {
    for (const Landmark& mark : landmarks(f)) {
      codes.push_back(code_json(f, mark.code));
      codes.back()["landmark"] = mark.name;
    }
  }
  json["codes"] = std::move(codes);
  return json;
}

int run_formats(const Options& options, const Context& context) {
  Run run = this_run(context.arguments);
  FormatTable table;
  if (!options.file.empty())
    table.load_text(run.read_input(options.file, kMaxTomlBytes), options.file);
  std::vector<Format> rows;
  if (!options.name.empty()) {
    rows.push_back(table.find(options.name));
  } else {
    rows = table.rows();
    if (options.p3109) rows = spec::p3109_formats(3, 15);
  }
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Format& f : rows)
      list.push_back(options.name.empty() ? format_json(f) : one_json(f));
    print(json_text({{"run", run}, {"formats", std::move(list)}}));
  } else if (options.name.empty()) {
    print_table(rows);
  } else {
    print_limits(rows.front());
    if (rows.front().bits <= kMaxListedBits)
      print_codes(rows.front());
    else
      print_landmarks(rows.front());
  }
  return kAllHolds;
}

}  // namespace

void add_formats_command(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("formats", "List the number formats, or explain one");
  command->add_option("NAME", options->name, "A format's name or alias; all of them if left out");
  command->add_flag("--json", options->json, "Write JSON");
  command->add_flag("--p3109", options->p3109,
                    "List the IEEE P3109 formats of widths 3 to 15\n"
                    "instead of the named ones");
  command->add_option("--formats", options->file, "TOML file of further formats")
      ->option_text("FILE.toml");
  command->get_option("--p3109")
      ->excludes(command->get_option("NAME"))
      ->excludes(command->get_option("--formats"));
  command->footer(
      "Examples:\n"
      "  mxscope formats                            the table\n"
      "  mxscope formats e4m3                       limits, specials, every code\n"
      "  mxscope formats p3109_k6p3se --json        an IEEE P3109 format, for programs\n"
      "  mxscope formats mine --formats my.toml     a format of your own");
  command->callback([options, &context] {
    context.action = [options, &context] { return run_formats(*options, context); };
  });
}

}  // namespace mxscope::reports
