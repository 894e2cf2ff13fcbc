# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# libmxscope.so, the C library: capi/ over the floors, which it holds inside. It exports what
# capi/mxscope.map lists. Its number, MXSCOPE_ABI of capi/mxscope.h, changes when a program built
# for the last one would break.

file(STRINGS ${PROJECT_SOURCE_DIR}/capi/mxscope.h abi_line REGEX "^#define MXSCOPE_ABI [0-9]+")
string(REGEX MATCH "[0-9]+" MXSCOPE_ABI "${abi_line}")

file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/capi/*.cpp)
add_library(mxscope_capi SHARED ${sources})
add_library(mxscope::capi ALIAS mxscope_capi)
target_sources(mxscope_capi PUBLIC
  FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/capi FILES ${PROJECT_SOURCE_DIR}/capi/mxscope.h)
set_target_properties(mxscope_capi PROPERTIES
  OUTPUT_NAME mxscope EXPORT_NAME capi
  VERSION ${MXSCOPE_ABI}.${PROJECT_VERSION} SOVERSION ${MXSCOPE_ABI}
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/capi/mxscope.map)
target_link_libraries(mxscope_capi PRIVATE mxscope::kernels)
target_link_options(mxscope_capi PRIVATE
  LINKER:--version-script=${PROJECT_SOURCE_DIR}/capi/mxscope.map)
mxscope_compile_options(mxscope_capi)
mxscope_quiet_strings(mxscope_capi)
mxscope_use_build_header(mxscope_capi)
