# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# One floor of the house: a folder NAME becomes the static library mxscope_NAME, alias
# mxscope::NAME, of every .cpp in it except main.cpp.
#
#   mxscope_add_floor(NAME [INTERNAL] [DEPENDS floor...] [PUBLIC lib...] [PRIVATE lib...]
#                     [PRECOMPILE header...])
#
# DEPENDS are lower floors. An INTERNAL floor is not installed. PRECOMPILE are headers of libraries
# that most sources include and that take seconds to read.

function(mxscope_add_floor name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "INTERNAL" ""
    "DEPENDS;PUBLIC;PRIVATE;PRECOMPILE")
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${name}/*.h)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")

  set(target mxscope_${name})
  add_library(${target} STATIC ${sources})
  add_library(mxscope::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} POSITION_INDEPENDENT_CODE ON)
  target_sources(${target} PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})

  list(TRANSFORM arg_DEPENDS PREPEND mxscope::)
  target_link_libraries(${target} PUBLIC ${arg_DEPENDS} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  mxscope_compile_options(${target})
  target_precompile_headers(${target} PRIVATE ${arg_PRECOMPILE})
  mxscope_use_build_header(${target})

  if(NOT arg_INTERNAL)
    set_property(GLOBAL APPEND PROPERTY MXSCOPE_INSTALLED_FLOORS ${name})
  endif()
endfunction()
