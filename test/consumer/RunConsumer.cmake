# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs Tessera to a prefix of its own, and builds and tests the project
# beside this file against it.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "failed (${result}): ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(prefix "${WORK_DIR}/prefix")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")
set(flags "")
if(SANITIZERS)
  set(flags "-fsanitize=${SANITIZERS}")
endif()
run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${prefix}")

# Arguments: a name, and what to tell the project.
function(try_consumer name)
  set(build "${WORK_DIR}/${name}")
  run("${CMAKE_COMMAND}" -S "${SOURCE_DIR}" -B "${build}" -G Ninja
    "-DCMAKE_PREFIX_PATH=${prefix}" "-DCMAKE_C_COMPILER=${C_COMPILER}"
    "-DCMAKE_C_FLAGS=${flags}" ${ARGN})
  run("${CMAKE_COMMAND}" --build "${build}")
  run("${CTEST}" --test-dir "${build}" --output-on-failure)
  message("${name}:\n${output}")
endfunction()

try_consumer(everything "-DMLIR_DIR=${MLIR_DIR}"
  "-DCMAKE_CXX_COMPILER=${CXX_COMPILER}" "-DCMAKE_CXX_FLAGS=${flags}")
try_consumer(runtime-only -DRUNTIME_ONLY=ON -DCMAKE_DISABLE_FIND_PACKAGE_MLIR=ON)

# The installed tools run from where they were put.
run("${prefix}/bin/tessera-opt" --version)
message("${output}")
