// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Signals become a flag that long work looks at, and a pipe that waiting work polls.
#include "reports/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace mxscope::reports {
namespace {

std::atomic<bool> flag{false};
std::atomic<int> wake_reader{-1};  ///< readable forever after the first signal
std::atomic<int> wake_writer{-1};
std::atomic<std::int64_t> first{0};  ///< when the first signal came
// A signal handler may use these.
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free &&
              std::atomic<std::int64_t>::is_always_lock_free);

// timeout(1) signals the process and then its group: one wish, told twice.
constexpr std::int64_t kSameMilliseconds = 500;

std::int64_t milliseconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1000000;
}

extern "C" void on_signal(int signal) {
  const int error = errno;
  const std::int64_t now = milliseconds();
  std::int64_t none = 0;
  if (first.compare_exchange_strong(none, now)) {
    flag.store(true);
    [[maybe_unused]] const ssize_t n = ::write(wake_writer.load(), "", 1);
  } else if (now - first.load() > kSameMilliseconds) {
    std::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  errno = error;
}

}  // namespace

void catch_interrupts() {
  std::array<int, 2> ends = {-1, -1};
  if (wake_reader.load() < 0 && ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0) {
    wake_reader.store(ends[0]);
    wake_writer.store(ends[1]);
  }
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = 0;  // no SA_RESTART: open() must wake up
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited = {};
    if (sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
  std::signal(SIGXFSZ, SIG_IGN);
}

const std::atomic<bool>& interrupt_flag() { return flag; }

void throw_if_interrupted() {
  if (flag.load()) throw Interrupted("interrupted");
}

void wait_until(int fd, short events) {
  std::array<pollfd, 2> both = {pollfd{fd, events, 0}, pollfd{wake_reader.load(), POLLIN, 0}};
  while (both[0].revents == 0) {
    const int ready = ::poll(both.data(), both.size(), -1);
    // What poll cannot wait for, the read or write itself will report.
    if (ready < 0 && errno != EINTR) return;
    if (ready < 0 || both[0].revents == 0) throw_if_interrupted();
  }
}

}  // namespace mxscope::reports
