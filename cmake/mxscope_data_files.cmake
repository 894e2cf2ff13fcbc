# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Puts the data files of sim/ into mxscope_sim, so that an installed program needs none of them.

function(mxscope_embed_files function folder suffix)
  set(source ${PROJECT_BINARY_DIR}/generated/${function}.cpp)
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.${suffix})
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DFUNCTION=${function} -DSUFFIX=${suffix}
      -DFOLDER=${PROJECT_SOURCE_DIR}/${folder} -DSOURCE=${source}
      -P ${PROJECT_SOURCE_DIR}/cmake/write_data_files.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_data_files.cmake
    COMMENT "Embedding ${folder}" VERBATIM)
  target_sources(mxscope_sim PRIVATE ${source})
endfunction()

mxscope_embed_files(device_files sim/devices toml)
mxscope_embed_files(model_files sim/models toml)
mxscope_embed_files(published_files sim/published csv)
