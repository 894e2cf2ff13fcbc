// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope devices: the table of GPUs, or every number of one with its source.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <memory>

#include "reports/commands.h"
#include "reports/console.h"
#include "reports/device_argument.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using sim::Confidence;
using sim::Device;
using sim::MmaShape;
using sim::Quantity;
using sim::TensorRate;

struct Options {
  std::string name;
  std::string file;
  bool json = false;
  bool toml = false;
};

/// Dense, at the rated clock.
std::string peak_text(const Device& device, std::string_view kind) {
  const TensorRate* rate = device.find_rate(kind);
  if (rate == nullptr) return "-";
  return fmt::format("{:.0f}",
                     device.chip.sms * rate->flop_per_cycle_sm * device.clock.rated_mhz * 1e-6);
}

/// "31+24+12+8+0": how many numbers are measured, cited, inferred, fitted, assumed.
std::string confidence_text(const Device& device) {
  std::array<int, 5> count{};
  for (const auto& field : sim::device_fields(device))
    if (!field.quantity->source.empty())
      ++count.at(static_cast<std::size_t>(field.quantity->confidence));
  return fmt::format("{}", fmt::join(count, "+"));
}

void print_table(const std::vector<Device>& devices) {
  Table table({{"name"},
               {"arch"},
               {"SMs", true},
               {"MHz: burst,\nsustained"},
               {"bf16", true},
               {"fp8\nTFLOPS", true},
               {"mxfp8\ndense", true},
               {"nvfp4", true},
               {"DRAM\nGB/s", true},
               {"L2\nMiB", true},
               {"known\nM+C+I+F+A"}});
  for (const Device& d : devices)
    table.add({d.name, d.architecture, fmt::format("{}", d.chip.sms.value),
               fmt::format("{:.0f}, {:.0f}", d.clock.burst_mhz.value, d.clock.sustained_mhz.value),
               peak_text(d, "bf16"), peak_text(d, "fp8"), peak_text(d, "mxfp8"),
               peak_text(d, "nvfp4"), fmt::format("{}", d.dram.peak_gb_per_s.value),
               fmt::format("{:.0f}", d.l2.bytes / 1048576), confidence_text(d)});
  print(table.text());
  print(
      "\nTFLOPS are dense, at the rated clock. The last column counts the device's numbers that "
      "are\nmeasured, cited, inferred, fitted and assumed. mxscope devices NAME shows each with "
      "its "
      "source.\n");
}

std::string range_text(const Quantity& quantity) {
  return quantity.low ? fmt::format("{} to {}", *quantity.low, *quantity.high) : "";
}

std::string lines_text(const std::vector<sim::CycleLine>& lines) {
  std::vector<std::string> out;
  for (const sim::CycleLine& line : lines)
    out.push_back(line.per_n == 0   ? fmt::format("{:.4g}", line.fixed)
                  : line.fixed == 0 ? fmt::format("{:.3g} N", line.per_n)
                                    : fmt::format("{:.3g} N + {:.4g}", line.per_n, line.fixed));
  return fmt::format("{}", fmt::join(out, "; "));
}

std::string shape_text(const MmaShape& shape) {
  return fmt::format("{} x {}..{}{}{}", shape.m, shape.n_low, shape.n_high,
                     shape.ctas > 1 ? fmt::format(", {} SMs", shape.ctas) : "",
                     shape.a_in_tensor_memory ? ", A in tensor memory" : "");
}

void print_one(const Device& device) {
  print(fmt::format("{}\n{} ({}){}\n", device.name, device.title, device.architecture,
                    device.note.empty() ? "" : "; " + device.note));
  print(fmt::format("SMs of each GPC: {}\n\n", fmt::join(device.chip.gpc_sms, ", ")));
  Table table({{"number"}, {"value", true}, {"range"}, {"known"}, {"source"}});
  for (const auto& field : sim::device_fields(device)) {
    const Quantity& quantity = *field.quantity;
    if (quantity.source.empty()) continue;
    table.add({field.path, fmt::format("{}", quantity.value), range_text(quantity),
               std::string(sim::confidence_name(quantity.confidence)), quantity.source});
  }
  print(table.text() + "\n");
  Table shapes({{"instruction"},
                {"kinds"},
                {"shape: M x N"},
                {"interval, cycles:\nthe largest of"},
                {"latency, cycles:\nthe smallest of"},
                {"known"},
                {"source"}});
  for (const MmaShape& shape : device.shapes)
    shapes.add({shape.instruction,
                shape.kinds.empty() ? "all" : fmt::format("{}", fmt::join(shape.kinds, " ")),
                shape_text(shape), lines_text(shape.interval_cycles),
                lines_text(shape.latency_cycles),
                std::string(sim::confidence_name(shape.confidence)), shape.source});
  print(shapes.text());
}

nlohmann::json quantity_json(const Quantity& quantity) {
  nlohmann::json json = {{"value", quantity.value},
                         {"confidence", sim::confidence_name(quantity.confidence)},
                         {"source", quantity.source}};
  if (quantity.low) json["range"] = {*quantity.low, *quantity.high};
  return json;
}

nlohmann::json lines_json(const std::vector<sim::CycleLine>& lines) {
  nlohmann::json list = nlohmann::json::array();
  for (const sim::CycleLine& line : lines)
    list.push_back({{"per_n", line.per_n}, {"fixed", line.fixed}});
  return list;
}

nlohmann::json device_json(const Device& device) {
  nlohmann::json json = {
      {"name", device.name},       {"title", device.title}, {"architecture", device.architecture},
      {"aliases", device.aliases}, {"note", device.note},   {"gpc_sms", device.chip.gpc_sms}};
  for (const auto& field : sim::device_fields(device))
    if (!field.quantity->source.empty())
      json["numbers"][field.path] = quantity_json(*field.quantity);
  json["shapes"] = nlohmann::json::array();
  for (const MmaShape& shape : device.shapes)
    json["shapes"].push_back({{"instruction", shape.instruction},
                              {"kinds", shape.kinds},
                              {"ctas", shape.ctas},
                              {"m", shape.m},
                              {"n", {shape.n_low, shape.n_high, shape.n_step}},
                              {"a_in_tensor_memory", shape.a_in_tensor_memory},
                              {"issuers", shape.issuers},
                              {"interval_cycles", lines_json(shape.interval_cycles)},
                              {"latency_cycles", lines_json(shape.latency_cycles)},
                              {"confidence", sim::confidence_name(shape.confidence)},
                              {"source", shape.source}});
  return json;
}

int run_devices(const Options& options, const Context& context) {
  if (!options.name.empty() && !options.file.empty())
    throw Error("both NAME and --device are given; leave one out");
  if (options.toml && options.json) throw Error("--toml and --json exclude each other; choose one");
  Run run = this_run(context.arguments);
  const std::string wanted = options.file.empty() ? options.name : options.file;
  if (options.toml && wanted.empty()) throw Error("--toml writes one device; name it");
  const std::vector<Device> shown =
      wanted.empty() ? sim::devices() : std::vector{device_argument(wanted, run)};
  if (options.json) {
    nlohmann::json list = nlohmann::json::array();
    for (const Device& device : shown) list.push_back(device_json(device));
    print(json_text({{"run", run}, {"devices", std::move(list)}}));
  } else if (options.toml) {
    print(sim::device_toml(shown.front()));
  } else if (wanted.empty()) {
    print_table(shown);
  } else {
    print_one(shown.front());
  }
  return kAllHolds;
}

}  // namespace

void add_devices_command(CLI::App& app, Context& context) {
  auto o = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("devices", "List the GPUs, or show every number of one with its source");
  command->add_option("NAME", o->name, "A device; all of them if left out");
  command->add_option("--device", o->file, "A device file of your own, checked as it is read");
  command->add_flag("--json", o->json, "Write JSON");
  command->add_flag("--toml", o->toml, "Write the device as a file to start your own from");
  command->footer(
      "A number is measured, cited, inferred, fitted or assumed, and says by whom or how.\n"
      "Reading a device checks that its numbers agree: peak = SMs x rate x clock, and others.\n\n"
      "Examples:\n"
      "  mxscope devices                            the table\n"
      "  mxscope devices b200                       every number of one\n"
      "  mxscope devices rtx-5090 --toml > my.toml  a file to change\n"
      "  mxscope devices --device my.toml           is it consistent?");
  command->callback(
      [o, &context] { context.action = [o, &context] { return run_devices(*o, context); }; });
}

}  // namespace mxscope::reports
