// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>

#include <cstddef>
#include <memory>

#include "reports/interrupt.h"

namespace mxscope::reports {

/// Calls produce(i) for every i below `count` on `threads` threads, and consume(result) for each
/// result in order, one at a time; at most twice `threads` results exist at once. The first
/// exception of either ends it. Throws Interrupted after SIGINT.
template <typename Produce, typename Consume>
void in_order(std::size_t count, int threads, const Produce& produce, const Consume& consume) {
  namespace tbb = oneapi::tbb;
  using Result = decltype(produce(std::size_t{}));
  using Item = std::shared_ptr<Result>;
  const auto most = static_cast<std::size_t>(threads);
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, most);
  std::size_t next = 0;
  const auto number = [&](tbb::flow_control& control) -> std::size_t {
    throw_if_interrupted();
    if (next == count) control.stop();
    return next++;
  };
  tbb::parallel_pipeline(
      2 * most, tbb::make_filter<void, std::size_t>(tbb::filter_mode::serial_in_order, number) &
                    tbb::make_filter<std::size_t, Item>(
                        tbb::filter_mode::parallel,
                        [&](std::size_t i) { return std::make_shared<Result>(produce(i)); }) &
                    tbb::make_filter<Item, void>(tbb::filter_mode::serial_in_order,
                                                 [&](const Item& item) { consume(*item); }));
}

}  // namespace mxscope::reports
