// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// mxscope simulate model: a pass of a whole model, kernel by kernel, and its memory.
#include "reports/simulate_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "reports/console.h"
#include "reports/numbers.h"
#include "reports/scheme_request.h"
#include "reports/simulate_request.h"
#include "reports/simulate_text.h"
#include "reports/table.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

using sim::KernelRole;

constexpr std::int64_t kMostTokens = std::int64_t{1} << 22;

struct Options {
  GemmOptions device;
  TimedChoice scheme;
  std::string name, model, plan;
  std::int64_t batch = 1, tokens = 2048;
  int kv_bits = 16;
  bool decode = false, separate = false, mha = false, no_last = false, json = false;
};

/// A scheme's pass, or why the device cannot run it.
struct Outcome {
  sim::SchemeSetting setting;
  sim::ModelPass pass;
  sim::PassTime time;
  sim::ModelMemory memory;
  double bits = 0;  ///< of a weight of the linear layers, scales included
  bool asked = false;
  std::string refused;
};

sim::ModelPass pass_of(const Options& o) {
  sim::ModelPass pass;
  pass.batch = o.batch;
  pass.tokens = o.decode ? 1 : o.tokens;
  pass.context = o.tokens;
  pass.fused_projections = !o.separate;
  pass.last_product = !o.no_last;
  pass.kv_bits = o.kv_bits;
  pass.clock_mhz = o.device.clock_mhz;
  return pass;
}

std::vector<Outcome> outcomes_of(const Options& o, const sim::Device& device,
                                 const sim::ModelShape& model, Run& run) {
  std::vector<Outcome> all;
  const auto add = [&](const std::string& name, bool asked) {
    Outcome one{.setting = setting_of(o.scheme, name), .pass = pass_of(o), .asked = asked};
    for (Outcome& other : all)
      if (other.setting.scheme.name == one.setting.scheme.name) {
        other.asked = other.asked || asked;
        return;
      }
    all.push_back(std::move(one));
  };
  for (const char* name : {"fp16", "fp8"}) add(name, false);
  for (const std::string& name : o.scheme.schemes) add(name, true);
  if (!o.plan.empty()) {
    const auto plans = [](const Outcome& one) {
      return one.asked && (one.setting.scheme.residual || one.setting.scheme.parts.size() > 1);
    };
    if (std::count_if(all.begin(), all.end(), plans) != 1)
      throw Error("--plan is of one scheme with channels to plan; name one");
    Outcome& one = *std::find_if(all.begin(), all.end(), plans);
    one.pass.plan = read_channel_plan(o.plan, model, one.setting, run);
  }
  const sim::SimulationOptions options = simulation_of(o.device);
  for (Outcome& one : all) {
    one.memory = sim::model_memory(model, one.setting, one.pass);
    one.bits = 8 * one.memory.linear / static_cast<double>(sim::count_parameters(model).linear);
    try {
      one.time = sim::simulate_pass(device, model, one.setting, one.pass, options);
    } catch (const Error& e) {
      if (one.asked) throw;
      one.refused = e.what();
    }
  }
  return all;
}

std::string ms(double us) { return fmt::format("{:.3f}", us / 1e3); }
std::string gb(double bytes) { return fmt::format("{:.2f}", bytes / 1e9); }

std::string comparison_text(const std::vector<Outcome>& all, const sim::Device& device) {
  Table table({{"scheme"},
               {"bits/\nweight", true},
               {"ms", true},
               {"fp16\ntimes", true},
               {"linear\nms", true},
               {"quan-\ntize", true},
               {"norm,\ngate", true},
               {"atten-\ntion*", true},
               {"rest", true},
               {"laun-\nches", true},
               {"weights\nGB", true},
               {"KV\ncache", true},
               {"acti-\nvations", true},
               {"fits"}});
  const double fp16 = all.front().refused.empty() ? all.front().time.us : 0;
  for (const Outcome& one : all) {
    const sim::PassTime& t = one.time;
    std::vector<std::string> row = {one.setting.scheme.name, fmt::format("{:.3f}", one.bits)};
    if (one.refused.empty()) {
      row.insert(row.end(),
                 {ms(t.us), fp16 > 0 ? fmt::format("{:.2f}", fp16 / t.us) : "-",
                  ms(t.role_us(KernelRole::kLinear)), ms(t.role_us(KernelRole::kQuantize)),
                  ms(t.role_us(KernelRole::kNormAndGate)), ms(t.role_us(KernelRole::kAttention)),
                  ms(t.role_us(KernelRole::kOther) + t.role_us(KernelRole::kLast)),
                  std::to_string(t.launches)});
    } else {
      row.insert(row.end(), 8, "-");
    }
    row.insert(row.end(),
               {gb(one.memory.weights()), gb(one.memory.kv_cache), gb(one.memory.activations),
                one.memory.total() <= device.dram.bytes ? "yes" : "no"});
    table.add(std::move(row));
  }
  return table.text();
}

std::string kernels_text(const Outcome& one) {
  Table table({{one.setting.scheme.name + ": kernel"},
               {"of"},
               {"laun-\nches", true},
               {"us", true},
               {"ms", true},
               {"share", true},
               {"roof-\nline", true}});
  for (const sim::PassKernel& k : one.time.kernels) {
    const double us = static_cast<double>(k.launches) * k.us;
    const std::string what = k.what.substr(0, k.what.find(" -> bf16"));
    table.add({k.name + (k.assumed ? "*" : ""), what, std::to_string(k.launches),
               fmt::format("{:.2f}", k.us), ms(us), fmt::format("{:.1f} %", 100 * us / one.time.us),
               fmt::format("{:.0f} %", 100 * k.roofline_us / k.us)});
  }
  return table.text();
}

std::string notes_text(const Options& o, const sim::ModelShape& model,
                       const std::vector<Outcome>& all) {
  std::string text = fmt::format(
      "* assumed: attention is its bytes at the DRAM's or L2's speed, or its products at {:.0f} % "
      "of the\n  tensor peak, whichever is longer. All other kernels are simulated, one after the "
      "other.\n",
      100 * sim::ModelPass{}.attention_efficiency);
  if (model.experts > 0)
    text += fmt::format(
        "Routing is assumed balanced: {} of {} experts with {} tokens each, one after the other.\n",
        all.back().time.experts_used, model.experts, all.back().time.tokens_per_expert);
  for (const Outcome& one : all) {
    if (!one.asked) continue;
    const std::string_view source = sim::source_of_shares(one.setting.scheme);
    const bool given = !o.plan.empty() || !o.scheme.residual.empty() || !o.scheme.shares.empty() ||
                       !o.scheme.average_bits.empty();
    if (!source.empty() && !given)
      text += fmt::format("{}:\n  {}.\n", one.setting.scheme.name, source);
  }
  text += "Not counted: the embedding's lookup, sampling, the host, and what a framework adds.\n";
  return text;
}

nlohmann::json outcome_json(const Outcome& one) {
  nlohmann::json json = {{"scheme", one.setting.scheme.name},
                         {"bits_per_weight", one.bits},
                         {"memory",
                          {{"linear_bytes", one.memory.linear},
                           {"other_weight_bytes", one.memory.rest},
                           {"kv_cache_bytes", one.memory.kv_cache},
                           {"activation_bytes", one.memory.activations},
                           {"total_bytes", one.memory.total()}}}};
  if (!one.refused.empty()) {
    json["refused"] = one.refused;
    return json;
  }
  json["us"] = one.time.us;
  json["roofline_us"] = one.time.roofline_us;
  json["clock_mhz"] = one.time.clock_mhz;
  json["launches"] = one.time.launches;
  if (one.time.experts_used > 0) {
    json["experts_used"] = one.time.experts_used;
    json["tokens_per_expert"] = one.time.tokens_per_expert;
  }
  for (const sim::PassKernel& k : one.time.kernels) {
    const auto launches = static_cast<double>(k.launches);
    json["kernels"].push_back({{"role", sim::kernel_role_name(k.role)},
                               {"name", k.name},
                               {"what", k.what},
                               {"config", k.kernel},
                               {"launches", k.launches},
                               {"us", k.us},
                               {"us_of_all", launches * k.us},
                               {"roofline_us", k.roofline_us},
                               {"known_by", k.assumed ? "assumed" : "simulated"}});
  }
  return json;
}

int run_model(const Options& o, const Context& context) {
  Run run = this_run(context.arguments);
  const sim::Device device = device_of(o.name, run);
  sim::ModelShape model = model_of(o.model, run);
  if (o.mha) model.kv_heads = model.heads;
  const std::vector<Outcome> all = outcomes_of(o, device, model, run);
  if (o.json) {
    nlohmann::json json = {
        {"device", device.name}, {"model", model.name}, {"phase", o.decode ? "decode" : "prefill"},
        {"batch", o.batch},      {"tokens", o.tokens},  {"run", run}};
    for (const Outcome& one : all) json["schemes"].push_back(outcome_json(one));
    print(json_text(json));
    return kAllHolds;
  }
  print(fmt::format("{}, {}: {}\n\n", model.title, device.title,
                    o.decode
                        ? fmt::format("one more token of {} sequences of {}", o.batch, o.tokens)
                        : fmt::format("prefill of {} sequences of {}", o.batch, o.tokens)));
  print(comparison_text(all, device) + '\n');
  for (const Outcome& one : all)
    if (one.asked) print(kernels_text(one) + '\n');
  print(notes_text(o, model, all));
  return kAllHolds;
}

}  // namespace

void add_simulate_model(CLI::App& simulate, Context& context) {
  constexpr std::int64_t kMostBatch = std::int64_t{1} << 16;
  auto o = std::make_shared<Options>();
  CLI::App* command =
      simulate.add_subcommand("model", "A pass of a whole model under a scheme, and its memory");
  command->add_option("--model", o->model, "A model's name (mxscope models), or its file.toml")
      ->required();
  command->add_option("--device", o->name, "A device's name, or its file.toml")->required();
  command
      ->add_option("--scheme", o->scheme.schemes,
                   "fp16, fp8, int8, mxfp8, mxfp6, mxfp4, nvfp4, four_over_six, rotation, "
                   "arcquant, arcquant_trt, micromix, micromix_iclr, micromix_main; several")
      ->required();
  add_number(*command, "--batch", o->batch, 1, kMostBatch, "Sequences (default: 1)");
  add_number(*command, "--seq", o->tokens, 1, kMostTokens, "Tokens of each (default: 2048)");
  command->add_flag("--decode", o->decode, "One more token of each, instead of all of them");
  add_scheme_options(*command, o->scheme, false);
  command
      ->add_option("--plan", o->plan, "Channels of each layer: layer,group,S or layer,group,p6,p8")
      ->option_text("FILE.csv")
      ->excludes(command->get_option("--residual"))
      ->excludes(command->get_option("--shares"))
      ->excludes(command->get_option("--average-bits"));
  add_number(*command, "--kv-bits", o->kv_bits, 4, 16,
             "Of an element of the KV cache (default: 16)");
  command->add_flag("--separate", o->separate, "q, k, v, gate and up as products of their own");
  command->add_flag("--mha", o->mha,
                    "As many key and value heads as queries, as ARCQuant's and MicroMix's "
                    "benchmarks have");
  command->add_flag("--no-last", o->no_last, "Without the product that makes logits");
  add_number(*command, "--clock-mhz", o->device.clock_mhz, 1, 10000, "Fixed clock");
  command->add_option("--off", o->device.off, "Mechanisms to leave out, separated by commas")
      ->delimiter(',')
      ->option_text("NAME,...");
  command->add_flag("--json", o->json, "Write JSON");
  command->footer(
      "Examples:\n"
      "  mxscope simulate model --model llama-3.1-8b --scheme arcquant --device rtx5090 \\\n"
      "      --batch 4 --seq 2048\n"
      "  mxscope simulate model --model mixtral --scheme nvfp4 micromix --device b200 --decode\n"
      "  mxscope simulate model --model my.toml --scheme arcquant --plan s.csv --device rtx5090");
  command->callback(
      [=, &context] { context.action = [=, &context] { return run_model(*o, context); }; });
}

}  // namespace mxscope::reports
