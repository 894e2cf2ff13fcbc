// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// A user's formats from TOML: [[format]] tables with the fields of Format, all checked.
#include <fmt/format.h>

#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>

#include "spec/formats.h"
#include "spec/names.h"

namespace mxscope::spec {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;

/// One [[format]] table, with the file's name and line for errors.
class Reader {
 public:
  Reader(const toml::table& table, std::string_view file) : table_(table), file_(file) {}

  Format read() {
    Format f;
    f.name = text("name", true);
    const std::string kind = text("kind", false);
    if (kind == "fixed")
      f.kind = FormatKind::kFixed;
    else if (!kind.empty() && kind != "float")
      throw at("kind", fmt::format("'{}' must be \"float\" or \"fixed\"", kind));
    f.bits = integer<int>("bits", 0, true);
    f.exponent_bits = integer<int>("exponent_bits", 0, f.kind == FormatKind::kFloat);
    f.mantissa_bits = integer<int>("mantissa_bits", 0, true);
    f.bias = integer<int>("bias", 0, f.kind == FormatKind::kFloat);
    f.is_signed = boolean("signed", true);
    f.negative_zero = boolean("negative_zero", true);
    f.infinities = boolean("infinities", false);
    f.high_nans = integer<std::int64_t>("high_nans", 0, false);
    f.subnormals = boolean("subnormals", true);
    f.zero = boolean("zero", true);
    f.symmetric = boolean("symmetric", false);
    const int container = f.bits <= 8 ? 8 : f.bits <= 16 ? 16 : f.bits <= 32 ? 32 : 64;
    f.storage_bits = integer<int>("storage_bits", container, false);
    f.storage_shift = integer<int>("storage_shift", 0, false);
    f.source = text("source", false);
    if (f.source.empty()) f.source = std::string(file_);
    f.note = text("note", false);
    if (const toml::node* node = known("aliases"); node != nullptr) {
      const toml::array* list = node->as_array();
      if (list == nullptr) throw at("aliases", "must be a list of strings");
      for (const toml::node& item : *list) {
        if (!item.is_string()) throw at("aliases", "must be a list of strings");
        f.aliases.push_back(item.ref<std::string>());
      }
    }
    for (const auto& [key, node] : table_) reject_unknown(key.str(), node);
    try {
      validate(f);
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", file_, line(table_), e.what()));
    }
    return f;
  }

  static unsigned line(const toml::node& node) { return node.source().begin.line; }

 private:
  Error at(std::string_view field, const std::string& problem) const {
    const toml::node* node = table_.get(field);
    return Error(fmt::format("{}:{}: field {}: {}", file_, line(node != nullptr ? *node : table_),
                             field, problem));
  }

  const toml::node* known(std::string_view field) {
    known_.emplace_back(field);
    return table_.get(field);
  }

  void reject_unknown(std::string_view key, const toml::node& node) const {
    for (const std::string& k : known_)
      if (k == key) return;
    throw Error(fmt::format("{}:{}: {}", file_, line(node),
                            unknown_name("format field", key, known_).what()));
  }

  std::string text(std::string_view field, bool required) {
    const toml::node* node = known(field);
    if (node == nullptr) {
      if (required) throw at(field, "is missing; add it");
      return "";
    }
    if (!node->is_string()) throw at(field, "must be a string");
    return node->ref<std::string>();
  }

  bool boolean(std::string_view field, bool otherwise) {
    const toml::node* node = known(field);
    if (node == nullptr) return otherwise;
    if (!node->is_boolean()) throw at(field, "must be true or false");
    return node->ref<bool>();
  }

  template <typename Int>
  Int integer(std::string_view field, Int otherwise, bool required) {
    const toml::node* node = known(field);
    if (node == nullptr) {
      if (required) throw at(field, "is missing; add it");
      return otherwise;
    }
    if (!node->is_integer()) throw at(field, "must be an integer");
    const std::int64_t value = node->ref<std::int64_t>();
    if (value < std::numeric_limits<Int>::min() || value > std::numeric_limits<Int>::max())
      throw at(field, fmt::format("{} is out of range", value));
    return static_cast<Int>(value);
  }

  const toml::table& table_;
  std::string_view file_;
  std::vector<std::string> known_;
};

/// The text with '?' for every byte beyond ASCII in its comments; throws Error for one elsewhere.
/// toml++ 3.3 must not see them: outside strings, and a malformed file has no clear outside, its
/// classification of white space runs into "unreachable" code for U+00A1 to U+0499 and others.
std::string only_ascii(std::string_view text, std::string_view file) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::string out(text);
  unsigned line = 1;
  bool comment = false;
  std::string_view open;  // the quotes that end the string we are in
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char c = out[i];
    const auto at = [&](std::string_view token) { return text.substr(i, token.size()) == token; };
    if (c == '\n') {
      ++line;
      comment = false;
      if (open.size() == 1) open = {};  // malformed, for toml++ to say
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      if (!comment)
        throw Error(
            fmt::format("{}:{}: characters beyond ASCII may stand in comments only; write "
                        "\\u00e9 and the like in strings",
                        file, line));
      out[i] = '?';
    } else if (comment) {
      continue;
    } else if (open.empty()) {
      comment = c == '#';
      for (const std::string_view quotes : {"\"\"\"", "'''", "\"", "'"})
        if (open.empty() && at(quotes)) open = quotes;
      if (!open.empty()) i += open.size() - 1;
    } else if (c == '\\' && open[0] == '"' && i + 1 < out.size() && out[i + 1] >= ' ') {
      ++i;
    } else if (at(open)) {
      i += open.size() - 1;
      open = {};
    }
  }
  return out;
}

}  // namespace

void FormatTable::load_text(std::string_view text, std::string_view name) {
  const std::string ascii = only_ascii(text, name);
  toml::table document;
  try {
    document = toml::parse(std::string_view(ascii), name);
  } catch (const toml::parse_error& e) {
    throw Error(fmt::format("{}:{}: {}", name, e.source().begin.line, e.description()));
  }
  const toml::array* list = document.get_as<toml::array>("format");
  for (const auto& [key, node] : document)
    if (key.str() != "format" || list == nullptr)
      throw Error(
          fmt::format("{}:{}: '{}' is not a [[format]] table; a format file holds only those", name,
                      Reader::line(node), key.str()));
  if (list == nullptr || list->empty())
    throw Error(fmt::format("{}: holds no [[format]] table; add one", name));
  FormatTable next = *this;
  for (const toml::node& node : *list) {
    const toml::table* table = node.as_table();
    if (table == nullptr)
      throw Error(
          fmt::format("{}:{}: format must be a table, as in [[format]]", name, Reader::line(node)));
    try {
      next.add(Reader(*table, name).read());
    } catch (const Error& e) {
      const std::string message = e.what();
      if (message.rfind(std::string(name) + ":", 0) == 0) throw;
      throw Error(fmt::format("{}:{}: {}", name, Reader::line(*table), message));
    }
  }
  *this = std::move(next);
}

void FormatTable::load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Error(fmt::format("{}: cannot be read; check the path and its permissions", path));
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw Error(fmt::format("{}: reading failed", path));
  if (file.gcount() > static_cast<std::streamsize>(kMaxBytes))
    throw Error(fmt::format("{}: larger than {} bytes; a format file is small", path, kMaxBytes));
  text.resize(static_cast<std::size_t>(file.gcount()));
  load_text(text, path);
}

}  // namespace mxscope::spec
