# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# What `install` copies, and the package that find_package(Tessera) finds:
# Tessera::rt and the like from one set of targets that needs no LLVM,
# Tessera::Compiler and the like from another that does.

include(CMakePackageConfigHelpers)
set(TESSERA_INSTALL_CMAKE "${CMAKE_INSTALL_LIBDIR}/cmake/Tessera")

function(_tessera_export set)
  foreach(target IN LISTS ARGN)
    string(REGEX REPLACE "^(Tessera|tessera_)" "" name "${target}")
    set_target_properties(${target} PROPERTIES EXPORT_NAME "${name}")
    add_library(Tessera::${name} ALIAS ${target})
  endforeach()
  install(TARGETS ${ARGN} EXPORT ${set}
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT ${set} NAMESPACE Tessera::
    DESTINATION "${TESSERA_INSTALL_CMAKE}")
endfunction()

get_property(runtime GLOBAL PROPERTY TESSERA_EXPORTS)
get_property(compiler GLOBAL PROPERTY TESSERA_COMPILER_EXPORTS)
_tessera_export(TesseraRuntimeTargets TesseraHeaders ${runtime})
_tessera_export(TesseraCompilerTargets
  TesseraLLVM TesseraLLVMShared TesseraLLVMFlags ${compiler})

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/" "${PROJECT_BINARY_DIR}/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/dialects/" "${PROJECT_BINARY_DIR}/dialects/"
  DESTINATION "${TESSERA_INSTALL_DIALECTS}"
  FILES_MATCHING PATTERN "*.h" PATTERN "*.td" PATTERN "*.h.inc"
  PATTERN "CMakeFiles" EXCLUDE)
install(FILES LICENSE NOTICE
  DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/tessera")

configure_package_config_file(cmake/TesseraConfig.cmake.in
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfig.cmake"
  INSTALL_DESTINATION "${TESSERA_INSTALL_CMAKE}")
# Before 1.0 a minor release may change any interface.
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfig.cmake"
  "${PROJECT_BINARY_DIR}/cmake/TesseraConfigVersion.cmake"
  DESTINATION "${TESSERA_INSTALL_CMAKE}")
