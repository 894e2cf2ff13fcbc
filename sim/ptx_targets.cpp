// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The table of ptxas' answers. tests/sim/ptx_targets_test.cpp asks again where there is a ptxas.
#include "sim/ptx_targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "spec/error.h"
#include "spec/names.h"

namespace mxscope::sim {
namespace {

#define MXSCOPE_SINCE_90                                                               \
  "sm_90 sm_90a sm_100 sm_100a sm_100f sm_103 sm_103a sm_103f sm_110 sm_110a sm_110f " \
  "sm_120 sm_120a sm_120f sm_121 sm_121a sm_121f"
constexpr std::string_view kSince75 = "sm_75 sm_80 sm_86 sm_87 sm_88 sm_89 " MXSCOPE_SINCE_90;
constexpr std::string_view kSince80 = "sm_80 sm_86 sm_87 sm_88 sm_89 " MXSCOPE_SINCE_90;
constexpr std::string_view kSince89 = "sm_89 " MXSCOPE_SINCE_90;
constexpr std::string_view kSince90 = MXSCOPE_SINCE_90;
#undef MXSCOPE_SINCE_90
constexpr std::string_view kHopper = "sm_90a";
constexpr std::string_view kTcgen05 = "sm_100a sm_100f sm_103a sm_103f sm_110a sm_110f";
constexpr std::string_view kTcgen05Integer = "sm_100a sm_110a";
constexpr std::string_view kFp8Kind =
    "sm_100a sm_100f sm_103a sm_103f sm_110a sm_110f sm_120a sm_120f sm_121a sm_121f";
constexpr std::string_view kRtx = "sm_120a sm_120f sm_121a sm_121f";

/// The targets that compute as a unit of this prefix does.
struct Generation {
  std::string_view prefix;
  std::string_view targets;
};
constexpr Generation kGenerations[] = {
    {"sm70.", ""},
    {"sm75.", "sm_75"},
    {"sm80.", "sm_80 sm_86 sm_87 sm_88"},
    {"sm89.", "sm_89"},
    {"sm90.", "sm_90 sm_90a"},
    {"sm100.", "sm_100 sm_100a sm_100f sm_103 sm_103a sm_103f sm_110 sm_110a sm_110f"},
    {"sm120.", "sm_120 sm_120a sm_120f sm_121 sm_121a sm_121f"},
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, blank));
    text.remove_prefix(std::min(text.size(), blank + 1));
  }
  return words;
}

std::string_view generation_of(const MmaUnit& unit) {
  for (const Generation& g : kGenerations)
    if (unit.name.rfind(g.prefix, 0) == 0) return g.targets;
  return "";
}

/// A format as PTX spells it.
std::string ptx_type(const std::string& format) {
  static const std::map<std::string, std::string> names = {
      {"fp16", "f16"}, {"fp32", "f32"}, {"fp64", "f64"}, {"e8m0", "ue8m0"}};
  const auto found = names.find(format);
  return found == names.end() ? format : found->second;
}

/// "f8f6f4" of "sm120.mma.f8f6f4.f16acc".
std::string kind_of(const MmaUnit& unit) {
  const std::size_t last = unit.name.find('.', unit.name.find('.') + 1) + 1;
  return unit.name.substr(last, unit.name.find('.', last) - last);
}

void require_known(std::string_view target) {
  const auto& known = ptx_targets();
  if (std::find(known.begin(), known.end(), target) == known.end())
    throw spec::unknown_name("PTX target", target, known);
}

}  // namespace

const std::vector<std::string>& ptx_targets() {
  static const std::vector<std::string> targets = [] {
    std::vector<std::string> all = {"sm_70"};
    for (const std::string& target : words_of(kSince75)) all.push_back(target);
    return all;
  }();
  return targets;
}

const std::vector<PtxForm>& ptx_forms() {
  static const std::vector<PtxForm> forms = {
      {"mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32", kSince75},
      {"mma.sync.aligned.m8n8k4.row.col.f16.f16.f16.f16", kSince75},
      {"mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32", kSince75},
      {"mma.sync.aligned.m16n8k8.row.col.f16.f16.f16.f16", kSince75},
      {"mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32", kSince80},
      {"mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32", kSince80},
      {"mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16", kSince80},
      {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32", kSince80},
      {"mma.sync.aligned.m16n8{k4,k8}.row.col.f32.tf32.tf32.f32", kSince80},
      {"mma.sync.aligned.m16n8{k16,k32}.row.col{,.satfinite}.s32.s8.s8.s32", kSince80},
      {"mma.sync.aligned.m16n8{k16,k32}.row.col{,.satfinite}.s32.u8.u8.s32", kSince80},
      {"mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64", kSince80},
      {"mma.sync.aligned.m16n8{k4,k8,k16}.row.col.f64.f64.f64.f64", kSince90},
      {"mma.sync.aligned.m16n8{k16,k32}.row.col.f32.{e4m3,e5m2}.{e4m3,e5m2}.f32", kSince89},
      {"mma.sync.aligned.m16n8{k16,k32}.row.col.f16.{e4m3,e5m2}.{e4m3,e5m2}.f16", kSince89},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.{e4m3,e5m2}.{e4m3,e5m2}.f32", kFp8Kind},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f16.{e4m3,e5m2}.{e4m3,e5m2}.f16", kFp8Kind},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f32.{e4m3,e5m2,e3m2,e2m3,e2m1}."
       "{e4m3,e5m2,e3m2,e2m3,e2m1}.f32",
       kRtx},
      {"mma.sync.aligned.m16n8k32.row.col.kind::f8f6f4.f16.{e4m3,e5m2,e3m2,e2m3,e2m1}."
       "{e4m3,e5m2,e3m2,e2m3,e2m1}.f16",
       kRtx},
      {"mma.sync.aligned.m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X.f32."
       "{e4m3,e5m2,e3m2,e2m3,e2m1}.{e4m3,e5m2,e3m2,e2m3,e2m1}.f32.ue8m0",
       kRtx},
      {"mma.sync.aligned.m16n8k64.row.col.kind::{mxf4,mxf4nvf4}.block_scale.scale_vec::2X.f32.e2m1."
       "e2m1.f32.ue8m0",
       kRtx},
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::4X.f32.e2m1.e2m1."
       "f32.ue4m3",
       kRtx},
      // Refused for every target; kept so that nobody need ask again.
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::{1X,4X}.f32.e2m1.e2m1."
       "f32.{ue8m0,ue4m3}",
       ""},
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X.f32.e2m1.e2m1.f32."
       "ue4m3",
       ""},
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::1X.f32.e2m1.e2m1."
       "f32.{ue8m0,ue4m3}",
       ""},
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::2X.f32.e2m1.e2m1."
       "f32.ue4m3",
       ""},
      {"mma.sync.aligned.m16n8k64.row.col.kind::mxf4nvf4.block_scale.scale_vec::4X.f32.e2m1.e2m1."
       "f32.ue8m0",
       ""},
      {"wgmma.mma_async.sync.aligned.m64n8k16.{f32,f16}.f16.f16", kHopper},
      {"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16", kHopper},
      {"wgmma.mma_async.sync.aligned.m64n8k8.f32.tf32.tf32", kHopper},
      {"wgmma.mma_async.sync.aligned.m64n8k32.{f32,f16}.{e4m3,e5m2}.{e4m3,e5m2}", kHopper},
      {"wgmma.mma_async.sync.aligned.m64n8k32.s32.s8.s8", kHopper},
      {"wgmma.mma_async.sync.aligned.m64n8k32.s32.u8.u8", kHopper},
      // Operand formats are in the descriptor, which ptxas does not see.
      {"tcgen05.mma.cta_group::1.kind::{f16,tf32,f8f6f4}", kTcgen05},
      {"tcgen05.mma.cta_group::1.kind::i8", kTcgen05Integer},
      {"tcgen05.mma.cta_group::1.kind::{mxf8f6f4,mxf4}.block_scale{,.block32}", kTcgen05},
      {"tcgen05.mma.cta_group::1.kind::mxf4nvf4.block_scale.{block16,block32}", kTcgen05},
      {"tcgen05.mma.cta_group::1.kind::mxf8f6f4.block_scale.{scale_vec::2X,block16}", ""},
      {"tcgen05.mma.cta_group::1.kind::mxf4.block_scale.scale_vec::4X", ""},
      {"tcgen05.mma.cta_group::1.kind::mxf4nvf4.block_scale", ""},
  };
  return forms;
}

std::vector<std::string> spelled(std::string_view form) {
  const std::size_t open = form.find('{');
  if (open == std::string_view::npos) return {std::string(form)};
  const std::size_t close = form.find('}', open);
  std::vector<std::string> all;
  std::string_view choices = form.substr(open + 1, close - open - 1);
  while (true) {
    const std::size_t comma = std::min(choices.find(','), choices.size());
    for (const std::string& rest : spelled(form.substr(close + 1)))
      all.push_back(std::string(form.substr(0, open)) + std::string(choices.substr(0, comma)) +
                    rest);
    if (comma == choices.size()) return all;
    choices.remove_prefix(comma + 1);
  }
}

std::vector<std::string> assembled_for(std::string_view instruction) {
  static const std::map<std::string, std::vector<std::string>, std::less<>> table = [] {
    std::map<std::string, std::vector<std::string>, std::less<>> all;
    for (const PtxForm& form : ptx_forms())
      for (const std::string& one : spelled(form.instruction))
        for (const std::string& target : words_of(form.targets)) all[one].push_back(target);
    return all;
  }();
  const auto found = table.find(instruction);
  if (found == table.end()) return {};
  std::vector<std::string> out;
  for (const std::string& target : ptx_targets())
    if (std::find(found->second.begin(), found->second.end(), target) != found->second.end())
      out.push_back(target);
  return out;
}

std::string ptx_instruction(const Mma& mma) {
  const MmaUnit& unit = mma.unit;
  const std::string kind = kind_of(unit);
  const std::string shape = fmt::format("m{}n{}k{}", unit.m, unit.n, unit.k);
  const std::string a = ptx_type(mma.a.name);
  const std::string b = ptx_type(mma.b.name);
  const std::string d = ptx_type(mma.d.name);
  if (unit.name.find(".tcgen05.") != std::string::npos) {
    const std::string block = mma.block == 0 ? "" : fmt::format(".block_scale.block{}", mma.block);
    return fmt::format("tcgen05.mma.cta_group::1.kind::{}{}", kind == "bf16" ? "f16" : kind, block);
  }
  if (unit.name.find(".wgmma.") != std::string::npos)
    return fmt::format("wgmma.mma_async.sync.aligned.{}.{}.{}.{}", shape, d, a, b);
  if (unit.name.find(".mma.") == std::string::npos) return "";
  std::string qualifiers;
  std::string scale;
  if (kind.find("f4") != std::string::npos) qualifiers = ".kind::" + kind;
  if (unit.saturate) qualifiers = ".satfinite";
  if (mma.block != 0) {
    qualifiers += fmt::format(".block_scale.scale_vec::{}X", unit.k / mma.block);
    scale = "." + ptx_type(mma.scale->name);
  }
  return fmt::format("mma.sync.aligned.{}.row.col{}.{}.{}.{}.{}{}", shape, qualifiers, d, a, b, d,
                     scale);
}

std::vector<std::string> targets_of(const Mma& mma) {
  if (mma.unit.name.rfind("sm70.", 0) == 0) return {"sm_70"};
  const std::vector<std::string> own = words_of(generation_of(mma.unit));
  std::vector<std::string> out;
  for (const std::string& target : assembled_for(ptx_instruction(mma)))
    if (std::find(own.begin(), own.end(), target) != own.end()) out.push_back(target);
  return out;
}

bool exists_on(const MmaUnit& unit, std::string_view target) {
  require_known(target);
  for (const Mma& mma : choices_of(unit)) {
    const std::vector<std::string> targets = targets_of(mma);
    if (std::find(targets.begin(), targets.end(), target) != targets.end()) return true;
  }
  return false;
}

void require_unit(const MmaUnit& unit, std::string_view target) {
  if (exists_on(unit, target)) return;
  std::vector<std::string> there;
  for (const MmaUnit& other : mma_units())
    if (exists_on(other, target)) there.push_back(other.name);
  throw Error(fmt::format("unit {} does not exist on {}; there are {}", unit.name, target,
                          fmt::join(there, ", ")));
}

void require_target(const Mma& mma, std::string_view target) {
  require_unit(mma.unit, target);
  const std::vector<std::string> targets = targets_of(mma);
  if (std::find(targets.begin(), targets.end(), target) == targets.end())
    throw Error(fmt::format(
        "unit {} takes {} x {}{} on {} and not on {}", mma.unit.name, mma.a.name, mma.b.name,
        mma.scale ? fmt::format(" with {} per {}", mma.scale->name, mma.block) : "",
        fmt::join(targets, ", "), target));
}

}  // namespace mxscope::sim
