// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Digests of whole stretches of binary32: FNV-1a 64 (draft-eastlake-fnv, section 2) of every code.
// One FNV is a chain of multiplications, so each thread runs several chunks' chains side by side.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "analysis/conformance.h"
#include "analysis/run_list.h"
#include "analysis/sweep_simd.h"
#include "analysis/text_lines.h"
#include "analysis/work.h"
#include "spec/batch.h"
#include "spec/conversions.h"
#include "spec/error.h"
#include "spec/formats.h"

namespace mxscope::analysis {
namespace {

constexpr std::size_t kMostLines = std::size_t{1} << 22;
constexpr std::uint64_t kChunk = std::uint64_t{1} << 24;
constexpr std::size_t kTile = 2048;
constexpr std::size_t kChains = 8;

using Inputs = std::array<std::uint32_t, kTile>;
using Codes = std::array<std::uint8_t, 2 * kTile>;

/// Where the codes of a conversion come from: the batch codec, or the oracle where there is none.
class CodeStream {
 public:
  explicit CodeStream(const std::string& name) {
    const spec::Conversion conversion = spec::find_conversion(name);
    const spec::Format& format = spec::find_format(conversion.format);
    bytes_ = format.bits <= 8 ? 1 : 2;
    if (format.bits > 16 || format.storage_bits != 8 * bytes_ || format.storage_shift != 0)
      throw Error(fmt::format("{} gives codes of {}, and digests are of codes of 8 or 16 bits",
                              name, format.name));
    random_ = {conversion.random.value};
    if (conversion.policy.rounding == spec::Rounding::kNearestLog2)
      runs_ = spec::step_map(spec::find_format("fp32"), format, conversion.policy);
    else
      cast_.emplace(spec::kF32, format, conversion.policy, conversion.random.count);
    wants_random_ = spec::is_stochastic(conversion.policy.rounding);
  }

  int bytes() const { return bytes_; }

  /// The codes of kTile inputs in ascending order.
  void read(std::uint64_t first, Inputs& inputs, std::uint8_t* codes) const {
    if (!cast_) return read_runs(first, codes);
    fill_ascending(inputs.data(), kTile, static_cast<std::uint32_t>(first));
    const auto random = wants_random_ ? std::span(random_) : std::span<const std::uint32_t>();
    if (const auto refused = cast_->encode(inputs.data(), codes, kTile, random))
      throw Error(fmt::format("input {} is refused, and a digest has no byte for that",
                              input_text(first + *refused, 32)));
  }

 private:
  void read_runs(std::uint64_t first, std::uint8_t* codes) const {
    auto run = std::upper_bound(runs_.begin(), runs_.end(), first,
                                [](std::uint64_t x, const spec::Run& r) { return x < r.first; });
    for (std::uint64_t x = first; x < first + kTile;) {
      const std::uint64_t end = run == runs_.end() ? kF32Inputs : run->first;
      const std::uint64_t stop = std::min(end, first + kTile);
      const auto code = static_cast<std::uint8_t>(std::prev(run)->outcome.code);
      std::fill(codes + (x - first), codes + (stop - first), code);
      x = stop;
      if (run != runs_.end()) ++run;
    }
  }

  int bytes_ = 1;
  bool wants_random_ = false;
  std::vector<std::uint32_t> random_;
  std::optional<spec::BatchCast> cast_;
  std::vector<spec::Run> runs_;
};

/// Advances kChains digests, each by its own codes.
template <typename Code>
void advance(std::array<std::uint64_t, kChains>& hashes,
             const std::array<const std::uint8_t*, kChains>& codes) {
  std::array<std::uint64_t, kChains> h = hashes;
  for (std::size_t i = 0; i < kTile; ++i) {
    for (std::size_t chain = 0; chain < kChains; ++chain) {
      if constexpr (sizeof(Code) == 1) {
        h[chain] = (h[chain] ^ codes[chain][i]) * kFnvPrime;
      } else {
        Code code;
        std::memcpy(&code, codes[chain] + 2 * i, sizeof(code));
        h[chain] = (h[chain] ^ (code & 0xFF)) * kFnvPrime;
        h[chain] = (h[chain] ^ (code >> 8)) * kFnvPrime;
      }
    }
  }
  hashes = h;
}

/// Digests of up to kChains lines of one conversion; false if stopped.
bool digest_group(const CodeStream& stream, std::span<DigestResult> group,
                  const std::atomic<bool>& stop) {
  alignas(64) Inputs inputs;
  alignas(64) std::array<Codes, kChains> codes;
  std::array<std::uint64_t, kChains> hashes;
  hashes.fill(kFnvOffset);
  std::array<const std::uint8_t*, kChains> from;
  for (std::size_t chain = 0; chain < kChains; ++chain)
    from[chain] = codes[chain < group.size() ? chain : 0].data();
  for (std::uint64_t offset = 0; offset < kChunk; offset += kTile) {
    if (stop) return false;
    for (std::size_t chain = 0; chain < group.size(); ++chain)
      stream.read(group[chain].line.chunk * kChunk + offset, inputs, codes[chain].data());
    if (stream.bytes() == 1)
      advance<std::uint8_t>(hashes, from);
    else
      advance<std::uint16_t>(hashes, from);
  }
  for (std::size_t chain = 0; chain < group.size(); ++chain) group[chain].actual = hashes[chain];
  return true;
}

}  // namespace

std::vector<DigestLine> read_digests(std::istream& in, const std::string& name,
                                     const std::atomic<bool>& stop) {
  std::vector<DigestLine> all;
  TextLines lines(in, name);
  std::string text;
  while (!stop && lines.next_row(text)) {
    const std::vector<std::string_view> cells = split(text, ' ');
    if (cells.size() != 3 || cells[0].empty())
      throw lines.error(fmt::format("{} is not a conversion, a chunk and a digest between spaces",
                                    excerpt(text)));
    if (!is_plain_name(cells[0]))
      throw lines.error(fmt::format("{} is no conversion's name", excerpt(cells[0])));
    std::uint64_t chunk = 0;
    DigestLine line;
    line.conversion = cells[0];
    if (!read_hex(cells[1], chunk) || chunk >= kDigestChunks)
      throw lines.error(fmt::format("{} is not a chunk number, 00 to ff", excerpt(cells[1])));
    line.chunk = static_cast<std::uint32_t>(chunk);
    if (!read_hex(cells[2], line.digest))
      throw lines.error(fmt::format("{} is not a digest of 16 hex digits", excerpt(cells[2])));
    if (all.size() == kMostLines)
      throw lines.error(fmt::format("more than {} digests", kMostLines));
    all.push_back(std::move(line));
  }
  return all;
}

std::vector<DigestResult> check_digests(const std::vector<DigestLine>& lines, int threads,
                                        const std::atomic<bool>& stop,
                                        const std::function<void(std::size_t)>& done) {
  std::vector<DigestResult> results(lines.size());
  std::map<std::string, std::shared_ptr<const CodeStream>> streams;
  std::map<std::string, std::string> errors;
  std::vector<std::pair<std::size_t, std::size_t>> groups;  // [first, last) of one conversion
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (stop) return {};
    const std::string& name = lines[i].conversion;
    results[i].line = lines[i];
    if (streams.count(name) == 0 && errors.count(name) == 0) {
      try {
        streams[name] = std::make_shared<const CodeStream>(name);
      } catch (const Error& error) {
        errors[name] = error.what();
      }
    }
    const bool joins = !groups.empty() && groups.back().second - groups.back().first < kChains &&
                       lines[groups.back().first].conversion == name;
    if (joins)
      ++groups.back().second;
    else
      groups.emplace_back(i, i + 1);
  }

  std::vector<Task> tasks;
  for (const auto& [first, last] : groups) {
    const std::span<DigestResult> group(results.data() + first, last - first);
    const std::string& name = lines[first].conversion;
    if (const auto error = errors.find(name); error != errors.end()) {
      for (DigestResult& result : group) result.error = error->second;
      tasks.push_back({name, 0, [](const std::atomic<bool>&) { return std::vector<Claim>{}; }});
      continue;
    }
    const auto stream = streams.at(name);
    tasks.push_back({name, static_cast<double>(stream->bytes()),
                     [stream, group](const std::atomic<bool>& halt) {
                       try {
                         digest_group(*stream, group, halt);
                       } catch (const Error& error) {
                         for (DigestResult& result : group) result.error = error.what();
                       }
                       return std::vector<Claim>{};
                     }});
  }
  std::vector<bool> finished(groups.size());
  std::size_t count = 0;
  run_tasks(tasks, threads, stop, [&](std::size_t k, const std::vector<Claim>&) {
    finished[k] = true;
    count += groups[k].second - groups[k].first;
    if (done) done(count);
  });
  std::vector<DigestResult> kept;
  for (std::size_t k = 0; k < groups.size(); ++k)
    if (finished[k])
      kept.insert(kept.end(), results.begin() + static_cast<std::ptrdiff_t>(groups[k].first),
                  results.begin() + static_cast<std::ptrdiff_t>(groups[k].second));
  return kept;
}

}  // namespace mxscope::analysis
