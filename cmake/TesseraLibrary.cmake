# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# How a library, a tool or a set of generated files is declared. CMakeLists.txt
# files list facts (files, dependencies); policy lives here.

# The headers every MLIR-heavy file includes, compiled once. A conversion file
# takes 24 s without and 1 s with it.
if(TESSERA_PCH)
  add_library(TesseraPCH STATIC "${PROJECT_SOURCE_DIR}/cmake/Precompiled.cpp")
  target_precompile_headers(TesseraPCH PRIVATE
    "${PROJECT_SOURCE_DIR}/cmake/Precompiled.h")
  target_link_libraries(TesseraPCH PRIVATE TesseraLLVMFlags TesseraWarnings)
  target_compile_options(TesseraPCH INTERFACE
    # Without a time stamp inside, the header can come out of ccache.
    $<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>
    # ccache wants the preprocessed text to name the header.
    $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  get_target_property(pch_options TesseraPCH INTERFACE_COMPILE_OPTIONS)
  target_compile_options(TesseraPCH PRIVATE ${pch_options})
endif()

# Dialect headers are included as <Dialect>/..., which is too common a name for
# the top of a system's include folder.
set(TESSERA_INSTALL_DIALECTS "${CMAKE_INSTALL_INCLUDEDIR}/tessera-dialects")

# What every target of ours is compiled with: the include roots and warnings.
add_library(TesseraHeaders INTERFACE)
target_include_directories(TesseraHeaders INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/dialects>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
# Not for the runtime alone, which is installed without them.
target_include_directories(TesseraLLVM INTERFACE
  $<INSTALL_INTERFACE:${TESSERA_INSTALL_DIALECTS}>)

# Generated code is not held to our warnings.
target_include_directories(TesseraHeaders SYSTEM INTERFACE
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/dialects>)

function(_tessera_compile_policy target no_llvm)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:TesseraWarnings>)
  if(no_llvm)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
  elseif(TESSERA_PCH)
    target_compile_options(${target} PRIVATE
      $<BUILD_INTERFACE:$<TARGET_PROPERTY:TesseraPCH,INTERFACE_COMPILE_OPTIONS>>)
    target_precompile_headers(${target} REUSE_FROM TesseraPCH)
  endif()
endfunction()

# add_tessera_library(<name> <sources>... [DEPENDS <tablegen targets>...]
#                     [LINK_LIBS PUBLIC|PRIVATE <targets>...]
#                     [NO_LLVM] [NO_INSTALL])
# A static library, installed and exported as Tessera::<name without Tessera or
# tessera_>. NO_LLVM is for what must neither include nor link LLVM, NO_INSTALL
# for what only the tests and benchmarks use.
function(add_tessera_library name)
  cmake_parse_arguments(ARG "NO_LLVM;NO_INSTALL" "" "DEPENDS;LINK_LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  _tessera_compile_policy(${name} ${ARG_NO_LLVM})
  target_link_libraries(${name} PUBLIC TesseraHeaders)
  if(ARG_LINK_LIBS)
    target_link_libraries(${name} ${ARG_LINK_LIBS})
  endif()
  if(NOT ARG_NO_LLVM)
    target_link_libraries(${name} PUBLIC TesseraLLVM)
  endif()
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  # Two lists, because the runtime is found on machines that have no LLVM.
  if(ARG_NO_LLVM AND NOT ARG_NO_INSTALL)
    set_property(GLOBAL APPEND PROPERTY TESSERA_EXPORTS ${name})
  elseif(NOT ARG_NO_INSTALL)
    set_property(GLOBAL APPEND PROPERTY TESSERA_COMPILER_EXPORTS ${name})
  endif()
endfunction()

# add_tessera_tool(<name> <sources>... [LINK_LIBS <targets>...] [NO_LLVM])
# bin/<name>; with TESSERA_STATIC_LLVM also static/bin/<name>, the same objects
# linked against the static archives.
function(add_tessera_tool name)
  cmake_parse_arguments(ARG "NO_LLVM" "" "LINK_LIBS" ${ARGN})
  set(no_llvm ${ARG_NO_LLVM})
  add_library(${name}-objects OBJECT ${ARG_UNPARSED_ARGUMENTS})
  _tessera_compile_policy(${name}-objects ${no_llvm})
  target_link_libraries(${name}-objects PRIVATE TesseraHeaders ${ARG_LINK_LIBS})
  add_executable(${name})
  target_link_libraries(${name} PRIVATE ${name}-objects ${ARG_LINK_LIBS})
  set(installed ${name})
  if(TESSERA_STATIC_LLVM AND NOT no_llvm)
    add_executable(${name}-static)
    target_link_libraries(${name}-static PRIVATE ${name}-objects ${ARG_LINK_LIBS})
    set_target_properties(${name}-static PROPERTIES
      TESSERA_LINK_STATIC_LLVM ON
      OUTPUT_NAME ${name}
      RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/static/bin")
    set(installed ${name}-static)
  endif()
  install(TARGETS ${installed}
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT compiler)
  set_property(GLOBAL APPEND PROPERTY TESSERA_TOOLS ${name})
endfunction()

# Test programs that need neither LLVM nor code compiled by it.
add_custom_target(llvm-free-tests)

# tessera_add_test_program(<target> [NO_LLVM] [ARGS <arguments>...])
# Has CTest run it under the label `unit`, and `llvm-free` where it is.
function(tessera_add_test_program target)
  cmake_parse_arguments(ARG "NO_LLVM" "" "ARGS" ${ARGN})
  add_test(NAME unit-${target} COMMAND ${target} ${ARG_ARGS})
  set(labels unit)
  if(ARG_NO_LLVM)
    list(APPEND labels llvm-free)
    add_dependencies(llvm-free-tests ${target})
  endif()
  set_tests_properties(unit-${target} PROPERTIES LABELS "${labels}")
endfunction()

# add_tessera_unittest(<name> <sources>... [LINK_LIBS <targets>...] [NO_LLVM])
# A GoogleTest program, run by CTest.
function(add_tessera_unittest name)
  cmake_parse_arguments(ARG "NO_LLVM" "" "LINK_LIBS" ${ARGN})
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  _tessera_compile_policy(${name} ${ARG_NO_LLVM})
  target_link_libraries(${name} PRIVATE TesseraHeaders ${ARG_LINK_LIBS}
    GTest::gtest GTest::gtest_main)
  set(no_llvm "")
  if(ARG_NO_LLVM)
    set(no_llvm NO_LLVM)
  endif()
  tessera_add_test_program(${name} ${no_llvm} ARGS --gtest_brief=1)
endfunction()

# tessera_tablegen(<variable> <td file> <output> <flags>... [-- <output> ...]...)
# Runs mlir-tblgen once per output; appends the outputs to <variable>. Groups of
# output and flags are separated by `--`.
function(tessera_tablegen variable td)
  cmake_path(ABSOLUTE_PATH td BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    NORMALIZE)
  set(outputs ${${variable}})
  set(group "")
  foreach(word IN LISTS ARGN ITEMS --)
    if(NOT word STREQUAL "--")
      list(APPEND group "${word}")
      continue()
    endif()
    list(POP_FRONT group output)
    cmake_path(GET output PARENT_PATH folder)
    file(MAKE_DIRECTORY "${folder}")
    add_custom_command(OUTPUT "${output}"
      COMMAND mlir-tblgen ${group} "${td}"
        -I "${PROJECT_SOURCE_DIR}/dialects" -I "${PROJECT_SOURCE_DIR}/include"
        -I "${MLIR_INCLUDE_DIRS}"
        -o "${output}" -d "${output}.d" --write-if-changed
      DEPENDS "${td}" mlir-tblgen
      DEPFILE "${output}.d"
      COMMENT "Generating ${output}"
      VERBATIM)
    list(APPEND outputs "${output}")
    set(group "")
  endforeach()
  set(${variable} ${outputs} PARENT_SCOPE)
endfunction()

# Everything mlir-tblgen writes; enough for a tool that only reads the sources.
add_custom_target(tessera-generated)

# The reference pages, docs/<Name>Dialect.md and docs/<group>Passes.md in the
# build folder.
add_custom_target(tessera-docs)

# _tessera_docs(<td file> <page> <flags>...)
function(_tessera_docs td page)
  set(pages "")
  tessera_tablegen(pages "${td}" "${PROJECT_BINARY_DIR}/docs/${page}.md" ${ARGN})
  add_custom_target(tessera-docs-${page} DEPENDS ${pages})
  add_dependencies(tessera-docs tessera-docs-${page})
endfunction()

# add_tessera_dialect(<library> <Name>)
# Generates <Name>/IR/<Name>{Dialect,Types,Attrs,Enums,Ops[,Interfaces]}.{h,cpp}.inc
# from <Name>Ops.td, which includes the other definition files; and the target
# <library>Tablegen to depend on.
function(add_tessera_dialect library name)
  set(td "${CMAKE_CURRENT_SOURCE_DIR}/${name}Ops.td")
  set(stem "${PROJECT_BINARY_DIR}/dialects/${name}/IR/${name}")
  string(TOLOWER "${name}" mnemonic)
  set(files "")
  tessera_tablegen(files "${td}"
    "${stem}Dialect.h.inc" -gen-dialect-decls -dialect=${mnemonic} --
    "${stem}Dialect.cpp.inc" -gen-dialect-defs -dialect=${mnemonic} --
    "${stem}Types.h.inc" -gen-typedef-decls -typedefs-dialect=${mnemonic} --
    "${stem}Types.cpp.inc" -gen-typedef-defs -typedefs-dialect=${mnemonic} --
    "${stem}Attrs.h.inc" -gen-attrdef-decls -attrdefs-dialect=${mnemonic} --
    "${stem}Attrs.cpp.inc" -gen-attrdef-defs -attrdefs-dialect=${mnemonic} --
    "${stem}Enums.h.inc" -gen-enum-decls --
    "${stem}Enums.cpp.inc" -gen-enum-defs --
    "${stem}Ops.h.inc" -gen-op-decls --
    "${stem}Ops.cpp.inc" -gen-op-defs)
  # Interfaces are emitted for the file that defines them alone, if there is one.
  set(interfaces "${CMAKE_CURRENT_SOURCE_DIR}/${name}Interfaces.td")
  if(EXISTS "${interfaces}")
    tessera_tablegen(files "${interfaces}"
      "${stem}Interfaces.h.inc" -gen-op-interface-decls --
      "${stem}Interfaces.cpp.inc" -gen-op-interface-defs)
  endif()
  _tessera_docs("${td}" ${name}Dialect -gen-dialect-doc -dialect=${mnemonic})
  add_custom_target(${library}Tablegen DEPENDS ${files})
  add_dependencies(tessera-generated ${library}Tablegen)
endfunction()

# add_tessera_passes(<library> <include path> <group>)
# Generates <include path>/Passes.h.inc from Passes.td, with the registration
# function register<group>Passes; and the target <library>Tablegen. An include
# path that begins with tessera/ lies under include/, any other under dialects/.
function(add_tessera_passes library path group)
  if(path MATCHES "^tessera/")
    set(root "${PROJECT_BINARY_DIR}/include")
  else()
    set(root "${PROJECT_BINARY_DIR}/dialects")
  endif()
  set(files "")
  tessera_tablegen(files Passes.td
    "${root}/${path}/Passes.h.inc" -gen-pass-decls -name=${group})
  _tessera_docs(Passes.td ${group}Passes -gen-pass-doc)
  add_custom_target(${library}Tablegen DEPENDS ${files})
  add_dependencies(tessera-generated ${library}Tablegen)
endfunction()
