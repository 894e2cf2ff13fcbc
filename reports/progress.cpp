// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Progress with the time left.
#include "reports/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <string_view>

namespace mxscope::reports {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSilent = seconds(2);
constexpr auto kRedraw = milliseconds(100);
constexpr auto kPlain = seconds(60);

void write_error(std::string_view text) {
  // Progress may be lost, never fatal.
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string duration_text(double all_seconds) {
  const auto s = static_cast<long long>(std::llround(all_seconds));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
}

}  // namespace

Progress::Progress(std::string what, std::string unit, std::size_t count, double total)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      count_(count),
      total_(total),
      terminal_(::isatty(STDERR_FILENO) == 1),
      start_(Clock::now()),
      next_(start_ + (terminal_ ? Clock::duration(kSilent) : Clock::duration(kPlain))) {}

Progress::~Progress() {
  if (shown_) write_error("\r\x1b[K");
}

void Progress::advance(double amount, std::size_t items) {
  done_ += amount;
  finished_ += items;
  const auto now = Clock::now();
  if (now < next_) return;
  const std::string text = line(std::chrono::duration<double>(now - start_).count());
  if (terminal_) {
    write_error("\r" + text + "\x1b[K");
    shown_ = true;
    next_ = now + kRedraw;
  } else {
    write_error(text + "\n");
    next_ = now + kPlain;
  }
}

std::string Progress::line(double elapsed) const {
  const double share = total_ > 0 ? std::min(1.0, done_ / total_) : 1.0;
  const std::string left =
      share > 0 ? duration_text(elapsed * (1 - share) / share) : std::string("unknown time");
  std::string bar;
  if (terminal_) {
    constexpr int kWidth = 24;
    const int full = static_cast<int>(share * kWidth);
    bar = fmt::format("[{:<{}}] ", std::string(static_cast<std::size_t>(full), '='), kWidth);
  }
  return fmt::format("{}: {}{} of {} {}, {:.0f} %, {} left", what_, bar, finished_, count_, unit_,
                     100 * share, left);
}

}  // namespace mxscope::reports
