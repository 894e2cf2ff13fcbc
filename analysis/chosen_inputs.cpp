// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Lists of inputs that settle a conversion, and the codec's answers to them.
#include "analysis/chosen_inputs.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

#include "analysis/run_list.h"

namespace mxscope::analysis {
namespace {

constexpr std::size_t kBatch = 1024;

template <typename Word>
void pack(std::span<const std::uint64_t> inputs, unsigned char* bytes) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto word = static_cast<Word>(inputs[i]);
    std::memcpy(bytes + i * sizeof(Word), &word, sizeof(Word));
  }
}

}  // namespace

std::vector<std::uint64_t> all_inputs(spec::Source source) {
  std::vector<std::uint64_t> inputs(std::size_t{1} << source.bits());
  std::iota(inputs.begin(), inputs.end(), std::uint64_t{0});
  return inputs;
}

std::vector<std::uint64_t> stretch_ends(const std::vector<spec::Run>& runs, spec::Source source) {
  std::vector<std::uint64_t> ends;
  const std::uint64_t binades = std::uint64_t{2} << source.exponent_bits;
  for (std::uint64_t binade = 0; binade < binades; ++binade) {
    const std::uint64_t first = binade << source.mantissa_bits;
    ends.push_back(first);
    ends.push_back(first + (std::uint64_t{1} << source.mantissa_bits) - 1);
    // An exponent of all ones holds the infinity, and then the NaNs.
    if ((binade + 1) % (binades / 2) == 0) ends.push_back(first + 1);
    // A source's zero is a stretch of its own, for zero has rules of its own.
    if (binade % (binades / 2) == 0) ends.push_back(first + 1);
  }
  for (const spec::Run& run : runs) {
    ends.push_back(run.first);
    if (run.first > 0) ends.push_back(run.first - 1);
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  return ends;
}

SweepResult try_inputs(const spec::BatchCast& cast, const std::vector<spec::Run>& runs,
                       const spec::Format& format, std::span<const std::uint64_t> inputs,
                       std::optional<std::uint32_t> random) {
  SweepResult result;
  std::array<unsigned char, 8 * kBatch> source;
  std::array<std::uint8_t, kBatch> words;
  const std::uint32_t value = random.value_or(0);
  const auto randoms = random ? std::span(&value, 1) : std::span<const std::uint32_t>();
  std::size_t run = 0;
  for (std::size_t at = 0; at < inputs.size(); at += kBatch) {
    const auto part = inputs.subspan(at, std::min(kBatch, inputs.size() - at));
    if (cast.source_bytes() == 2) pack<std::uint16_t>(part, source.data());
    if (cast.source_bytes() == 4) pack<std::uint32_t>(part, source.data());
    if (cast.source_bytes() == 8) pack<std::uint64_t>(part, source.data());
    // A batch tells only the first refusal, so a batch with one is done input by input.
    const bool singly = cast.word_bytes() != 1 ||
                        cast.encode(source.data(), words.data(), part.size(), randoms).has_value();
    for (std::size_t i = 0; i < part.size(); ++i) {
      while (run + 1 < runs.size() && runs[run + 1].first <= part[i]) ++run;
      const spec::Outcome actual =
          singly ? encode_one(cast, format, part[i], random)
                 : spec::Outcome{static_cast<spec::Code>(words[i] >> format.storage_shift), false};
      ++result.cases;
      if (actual == runs[run].outcome) continue;
      result.disagreement = {part[i], runs[run].outcome, actual};
      return result;
    }
  }
  return result;
}

}  // namespace mxscope::analysis
