# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Writes SOURCE, a C++ file whose FUNCTION, declared by HEADER in NAMESPACE, gives the text of every
# file in FOLDER with SUFFIX.

file(GLOB files ${FOLDER}/*.${SUFFIX})
list(SORT files)
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(FIND "${text}" ")file\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} holds the end mark of the literal it would be put into")
  endif()
  string(APPEND rows "    {\"${name}\", R\"file(${text})file\"},\n")
endforeach()
file(WRITE ${SOURCE}
"// Written by cmake/write_data_files.cmake.
#include \"${HEADER}\"

namespace mxscope::${NAMESPACE} {
namespace {

constexpr sim::DataFile kFiles[] = {
${rows}};

}  // namespace

std::span<const sim::DataFile> ${FUNCTION}() { return kFiles; }

}  // namespace mxscope::${NAMESPACE}
")
