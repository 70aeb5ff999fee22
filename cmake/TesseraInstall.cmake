# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What `install` copies, in four components, and the package that
# find_package(Tessera) finds: Tessera::rt and the like from one set of targets
# that needs no LLVM, Tessera::Compiler and the like from another that does.

include(CMakePackageConfigHelpers)
set(TESSERA_INSTALL_CMAKE "${CMAKE_INSTALL_LIBDIR}/cmake/Tessera")

function(_tessera_export set component)
  foreach(target IN LISTS ARGN)
    string(REGEX REPLACE "^(Tessera|tessera_)" "" name "${target}")
    set_target_properties(${target} PROPERTIES EXPORT_NAME "${name}")
    add_library(Tessera::${name} ALIAS ${target})
  endforeach()
  install(TARGETS ${ARGN} EXPORT ${set}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT ${component}
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime
      NAMELINK_COMPONENT ${component})
  install(EXPORT ${set} NAMESPACE Tessera::
    DESTINATION "${TESSERA_INSTALL_CMAKE}" COMPONENT ${component})
endfunction()

get_property(runtime GLOBAL PROPERTY TESSERA_EXPORTS)
get_property(compiler GLOBAL PROPERTY TESSERA_COMPILER_EXPORTS)
_tessera_export(TesseraRuntimeTargets runtime-dev TesseraHeaders ${runtime})
_tessera_export(TesseraCompilerTargets compiler-dev
  TesseraLLVM TesseraLLVMShared TesseraLLVMFlags ${compiler})

# Headers of libraries without LLVM: those of the C interface, and
# include/tessera/<library>.
set(headers FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc")
set(llvm_free "/include/tessera-c$" "/tessera/Version\\.h$")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/tessera-c"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT runtime-dev ${headers})
install(FILES "${PROJECT_BINARY_DIR}/include/tessera/Version.h"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/tessera" COMPONENT runtime-dev)
list(TRANSFORM runtime REPLACE "^Tessera" "" OUTPUT_VARIABLE folders)
foreach(folder IN LISTS folders ITEMS Runtime)
  set(source "${PROJECT_SOURCE_DIR}/include/tessera/${folder}")
  if(EXISTS "${source}")
    install(DIRECTORY "${source}" COMPONENT runtime-dev
      DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/tessera" ${headers})
    list(APPEND llvm_free "/include/tessera/${folder}$")
  endif()
endforeach()
list(JOIN llvm_free "|" llvm_free)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" "${PROJECT_BINARY_DIR}/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT compiler-dev
  ${headers} REGEX "${llvm_free}" EXCLUDE)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/dialects/" "${PROJECT_BINARY_DIR}/dialects/"
  DESTINATION "${TESSERA_INSTALL_DIALECTS}" COMPONENT compiler-dev
  ${headers} PATTERN "CMakeFiles" EXCLUDE)

configure_package_config_file(cmake/TesseraConfig.cmake.in
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfig.cmake"
  INSTALL_DESTINATION "${TESSERA_INSTALL_CMAKE}"
  PATH_VARS CMAKE_INSTALL_BINDIR)
configure_file(cmake/TesseraKernels.cmake.in cmake/TesseraKernels.cmake @ONLY)
# Before 1.0 a minor release may change any interface.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfigVersion.cmake"
  "${PROJECT_BINARY_DIR}/cmake/TesseraKernels.cmake"
  DESTINATION "${TESSERA_INSTALL_CMAKE}" COMPONENT runtime-dev)

# pkg-config finds everything from where the .pc file is, so that what was
# installed can be moved.
file(RELATIVE_PATH prefix_from_pc
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
configure_file(cmake/tessera-rt.pc.in cmake/tessera-rt.pc @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/cmake/tessera-rt.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT runtime-dev)

include(TesseraPackages)
