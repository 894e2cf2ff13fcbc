// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "spec/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "spec/names.h"

namespace mxscope::spec {
namespace {

/// What toml++ 3.3 asserts of its input, and malformed input breaks ("[[\x7f"): an error here,
/// where the library would abort, or under NDEBUG be undefined.
[[noreturn]] void malformed() { throw Error("malformed TOML; check brackets, quotes and keys"); }

}  // namespace
}  // namespace mxscope::spec

#undef NDEBUG
#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : mxscope::spec::malformed())
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#include <toml++/toml.h>

namespace mxscope::spec {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 64;  ///< of nested values, and of parts of a dotted key
constexpr std::size_t kMaxShown = 60;

/// The start of a text that may be a file's only line.
std::string shortened(std::string_view text, std::size_t most = kMaxShown) {
  if (text.size() <= most) return std::string(text);
  return std::string(text.substr(0, most - 3)) + "...";
}

/// Throws Error where brackets or dotted keys nest deeper than recursion should follow: toml++ 3.3
/// limits neither the parts of a key nor what a key and its value nest together.
class DepthGuard {
 public:
  explicit DepthGuard(std::string_view file) : file_(file) {}

  /// Takes a character outside strings and comments.
  void take(char c, unsigned line) {
    if (c == '[' || c == '{') ++brackets_;
    if ((c == ']' || c == '}') && brackets_ > 0) --brackets_;
    if (c == '.')
      ++dots_;
    else if (std::string_view("=,[]{}\n").find(c) != std::string_view::npos)
      dots_ = 0;
    if (brackets_ > kMaxDepth || dots_ >= kMaxDepth)
      throw Error(fmt::format("{}:{}: values or keys nested more than {} levels deep", file_, line,
                              kMaxDepth));
  }

 private:
  std::string_view file_;
  int brackets_ = 0;
  int dots_ = 0;
};

/// The text with '?' for every byte beyond ASCII in its comments; throws Error for one elsewhere.
/// toml++ 3.3 must not see them: outside strings, and a malformed file has no clear outside, its
/// classification of white space runs into "unreachable" code for U+00A1 to U+0499 and others.
std::string only_ascii(std::string_view text, std::string_view file) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  std::string out(text);
  unsigned line = 1;
  bool comment = false;
  DepthGuard depth(file);
  std::string_view open;  // the quotes that end the string we are in
  for (std::size_t i = 0; i < out.size(); ++i) {
    const char c = out[i];
    const auto at = [&](std::string_view token) { return text.substr(i, token.size()) == token; };
    if (c == '\n') {
      ++line;
      comment = false;
      if (open.size() == 1) open = {};  // malformed, for toml++ to say
      if (open.empty()) depth.take(c, line);
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
      depth.take(c, line);
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

std::string place(std::string_view file, unsigned line) {
  return line == 0 ? std::string(file) : fmt::format("{}:{}", file, line);
}

TomlNode copy(const toml::node& from, std::string_view file, int depth = 0) {
  TomlNode to{.value = {}, .line = from.source().begin.line};
  if (depth > kMaxDepth)
    throw Error(
        fmt::format("{}:{}: values nested more than {} levels deep", file, to.line, kMaxDepth));
  if (const toml::table* table = from.as_table()) {
    auto& fields = to.value.emplace<TomlNode::Table>();
    for (const auto& [key, node] : *table) fields.emplace(key.str(), copy(node, file, depth + 1));
  } else if (const toml::array* array = from.as_array()) {
    auto& items = to.value.emplace<TomlNode::Array>();
    for (const toml::node& node : *array) items.push_back(copy(node, file, depth + 1));
  } else if (from.is_string()) {
    to.value = from.ref<std::string>();
  } else if (from.is_integer()) {
    to.value = from.ref<std::int64_t>();
  } else if (from.is_floating_point()) {
    to.value = from.ref<double>();
  } else if (from.is_boolean()) {
    to.value = from.ref<bool>();
  } else {
    throw Error(fmt::format("{}:{}: dates and times mean nothing here", file, to.line));
  }
  return to;
}

}  // namespace

TomlNode parse_toml(std::string_view text, std::string_view file) {
  const std::string ascii = only_ascii(text, file);
  toml::table document;
  try {
    document = toml::parse(std::string_view(ascii), file);
  } catch (const toml::parse_error& e) {
    throw Error(fmt::format("{}:{}: {}", file, e.source().begin.line,
                            shortened(e.description(), 4 * kMaxShown)));
  } catch (const Error& e) {
    throw Error(fmt::format("{}: {}", file, e.what()));
  }
  return copy(document, file);
}

std::string read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw Error(fmt::format("{}: cannot be read; check the path and its permissions", path));
  std::string text(kMaxBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw Error(fmt::format("{}: reading failed", path));
  if (file.gcount() > static_cast<std::streamsize>(kMaxBytes))
    throw Error(fmt::format("{}: larger than {} bytes; such a file is small", path, kMaxBytes));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

TomlTable::TomlTable(const TomlNode& node, std::string_view file, std::string_view what)
    : table_(std::get<TomlNode::Table>(node.value)), line_(node.line), file_(file), what_(what) {}

Error TomlTable::error(std::string_view field, std::string_view problem) const {
  const auto found = table_.find(field);
  const unsigned line = found != table_.end() ? found->second.line : line_;
  return Error(fmt::format("{}: field {}: {}", place(file_, line), field, problem));
}

Error TomlTable::error(std::string_view problem) const {
  return Error(fmt::format("{}: {}", place(file_, line_), problem));
}

const TomlNode* TomlTable::node(std::string_view field) {
  known_.emplace_back(field);
  const auto found = table_.find(field);
  return found != table_.end() ? &found->second : nullptr;
}

const TomlNode* TomlTable::required_node(std::string_view field, bool required) {
  const TomlNode* found = node(field);
  if (found == nullptr && required) throw error(field, "is missing; add it");
  return found;
}

std::string TomlTable::text(std::string_view field, bool required) {
  const TomlNode* found = required_node(field, required);
  if (found == nullptr) return "";
  const auto* value = std::get_if<std::string>(&found->value);
  if (value == nullptr) throw error(field, "must be a string");
  return *value;
}

bool TomlTable::boolean(std::string_view field, bool otherwise) {
  const TomlNode* found = node(field);
  if (found == nullptr) return otherwise;
  const auto* value = std::get_if<bool>(&found->value);
  if (value == nullptr) throw error(field, "must be true or false");
  return *value;
}

std::optional<double> finite_number(const TomlNode& node) {
  if (const auto* integer = std::get_if<std::int64_t>(&node.value))
    return static_cast<double>(*integer);
  const auto* number = std::get_if<double>(&node.value);
  return number != nullptr && std::isfinite(*number) ? std::optional(*number) : std::nullopt;
}

double TomlTable::number(std::string_view field, double otherwise, bool required) {
  const TomlNode* found = required_node(field, required);
  if (found == nullptr) return otherwise;
  const std::optional<double> value = finite_number(*found);
  if (!value) throw error(field, "must be a finite number");
  return *value;
}

TomlTable TomlTable::table(std::string_view field, bool required) {
  static const TomlNode kEmpty{.value = TomlNode::Table(), .line = 0};
  const TomlNode* found = required_node(field, required);
  if (found == nullptr) return {kEmpty, file_, field};
  if (!std::holds_alternative<TomlNode::Table>(found->value))
    throw error(field, fmt::format("must be a table, as in [{}]", field));
  return {*found, file_, field};
}

std::vector<std::string> TomlTable::texts(std::string_view field) {
  std::vector<std::string> out;
  const TomlNode* found = node(field);
  if (found == nullptr) return out;
  const auto* list = std::get_if<TomlNode::Array>(&found->value);
  if (list == nullptr) throw error(field, "must be a list of strings");
  for (const TomlNode& item : *list) {
    const auto* value = std::get_if<std::string>(&item.value);
    if (value == nullptr) throw error(field, "must be a list of strings");
    out.push_back(*value);
  }
  return out;
}

std::int64_t TomlTable::integer_in(std::string_view field, std::int64_t otherwise, bool required,
                                   std::int64_t low, std::int64_t high) {
  const TomlNode* found = required_node(field, required);
  if (found == nullptr) return otherwise;
  const auto* value = std::get_if<std::int64_t>(&found->value);
  if (value == nullptr) throw error(field, "must be an integer");
  if (*value < low || *value > high) throw error(field, fmt::format("{} is out of range", *value));
  return *value;
}

void TomlTable::finish() const {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    throw Error(fmt::format("{}: {}", place(file_, node.line),
                            unknown_name(fmt::format("{} field", what_), key, known_).what()));
  }
}

void for_each_table(const TomlNode& document, std::string_view file, std::string_view name,
                    const std::function<void(TomlTable&)>& read) {
  const auto& fields = std::get<TomlNode::Table>(document.value);
  for (const auto& [key, node] : fields)
    if (key != name || !std::holds_alternative<TomlNode::Array>(node.value))
      throw Error(fmt::format("{}:{}: '{}' is not a [[{}]] table; a {} file holds only those", file,
                              node.line, shortened(key), name, name));
  const auto found = fields.find(name);
  const auto* list =
      found != fields.end() ? &std::get<TomlNode::Array>(found->second.value) : nullptr;
  if (list == nullptr || list->empty())
    throw Error(fmt::format("{}: holds no [[{}]] table; add one", file, name));
  for (const TomlNode& node : *list) {
    if (!std::holds_alternative<TomlNode::Table>(node.value))
      throw Error(
          fmt::format("{}:{}: {} must be a table, as in [[{}]]", file, node.line, name, name));
    TomlTable table(node, file, name);
    try {
      read(table);
    } catch (const Error& e) {
      const std::string_view message = e.what();
      if (message.substr(0, file.size() + 1) == fmt::format("{}:", file)) throw;
      throw table.error(message);
    }
  }
}

}  // namespace mxscope::spec
