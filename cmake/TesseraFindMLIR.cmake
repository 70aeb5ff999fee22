# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Find LLVM and MLIR 22, or say which packages bring them.

# LLVM's releases are numbered 22.1.x, and its package accepts no shorter version.
set(TESSERA_LLVM_VERSION 22.1)
find_package(MLIR ${TESSERA_LLVM_VERSION} CONFIG QUIET HINTS /usr/lib/llvm-22)
if(NOT MLIR_FOUND)
  message(FATAL_ERROR
    "LLVM and MLIR 22 were not found.\n"
    "On Debian 12 run scripts/setup.sh, or install them by hand:\n"
    "  apt-get install llvm-22-dev liblld-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools\n"
    "Elsewhere point at them with -DMLIR_DIR=<prefix>/lib/cmake/mlir.")
endif()
message(STATUS "MLIR ${LLVM_PACKAGE_VERSION} in ${MLIR_DIR}")

# The linker as a library, which makes host programs of objects.
find_package(LLD CONFIG QUIET HINTS "${LLVM_DIR}/../lld" /usr/lib/llvm-22)
if(NOT TARGET lldELF)
  message(FATAL_ERROR
    "lld 22 was not found as a library.\n"
    "On Debian 12 run scripts/setup.sh, or: apt-get install liblld-22-dev\n"
    "Elsewhere point at it with -DLLD_DIR=<prefix>/lib/cmake/lld.")
endif()

# Compile flags that must agree with the ones LLVM was built with; a mismatch
# shows up as missing type information at link time.
separate_arguments(llvm_definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
add_library(TesseraLLVMFlags INTERFACE)
target_include_directories(TesseraLLVMFlags SYSTEM INTERFACE
  $<BUILD_INTERFACE:${MLIR_INCLUDE_DIRS}> $<BUILD_INTERFACE:${LLVM_INCLUDE_DIRS}>)
target_compile_options(TesseraLLVMFlags INTERFACE
  $<BUILD_INTERFACE:${llvm_definitions}>
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<NOT:$<BOOL:${LLVM_ENABLE_RTTI}>>>:-fno-rtti>)
