// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Device files: TOML in, checked, and TOML out.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sim/device.h"
#include "sim/device_sections.h"
#include "spec/names.h"
#include "spec/toml_table.h"

namespace mxscope::sim {
namespace {

using spec::finite_number;
using spec::TomlNode;
using spec::TomlTable;

constexpr double kTolerance = 0.015;  ///< of cited figures, which are rounded
constexpr double kMost = 1e15;        ///< of any quantity: no unit here gives more

/// Throws where a terminal that shows the text would obey it.
void refuse_controls(const TomlTable& table, std::string_view field, std::string_view text) {
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 127; };
  if (std::any_of(text.begin(), text.end(), is_control))
    throw table.error(field, "must be one line without control characters");
}

std::string one_line(TomlTable& table, std::string_view field, bool required = false) {
  std::string text = table.text(field, required);
  refuse_controls(table, field, text);
  return text;
}

std::vector<std::string> one_line_each(TomlTable& table, std::string_view field) {
  std::vector<std::string> texts = table.texts(field);
  for (const std::string& text : texts) refuse_controls(table, field, text);
  return texts;
}

Confidence read_confidence(TomlTable& table) {
  const std::string name = one_line(table, "confidence", true);
  for (int i = 0; i <= static_cast<int>(Confidence::kAssumed); ++i)
    if (const auto confidence = static_cast<Confidence>(i); confidence_name(confidence) == name)
      return confidence;
  throw table.error("confidence",
                    "must be \"measured\", \"cited\", \"inferred\", \"fitted\" or \"assumed\"");
}

/// The list of `field`, of `count` numbers if count is not 0.
std::vector<double> numbers(TomlTable& table, std::string_view field, const TomlNode& node,
                            std::size_t count) {
  const auto* list = std::get_if<TomlNode::Array>(&node.value);
  std::vector<double> out;
  if (list != nullptr)
    for (const TomlNode& item : *list)
      if (const auto number = finite_number(item)) out.push_back(*number);
  if (list == nullptr || out.size() != list->size() || out.empty() ||
      (count != 0 && out.size() != count))
    throw table.error(field, count == 0 ? "must be a list of numbers"
                                        : fmt::format("must be a list of {} numbers", count));
  return out;
}

Quantity read_quantity(TomlTable& section, std::string_view field, Zero zero) {
  if (!section.has(field))
    throw section.error(field, "is missing; add it, with value, source and confidence");
  TomlTable table = section.table(field);
  Quantity out;
  out.value = table.number("value", 0, true);
  if (out.value < 0 || out.value > kMost || (out.value == 0 && zero == Zero::kNever))
    throw section.error(field, fmt::format("value {} must be {} and at most {:g}", out.value,
                                           zero == Zero::kNever ? "positive" : "0 or more", kMost));
  out.confidence = read_confidence(table);
  out.source = one_line(table, "source", true);
  if (out.source.empty())
    throw section.error(field, "source is empty; say how the number is known");
  if (const TomlNode* range = table.node("range")) {
    const std::vector<double> ends = numbers(table, "range", *range, 2);
    if (!(ends[0] < ends[1])) throw section.error(field, "range must go from low to high");
    if (out.value < ends[0] || out.value > ends[1])
      throw section.error(field, fmt::format("value {} is outside its range {} to {}", out.value,
                                             ends[0], ends[1]));
    out.low = ends[0];
    out.high = ends[1];
  }
  table.finish();
  return out;
}

std::vector<CycleLine> read_lines(TomlTable& table, std::string_view field) {
  const TomlNode* node = table.node(field);
  const auto* list = node != nullptr ? std::get_if<TomlNode::Array>(&node->value) : nullptr;
  if (list == nullptr || list->empty())
    throw table.error(field, "must be a list of [cycles per column, fixed cycles]");
  std::vector<CycleLine> out;
  for (const TomlNode& item : *list) {
    const std::vector<double> line = numbers(table, field, item, 2);
    if (line[0] < 0 || line[1] < 0 || line[0] + line[1] <= 0 || line[0] > kMost || line[1] > kMost)
      throw table.error(field, "cycles must not be negative, nor all be 0");
    out.push_back({.per_n = line[0], .fixed = line[1]});
  }
  return out;
}

int read_count(TomlTable& table, std::string_view field, int otherwise, bool required) {
  const int value = table.integer<int>(field, otherwise, required);
  if (value < 1 || value > 1 << 20) throw table.error(field, "must be at least 1");
  return value;
}

TensorRate read_rate(TomlTable& table) {
  TensorRate rate;
  rate.kind = one_line(table, "kind", true);
  rate.accumulate = one_line(table, "accumulate", true);
  rate.k = read_count(table, "k", 0, true);
  rate.flop_per_cycle_sm = read_quantity(table, "flop_per_cycle_sm", Zero::kNever);
  if (table.has("peak_tflops"))
    rate.peak_tflops = read_quantity(table, "peak_tflops", Zero::kNever);
  if (table.has("power")) rate.power = read_quantity(table, "power", Zero::kNever);
  table.finish();
  return rate;
}

MmaShape read_shape(TomlTable& table) {
  MmaShape shape;
  shape.instruction = one_line(table, "instruction", true);
  shape.kinds = one_line_each(table, "kinds");
  shape.ctas = read_count(table, "ctas", 1, false);
  shape.m = read_count(table, "m", 0, true);
  if (!table.has("n")) throw table.error("n", "is missing; add [lowest, highest, step]");
  const std::vector<double> n = numbers(table, "n", *table.node("n"), 3);
  for (const double one : n)
    if (one < 1 || one > 4096 || one != std::floor(one))
      throw table.error("n", "must be [lowest, highest, step], whole and positive");
  shape.n_low = static_cast<int>(n[0]);
  shape.n_high = static_cast<int>(n[1]);
  shape.n_step = static_cast<int>(n[2]);
  if (shape.n_low > shape.n_high) throw table.error("n", "the lowest is above the highest");
  shape.a_in_tensor_memory = table.boolean("a_in_tensor_memory", false);
  shape.issuers = read_count(table, "issuers", 1, false);
  shape.interval_cycles = read_lines(table, "interval_cycles");
  shape.latency_cycles = read_lines(table, "latency_cycles");
  shape.confidence = read_confidence(table);
  shape.source = one_line(table, "source", true);
  table.finish();
  return shape;
}

template <typename Row>
std::vector<Row> read_rows(TomlTable& document, std::string_view file, std::string_view name,
                           Row (*read)(TomlTable&)) {
  std::vector<Row> out;
  const TomlNode* node = document.node(name);
  const auto* list = node != nullptr ? std::get_if<TomlNode::Array>(&node->value) : nullptr;
  if (list == nullptr || list->empty())
    throw document.error(name, fmt::format("is missing; add [[{}]] tables", name));
  for (const TomlNode& item : *list) {
    if (!std::holds_alternative<TomlNode::Table>(item.value))
      throw document.error(name, fmt::format("must be tables, as in [[{}]]", name));
    TomlTable table(item, file, name);
    out.push_back(read(table));
  }
  return out;
}

/// The most that the shapes reach of a rate, in FLOP per cycle and SM.
double reached(const Device& device, const TensorRate& rate) {
  double most = 0;
  for (const MmaShape& shape : device.shapes) {
    const auto& kinds = shape.kinds;
    if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), rate.kind) == kinds.end()) continue;
    const double flop = 2.0 * shape.m * shape.n_high * rate.k * shape.issuers / shape.ctas;
    most = std::max(most, flop / shape.interval(shape.n_high));
  }
  return most;
}

bool differs(double a, double b) { return std::abs(a - b) > kTolerance * b; }

/// What makes a device's numbers contradict each other, or "".
std::string contradiction(const Device& device) {
  const int sms = std::accumulate(device.chip.gpc_sms.begin(), device.chip.gpc_sms.end(), 0);
  if (sms != device.chip.sms)
    return fmt::format("chip.gpc_sms adds up to {} SMs, but chip.sms is {}", sms,
                       device.chip.sms.value);
  if (device.shared.bytes_per_cta > device.shared.bytes_per_sm)
    return "shared.bytes_per_cta is more than shared.bytes_per_sm";
  if (device.clock.sustained_mhz > device.clock.burst_mhz)
    return "clock.sustained_mhz is above clock.burst_mhz";
  if (device.dram.efficiency > 1) return "dram.efficiency is above 1";
  for (std::size_t i = 0; i < device.rates.size(); ++i) {
    const TensorRate& rate = device.rates[i];
    const std::string name = fmt::format("{} into {}", rate.kind, rate.accumulate);
    const double peak = device.chip.sms * rate.flop_per_cycle_sm * device.clock.rated_mhz * 1e-6;
    if (rate.peak_tflops > 0 && differs(peak, rate.peak_tflops))
      return fmt::format(
          "{}: {} SMs x {} FLOP/cycle x {} MHz = {:.4g} TFLOPS, but peak_tflops is {:.4g}", name,
          device.chip.sms.value, rate.flop_per_cycle_sm.value, device.clock.rated_mhz.value, peak,
          rate.peak_tflops.value);
    bool first = true;
    for (std::size_t j = 0; j < i; ++j) {
      first = first && device.rates[j].kind != rate.kind;
      if (device.rates[j].kind == rate.kind && device.rates[j].accumulate == rate.accumulate)
        return fmt::format("two [[rates]] for {}", name);
    }
    if (const double most = reached(device, rate); first && differs(most, rate.flop_per_cycle_sm))
      return fmt::format(
          "{}: the fastest of [[shapes]] reaches {:.4g} FLOP/cycle/SM, but the rate is {:.4g}",
          name, most, rate.flop_per_cycle_sm.value);
  }
  return "";
}

/// A TOML string: the reader takes ASCII, so other bytes become '?'.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c < ' ' || c > '~' ? '?' : c;
  }
  return out + '"';
}

std::string quantity_toml(const Quantity& quantity) {
  const std::string range = quantity.low && quantity.high
                                ? fmt::format(", range = [{}, {}]", *quantity.low, *quantity.high)
                                : "";
  return fmt::format("{{ value = {}{}, confidence = \"{}\", source = {} }}", quantity.value, range,
                     confidence_name(quantity.confidence), quoted(quantity.source));
}

std::string lines_toml(const std::vector<CycleLine>& lines) {
  std::vector<std::string> out;
  for (const CycleLine& line : lines)
    out.push_back(fmt::format("[{}, {}]", line.per_n, line.fixed));
  return fmt::format("[{}]", fmt::join(out, ", "));
}

std::string list_toml(const std::vector<std::string>& texts) {
  std::vector<std::string> out;
  for (const std::string& text : texts) out.push_back(quoted(text));
  return fmt::format("[{}]", fmt::join(out, ", "));
}

}  // namespace

Device read_device(std::string_view text, std::string_view file) {
  const TomlNode document = spec::parse_toml(text, file);
  TomlTable top(document, file, "device");
  Device device;
  device.name = top.text("name", true);
  if (!spec::is_row_name(device.name)) throw top.error("name", spec::kRowNameRule);
  device.title = one_line(top, "title", true);
  device.architecture = top.text("architecture", true);
  constexpr std::array kArchitectures = {"sm90", "sm100", "sm103", "sm120", "sm121"};
  if (std::find(kArchitectures.begin(), kArchitectures.end(), device.architecture) ==
      kArchitectures.end())
    throw top.error("architecture", fmt::format("must be {}", fmt::join(kArchitectures, ", ")));
  device.aliases = one_line_each(top, "aliases");
  device.note = one_line(top, "note");

  // Tables are read in the order of the record; each is finished when the next one begins.
  std::vector<std::pair<std::string, TomlTable>> tables;
  const auto finish_last = [&] {
    if (!tables.empty()) tables.back().second.finish();
  };
  visit_sections(
      device, [&](std::string_view section, std::string_view key, Quantity& quantity, Zero zero) {
        if (section == "tensor_memory" && !top.has(section)) return;
        if (tables.empty() || tables.back().first != section) {
          finish_last();
          tables.emplace_back(section, top.table(section, true));
        }
        TomlTable& table = tables.back().second;
        if (section == "chip" && key == "sms") {
          const TomlNode* gpcs = table.node("gpc_sms");
          if (gpcs == nullptr) throw table.error("gpc_sms", "is missing; add the SMs of each GPC");
          for (const double sms : numbers(table, "gpc_sms", *gpcs, 0)) {
            if (sms < 1 || sms > 1024 || sms != std::floor(sms))
              throw table.error("gpc_sms", "must be whole and positive");
            device.chip.gpc_sms.push_back(static_cast<int>(sms));
          }
        }
        quantity = read_quantity(table, key, zero);
      });
  finish_last();
  device.rates = read_rows<TensorRate>(top, file, "rates", read_rate);
  device.shapes = read_rows<MmaShape>(top, file, "shapes", read_shape);
  top.finish();
  if (const std::string problem = contradiction(device); !problem.empty())
    throw Error(fmt::format("{}: the numbers contradict each other: {}", file, problem));
  return device;
}

Device load_device(const std::string& path) {
  return read_device(spec::read_small_file(path), path);
}

std::string device_toml(const Device& device) {
  std::string out =
      fmt::format("name = {}\ntitle = {}\narchitecture = {}\naliases = {}\n", quoted(device.name),
                  quoted(device.title), quoted(device.architecture), list_toml(device.aliases));
  if (!device.note.empty()) out += fmt::format("note = {}\n", quoted(device.note));
  std::string last;
  visit_sections(device, [&](std::string_view section, std::string_view key,
                             const Quantity& quantity, Zero /*zero*/) {
    if (section == "tensor_memory" && device.tensor_memory.bytes_per_sm == 0) return;
    if (last != section) {
      last = section;
      out += fmt::format("\n[{}]\n", section);
    }
    out += fmt::format("{} = {}\n", key, quantity_toml(quantity));
    if (section == "chip" && key == "sms")
      out += fmt::format("gpc_sms = [{}]\n", fmt::join(device.chip.gpc_sms, ", "));
  });
  for (const TensorRate& rate : device.rates) {
    out += fmt::format("\n[[rates]]\nkind = {}\naccumulate = {}\nk = {}\nflop_per_cycle_sm = {}\n",
                       quoted(rate.kind), quoted(rate.accumulate), rate.k,
                       quantity_toml(rate.flop_per_cycle_sm));
    if (rate.peak_tflops > 0)
      out += fmt::format("peak_tflops = {}\n", quantity_toml(rate.peak_tflops));
    if (rate.power > 0) out += fmt::format("power = {}\n", quantity_toml(rate.power));
  }
  for (const MmaShape& shape : device.shapes)
    out += fmt::format(
        "\n[[shapes]]\ninstruction = {}\nkinds = {}\nctas = {}\nm = {}\nn = [{}, {}, {}]\n"
        "a_in_tensor_memory = {}\nissuers = {}\ninterval_cycles = {}\nlatency_cycles = {}\n"
        "confidence = \"{}\"\nsource = {}\n",
        quoted(shape.instruction), list_toml(shape.kinds), shape.ctas, shape.m, shape.n_low,
        shape.n_high, shape.n_step, shape.a_in_tensor_memory, shape.issuers,
        lines_toml(shape.interval_cycles), lines_toml(shape.latency_cycles),
        confidence_name(shape.confidence), quoted(shape.source));
  return out;
}

}  // namespace mxscope::sim
