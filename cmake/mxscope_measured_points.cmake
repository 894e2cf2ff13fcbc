# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# The measured times that the report holds predictions against become a source of the floor, so that
# an installed program has them.
function(mxscope_embed_measured_points target)
  set(path ${PROJECT_SOURCE_DIR}/tests/vectors/measured_gemms.csv)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  set(source ${PROJECT_BINARY_DIR}/generated/measured_gemms.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY NEWLINE_STYLE UNIX CONTENT [=[
#include <string_view>

#include "reports/measured_points.h"

namespace mxscope::reports {

std::string_view shipped_points() { return R"points(@text@)points"; }

}  // namespace mxscope::reports
]=])
  target_sources(${target} PRIVATE ${source})
endfunction()
