// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace mxscope::sim {

/// Simulated time: sixteenths of a cycle, so that every rate in use is exact enough and two runs
/// agree to the last bit.
using Tick = std::int64_t;
inline constexpr Tick kTicksPerCycle = 16;

/// Events in order of time, and of insertion at equal times. A timing wheel of one bucket per
/// cycle; what lies beyond its horizon waits in a heap. Times may not precede the last one taken.
template <typename Payload>
class EventQueue {
 public:
  struct Event {
    Tick time;
    Payload payload;
  };

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }

  void push(Tick time, Payload payload) {
    ++size_;
    const Tick cycle = time / kTicksPerCycle;
    if (cycle - now_ >= kBuckets)
      far_.push({time, far_sequence_++, std::move(payload)});
    else
      insert(cycle, time, std::move(payload));
  }

  /// Takes the earliest; the queue must not be empty.
  Event pop() {
    if (near_ == 0) advance(far_.top().time / kTicksPerCycle);
    advance(next_bucket());
    const std::size_t bucket = slot(now_);
    const std::uint32_t node = heads_[bucket];
    heads_[bucket] = nodes_[node].next;
    if (heads_[bucket] == kNone) clear(bucket);
    Event event{nodes_[node].time, std::move(nodes_[node].payload)};
    nodes_[node].next = free_;
    free_ = node;
    --near_;
    --size_;
    return event;
  }

 private:
  static constexpr Tick kBuckets = 4096;
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Node {
    Tick time;
    std::uint32_t next;
    Payload payload;
  };
  struct Far {
    Tick time;
    std::uint64_t sequence;
    Payload payload;
    bool operator<(const Far& other) const {  // std::priority_queue gives the largest
      return time != other.time ? time > other.time : sequence > other.sequence;
    }
  };

  static std::size_t slot(Tick cycle) { return static_cast<std::size_t>(cycle % kBuckets); }

  void insert(Tick cycle, Tick time, Payload payload) {
    std::uint32_t node = free_;
    if (node == kNone) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.push_back({});
    } else {
      free_ = nodes_[node].next;
    }
    nodes_[node].time = time;
    nodes_[node].payload = std::move(payload);
    const std::size_t bucket = slot(cycle);
    std::uint32_t* link = &heads_[bucket];
    // Events of many SMs in step come at equal times, each to the end of its bucket.
    if (*link != kNone && nodes_[tails_[bucket]].time <= time) link = &nodes_[tails_[bucket]].next;
    while (*link != kNone && nodes_[*link].time <= time) link = &nodes_[*link].next;
    nodes_[node].next = *link;
    if (*link == kNone) tails_[bucket] = node;
    *link = node;
    words_[bucket / 64] |= std::uint64_t{1} << (bucket % 64);
    summary_ |= std::uint64_t{1} << (bucket / 64);
    ++near_;
  }

  /// Moves the wheel on, and what has come within its horizon onto it: before anything else can be
  /// inserted there, so that equal times keep their order.
  void advance(Tick cycle) {
    now_ = cycle;
    while (!far_.empty() && far_.top().time / kTicksPerCycle - now_ < kBuckets) {
      Far& first = const_cast<Far&>(far_.top());  // about to be popped
      insert(first.time / kTicksPerCycle, first.time, std::move(first.payload));
      far_.pop();
    }
  }

  void clear(std::size_t bucket) {
    words_[bucket / 64] &= ~(std::uint64_t{1} << (bucket % 64));
    if (words_[bucket / 64] == 0) summary_ &= ~(std::uint64_t{1} << (bucket / 64));
  }

  /// The cycle of the first occupied bucket from now_ on, around the wheel.
  Tick next_bucket() const {
    const std::size_t start = slot(now_);
    const std::size_t word = start / 64;
    const std::uint64_t here = words_[word] & (~std::uint64_t{0} << (start % 64));
    std::size_t found;
    if (here != 0) {
      found = word * 64 + static_cast<std::size_t>(std::countr_zero(here));
    } else {
      const std::uint64_t later = word == 63 ? 0 : summary_ & (~std::uint64_t{0} << (word + 1));
      const std::uint64_t mask = later != 0 ? later : summary_;
      const auto next = static_cast<std::size_t>(std::countr_zero(mask));
      found = next * 64 + static_cast<std::size_t>(std::countr_zero(words_[next]));
    }
    return now_ + static_cast<Tick>((found + kBuckets - start) % kBuckets);
  }

  static_assert(kBuckets == 64 * 64);
  static constexpr std::array<std::uint32_t, kBuckets> no_heads() {
    std::array<std::uint32_t, kBuckets> heads{};
    heads.fill(kNone);
    return heads;
  }

  std::vector<Node> nodes_;
  std::uint32_t free_ = kNone;
  std::array<std::uint32_t, kBuckets> heads_ = no_heads();
  std::array<std::uint32_t, kBuckets> tails_{};  ///< of buckets that have a head
  std::array<std::uint64_t, 64> words_{};
  std::uint64_t summary_ = 0;
  std::priority_queue<Far> far_;
  std::uint64_t far_sequence_ = 0;
  std::size_t size_ = 0, near_ = 0;
  Tick now_ = 0;
};

}  // namespace mxscope::sim
