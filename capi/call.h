// SPDX-FileCopyrightText: 2026 The mxscope authors
// SPDX-License-Identifier: Apache-2.0
// What every function of mxscope.h does at its border: exceptions become statuses and a text.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>

#include "capi/mxscope.h"
#include "kernels/simd_quantizer.h"
#include "sim/mma_unit.h"
#include "spec/codec.h"
#include "spec/error.h"
#include "spec/format.h"
#include "spec/policy.h"

/// A recipe compiled, for blocks and for rows of them.
struct mxscope_recipe {
  mxscope::kernels::BlockRoutine routine;
  std::shared_ptr<const mxscope::kernels::SimdQuantizer> simd;  ///< null where it holds no such
};

namespace mxscope::capi {

/// An error with the status that it becomes; a plain Error is MXSCOPE_UNSUPPORTED.
class Failure : public Error {
 public:
  Failure(mxscope_status status, const std::string& text) : Error(text), status_(status) {}
  mxscope_status status() const { return status_; }

 private:
  mxscope_status status_;
};

/// Keeps the text for mxscope_error(), cut to the thread's buffer, and returns the status.
int failed(mxscope_status status, std::string_view text) noexcept;

/// Runs `body`, which returns a status or nothing.
template <typename Body>
int guarded(Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Body>>) {
      body();
      return MXSCOPE_OK;
    } else {
      return body();
    }
  } catch (const Failure& failure) {
    return failed(failure.status(), failure.what());
  } catch (const Error& error) {
    return failed(MXSCOPE_UNSUPPORTED, error.what());
  } catch (const std::bad_alloc&) {
    return failed(MXSCOPE_NO_MEMORY, "there is not enough memory");
  } catch (const std::exception& error) {
    return failed(MXSCOPE_INTERNAL, error.what());
  } catch (...) {
    return failed(MXSCOPE_INTERNAL, "an exception of no known type");
  }
}

/// As guarded(), for functions that return a pointer: null on failure.
template <typename Body>
auto guarded_pointer(Body&& body) noexcept -> std::invoke_result_t<Body> {
  std::invoke_result_t<Body> result = nullptr;
  guarded([&] { result = body(); });
  return result;
}

/// Runs a look-up whose Error means that nothing has the name.
template <typename Body>
decltype(auto) looked_up(Body&& body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Failure(MXSCOPE_BAD_NAME, error.what());
  }
}

/// Throws Failure that names the argument where it is null.
void require(const void* pointer, std::string_view argument);
/// The same for arrays, which may be null when they are empty.
void require(const void* pointer, std::size_t count, std::string_view argument);
std::string_view required_text(const char* text, std::string_view argument);
inline std::string_view optional_text(const char* text) { return text ? text : ""; }

/// a * b; throws Failure where that is more than 2^46, more than memory.
std::size_t checked_size(std::size_t a, std::size_t b, std::string_view what);

/// Handles are pointers to the rows themselves.
inline const mxscope_format* handle(const spec::Format& format) {
  return reinterpret_cast<const mxscope_format*>(&format);
}
const spec::Format& row(const mxscope_format* format);
const spec::Format& row(const mxscope_format* format, std::string_view argument);

/// Throws Failure for a field that is out of range.
spec::Policy read(const mxscope_policy* policy);
mxscope_policy written(const spec::Policy& policy);

}  // namespace mxscope::capi
