# SPDX-FileCopyrightText: 2026 The mxscope authors
# SPDX-License-Identifier: Apache-2.0

# Installs the build into a fresh folder and builds the consumer against it twice: through
# find_package(mxscope) and through pkg-config. Both programs must print the same line. The C
# consumer is built so too, with the C compiler alone; it needs no C++ library but libmxscope's.

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()
function(output_of variable)
  execute_process(COMMAND ${ARGN} COMMAND_ECHO STDOUT OUTPUT_VARIABLE text
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

set(stage ${WORK_DIR}/stage)
file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${stage})

run(${CMAKE_COMMAND} -G Ninja -S ${SOURCE_DIR} -B ${WORK_DIR}/find_package
  -DCMAKE_PREFIX_PATH=${stage} -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${CXX_FLAGS}
  -DCMAKE_C_COMPILER=${CC})
run(${CMAKE_COMMAND} --build ${WORK_DIR}/find_package)
output_of(by_find_package ${WORK_DIR}/find_package/consumer)

set(ENV{PKG_CONFIG_PATH} ${stage}/${LIBDIR}/pkgconfig)
output_of(flags pkg-config --cflags --libs mxscope)
separate_arguments(flags UNIX_COMMAND "${flags}")
separate_arguments(cxx_flags UNIX_COMMAND "${CXX_FLAGS}")
file(MAKE_DIRECTORY ${WORK_DIR}/pkg_config)
run(${CXX} -std=c++20 ${cxx_flags} ${SOURCE_DIR}/main.cpp ${flags}
  -o ${WORK_DIR}/pkg_config/consumer)
output_of(by_pkg_config ${WORK_DIR}/pkg_config/consumer)

if(by_find_package STREQUAL "" OR NOT by_find_package STREQUAL by_pkg_config)
  message(FATAL_ERROR "find_package: '${by_find_package}', pkg-config: '${by_pkg_config}'")
endif()
message(STATUS "both print: ${by_pkg_config}")

output_of(c_flags pkg-config --cflags --libs mxscope-c)
separate_arguments(c_flags UNIX_COMMAND "${c_flags}")
run(${CC} -std=c11 -Wall -Wextra -Wpedantic -Werror ${SOURCE_DIR}/main.c ${c_flags}
  -Wl,-rpath,${stage}/${LIBDIR} -o ${WORK_DIR}/pkg_config/c_consumer)
set(codes "38 aa 7e 7e")
output_of(c_by_pkg_config ${WORK_DIR}/pkg_config/c_consumer)
output_of(c_by_find_package ${WORK_DIR}/find_package/c_consumer)
if(NOT c_by_pkg_config STREQUAL codes OR NOT c_by_find_package STREQUAL codes)
  message(FATAL_ERROR
    "the C programs print '${c_by_pkg_config}' and '${c_by_find_package}', not '${codes}'")
endif()
message(STATUS "both C programs print: ${codes}")
