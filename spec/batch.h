// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/codec.h"

namespace mxscope::spec {

/// The back ends this processor can run, fastest first: Highway target names ("AVX3_ZEN4", "AVX2",
/// ...), then "portable" (scalar code and tables, on every processor).
std::vector<std::string> batch_backends();

/// Converts arrays under one policy at memory speed. Immutable after construction and safe to share
/// between threads. Deterministic: every back end gives the codes of Codec::encode.
class BatchCast {
 public:
  /// `backend`: a name from batch_backends(), or "auto" for the fastest.
  /// Conversions that a SIMD back end has no kernel for run on the portable one; backend() says
  /// which it is. Throws Error as make_codec does, and for an unknown back end.
  BatchCast(Source source, const Format& format, const Policy& policy, int random_bits = 0,
            std::string_view backend = "auto");
  BatchCast(BatchCast&&) noexcept;
  BatchCast& operator=(BatchCast&&) noexcept;
  ~BatchCast();

  /// Converts `count` source words (2, 4 or 8 bytes each, native order) to `count` stored words of
  /// word_bytes() each. `random` holds one value R for all inputs or one for each; empty for
  /// deterministic modes. Returns the index of the first input that the policy refuses, whose word
  /// and any other refused one is then 0.
  std::optional<std::size_t> encode(const void* source, void* words, std::size_t count,
                                    std::span<const std::uint32_t> random = {}) const;

  int source_bytes() const;
  int word_bytes() const;
  std::string_view backend() const;

 private:
  struct Plan;
  std::unique_ptr<const Plan> plan_;
};

/// Decodes stored words (of storage_bits, shifted by storage_shift) to binary32 patterns.
/// Throws Error for formats whose values binary32 does not hold (fp64 and wide P3109 rows).
class BatchDecode {
 public:
  explicit BatchDecode(const Format& format);

  void decode(const void* words, std::uint32_t* f32, std::size_t count) const;
  int word_bytes() const;

 private:
  Format format_;
  std::vector<std::uint32_t> table_;  ///< by stored word, for storage of 8 or 16 bits
};

}  // namespace mxscope::spec
