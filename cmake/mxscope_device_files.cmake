# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Puts the files of sim/devices/ into mxscope_sim, so that an installed program needs none of them.

file(GLOB MXSCOPE_DEVICES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/devices/*.toml)
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/generated/device_files.cpp
  COMMAND ${CMAKE_COMMAND}
    -DFOLDER=${PROJECT_SOURCE_DIR}/sim/devices
    -DSOURCE=${PROJECT_BINARY_DIR}/generated/device_files.cpp
    -P ${PROJECT_SOURCE_DIR}/cmake/write_device_files.cmake
  DEPENDS ${MXSCOPE_DEVICES} ${PROJECT_SOURCE_DIR}/cmake/write_device_files.cmake
  COMMENT "Embedding device files" VERBATIM)
target_sources(mxscope_sim PRIVATE ${PROJECT_BINARY_DIR}/generated/device_files.cpp)
