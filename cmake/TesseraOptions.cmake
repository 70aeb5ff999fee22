# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Compiler, linker and cache policy for the whole tree.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
# CMake's Release means -O3, which costs compile time and gains a compiler
# nothing: the kernels are optimised by LLVM when they are generated.
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

# Libraries and executables share one precompiled header, so both are compiled
# with the same -fPIC instead of CMake's -fPIC for one and -fPIE for the other.
add_compile_options(-fPIC)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

# Installed tools find the shared LLVM where it was found when building.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

# Our own code only: what every target of ours is compiled with.
add_library(TesseraWarnings INTERFACE)
target_compile_options(TesseraWarnings INTERFACE -Wall -Wextra
  $<$<BOOL:${TESSERA_WERROR}>:-Werror>
  # gcc gives this one up in files as large as MLIR's headers, and says so.
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-misleading-indentation>)

if(TESSERA_SANITIZERS)
  add_compile_options("-fsanitize=${TESSERA_SANITIZERS}"
    -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  set(TESSERA_SANITIZER_LINK_FLAGS "-fsanitize=${TESSERA_SANITIZERS}")
  # The address sanitizer's runtime is shared, as gcc has it by itself, so that
  # libtessera_rt can be loaded into programs without it, such as Python, once
  # they preload it.
  if(TESSERA_SANITIZERS MATCHES "address")
    set(runtime libasan.so)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      set(runtime "libclang_rt.asan-${CMAKE_SYSTEM_PROCESSOR}.so")
    endif()
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" "-print-file-name=${runtime}"
      OUTPUT_VARIABLE TESSERA_SANITIZER_RUNTIME
      OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
      cmake_path(GET TESSERA_SANITIZER_RUNTIME PARENT_PATH folder)
      string(APPEND TESSERA_SANITIZER_LINK_FLAGS
        " -shared-libasan -Wl,-rpath,${folder}")
    endif()
  endif()
  add_link_options("SHELL:${TESSERA_SANITIZER_LINK_FLAGS}")
endif()

# lld links an MLIR tool in a fraction of the time of GNU ld. clang-22 finds the
# ld.lld of its own version; gcc is told where Debian puts it.
include(CheckLinkerFlag)
check_linker_flag(CXX "SHELL:-B/usr/lib/llvm-22/bin -fuse-ld=lld" TESSERA_HAVE_LLD)
if(TESSERA_HAVE_LLD)
  add_link_options("SHELL:-B/usr/lib/llvm-22/bin -fuse-ld=lld")
endif()

find_program(TESSERA_CCACHE ccache DOC "Compiler cache; empty to do without")
if(TESSERA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A precompiled header hides macros and time stamps from ccache, which
  # refuses to cache unless told that this is understood.
  set(launcher "${CMAKE_COMMAND}" -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros "${TESSERA_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
