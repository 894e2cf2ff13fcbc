// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/published.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "sim/data_files.h"
#include "sim/layer_time.h"
#include "sim/model_time.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

constexpr std::array<std::pair<PublishedKind, std::string_view>, 10> kKinds = {{
    {PublishedKind::kGemmTflops, "gemm_tflops"},
    {PublishedKind::kQuantizeShare, "quantize_share"},
    {PublishedKind::kLayerTimes, "layer_times"},
    {PublishedKind::kPrefillTimes, "prefill_times"},
    {PublishedKind::kOverhead, "overhead"},
    {PublishedKind::kThroughput, "throughput"},
    {PublishedKind::kThroughputTimes, "throughput_times"},
    {PublishedKind::kMemoryTimes, "memory_times"},
    {PublishedKind::kMemoryTimesNoCache, "memory_times_no_cache"},
    {PublishedKind::kLinearGb, "linear_gb"},
}};

constexpr std::string_view kHeading =
    "id,paper,place,kind,device,model,scheme,against,type,kernel,m,n,k,batch,seq,generate,low,high,"
    "unit,trust,note";

template <typename Number>
Number number_of(const std::string& text) {
  Number value{};
  if (text.empty()) return value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw Error(fmt::format("'{}' is not a number", text));
  return value;
}

PublishedRow row_of(const std::vector<std::string>& cells) {
  PublishedRow row{.id = cells[0], .paper = cells[1], .place = cells[2]};
  const auto* const kind = std::find_if(kKinds.begin(), kKinds.end(),
                                        [&](const auto& one) { return one.second == cells[3]; });
  if (kind == kKinds.end()) throw Error(fmt::format("there is no kind '{}'", cells[3]));
  row.kind = kind->first;
  row.device = cells[4];
  row.model = cells[5];
  row.scheme = cells[6];
  row.against = cells[7];
  row.type = cells[8];
  row.kernel = cells[9];
  std::replace(row.kernel.begin(), row.kernel.end(), ';', ',');
  std::int64_t* const counts[] = {&row.m, &row.n, &row.k, &row.batch, &row.tokens, &row.generate};
  for (std::size_t i = 0; i < std::size(counts); ++i)
    *counts[i] = number_of<std::int64_t>(cells[10 + i]);
  row.low = number_of<double>(cells[16]);
  row.high = cells[17].empty() ? row.low : number_of<double>(cells[17]);
  row.unit = cells[18];
  row.trust = cells[19];
  row.note = cells[20];
  if (row.low <= 0 || row.high < row.low) throw Error("low must be positive, high not below it");
  return row;
}

SchemeSetting setting_of(const std::string& name) {
  const std::size_t at = name.find('@');
  SchemeSetting setting = default_setting(find_timed_scheme(name.substr(0, at)));
  if (at == std::string::npos) return setting;
  const std::string number = name.substr(at + 1);
  if (setting.scheme.residual)
    setting.residual_channels = number_of<std::int64_t>(number);
  else
    set_average_bits(setting, number_of<double>(number));
  return setting;
}

/// The authors' benchmarks of whole models have as many key heads as query heads, and no logits.
ModelShape benchmarked(const PublishedRow& row) {
  ModelShape model = find_model(row.model);
  model.kv_heads = model.heads;
  return model;
}

ModelPass prefill_of(const PublishedRow& row, bool last_product) {
  return {.batch = row.batch,
          .tokens = row.tokens,
          .context = row.tokens,
          .last_product = last_product};
}

double prefill_us(const PublishedRow& row, const std::string& scheme,
                  const SimulationOptions& options) {
  return simulate_pass(find_device(row.device), benchmarked(row), setting_of(scheme),
                       prefill_of(row, false), options)
      .us;
}

/// Attention grows evenly with the context, and nothing else changes: the middle step is the mean.
double tokens_per_s(const PublishedRow& row, const std::string& scheme,
                    const SimulationOptions& options) {
  const Device& device = find_device(row.device);
  const ModelShape& model = find_model(row.model);
  const SchemeSetting setting = setting_of(scheme);
  const ModelPass prefill = prefill_of(row, true);
  const ModelPass step{
      .batch = row.batch, .tokens = 1, .context = row.tokens + (row.generate + 1) / 2};
  const double us =
      simulate_pass(device, model, setting, prefill, options).us +
      static_cast<double>(row.generate) * simulate_pass(device, model, setting, step, options).us;
  return static_cast<double>(row.batch * (row.tokens + row.generate)) / us * 1e6;
}

LayerTime layer_of(const PublishedRow& row, const std::string& scheme,
                   const SimulationOptions& options) {
  return simulate_layer(find_device(row.device), setting_of(scheme),
                        {.m = row.m, .n = row.n, .k = row.k}, options);
}

double memory_of(const PublishedRow& row, const std::string& scheme) {
  const ModelShape model = benchmarked(row);
  const ModelMemory memory = model_memory(model, setting_of(scheme), prefill_of(row, false));
  const double last_product = 2.0 * static_cast<double>(model.vocabulary * model.hidden);
  const double cache = row.kind == PublishedKind::kMemoryTimesNoCache ? memory.kv_cache : 0;
  return memory.total() - last_product - cache;
}

/// Every step reads the weights of the layers and of the last product once.
double throughput_limit(const PublishedRow& row) {
  const ModelShape& model = find_model(row.model);
  const double bytes = model_memory(model, setting_of(row.scheme), {}).linear +
                       2.0 * static_cast<double>(model.vocabulary * model.hidden);
  const double s = static_cast<double>(row.generate) * bytes /
                   (find_device(row.device).dram.peak_gb_per_s * 1e9);
  return static_cast<double>(row.batch * (row.tokens + row.generate)) / s;
}

Prediction predict_gemm(const PublishedRow& row, const SimulationOptions& options) {
  const GemmProblem problem{.m = row.m, .n = row.n, .k = row.k, .type = row.type};
  const GemmTime time =
      simulate_gemm(find_device(row.device), problem, parse_config(row.kernel), options);
  return {time.tflops, problem.flop() / time.roofline_us / 1e6};
}

double ratio_or_size(const PublishedRow& row, const SimulationOptions& options) {
  switch (row.kind) {
    case PublishedKind::kGemmTflops:
    case PublishedKind::kThroughput:
      break;
    case PublishedKind::kQuantizeShare: {
      const LayerTime time = layer_of(row, row.scheme, options);
      double us = 0;
      for (const LayerKernel& kernel : time.kernels)
        if (kernel.name == "reorder + quantize") us += kernel.us;
      return 100 * us / time.us;
    }
    case PublishedKind::kLayerTimes:
      return layer_of(row, row.against, options).us / layer_of(row, row.scheme, options).us;
    case PublishedKind::kPrefillTimes:
      return prefill_us(row, row.against, options) / prefill_us(row, row.scheme, options);
    case PublishedKind::kOverhead:
      return 100 *
             (prefill_us(row, row.scheme, options) / prefill_us(row, row.against, options) - 1);
    case PublishedKind::kThroughputTimes:
      return tokens_per_s(row, row.scheme, options) / tokens_per_s(row, row.against, options);
    case PublishedKind::kMemoryTimes:
    case PublishedKind::kMemoryTimesNoCache:
      return memory_of(row, row.against) / memory_of(row, row.scheme);
    case PublishedKind::kLinearGb:
      return model_memory(find_model(row.model), setting_of(row.scheme), {}).linear / 1e9;
  }
  return 0;
}

}  // namespace

std::string_view published_kind_name(PublishedKind kind) {
  for (const auto& [value, name] : kKinds)
    if (value == kind) return name;
  throw Error("a kind without a name");
}

const std::vector<PublishedRow>& published_rows() {
  static const std::vector<PublishedRow> kRows = [] {
    std::vector<PublishedRow> all;
    for (const DataFile& file : published_files())
      for (PublishedRow& row : read_published(file.text, file.name)) all.push_back(std::move(row));
    return all;
  }();
  return kRows;
}

std::vector<PublishedRow> read_published(std::string_view text, std::string_view file) {
  std::vector<PublishedRow> all;
  std::stringstream stream{std::string(text)};
  bool heading = false;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    try {
      if (!heading) {
        if (line != kHeading) throw Error(fmt::format("the columns must be {}", kHeading));
        heading = true;
        continue;
      }
      std::vector<std::string> cells;
      std::stringstream parts(line + ',');
      for (std::string cell; std::getline(parts, cell, ',');) cells.push_back(cell);
      if (cells.size() != 21) throw Error(fmt::format("{} cells of 21", cells.size()));
      all.push_back(row_of(cells));
    } catch (const Error& e) {
      throw Error(fmt::format("{}:{}: {}", file, number, e.what()));
    }
  }
  return all;
}

Prediction predict(const PublishedRow& row, const SimulationOptions& options) {
  if (row.kind == PublishedKind::kGemmTflops) return predict_gemm(row, options);
  if (row.kind == PublishedKind::kThroughput)
    return {tokens_per_s(row, row.scheme, options), throughput_limit(row)};
  return {ratio_or_size(row, options)};
}

double relative_error(const PublishedRow& row, double ours) {
  if (ours >= row.low && ours <= row.high) return 0;
  return ours / (ours < row.low ? row.low : row.high) - 1;
}

}  // namespace mxscope::sim
