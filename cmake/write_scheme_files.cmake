# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Writes SOURCE, a C++ file that holds the text of every .toml in FOLDER.

file(GLOB files ${FOLDER}/*.toml)
list(SORT files)
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(FIND "${text}" ")scheme\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} holds the end mark of the literal it would be put into")
  endif()
  string(APPEND rows "    {\"${name}\", R\"scheme(${text})scheme\"},\n")
endforeach()
file(WRITE ${SOURCE}
"// Written by cmake/write_scheme_files.cmake.
#include \"kernels/scheme_files.h\"

namespace mxscope::kernels {
namespace {

constexpr SchemeFile kFiles[] = {
${rows}};

}  // namespace

std::span<const SchemeFile> scheme_files() { return kFiles; }

}  // namespace mxscope::kernels
")
