// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "reports/scheme_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "reports/console.h"
#include "reports/numbers.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::int64_t kMostChannels = std::int64_t{1} << 20;
constexpr std::size_t kMostPlanBytes = std::size_t{1} << 22;
constexpr std::int64_t kMostRows = 4096;  ///< of a range
constexpr std::int64_t kMostLayers = 1024;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::stringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  if (!text.empty() && text.back() == at) parts.emplace_back();
  return parts;
}

double fraction(const std::string& option, const std::string& text) {
  if (text == "0") return 0;
  const double value = positive_number(option, text).convert_to<double>();
  if (value > 1) throw Error(fmt::format("{} {}: a share of K is from 0 to 1", option, text));
  return value;
}

/// "12.5%" is a share of K, "256" a number of channels.
void set_residual(sim::SchemeSetting& setting, const std::string& text) {
  setting.residual_channels = 0;
  setting.residual_share = 0;
  if (!text.empty() && text.back() == '%') {
    const double percent =
        text == "0%"
            ? 0
            : positive_number("--residual", text.substr(0, text.size() - 1)).convert_to<double>();
    if (percent > 100) throw Error(fmt::format("--residual {}: at most 100%", text));
    setting.residual_share = percent / 100;
    return;
  }
  setting.residual_channels = whole_number("--residual", text, 0, kMostChannels);
}

/// "0..1024:64", "0..1024" in sixteen steps, or "0,64,128".
std::vector<std::string> listed(const std::string& option, const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return split(text, ',');
  const std::string rest = text.substr(dots + 2);
  const std::size_t colon = rest.find(':');
  const auto low = whole_number(option, text.substr(0, dots), 0, kMostChannels);
  const auto high = whole_number(option, rest.substr(0, colon), 0, kMostChannels);
  const auto step = colon == std::string::npos
                        ? std::max<std::int64_t>(1, (high - low) / 16)
                        : whole_number(option, rest.substr(colon + 1), 1, kMostChannels);
  if (low > high || (high - low) / step >= kMostRows)
    throw Error(fmt::format("{} {}: must go up, in at most {} steps", option, text, kMostRows));
  std::vector<std::string> all;
  for (std::int64_t value = low; value <= high; value += step) all.push_back(std::to_string(value));
  return all;
}

}  // namespace

void add_scheme_options(CLI::App& command, TimedChoice& o, bool lists) {
  command
      .add_option("--residual", o.residual,
                  lists ? "ARCQuant's S: channels, or 12.5% of K; several: 0,64,128 or 0..1024:64"
                        : "ARCQuant's S: channels of each layer, or 12.5% of its K (default: 256)")
      ->option_text("S");
  command.add_option("--shares", o.shares, "MicroMix's p6,p8: shares of K in 6 and in 8 bits")
      ->option_text("P6,P8");
  command
      .add_option("--average-bits", o.average_bits,
                  lists ? "MicroMix's average instead, 4 to 8; several: 4.5,5,6"
                        : "MicroMix's average instead, 4 to 8 (default: 5.51)")
      ->option_text("BITS")
      ->excludes(command.get_option("--shares"));
  command
      .add_option("--amax", o.amax,
                  "How a tensor's scale is found: published (the authors' benchmark), none, pass "
                  "(one kernel), torch (three)")
      ->capture_default_str();
}

sim::SchemeSetting setting_of(const TimedChoice& o, const std::string& name) {
  const sim::TimedScheme& scheme = sim::find_timed_scheme(name);
  sim::SchemeSetting setting = sim::default_setting(scheme);
  const bool mixes = scheme.parts.size() > 1;
  if (!o.residual.empty() && scheme.residual) set_residual(setting, o.residual);
  if (!o.shares.empty() && mixes) {
    setting.shares.clear();
    for (const std::string& part : split(o.shares, ','))
      setting.shares.push_back(fraction("--shares", part));
    if (setting.shares.size() + 1 != scheme.parts.size())
      throw Error(fmt::format("--shares {}: write p6,p8; FP4 gets the rest", o.shares));
    double sum = 0;
    for (const double share : setting.shares) sum += share;
    if (sum > 1) throw Error(fmt::format("--shares {}: more than all channels", o.shares));
  }
  if (!o.average_bits.empty() && mixes)
    sim::set_average_bits(setting,
                          positive_number("--average-bits", o.average_bits).convert_to<double>());
  if (o.amax != "published") {
    setting.amax_as_published = false;
    setting.amax = sim::find_amax_pass(o.amax);
  }
  return setting;
}

std::vector<sim::SchemeSetting> settings_of(const TimedChoice& o, const std::string& name) {
  const sim::TimedScheme& scheme = sim::find_timed_scheme(name);
  const bool mixes = scheme.parts.size() > 1;
  std::vector<sim::SchemeSetting> all;
  TimedChoice one = o;
  if (scheme.residual && !o.residual.empty()) {
    for (const std::string& value : listed("--residual", o.residual)) {
      one.residual = value;
      all.push_back(setting_of(one, name));
    }
  } else if (mixes && !o.average_bits.empty()) {
    for (const std::string& value : split(o.average_bits, ',')) {
      one.average_bits = value;
      all.push_back(setting_of(one, name));
    }
  } else {
    all.push_back(setting_of(o, name));
  }
  return all;
}

sim::ModelShape model_of(const std::string& name, Run& run) {
  if (!name.ends_with(".toml")) return sim::find_model(name);
  return sim::read_model(run.read_input(name, kMaxTomlBytes), name);
}

std::vector<sim::PlannedChannels> read_channel_plan(const std::string& file,
                                                    const sim::ModelShape& model,
                                                    const sim::SchemeSetting& setting, Run& run) {
  const bool residual = setting.scheme.residual;
  const std::size_t numbers = residual ? 1 : setting.scheme.parts.size() - 1;
  if (numbers == 0)
    throw Error(
        fmt::format("{}: scheme {} has no channels to plan", printable(file), setting.scheme.name));
  std::vector<sim::PlannedChannels> plan;
  std::stringstream stream(run.read_input(file, kMostPlanBytes));
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    line.erase(std::remove_if(line.begin(), line.end(),
                              [](char c) { return c == ' ' || c == '\t' || c == '\r'; }),
               line.end());
    if (line.empty() || line.front() == '#' || line.rfind("layer,", 0) == 0) continue;
    try {
      const std::vector<std::string> cells = split(line, ',');
      if (cells.size() != 2 + numbers)
        throw Error(residual ? "write layer,group,channels" : "write layer,group,p6,p8");
      sim::PlannedChannels row;
      if (cells[0] != "*") row.layer = whole_number("layer", cells[0], 0, kMostLayers);
      if (row.layer >= model.layers)
        throw Error(fmt::format("layer {}: {} has layers 0 to {}", row.layer, model.name,
                                model.layers - 1));
      row.group = cells[1];
      const auto all = sim::linears(model, true);
      if (std::none_of(all.begin(), all.end(),
                       [&](const sim::Linear& l) { return l.group == row.group; }))
        throw Error(fmt::format("'{}': groups are qkv, o, gate_up, down", printable(row.group)));
      if (residual)
        row.residual = whole_number("channels", cells[2], 0, kMostChannels);
      else
        for (std::size_t i = 2; i < cells.size(); ++i)
          row.parts.push_back(whole_number("channels", cells[i], 0, kMostChannels));
      plan.push_back(std::move(row));
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", printable(file), number, e.what()));
    }
  }
  if (plan.empty()) throw Error(printable(file) + ": no channels are planned");
  return plan;
}

}  // namespace mxscope::reports
