# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# `cpack -G DEB`: a Debian package for each component of the installation. Each
# has its licences in a folder of its own, so that no two own the same file.

set(tessera_abi "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(same_version "(= ${PROJECT_VERSION})")
set(CPACK_PACKAGE_VENDOR "the Tessera authors")
set(CPACK_PACKAGE_CONTACT "the Tessera authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
# As for every library under /usr: root owns it, the others read it.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL "")

# _tessera_package(<component> <name> <section> <summary> [<needs>...])
# What binaries need of the system is found by dpkg-shlibdeps, where there is one.
function(_tessera_package component name section summary)
  install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" RENAME copyright
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${name}" COMPONENT ${component})
  install(FILES "${PROJECT_SOURCE_DIR}/NOTICE"
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/${name}" COMPONENT ${component})
  list(JOIN ARGN ", " needs)
  string(TOUPPER "${component}" key)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME "${name}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION "${section}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${needs}" PARENT_SCOPE)
  set(CPACK_COMPONENT_${key}_DESCRIPTION "${summary}" PARENT_SCOPE)
  set(CPACK_COMPONENTS_ALL ${CPACK_COMPONENTS_ALL} ${component} PARENT_SCOPE)
endfunction()

_tessera_package(runtime "libtessera-rt${tessera_abi}" libs
  "runtime of code compiled by Tessera")
_tessera_package(runtime-dev libtessera-rt-dev libdevel
  "headers and archives to build with Tessera's runtime"
  "libtessera-rt${tessera_abi} ${same_version}" "libc6-dev")
_tessera_package(compiler tessera-compiler devel
  "compiler of coarse-to-fine block-sparse attention")
_tessera_package(compiler-dev libtessera-compiler-dev libdevel
  "headers and archives to build with Tessera's dialects and passes"
  "libtessera-rt-dev ${same_version}" "libmlir-22-dev" "llvm-22-dev" "liblld-22-dev")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPILER_PACKAGE_SHLIBDEPS ON)
# So that packages of programs linked with the runtime find out that they need it;
# the package then also refreshes the cache of the dynamic linker.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

# Tools that hold LLVM, and what LLVM holds, come with their licences.
if(TESSERA_STATIC_LLVM)
  foreach(package llvm-22-dev liblld-22-dev zlib1g-dev libzstd-dev libstdc++-*-dev)
    file(GLOB licence "/usr/share/doc/${package}/copyright")
    if(NOT licence)
      message(FATAL_ERROR "TESSERA_STATIC_LLVM: found no licence "
        "/usr/share/doc/${package}/copyright, which belongs to static tools; "
        "install the Debian package")
    endif()
    list(GET licence -1 licence)
    string(REGEX REPLACE "-.*|[0-9].*" "" holder "${package}")
    install(FILES "${licence}" RENAME "copyright.${holder}" COMPONENT compiler
      DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/tessera-compiler")
  endforeach()
endif()

include(CPack)
