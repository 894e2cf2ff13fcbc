// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Two conversions on all 2^32 inputs from their step maps, and the policy fields that explain it.
#include "analysis/compare.h"

#include <algorithm>
#include <array>
#include <bit>

#include "analysis/run_list.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

using spec::Code;
using spec::Outcome;
using spec::Run;

struct InputClass {
  std::string_view name;
  Code first;
  Code last;
};

constexpr std::array<InputClass, 6> kClasses = {{{"+finite", 0, 0x7f7fffff},
                                                 {"-finite", 0x80000000, 0xff7fffff},
                                                 {"+inf", 0x7f800000, 0x7f800000},
                                                 {"-inf", 0xff800000, 0xff800000},
                                                 {"+nan", 0x7f800001, 0x7fffffff},
                                                 {"-nan", 0xff800001, 0xffffffff}}};

/// Outcomes of one format as they stand; of two, as the numbers that they mean.
class Equality {
 public:
  Equality(const spec::Format& a, const spec::Format& b, Compared compared)
      : a_(a), b_(b), by_value_(compared == Compared::kValues) {}

  bool operator()(const Outcome& x, const Outcome& y) const {
    if (!by_value_ || x.refused || y.refused) return x == y;
    const spec::Number u = spec::decode(a_, x.code);
    const spec::Number v = spec::decode(b_, y.code);
    if (u.kind != v.kind) return false;
    if (u.kind == spec::NumberKind::kNan) return true;
    return u.negative == v.negative && u.magnitude == v.magnitude;
  }

 private:
  const spec::Format& a_;
  const spec::Format& b_;
  bool by_value_;
};

std::vector<Difference> differences(const std::vector<Run>& a, const std::vector<Run>& b,
                                    const Equality& equal) {
  std::vector<Difference> all(kClasses.size());
  for (std::size_t k = 0; k < kClasses.size(); ++k) all[k].input_class = kClasses[k].name;
  for_each_common_run(a, b, kF32Inputs, [&](Code first, Code last, Outcome x, Outcome y) {
    if (equal(x, y)) return;
    for (std::size_t k = 0; k < kClasses.size(); ++k) {
      const Code from = std::max(first, kClasses[k].first);
      const Code to = std::min(last, kClasses[k].last);
      if (from > to) continue;
      if (all[k].inputs == 0) {
        all[k].first = from;
        all[k].run_last = to;
        all[k].first_a = x;
        all[k].first_b = y;
      }
      all[k].inputs += to - from + 1;
    }
  });
  std::erase_if(all, [](const Difference& d) { return d.inputs == 0; });
  return all;
}

/// Whether two step maps of one format agree on all inputs of a class.
bool agree_on(const std::vector<Run>& a, const std::vector<Run>& b, const InputClass& inputs) {
  bool agree = true;
  for_each_common_run(a, b, kF32Inputs, [&](Code first, Code last, Outcome x, Outcome y) {
    if (std::max(first, inputs.first) <= std::min(last, inputs.last) && !(x == y)) agree = false;
  });
  return agree;
}

/// All sets of `count` fields as bit masks, smallest sets first, in the order of the fields.
std::vector<unsigned> masks_by_size(std::size_t count) {
  std::vector<unsigned> masks;
  for (unsigned mask = 1; mask < (1U << count); ++mask) masks.push_back(mask);
  std::stable_sort(masks.begin(), masks.end(), [](unsigned x, unsigned y) {
    const int by_size = std::popcount(x) - std::popcount(y);
    if (by_size != 0) return by_size < 0;
    // Of one size, the set that has the earliest field first.
    return x != y && std::countr_zero(x ^ y) == std::countr_zero(x & (x ^ y));
  });
  return masks;
}

/// For each difference, the smallest set of fields that, taken over from b, makes a equal to b
/// on that class of inputs.
void attribute(std::vector<Difference>& found, const std::vector<std::string>& fields,
               const spec::Conversion& a, const spec::Conversion& b, const spec::Format& format,
               const std::vector<Run>& runs_b) {
  const spec::Format& source = spec::find_format("fp32");
  std::size_t open = found.size();
  for (const unsigned mask : masks_by_size(fields.size())) {
    if (open == 0) return;
    spec::Policy mixed = a.policy;
    spec::RandomBits random = a.random;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if ((mask & (1U << i)) == 0) continue;
      if (fields[i] == kRandomField)
        random = b.random;
      else
        mixed = spec::with_field(mixed, b.policy, fields[i]);
    }
    const bool wants_bits = spec::is_stochastic(mixed.rounding);
    if (!spec::conflict(format, mixed).empty() || wants_bits != (random.count > 0)) continue;
    const std::vector<Run> runs = spec::step_map(source, format, mixed, random);
    for (Difference& difference : found) {
      if (!difference.fields.empty()) continue;
      const auto inputs = std::find_if(kClasses.begin(), kClasses.end(), [&](const InputClass& c) {
        return c.name == difference.input_class;
      });
      if (!agree_on(runs, runs_b, *inputs)) continue;
      for (std::size_t i = 0; i < fields.size(); ++i)
        if ((mask & (1U << i)) != 0) difference.fields.push_back(fields[i]);
      --open;
    }
  }
}

std::vector<std::string> differing_fields(const spec::Conversion& a, const spec::Conversion& b) {
  std::vector<std::string> fields;
  const auto of_a = spec::describe(a.policy);
  const auto of_b = spec::describe(b.policy);
  for (std::size_t i = 0; i < of_a.size(); ++i)
    if (of_a[i].value != of_b[i].value) fields.emplace_back(of_a[i].name);
  if (a.random.value != b.random.value || a.random.count != b.random.count)
    fields.emplace_back(kRandomField);
  return fields;
}

}  // namespace

std::uint64_t Comparison::differing() const {
  std::uint64_t sum = 0;
  for (const Difference& d : differences) sum += d.inputs;
  return sum;
}

Comparison compare_conversions(const spec::Conversion& a, const spec::Conversion& b,
                               Compared compared) {
  const spec::Format& source = spec::find_format("fp32");
  const spec::Format& format_a = spec::find_format(a.format);
  const spec::Format& format_b = spec::find_format(b.format);
  Comparison result;
  result.same_format = format_a.name == format_b.name;
  result.fields = differing_fields(a, b);
  const std::vector<Run> runs_a = spec::step_map(source, format_a, a.policy, a.random);
  const std::vector<Run> runs_b = spec::step_map(source, format_b, b.policy, b.random);
  result.differences = differences(runs_a, runs_b, Equality(format_a, format_b, compared));
  if (result.same_format) attribute(result.differences, result.fields, a, b, format_a, runs_b);
  return result;
}

}  // namespace mxscope::analysis
