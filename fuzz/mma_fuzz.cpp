// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Bytes choose a matrix instruction, its fields, a shape and operands: whatever they are, the fast
// executor gives the reference's words.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdio>
#include <cstdlib>

#include "sim/mma_fast.h"
#include "spec/batch.h"
#include "spec/error.h"

namespace {

using namespace mxscope::sim;

/// The fuzzer's bytes as choices; zeros once they run out.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t next() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }

  template <typename T>
  const T& one_of(const std::vector<T>& all) {
    return all[next() % all.size()];
  }

  std::vector<std::uint8_t> take(std::int64_t count) {
    std::vector<std::uint8_t> bytes;
    for (std::int64_t i = 0; i < count; ++i) bytes.push_back(next());
    return bytes;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

void set_fields(MmaUnit& unit, Bytes& bytes) {
  for (int count = bytes.next() % 4; count > 0; --count) {
    const std::string text = bytes.one_of(field_texts(unit));
    const std::string field = text.substr(0, text.find('='));
    const int number = static_cast<std::int8_t>(bytes.next());
    std::string value = std::to_string(number);
    if (field == "saturate") value = number % 2 == 0 ? "no" : "yes";
    if (field.starts_with("zero_")) value = number % 2 == 0 ? "ignored" : "counted";
    if (field == "addend_window") value = number % 2 == 0 ? "raises" : "past-products";
    try {
      set_field(unit, field + "=" + value);
    } catch (const mxscope::Error&) {  // not a value of the field
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  MmaUnit unit = bytes.one_of(mma_units());
  // The reference executor runs these anyway.
  if (unit.rule == MmaRule::kFmaChain || unit.rule == MmaRule::kLateAddend ||
      unit.rule == MmaRule::kPairTree)
    return 0;
  const int step_k = unit.step_k;
  set_fields(unit, bytes);
  if (unit.k % unit.step_k != 0 || unit.rule == MmaRule::kSplitWindows) unit.step_k = step_k;
  const std::string& a_format = bytes.one_of(unit.a_formats);
  const std::string& b_format = unit.mixed ? bytes.one_of(unit.a_formats) : a_format;
  MmaScale scale;
  if (!unit.scales.empty()) scale = bytes.one_of(unit.scales);
  const Mma mma = unit.scales.empty()
                      ? bind_unit(unit, a_format, b_format)
                      : bind_unit(unit, a_format, b_format, scale.format, scale.block);
  const std::int64_t m = 1 + bytes.next() % 5;
  const std::int64_t n = 1 + bytes.next() % 18;
  const std::int64_t k = 1 + bytes.next() % (2 * unit.k);
  const auto codes_a = bytes.take(m * k * mma.a.storage_bits / 8);
  const auto codes_b = bytes.take(n * k * mma.b.storage_bits / 8);
  const auto scales_a = bytes.take(m * mma.scales_per_row(k));
  const auto scales_b = bytes.take(n * mma.scales_per_row(k));
  const MmaMatrix a{m, k, codes_a, scales_a};
  const MmaMatrix b{n, k, codes_b, scales_b};
  std::vector<std::uint64_t> c;
  for (std::int64_t i = 0; i < m * n; ++i) {
    std::uint64_t word = 0;
    for (const std::uint8_t byte : bytes.take(mma.d.storage_bits / 8)) word = word << 8 | byte;
    c.push_back(word);
  }
  std::vector<std::uint64_t> want = c;
  reference_mma(mma, a, b, want);
  for (const std::string& backend : mxscope::spec::batch_backends()) {
    const FastMma fast(mma, backend);
    if (fast.engine() == "reference") continue;
    std::vector<std::uint32_t> d(c.begin(), c.end());
    const PackedOperand packed_b = fast.pack_b(b);
    fast.run(fast.pack_a(a), packed_b, {0, m, 0, n}, d);
    for (std::size_t i = 0; i < d.size(); ++i) {
      if (d[i] == want[i]) continue;
      fmt::print(stderr, "{} {} {} {} on {}: {} x {} x {}, output {}: 0x{:x}, not 0x{:x}\n{}\n",
                 unit.name, mma.a.name, mma.b.name, scale.format, backend, m, n, k, i, d[i],
                 want[i], fmt::join(field_texts(unit), " "));
      std::abort();
    }
  }
  return 0;
}
