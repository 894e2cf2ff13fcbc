# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Writes SOURCE, a C++ file that holds the text of every .toml in FOLDER.

file(GLOB files ${FOLDER}/*.toml)
list(SORT files)
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(FIND "${text}" ")device\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} holds the end mark of the literal it would be put into")
  endif()
  string(APPEND rows "    {\"${name}\", R\"device(${text})device\"},\n")
endforeach()
file(WRITE ${SOURCE}
"// Written by cmake/write_device_files.cmake.
#include \"sim/device_files.h\"

namespace mxscope::sim {
namespace {

constexpr DeviceFile kFiles[] = {
${rows}};

}  // namespace

std::span<const DeviceFile> device_files() { return kFiles; }

}  // namespace mxscope::sim
")
