# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Puts the files of kernels/schemes/ into mxscope_kernels, as those of sim/devices/ are into
# mxscope_sim.

file(GLOB MXSCOPE_SCHEMES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/kernels/schemes/*.toml)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/generated/scheme_files.cpp
  COMMAND ${CMAKE_COMMAND}
    -DFOLDER=${PROJECT_SOURCE_DIR}/kernels/schemes
    -DSOURCE=${PROJECT_BINARY_DIR}/generated/scheme_files.cpp
    -P ${PROJECT_SOURCE_DIR}/cmake/write_scheme_files.cmake
  DEPENDS ${MXSCOPE_SCHEMES} ${PROJECT_SOURCE_DIR}/cmake/write_scheme_files.cmake
  COMMENT "Embedding scheme files" VERBATIM)
target_sources(mxscope_kernels PRIVATE ${PROJECT_BINARY_DIR}/generated/scheme_files.cpp)
