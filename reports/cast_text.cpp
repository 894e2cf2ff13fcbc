// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Values as text in, codes and exact errors out; nothing passes through a double.
#include "reports/cast_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <functional>

#include "analysis/text_lines.h"
#include "reports/commands.h"
#include "reports/console.h"
#include "reports/conversion_error.h"
#include "reports/descriptor.h"
#include "reports/format_facts.h"
#include "reports/interrupt.h"
#include "reports/table.h"
#include "spec/error.h"
#include "spec/number.h"
#include "spec/oracle.h"

namespace mxscope::reports {
namespace {

using spec::Format;
using spec::Number;
using spec::NumberKind;
using spec::Rational;
using spec::to_hex_text;
using spec::to_text;

constexpr std::size_t kErrorWidth = 32;
constexpr std::size_t kInputWidth = 40;
constexpr std::size_t kRowsAtOnce = 1000;

/// Calls `use` with every value of the arguments, or of standard input; `waiting` when more input
/// must be awaited. An Error of `use` gets the place in front, unless an output is at fault.
void for_each_value(const std::vector<std::string>& values,
                    const std::function<void(const std::string&)>& use,
                    const std::function<void()>& waiting) {
  const auto use_at = [&](const std::string& place, std::string_view text) {
    try {
      use(std::string(text));
    } catch (const WriteError&) {
      throw;
    } catch (const Error& e) {
      throw Error(fmt::format("{}: {}", place, e.what()));
    }
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    throw_if_interrupted();
    use_at(fmt::format("value {}", i + 1), analysis::trimmed(values[i]));
  }
  if (!values.empty()) return;
  const std::string name = "standard input";
  analysis::TextLines lines(
      [&](char* data, std::size_t size) { return read_some(STDIN_FILENO, data, size, name); },
      name);
  for (std::string line; lines.next(line);) {
    throw_if_interrupted();
    const std::string_view text =
        analysis::trimmed(std::string_view(line).substr(0, line.find('#')));
    if (!text.empty()) use_at(fmt::format("{}:{}", name, lines.number()), text);
    if (lines.would_read()) waiting();
  }
}

std::string shortened(const std::string& text) {
  return text.size() <= kInputWidth ? text : text.substr(0, kInputWidth - 3) + "...";
}

std::uint64_t parse_code(const std::string& text, const Format& format) {
  const auto bad = [&](std::string_view why) {
    return Error(
        fmt::format("'{}' is not a code of {}: {}", printable(shortened(text)), format.name, why));
  };
  std::string_view digits = text;
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char kind = digits[1];
    base = kind == 'x' || kind == 'X' ? 16 : kind == 'b' || kind == 'B' ? 2 : 10;
    if (base != 10) digits.remove_prefix(2);
  }
  std::uint64_t code = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  if (end != digits.data() + digits.size() || (error != std::errc{} && end == digits.data()))
    throw bad("write 0x1d, 0b11101 or 29");
  if (error != std::errc{} || (code & ~format.code_mask()) != 0)
    throw bad(fmt::format("it has more than {} bits", format.bits));
  return code;
}

/// The text read as the options say: exactly, or rounded to a source format first.
class ValueReader {
 public:
  ValueReader(const CastOptions& options, const spec::FormatTable& table) {
    if (!options.bits.empty()) {
      source_ = table.find(options.bits);
      is_bits_ = true;
    } else if (options.from != "exact") {
      source_ = table.find(options.from);
      to_source_ = adapted(
          source_, {.overflow = spec::Overflow::kInfinity, .infinity = spec::Overflow::kInfinity});
      rounds_ = true;
    }
    if (is_bits_ && options.from != "exact")
      throw Error("--from and --bits both say what the input is; leave one out");
  }

  bool rounds() const { return rounds_; }
  const Format& source() const { return source_; }

  Number read(const std::string& text) const {
    if (is_bits_) return decode(source_, parse_code(text, source_));
    const Number number = spec::parse_number(text);
    if (!rounds_) return number;
    return decode(source_, spec::cast(number, source_, to_source_).code);
  }

 private:
  Format source_;
  spec::Policy to_source_;
  bool is_bits_ = false;
  bool rounds_ = false;
};

struct Converted {
  std::string input;  ///< as written
  Number number;      ///< as converted
  spec::Outcome outcome;
  Number value;  ///< of the code
  bool has_error = false;
  Rational error, ulps;  ///< value - number
};

Converted convert(const std::string& text, const ValueReader& reader, const CastRequest& request) {
  Converted c{text, reader.read(text), {}, {}, false, 0, 0};
  const Format& f = request.format;
  c.outcome = spec::cast(c.number, f, request.policy, request.random);
  if (c.outcome.refused) return c;
  c.value = decode(f, c.outcome.code);
  if (c.number.kind != NumberKind::kFinite || c.value.kind != NumberKind::kFinite) return c;
  c.has_error = true;
  c.error = c.value.value() - c.number.value();
  c.ulps = abs(c.error) / ulp_at(f, c.number.magnitude);
  return c;
}

std::string number_text(const Number& number) {
  if (number.kind != NumberKind::kFinite) return to_text(number);
  std::string text = to_text(number);
  if (text.size() <= kErrorWidth) return text;
  return (number.negative ? "-" : "") + to_hex_text(number.magnitude);
}

std::vector<std::string> row_of(const Converted& c, const Format& f, bool rounds) {
  std::vector<std::string> row = {shortened(c.input)};
  if (rounds) row.push_back(number_text(c.number));
  if (c.outcome.refused) {
    row.insert(row.end(), {"refused", "", "", "", ""});
    return row;
  }
  row.insert(row.end(),
             {code_text(f, c.outcome.code), fields_text(f, c.outcome.code), number_text(c.value)});
  if (c.has_error)
    row.insert(row.end(), {brief_text(c.error, kErrorWidth), brief_text(c.ulps, 12)});
  else
    row.insert(row.end(), {"-", "-"});
  return row;
}

nlohmann::json json_of(const Converted& c, const Format& f) {
  nlohmann::json json = {{"input", c.input},
                         {"converted", to_text(c.number)},
                         {"refused", c.outcome.refused},
                         {"code", nullptr},
                         {"error", nullptr},
                         {"error_ulp", nullptr}};
  if (c.outcome.refused) return json;
  json.update(code_json(f, c.outcome.code));
  if (c.has_error) {
    json["error"] = to_text(c.error);
    json["error_ulp"] = to_text(c.ulps);
  }
  return json;
}

}  // namespace

int cast_texts(const CastOptions& options, const CastRequest& request,
               const spec::FormatTable& formats, const Run& run) {
  const Format& f = request.format;
  const ValueReader reader(options, formats);
  std::vector<Table::Column> columns = {{"input"}};
  if (reader.rounds()) columns.push_back({"as " + reader.source().name});
  columns.insert(columns.end(), {{"code"}, {"fields"}, {"value"}, {"error"}, {"ulp"}});
  Table table(std::move(columns));
  nlohmann::json results = nlohmann::json::array();
  std::size_t rows = 0;
  std::size_t refused = 0;
  const bool with_table = !options.codes && !options.json;
  if (with_table) {
    print(request_text(request) + "\n");
    if (reader.rounds())
      print(fmt::format("inputs are rounded to the nearest {} first; errors are against that\n",
                        reader.source().name));
  }
  const auto flush_rows = [&] {
    if (with_table && !table.empty()) print(table.take_text());
    rows = 0;
    flush_output();
  };
  try {
    for_each_value(
        options.values,
        [&](const std::string& text) {
          const Converted c = convert(text, reader, request);
          refused += c.outcome.refused ? 1 : 0;
          if (options.json)
            results.push_back(json_of(c, f));
          else if (options.codes)
            print((c.outcome.refused ? "!!" : code_text(f, c.outcome.code)) + "\n");
          else
            table.add(row_of(c, f, reader.rounds()));
          if (++rows >= kRowsAtOnce) flush_rows();
        },
        flush_rows);
  } catch (...) {
    flush_rows();
    throw;
  }
  if (options.json) {
    nlohmann::json json = request_json(request);
    json["run"] = run;
    if (reader.rounds()) json["rounded_to_first"] = reader.source().name;
    json["results"] = std::move(results);
    print(json_text(json));
  } else {
    flush_rows();
  }
  return refused == 0 ? kAllHolds : kRefuted;
}

int decode_texts(const CastOptions& options, const Format& f, const Run& run) {
  Table table({{"code"}, {"fields"}, {"class"}, {"value"}, {"hex"}});
  nlohmann::json results = nlohmann::json::array();
  std::size_t rows = 0;
  const auto flush_rows = [&] {
    if (!table.empty()) print(table.take_text());
    rows = 0;
    flush_output();
  };
  try {
    for_each_value(
        options.values,
        [&](const std::string& text) {
          const nlohmann::json json = code_json(f, parse_code(text, f));
          const auto cell = [&](const char* key) {
            return json[key].is_null() ? std::string("-") : json[key].get<std::string>();
          };
          if (options.json)
            results.push_back(json);
          else if (options.codes)
            print(cell("value") + "\n");
          else
            table.add(
                {cell("code"), cell("fields"), cell("class"), cell("value"), cell("hex_value")});
          if (++rows >= kRowsAtOnce) flush_rows();
        },
        flush_rows);
  } catch (...) {
    flush_rows();
    throw;
  }
  if (options.json)
    print(json_text({{"run", run}, {"format", f.name}, {"results", std::move(results)}}));
  else
    flush_rows();
  return kAllHolds;
}

}  // namespace mxscope::reports
