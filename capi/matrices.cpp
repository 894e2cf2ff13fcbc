// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Matrix instructions for C: the fast executor, or the reference one where words are wider.
#include <fmt/format.h>

#include <cstring>
#include <optional>

#include "capi/call.h"
#include "sim/mma_fast.h"
#include "sim/mma_matrix.h"

struct mxscope_mma {
  mxscope::sim::Mma mma;
  std::optional<mxscope::sim::FastMma> fast;  ///< of words of at most 32 bits
};

namespace mxscope::capi {
namespace {

using sim::Mma;
using sim::MmaUnit;

const mxscope_unit* unit_handle(const MmaUnit& unit) {
  return reinterpret_cast<const mxscope_unit*>(&unit);
}

const MmaUnit& unit_row(const mxscope_unit* unit) {
  require(unit, "unit");
  return *reinterpret_cast<const MmaUnit*>(unit);
}

/// Sets every "field=value" of a list that commas separate.
void set_fields(MmaUnit& unit, std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    sim::set_field(unit, list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
}

sim::MmaMatrix operand(const Mma& mma, const spec::Format& format, std::size_t rows, std::size_t k,
                       const void* codes, const std::uint8_t* scales, std::string_view name) {
  const std::size_t bytes =
      checked_size(checked_size(rows, k, "codes"),
                   static_cast<std::size_t>(format.storage_bits / 8), "bytes of codes");
  require(codes, bytes, name);
  const auto per_row = static_cast<std::size_t>(mma.scales_per_row(static_cast<std::int64_t>(k)));
  const std::size_t scale_count = checked_size(rows, per_row, "scales");
  require(scales, scale_count, fmt::format("{}_scales", name));
  return {static_cast<std::int64_t>(rows),
          static_cast<std::int64_t>(k),
          {static_cast<const std::uint8_t*>(codes), bytes},
          {scales, scale_count}};
}

/// D's words as executors hold them, and back.
template <typename Word>
std::vector<Word> loaded(const void* words, std::size_t count, std::size_t bytes) {
  std::vector<Word> out(count);
  if (words != nullptr)
    for (std::size_t i = 0; i < count; ++i)
      std::memcpy(&out[i], static_cast<const char*>(words) + i * bytes, bytes);
  return out;
}

template <typename Word>
void store(const std::vector<Word>& from, void* words, std::size_t bytes) {
  for (std::size_t i = 0; i < from.size(); ++i)
    std::memcpy(static_cast<char*>(words) + i * bytes, &from[i], bytes);
}

}  // namespace
}  // namespace mxscope::capi

using namespace mxscope;
using namespace mxscope::capi;

size_t mxscope_unit_count(void) {
  std::size_t count = 0;
  guarded([&] { count = sim::mma_units().size(); });
  return count;
}

const mxscope_unit* mxscope_unit_at(size_t index) {
  return guarded_pointer([&] {
    if (index >= sim::mma_units().size())
      throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("there are {} units, and no number {}",
                                                      sim::mma_units().size(), index));
    return unit_handle(sim::mma_units()[index]);
  });
}

const mxscope_unit* mxscope_find_unit(const char* name) {
  return guarded_pointer([&] {
    const std::string_view text = required_text(name, "name");
    return unit_handle(looked_up([&]() -> const MmaUnit& { return sim::find_unit(text); }));
  });
}

int mxscope_unit_describe(const mxscope_unit* unit, mxscope_unit_info* info) {
  return guarded([&] {
    const MmaUnit& u = unit_row(unit);
    require(info, "info");
    *info = {.name = u.name.c_str(),
             .device = u.device.c_str(),
             .target = u.target.c_str(),
             .instruction = u.instruction.c_str(),
             .m = u.m,
             .n = u.n,
             .k = u.k,
             .step_k = u.step_k};
  });
}

int mxscope_mma_create(const mxscope_unit* unit, const char* a, const char* b, const char* scale,
                       int block, const char* fields, mxscope_mma** mma) {
  return guarded([&] {
    require(mma, "mma");
    *mma = nullptr;
    MmaUnit changed = unit_row(unit);
    set_fields(changed, optional_text(fields));
    Mma bound =
        sim::bind_unit(changed, optional_text(a), optional_text(b), optional_text(scale), block);
    auto made = std::make_unique<mxscope_mma>(mxscope_mma{std::move(bound), {}});
    if (made->mma.d.storage_bits <= 32) made->fast.emplace(made->mma);
    *mma = made.release();
  });
}

void mxscope_mma_free(mxscope_mma* mma) { delete mma; }

int mxscope_mma_describe(const mxscope_mma* mma, mxscope_mma_info* info) {
  return guarded([&] {
    require(mma, "mma");
    require(info, "info");
    *info = {};
    info->a = handle(mma->mma.a);
    info->b = handle(mma->mma.b);
    info->d = handle(mma->mma.d);
    info->scale = mma->mma.scale ? handle(*mma->mma.scale) : nullptr;
    info->block = mma->mma.block;
  });
}

int mxscope_mma_run(const mxscope_mma* mma, size_t m, size_t n, size_t k, const void* a,
                    const uint8_t* a_scales, const void* b, const uint8_t* b_scales, const void* c,
                    void* d) {
  return guarded([&] {
    require(mma, "mma");
    const auto left = operand(mma->mma, mma->mma.a, m, k, a, a_scales, "a");
    const auto right = operand(mma->mma, mma->mma.b, n, k, b, b_scales, "b");
    const std::size_t count = checked_size(m, n, "words of D");
    const auto bytes = static_cast<std::size_t>(mma->mma.d.storage_bits / 8);
    require(d, count, "d");
    if (count == 0) return;
    if (mma->fast) {
      auto words = loaded<std::uint32_t>(c, count, bytes);
      const sim::PackedOperand packed = mma->fast->pack_a(left);
      mma->fast->run(packed, mma->fast->pack_b(right), {0, left.rows, 0, right.rows}, words);
      store(words, d, bytes);
    } else {
      auto words = loaded<std::uint64_t>(c, count, bytes);
      sim::reference_mma(mma->mma, left, right, words);
      store(words, d, bytes);
    }
  });
}
