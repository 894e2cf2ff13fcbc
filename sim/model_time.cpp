// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#include "sim/model_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/engine.h"
#include "sim/roofline.h"
#include "sim/sequence_clock.h"
#include "spec/error.h"

namespace mxscope::sim {
namespace {

constexpr double kBf16Bytes = 2;

struct Routing {
  std::int64_t experts = 1, tokens = 0;  ///< experts used, tokens of each
};

/// Tokens dealt out evenly to as many experts as they reach.
Routing balanced(const ModelShape& model, std::int64_t rows) {
  if (model.experts == 0) return {1, rows};
  const std::int64_t dealt = rows * model.active_experts;
  const std::int64_t used = std::min(model.experts, dealt);
  return {used, (dealt + used - 1) / used};
}

class Pass {
 public:
  Pass(const Device& device, const ModelShape& model, const SchemeSetting& setting,
       const ModelPass& pass, double clock_mhz, const SimulationOptions& options)
      : device_(device), model_(model), setting_(setting), pass_(pass), options_(options) {
    options_.trace = nullptr;
    rows_ = pass.batch * pass.tokens;
    routing_ = balanced(model, rows_);
    linears_ = linears(model, pass.fused_projections);
    cache_ = static_cast<double>(l2_capacity(device, options.mechanisms));
    stays_ = model_memory(model, setting, pass).linear <= cache_;
    time_.experts_used = model.experts == 0 ? 0 : routing_.experts;
    time_.tokens_per_expert = model.experts == 0 ? 0 : routing_.tokens;
    time_.clock_mhz = clock_mhz;
  }

  PassTime run() {
    for (std::int64_t layer = 0; layer < model_.layers; ++layer) add_layer(layer);
    if (pass_.last_product) {
      add(KernelRole::kLast, "last norm", stream(StreamKind::kRmsNormQuantize, pass_.batch));
      GemmProblem last{
          .m = pass_.batch, .n = model_.vocabulary, .k = model_.hidden, .type = "bf16"};
      last.weight_copies = 2;
      add(KernelRole::kLast, "last product", last);
    }
    for (const PassKernel& kernel : time_.kernels) {
      const auto launches = static_cast<double>(kernel.launches);
      time_.us += launches * kernel.us;
      time_.roofline_us += launches * kernel.roofline_us;
      time_.launches += kernel.launches;
    }
    return std::move(time_);
  }

 private:
  std::vector<GemmProblem> gemms_of(const Linear& linear, const ChannelCounts& counts) const {
    return scheme_gemms(setting_.scheme, counts, linear.expert ? routing_.tokens : rows_, linear.n);
  }

  StreamProblem stream(StreamKind kind, std::int64_t rows) const {
    return {.kind = kind, .rows = rows, .columns = model_.hidden, .type = "bf16"};
  }

  void add_layer(std::int64_t layer) {
    std::string group;
    for (const Linear& linear : linears_) {
      const ChannelCounts counts = planned_counts(setting_, pass_, layer, linear);
      const std::int64_t times = linear.expert ? routing_.experts : 1;
      if (group != linear.group) {
        if (linear.group == "o") {
          StreamProblem rope = stream(StreamKind::kQuantize, rows_);
          rope.columns = model_.attention_width() + 2 * model_.kv_width();
          add(KernelRole::kOther, "positions, cache write", rope);
          add_attention();
        }
        if (linear.group == "gate_up" && linear.expert)
          add(KernelRole::kOther, "router",
              GemmProblem{.m = rows_, .n = model_.experts, .k = model_.hidden, .type = "bf16"});
        // Before gate and up a token is quantized once, whoever its experts are.
        const bool of_expert = linear.expert && linear.input == LinearInput::kGate;
        add_input(linear, counts, of_expert ? routing_.tokens : rows_, of_expert ? times : 1);
      }
      group = linear.group;
      for (const SchemeKernel& kernel :
           result_kernels(setting_.scheme, linear.expert ? routing_.tokens : rows_, linear.n))
        add(KernelRole::kQuantize, linear.name + ": " + kernel.name, kernel.problem, times);
      for (const GemmProblem& problem : gemms_of(linear, counts))
        add(KernelRole::kLinear, linear.name, problem, times);
      if (linear.group == "down" && linear.expert)
        add(KernelRole::kOther, "sum over experts",
            stream(StreamKind::kAdd, rows_ * model_.active_experts));
      if (linear.group == "o" || linear.group == "down")
        add(KernelRole::kOther, "residual connection", stream(StreamKind::kAdd, rows_));
    }
  }

  void add_input(const Linear& linear, const ChannelCounts& counts, std::int64_t rows,
                 std::int64_t times) {
    for (const SchemeKernel& kernel : activation_kernels(setting_, counts, linear.input, rows))
      add(kernel.quantizes ? KernelRole::kQuantize : KernelRole::kNormAndGate,
          linear.group + ": " + kernel.name, kernel.problem, times);
  }

  void add_attention() {
    const auto batch = static_cast<double>(pass_.batch);
    const auto tokens = static_cast<double>(pass_.tokens);
    const auto context = static_cast<double>(pass_.context);
    const double pairs = tokens * (context - tokens) + tokens * (tokens + 1) / 2;
    const auto width = static_cast<double>(model_.attention_width());
    Work work{.kind = "bf16", .flop = 4 * batch * width * pairs};
    work.read_bytes = batch * tokens * width * kBf16Bytes +
                      batch * context * kv_bytes_per_token(model_, pass_.kv_bits) /
                          static_cast<double>(model_.layers);
    work.written_bytes = batch * tokens * width * kBf16Bytes;
    work.cold = pass_.tokens < pass_.context;
    work.clock_mhz = time_.clock_mhz;
    Roofline least = roofline(device_, work);
    PassKernel kernel{.role = KernelRole::kAttention, .name = "attention", .assumed = true};
    kernel.what = fmt::format("{} x {} of {} tokens, {} heads", pass_.batch, pass_.tokens,
                              pass_.context, model_.heads);
    kernel.roofline_us = least.us();
    least.tensor_us /= pass_.attention_efficiency;
    least.dram_us /= device_.dram.efficiency;
    kernel.power_cycles = work.flop / tensor_flop_per_cycle(device_, "bf16");
    kernel.dram_bytes = work.cold ? work.read_bytes : 0;
    kernel.us = least.us() + launch_us(device_, options_.mechanisms);
    append(std::move(kernel), 1);
  }

  /// Weights come from DRAM: between two uses of one the others pass through the L2.
  int copies_of(const GemmProblem& problem) const {
    const OperandType type = weight_type(problem);
    const double bytes = static_cast<double>(problem.n) * static_cast<double>(problem.k) *
                         (type.bits / 8.0 + (type.scale_block == 0 ? 0 : 1.0 / type.scale_block));
    return stays_ ? 1 : static_cast<int>(cache_ / bytes) + 2;
  }

  void add(KernelRole role, std::string name, GemmProblem problem, std::int64_t launches = 1) {
    problem.clock_mhz = time_.clock_mhz;
    problem.fresh_activations = true;
    if (problem.weight_copies == 1) problem.weight_copies = copies_of(problem);
    const std::string what = to_string(problem);
    auto found = gemms_.find(what);
    if (found == gemms_.end())
      found = gemms_.emplace(what, simulate_gemm(device_, problem, std::nullopt, options_)).first;
    const GemmTime& time = found->second;
    append({.role = role,
            .name = std::move(name),
            .what = what,
            .kernel = to_string(time.config),
            .us = time.us,
            .roofline_us = time.roofline_us,
            .power_cycles = power_cycles(device_, problem),
            .dram_bytes = time.dram_bytes},
           launches);
  }

  void add(KernelRole role, std::string name, const StreamProblem& problem,
           std::int64_t launches = 1) {
    const std::string what =
        fmt::format("{} x {} to {}", problem.rows, problem.columns,
                    problem.kind == StreamKind::kAmax ? "a number" : problem.type);
    const std::string key =
        fmt::format("{} {} {} {} {}", stream_kind_name(problem.kind), what, problem.row_bytes,
                    problem.reorders, problem.adds_per_element);
    auto found = streams_.find(key);
    if (found == streams_.end())
      found =
          streams_.emplace(key, simulate_stream(device_, problem, time_.clock_mhz, options_)).first;
    append({.role = role,
            .name = std::move(name),
            .what = what,
            .us = found->second.us,
            .roofline_us = found->second.roofline_us,
            .dram_bytes = found->second.dram_bytes},
           launches);
  }

  void append(PassKernel kernel, std::int64_t launches) {
    const auto same = [&](const PassKernel& other) {
      return other.role == kernel.role && other.name == kernel.name && other.what == kernel.what;
    };
    const auto found = std::find_if(time_.kernels.begin(), time_.kernels.end(), same);
    if (found != time_.kernels.end()) {
      found->launches += launches;
      return;
    }
    kernel.launches = launches;
    time_.kernels.push_back(std::move(kernel));
  }

  const Device& device_;
  const ModelShape& model_;
  const SchemeSetting& setting_;
  const ModelPass& pass_;
  SimulationOptions options_;
  double cache_ = 0;    ///< of the L2, bytes
  bool stays_ = false;  ///< the weights of all layers fit into it
  std::int64_t rows_ = 0;
  Routing routing_;
  std::vector<Linear> linears_;
  std::map<std::string, GemmTime> gemms_;
  std::map<std::string, StreamTime> streams_;
  PassTime time_;
};

void check(const ModelPass& pass) {
  constexpr std::int64_t kMost = std::int64_t{1} << 24;
  if (pass.batch < 1 || pass.tokens < 1 || pass.context < pass.tokens ||
      pass.context > kMost / pass.batch)
    throw Error(
        fmt::format("batch {} of {} tokens in {}: tokens must be 1 to the context's, and "
                    "batch times context at most {}",
                    pass.batch, pass.tokens, pass.context, kMost));
}

}  // namespace

std::string_view kernel_role_name(KernelRole role) {
  switch (role) {
    case KernelRole::kLinear:
      return "linear layers";
    case KernelRole::kQuantize:
      return "quantizing";
    case KernelRole::kNormAndGate:
      return "norms and gates";
    case KernelRole::kAttention:
      return "attention (assumed)";
    case KernelRole::kOther:
      return "other";
    case KernelRole::kLast:
      return "last product";
  }
  return "";
}

double PassTime::role_us(KernelRole role) const {
  double sum = 0;
  for (const PassKernel& kernel : kernels)
    if (kernel.role == role) sum += static_cast<double>(kernel.launches) * kernel.us;
  return sum;
}

std::int64_t PassTime::role_launches(KernelRole role) const {
  std::int64_t sum = 0;
  for (const PassKernel& kernel : kernels)
    if (kernel.role == role) sum += kernel.launches;
  return sum;
}

PassTime simulate_pass(const Device& device, const ModelShape& model, const SchemeSetting& setting,
                       const ModelPass& pass, const SimulationOptions& options) {
  check(pass);
  const auto run_at = [&](double clock_mhz) {
    KernelRun run;
    for (const PassKernel& kernel :
         Pass(device, model, setting, pass, clock_mhz, options).run().kernels) {
      const auto launches = static_cast<double>(kernel.launches);
      run.us += launches * kernel.us;
      run.tensor_cycles += launches * kernel.power_cycles;
      run.dram_bytes += launches * kernel.dram_bytes;
    }
    return run;
  };
  const double clock = sequence_clock(device, pass.clock_mhz, options.mechanisms, run_at);
  return Pass(device, model, setting, pass, clock, options).run();
}

ModelMemory model_memory(const ModelShape& model, const SchemeSetting& setting,
                         const ModelPass& pass) {
  check(pass);
  ModelMemory memory;
  const auto rows = static_cast<double>(pass.batch) * static_cast<double>(pass.tokens);
  const double residual = rows * static_cast<double>(model.hidden) * kBf16Bytes;
  const double active = model.experts > 0 ? static_cast<double>(model.active_experts) : 1;
  double last_output = 0;  // of the group before, bf16: what this one's activations are made of
  for (const Linear& linear : linears(model, true)) {
    const double times = linear.expert ? active : 1;
    double row_bytes = 0;
    for (std::int64_t layer = 0; layer < model.layers; ++layer) {
      const ChannelCounts counts = planned_counts(setting, pass, layer, linear);
      memory.linear += static_cast<double>(linear.n) * weight_row_bytes(setting.scheme, counts) *
                       static_cast<double>(linear.expert ? model.experts : 1);
      row_bytes = std::max(row_bytes, activation_row_bytes(setting.scheme, counts));
    }
    const double output = rows * times * static_cast<double>(linear.n) * kBf16Bytes;
    const double input = rows * times * row_bytes;
    memory.activations =
        std::max(memory.activations, residual + std::max(last_output + input, input + output));
    last_output = output;
    if (linear.group == "qkv") {  // then attention
      const double result = rows * static_cast<double>(model.attention_width()) * kBf16Bytes;
      memory.activations = std::max(memory.activations, residual + output + result);
      last_output = result;
    }
  }
  const ParameterCounts parameters = count_parameters(model);
  memory.rest = kBf16Bytes * static_cast<double>(parameters.embedding + parameters.other);
  memory.kv_cache = static_cast<double>(pass.batch) * static_cast<double>(pass.context) *
                    kv_bytes_per_token(model, pass.kv_bits);
  return memory;
}

ChannelCounts planned_counts(const SchemeSetting& setting, const ModelPass& pass,
                             std::int64_t layer, const Linear& linear) {
  const PlannedChannels* found = nullptr;
  for (const PlannedChannels& row : pass.plan)
    if (row.group == linear.group && (row.layer == layer || (row.layer < 0 && found == nullptr)))
      found = &row;
  if (found == nullptr) return channel_counts(setting, linear.k);
  ChannelCounts counts;
  std::int64_t rest = linear.k;
  counts.parts.push_back(0);
  for (const std::int64_t channels : found->parts) {
    counts.parts.push_back(channels);
    rest -= channels;
  }
  counts.parts.front() = rest;
  counts.residual = found->residual;
  if (rest < 0 || found->residual > linear.k || counts.parts.size() != setting.scheme.parts.size())
    throw Error(
        fmt::format("plan for {} of layer {}: more channels than the {} there are, or not "
                    "as many parts as {} has",
                    linear.group, layer, linear.k, setting.scheme.name));
  return counts;
}

}  // namespace mxscope::sim
