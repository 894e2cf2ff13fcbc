# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Installs the program, the floors and what find_package and pkg-config need to use them.

include(CMakePackageConfigHelpers)

get_property(floors GLOBAL PROPERTY MXSCOPE_INSTALLED_FLOORS)
list(TRANSFORM floors PREPEND mxscope_ OUTPUT_VARIABLE libraries)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mxscope)

install(TARGETS mxscope)
install(TARGETS ${libraries} EXPORT mxscope-targets
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mxscope)
install(EXPORT mxscope-targets NAMESPACE mxscope:: DESTINATION ${package_dir})

configure_package_config_file(cmake/mxscope-config.cmake.in
  ${PROJECT_BINARY_DIR}/mxscope-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mxscope-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mxscope-config.cmake
              ${PROJECT_BINARY_DIR}/mxscope-config-version.cmake DESTINATION ${package_dir})

# A static linker reads left to right, so the highest floor comes first.
list(REVERSE libraries)
list(TRANSFORM libraries PREPEND -l)
list(JOIN libraries " " MXSCOPE_PC_LIBS)
# From <prefix>/lib/<triplet> or wherever libraries go, back to the prefix: the file may be moved.
file(RELATIVE_PATH MXSCOPE_LIBDIR_TO_PREFIX
     ${CMAKE_INSTALL_FULL_LIBDIR} ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/mxscope.pc.in ${PROJECT_BINARY_DIR}/mxscope.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mxscope.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The C library: one file to link, and nothing else to find.
install(TARGETS mxscope_capi EXPORT mxscope-targets
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(cmake/mxscope-c.pc.in ${PROJECT_BINARY_DIR}/mxscope-c.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mxscope-c.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The Python package finds the library in the prefix that it lies in.
install(DIRECTORY python/mxscope DESTINATION ${CMAKE_INSTALL_DATADIR}/mxscope/python
  FILES_MATCHING PATTERN "*.py")

# The SystemVerilog package, and the quantizer that shows its use.
install(DIRECTORY capi/systemverilog DESTINATION ${CMAKE_INSTALL_DATADIR}/mxscope)
