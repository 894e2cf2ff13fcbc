# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# The language, the warnings and the floating-point rules every target is compiled with.

if(PROJECT_IS_TOP_LEVEL)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
  endif()
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  find_program(MXSCOPE_CCACHE ccache)
  if(MXSCOPE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${MXSCOPE_CCACHE})
  endif()
endif()

set(MXSCOPE_WARNINGS
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wextra-semi -Wundef
  -Wno-missing-field-initializers)  # a row of data names the fields that differ from the default
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports overlapping copies inside std::string concatenation (GCC bug 105651).
  list(APPEND MXSCOPE_WARNINGS -Wno-restrict)
endif()

option(MXSCOPE_ONE_SIMD_TARGET "SIMD for AVX2 only: instrumented kernels are slow to compile" OFF)

option(MXSCOPE_QUICK_BUILD "Do not optimise the command line and the tests: instrumented, they take \
three times as long to compile" OFF)

function(mxscope_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(MXSCOPE_ONE_SIMD_TARGET)
    target_compile_definitions(${target} PRIVATE
      "HWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3|HWY_AVX3_DL)")
  endif()
  if(MXSCOPE_QUICK_BUILD AND target MATCHES "reports|_tests$|^mxscope$")
    target_compile_options(${target} PRIVATE -O0)
  endif()
  # No fused multiply-add may appear where the source has two operations: bits would change.
  target_compile_options(${target} PRIVATE -ffp-contract=off ${MXSCOPE_WARNINGS}
    $<$<BOOL:${MXSCOPE_WERROR}>:-Werror>)
endfunction()

# Inside std::string GCC 12 sees copies that are longer than there can be (GCC bug 105329). A
# precompiled header no longer counts as a system header, so it says so.
function(mxscope_quiet_strings target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-stringop-overflow -Wno-array-bounds)
  endif()
endfunction()
