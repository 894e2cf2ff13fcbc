# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Puts the data files of a FOLDER of a floor into its library, so that an installed program needs none
# of them. HEADER declares FUNCTION, which gives them.

function(mxscope_embed_files floor header function folder suffix)
  set(source ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.${suffix})
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DNAMESPACE=${floor} -DHEADER=${header}
      -DFUNCTION=${function} -DSUFFIX=${suffix}
      -DFOLDER=${PROJECT_SOURCE_DIR}/${folder} -DSOURCE=${source}
      -P ${PROJECT_SOURCE_DIR}/cmake/write_data_files.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_data_files.cmake
    COMMENT "Embedding ${folder}" VERBATIM)
  target_sources(mxscope_${floor} PRIVATE ${source})
endfunction()
