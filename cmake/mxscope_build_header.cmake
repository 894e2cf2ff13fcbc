# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Writes mxscope_build.h. What configuring knows is filled in here; the commit is looked up at every
# build, and the header is rewritten only when it changed, so an unchanged tree recompiles nothing.

string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type_upper)
set(MXSCOPE_FLAGS
  "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type_upper}} -std=c++20 -ffp-contract=off")
string(STRIP "${MXSCOPE_FLAGS}" MXSCOPE_FLAGS)
string(REGEX REPLACE "([\\\"])" "\\\\\\1" MXSCOPE_FLAGS "${MXSCOPE_FLAGS}")
set(MXSCOPE_COMMIT "@MXSCOPE_COMMIT@")  # left for the build-time step
configure_file(${PROJECT_SOURCE_DIR}/cmake/mxscope_build.h.in
               ${PROJECT_BINARY_DIR}/mxscope_build.h.in @ONLY)

add_custom_target(mxscope_build_header
  COMMAND ${CMAKE_COMMAND}
    -DSOURCE_DIR=${PROJECT_SOURCE_DIR}
    -DTEMPLATE=${PROJECT_BINARY_DIR}/mxscope_build.h.in
    -DHEADER=${PROJECT_BINARY_DIR}/generated/mxscope_build.h
    -P ${PROJECT_SOURCE_DIR}/cmake/write_build_header.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/mxscope_build.h
  COMMENT "Looking up the commit" VERBATIM)

function(mxscope_use_build_header target)
  add_dependencies(${target} mxscope_build_header)
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
