// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// The text of a thread's last failure, and checks of arguments.
#include "capi/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "mxscope_build.h"

namespace mxscope::capi {
namespace {

thread_local std::array<char, 1024> last_text{};

}  // namespace

int failed(mxscope_status status, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), last_text.size() - 1);
  std::memcpy(last_text.data(), text.data(), size);
  last_text[size] = '\0';
  return status;
}

void require(const void* pointer, std::string_view argument) {
  if (pointer == nullptr) throw Failure(MXSCOPE_BAD_ARGUMENT, fmt::format("{} is null", argument));
}

void require(const void* pointer, std::size_t count, std::string_view argument) {
  if (count > 0) require(pointer, argument);
}

std::string_view required_text(const char* text, std::string_view argument) {
  require(text, argument);
  return text;
}

std::size_t checked_size(std::size_t a, std::size_t b, std::string_view what) {
  constexpr std::size_t kMost = std::size_t{1} << 46;
  if (a != 0 && b > kMost / a)
    throw Failure(MXSCOPE_BAD_ARGUMENT,
                  fmt::format("{} x {} {} are more than memory can hold", a, b, what));
  return a * b;
}

const spec::Format& row(const mxscope_format* format, std::string_view argument) {
  require(format, argument);
  return *reinterpret_cast<const spec::Format*>(format);
}

const spec::Format& row(const mxscope_format* format) { return row(format, "format"); }

}  // namespace mxscope::capi

using namespace mxscope::capi;

const char* mxscope_version(void) { return mxscope::build::kVersion.data(); }

uint32_t mxscope_abi(void) { return MXSCOPE_ABI; }

const char* mxscope_error(void) { return last_text.data(); }
