// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// Standard output with errors noticed, and one-line complaints.
#include "reports/console.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "reports/descriptor.h"
#include "spec/error.h"

namespace mxscope::reports {
namespace {

constexpr std::size_t kBufferBytes = 1 << 16;

std::string& buffer() {
  static std::string text;
  return text;
}

}  // namespace

void print(std::string_view text) {
  buffer() += text;
  if (buffer().size() >= kBufferBytes) flush_output();
}

std::string json_text(const nlohmann::json& json) {
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void flush_output() {
  // Emptied first: a failure must not be met again when the program ends.
  const std::string text = std::move(buffer());
  buffer().clear();
  write_all(STDOUT_FILENO, text.data(), text.size(), "standard output");
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    bool good = length > 0 && i + length <= text.size() && lead >= 0x20 && lead != 0x7F;
    for (std::size_t k = 1; good && k < length; ++k)
      good = (static_cast<unsigned char>(text[i + k]) & 0xC0) == 0x80;
    // U+0080 to U+009F are control characters too.
    if (good && lead == 0xC2) good = static_cast<unsigned char>(text[i + 1]) >= 0xA0;
    out += good ? std::string(text.substr(i, length)) : lead == '\n' ? " " : "?";
    i += good ? length : 1;
  }
  return out;
}

void complain(std::string_view text) {
  const std::string line = fmt::format("mxscope: {}\n", printable(text));
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t n = ::write(STDERR_FILENO, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

std::string coloured(Colour colour, std::string_view text) {
  static const bool enabled = ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  if (!enabled) return std::string(text);
  const std::string_view code = colour == Colour::kGood  ? "32"
                                : colour == Colour::kBad ? "31"
                                                         : "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

void prepare_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    // The wrong direction on purpose: using a closed stream stays an error. open() takes the
    // lowest free descriptor, which is this one.
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
  }
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace mxscope::reports
