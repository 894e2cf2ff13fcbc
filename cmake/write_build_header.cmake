# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Fills the commit into TEMPLATE, giving HEADER. Run by the mxscope_build_header target.

set(MXSCOPE_COMMIT "unknown")
set(ENV{GIT_OPTIONAL_LOCKS} 0)
find_program(GIT git)
if(GIT)
  # Only a repository whose root is the source tree counts, not one it happens to lie in.
  execute_process(COMMAND ${GIT} rev-parse --show-prefix WORKING_DIRECTORY ${SOURCE_DIR}
    RESULT_VARIABLE failed OUTPUT_VARIABLE prefix OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(NOT failed AND prefix STREQUAL "")
    execute_process(COMMAND ${GIT} describe --always --dirty --abbrev=40 --exclude=*
      WORKING_DIRECTORY ${SOURCE_DIR} RESULT_VARIABLE failed OUTPUT_VARIABLE commit
      OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
      set(MXSCOPE_COMMIT ${commit})
    endif()
  endif()
endif()
configure_file(${TEMPLATE} ${HEADER} @ONLY)
