# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# The templates of CUDA programs become a source of the floor that writes such programs.
function(mxscope_embed_probe_templates target)
  set(names program mma_sync wgmma tcgen05 casts)
  set(entries "")
  foreach(name IN LISTS names)
    set(path ${PROJECT_SOURCE_DIR}/reports/probes/${name}.cu.in)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    string(APPEND entries "  if (name == \"${name}\") return R\"cuda(${text})cuda\";\n")
  endforeach()
  set(source ${PROJECT_BINARY_DIR}/generated/probe_templates.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY NEWLINE_STYLE UNIX CONTENT [=[
#include <string_view>

#include "reports/probe_source.h"

namespace mxscope::reports {

std::string_view probe_template(std::string_view name) {
@entries@  return {};
}

}  // namespace mxscope::reports
]=])
  target_sources(${target} PRIVATE ${source})
endfunction()
