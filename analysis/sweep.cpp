// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The exhaustive sweep: every binary32 pattern through the batch codec, in tiles that stay in the
// first-level cache, against the constant codes of the oracle's runs.
#include "analysis/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "analysis/chosen_inputs.h"
#include "analysis/run_list.h"
#include "analysis/sweep_simd.h"
#include "spec/error.h"

namespace mxscope::analysis {
namespace {

constexpr std::size_t kTile = 4096;           // 16 KiB of inputs and 4 KiB of codes
constexpr std::uint64_t kTilesPerLook = 256;  // at `stop`: a fraction of a millisecond

}  // namespace

SweepResult sweep(const spec::BatchCast& cast, const std::vector<spec::Run>& runs, int shift,
                  std::uint64_t first, std::uint64_t count, const std::atomic<bool>& stop) {
  if (cast.word_bytes() != 1 || cast.source_bytes() != 4)
    throw Error("an exhaustive sweep is from binary32 to codes stored in one byte");
  alignas(64) std::array<std::uint32_t, kTile> inputs;
  alignas(64) std::array<std::uint8_t, kTile> words;
  SweepResult result;
  std::size_t run = static_cast<std::size_t>(
      std::upper_bound(runs.begin(), runs.end(), first,
                       [](std::uint64_t x, const spec::Run& r) { return x < r.first; }) -
      runs.begin() - 1);
  std::uint64_t tiles = 0;
  for (std::uint64_t base = first; base < first + count; base += kTile) {
    if (++tiles % kTilesPerLook == 0 && stop) return result;
    const std::uint64_t end = std::min<std::uint64_t>(base + kTile, first + count);
    fill_ascending(inputs.data(), kTile, static_cast<std::uint32_t>(base));
    const auto refused = cast.encode(inputs.data(), words.data(), end - base);
    for (std::uint64_t x = base; x < end;) {
      while (last_of(runs, run, kF32Inputs) < x) ++run;
      const std::uint64_t stretch = std::min(last_of(runs, run, kF32Inputs) + 1, end);
      const spec::Outcome expected = runs[run].outcome;
      const auto word = static_cast<std::uint8_t>(expected.code << shift);
      std::uint64_t other = x + first_other_than(word, words.data() + (x - base), stretch - x);
      if (refused) other = std::min(other, std::max(x, base + *refused));
      if (expected.refused) other = x;
      if (other < stretch) {
        const bool codec_refuses = refused && base + *refused == other;
        const spec::Outcome actual{
            codec_refuses ? 0 : static_cast<spec::Code>(words[other - base]) >> shift,
            codec_refuses};
        result.cases += other - base + 1;
        result.disagreement = {other, expected, actual};
        return result;
      }
      x = stretch;
    }
    result.cases += end - base;
  }
  return result;
}

std::string witness_text(const Disagreement& found, int source_bits) {
  return fmt::format("{}: codec {}, oracle {}", input_text(found.input, source_bits),
                     outcome_text(found.codec), outcome_text(found.oracle));
}

spec::Outcome encode_one(const spec::BatchCast& cast, const spec::Format& format,
                         std::uint64_t input, std::optional<std::uint32_t> random) {
  std::array<unsigned char, 8> source{};
  std::array<unsigned char, 8> word{};
  const auto put = [&](auto narrow) { std::memcpy(source.data(), &narrow, sizeof(narrow)); };
  if (cast.source_bytes() == 2) put(static_cast<std::uint16_t>(input));
  if (cast.source_bytes() == 4) put(static_cast<std::uint32_t>(input));
  if (cast.source_bytes() == 8) put(input);
  const std::uint32_t value = random.value_or(0);
  const auto refused =
      cast.encode(source.data(), word.data(), 1,
                  random ? std::span(&value, 1) : std::span<const std::uint32_t>());
  if (refused) return {0, true};
  std::uint64_t stored = word[0];
  if (cast.word_bytes() == 2) {
    std::uint16_t w;
    std::memcpy(&w, word.data(), sizeof(w));
    stored = w;
  } else if (cast.word_bytes() == 4) {
    std::uint32_t w;
    std::memcpy(&w, word.data(), sizeof(w));
    stored = w;
  } else if (cast.word_bytes() == 8) {
    std::memcpy(&stored, word.data(), sizeof(stored));
  }
  return {stored >> format.storage_shift, false};
}

int cell_bits_of(const std::vector<spec::Run>& runs) {
  for (int bits = 7; bits <= 12; ++bits) {
    const std::uint64_t below = (std::uint64_t{1} << (23 - bits)) - 1;
    // A run begins where a cell begins: at the bare leading bits, or just after them.
    const bool fits = std::all_of(runs.begin(), runs.end(),
                                  [&](const spec::Run& run) { return (run.first & below) <= 1; });
    if (fits) return bits;
  }
  return -1;
}

CellProof prove_by_cells(const spec::BatchCast& cast, const std::vector<spec::Run>& runs,
                         const spec::Format& format) {
  CellProof proof;
  proof.cell_bits = cell_bits_of(runs);
  if (proof.cell_bits < 0) return proof;
  const std::uint64_t width = std::uint64_t{1} << (23 - proof.cell_bits);
  // Inputs three by three: the bare leading bits, and both ends of what follows them.
  std::vector<std::uint64_t> inputs;
  for (std::uint64_t base = 0; base < kF32Inputs; base += width)
    for (const std::uint64_t x : {base, base + 1, base + width - 1}) inputs.push_back(x);
  const SweepResult tried = try_inputs(cast, runs, format, inputs);
  proof.cells = inputs.size() / 3 * 2;
  proof.cases = tried.cases;
  proof.disagreement = tried.disagreement;
  return proof;
}

}  // namespace mxscope::analysis
