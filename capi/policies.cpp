// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Formats and policies for C: rows by name, and a policy's fields as plain numbers.
#include <fmt/format.h>

#include <array>

#include "capi/call.h"
#include "spec/conversions.h"
#include "spec/formats.h"

namespace mxscope::capi {
namespace {

using spec::Policy;

static_assert(MXSCOPE_NEAREST_EVEN == static_cast<int>(spec::Rounding::kNearestEven));
static_assert(MXSCOPE_NEAREST_AWAY == static_cast<int>(spec::Rounding::kNearestAway));
static_assert(MXSCOPE_TOWARD_ZERO == static_cast<int>(spec::Rounding::kTowardZero));
static_assert(MXSCOPE_UP == static_cast<int>(spec::Rounding::kUp));
static_assert(MXSCOPE_DOWN == static_cast<int>(spec::Rounding::kDown));
static_assert(MXSCOPE_TO_ODD == static_cast<int>(spec::Rounding::kToOdd));
static_assert(MXSCOPE_NEAREST_LOG2 == static_cast<int>(spec::Rounding::kNearestLog2));
static_assert(MXSCOPE_STOCHASTIC_A == static_cast<int>(spec::Rounding::kStochasticA));
static_assert(MXSCOPE_STOCHASTIC_B == static_cast<int>(spec::Rounding::kStochasticB));
static_assert(MXSCOPE_STOCHASTIC_C == static_cast<int>(spec::Rounding::kStochasticC));
static_assert(MXSCOPE_STOCHASTIC_ODD == static_cast<int>(spec::Rounding::kStochasticOdd));
static_assert(MXSCOPE_STOCHASTIC_CARRY == static_cast<int>(spec::Rounding::kStochasticCarry));
static_assert(MXSCOPE_SATURATE == static_cast<int>(spec::Overflow::kSaturate));
static_assert(MXSCOPE_TO_INFINITY == static_cast<int>(spec::Overflow::kInfinity));
static_assert(MXSCOPE_TO_NAN == static_cast<int>(spec::Overflow::kNan));
static_assert(MXSCOPE_REFUSE == static_cast<int>(spec::Overflow::kError));

/// Calls visit(name, C field, C++ field, last enumerator) for every field of both records.
template <typename C, typename Cpp, typename Visit>
void for_each_field(C& c, Cpp& p, Visit&& visit) {
  visit("rounding", c.rounding, p.rounding, spec::Rounding::kStochasticCarry);
  visit("tie_p1", c.tie_p1, p.tie_p1, spec::TieP1::kTowardZero);
  visit("overflow", c.overflow, p.overflow, spec::Overflow::kError);
  visit("directed_overflow", c.directed_overflow, p.directed_overflow,
        spec::DirectedOverflow::kAlways);
  visit("infinity", c.infinity, p.infinity, spec::Overflow::kError);
  visit("nan", c.nan, p.nan, spec::NanRule::kRebias);
  visit("nan_sign", c.nan_sign, p.nan_sign, spec::NanSign::kFlip);
  visit("made_nan_sign", c.made_nan_sign, p.made_nan_sign, spec::NanSign::kFlip);
  visit("negative", c.negative, p.negative, spec::NegativeRule::kRoundThenError);
  visit("zero", c.zero, p.zero, spec::LowRule::kError);
  visit("underflow", c.underflow, p.underflow, spec::LowRule::kError);
  visit("low_grid", c.low_grid, p.low_grid, spec::LowGrid::kFromZero);
}

}  // namespace

Policy read(const mxscope_policy* policy) {
  require(policy, "policy");
  Policy out;
  for_each_field(*policy, out, [](const char* name, int32_t from, auto& to, auto last) {
    if (from < 0 || from > static_cast<int32_t>(last))
      throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("policy field {} is {}; it is 0 to {}", name,
                                                      from, static_cast<int32_t>(last)));
    to = static_cast<std::decay_t<decltype(to)>>(from);
  });
  for (const int32_t word : policy->reserved)
    if (word != 0)
      throw Failure(MXSCOPE_BAD_ARGUMENT,
                    "the policy's reserved fields are not 0; begin with mxscope_find_policy()");
  return out;
}

mxscope_policy written(const Policy& policy) {
  mxscope_policy out{};
  for_each_field(out, policy, [](const char*, int32_t& to, auto from, auto) {
    to = static_cast<int32_t>(from);
  });
  return out;
}

}  // namespace mxscope::capi

using namespace mxscope;
using namespace mxscope::capi;

size_t mxscope_format_count(void) { return spec::builtin_formats().size(); }

const mxscope_format* mxscope_format_at(size_t index) {
  return guarded_pointer([&]() -> const mxscope_format* {
    const auto& rows = spec::builtin_formats();
    if (index >= rows.size())
      throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("format {} of {}: the last is {}", index,
                                                      rows.size(), rows.size() - 1));
    return handle(rows[index]);
  });
}

const mxscope_format* mxscope_find_format(const char* name) {
  return guarded_pointer([&] {
    const std::string_view text = required_text(name, "name");
    return handle(looked_up([&]() -> const spec::Format& { return spec::find_format(text); }));
  });
}

int mxscope_format_describe(const mxscope_format* format, mxscope_format_info* info) {
  return guarded([&] {
    const spec::Format& f = row(format);
    require(info, "info");
    *info = {};
    info->name = f.name.c_str();
    info->bits = f.bits;
    info->exponent_bits = f.exponent_bits;
    info->mantissa_bits = f.mantissa_bits;
    info->bias = f.bias;
    info->storage_bits = f.storage_bits;
    info->storage_shift = f.storage_shift;
    info->is_fixed = f.kind == spec::FormatKind::kFixed;
    info->is_signed = f.is_signed;
    info->has_zero = f.zero;
    info->has_infinity = f.infinities;
    info->has_nan = f.has_nan();
  });
}

int mxscope_find_policy(const mxscope_format* format, const char* name, mxscope_policy* policy) {
  return guarded([&] {
    const spec::Format& f = row(format);
    require(policy, "policy");
    std::string_view wanted = optional_text(name);
    if (wanted.empty()) wanted = spec::default_policy_name(f);
    *policy = written(looked_up([&] { return spec::named_policy(wanted, f); }));
  });
}

int mxscope_find_conversion(const char* name, const mxscope_format** format,
                            mxscope_policy* policy) {
  return guarded([&] {
    const std::string_view text = required_text(name, "name");
    require(format, "format");
    require(policy, "policy");
    const spec::Conversion found = looked_up([&] { return spec::find_conversion(text); });
    *format = handle(spec::find_format(found.format));
    *policy = written(found.policy);
  });
}

int mxscope_policy_set(mxscope_policy* policy, const char* field, const char* value) {
  return guarded([&] {
    spec::Policy changed = read(policy);
    const std::string_view name = required_text(field, "field");
    const std::string_view text = required_text(value, "value");
    looked_up([&] { spec::set_field(changed, name, text); });
    *policy = written(changed);
  });
}
