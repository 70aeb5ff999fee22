# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# TesseraLLVMStatic: what a tool needs to run on a machine without LLVM, linked
# from archives. Debian's archives of MLIR name the shared libLLVM as their
# dependency, and those of LLVM name shared zlib, zstd and Z3; both are put right
# here, for this build alone.

# What the tools use directly; CMake finds the rest through the archives' own
# dependencies. A missing one shows as an undefined symbol when linking.
set(TESSERA_STATIC_MLIR
  MLIROptLib MLIRLspServerLib MLIRTransforms MLIRDebug MLIRParser
  MLIRBytecodeReader MLIRBytecodeWriter
  MLIRAffineDialect MLIRAffineTransforms MLIRAffineToStandard
  MLIRArithDialect MLIRArithTransforms MLIRArithToLLVM
  MLIRBufferizationDialect MLIRBufferizationTransforms
  MLIRBufferizationPipelines MLIRBufferizationToMemRef
  MLIRControlFlowDialect MLIRControlFlowTransforms MLIRControlFlowToLLVM
  MLIRConvertToLLVMPass MLIRReconcileUnrealizedCasts
  MLIRFuncDialect MLIRFuncTransforms MLIRFuncInlinerExtension MLIRFuncToLLVM
  MLIRIndexDialect MLIRIndexToLLVM
  MLIRLLVMDialect MLIRLLVMIRTransforms MLIRLLVMCommonConversion
  MLIRLinalgDialect MLIRLinalgTransforms MLIRLinalgToStandard
  MLIRMathDialect MLIRMathTransforms MLIRMathToLLVM MLIRMathToLibm
  MLIRMemRefDialect MLIRMemRefTransforms MLIRMemRefToLLVM
  MLIRNVVMDialect MLIRNVVMToLLVMIRTranslation
  MLIRSCFDialect MLIRSCFTransforms MLIRSCFToControlFlow
  MLIRTensorDialect MLIRTensorTransforms MLIRTensorInferTypeOpInterfaceImpl
  MLIRTensorTilingInterfaceImpl
  MLIRUBDialect MLIRUBToLLVM
  MLIRVectorDialect MLIRVectorTransforms MLIRVectorToLLVM
  MLIRVectorToLLVMPass MLIRVectorToSCF
  MLIRX86VectorDialect MLIRX86VectorTransforms
  MLIRTargetLLVMIRExport MLIRBuiltinToLLVMIRTranslation
  MLIRLLVMToLLVMIRTranslation)
set(TESSERA_STATIC_LLVM_COMPONENTS
  core support supportlsp irreader passes analysis target targetparser
  nvptxcodegen nvptxdesc nvptxinfo
  x86codegen x86asmparser x86desc x86info orcjit jitlink lto dtlto)

llvm_map_components_to_libnames(llvm_archives ${TESSERA_STATIC_LLVM_COMPONENTS})
add_library(TesseraLLVMComponents INTERFACE)
target_link_libraries(TesseraLLVMComponents INTERFACE ${llvm_archives})

# <archive> -> ...;LLVM   becomes   <archive> -> ...;TesseraLLVMComponents
get_property(mlir_archives GLOBAL PROPERTY MLIR_ALL_LIBS)
foreach(archive IN LISTS mlir_archives)
  get_target_property(type ${archive} TYPE)
  get_target_property(needs ${archive} INTERFACE_LINK_LIBRARIES)
  if(type STREQUAL "STATIC_LIBRARY" AND needs)
    list(TRANSFORM needs REPLACE "^LLVM$" "TesseraLLVMComponents")
    list(REMOVE_ITEM needs MLIR)
    set_target_properties(${archive} PROPERTIES INTERFACE_LINK_LIBRARIES "${needs}")
  endif()
endforeach()

# LLVM calls Z3 from the analyser of clang alone, so nothing here needs it.
find_library(TESSERA_ZLIB_ARCHIVE NAMES libz.a REQUIRED)
find_library(TESSERA_ZSTD_ARCHIVE NAMES libzstd.a REQUIRED)
get_target_property(needs LLVMSupport INTERFACE_LINK_LIBRARIES)
list(FILTER needs EXCLUDE REGEX "libz3|ZLIB::ZLIB|zstd::")
list(APPEND needs "${TESSERA_ZLIB_ARCHIVE}" "${TESSERA_ZSTD_ARCHIVE}")
set_target_properties(LLVMSupport PROPERTIES INTERFACE_LINK_LIBRARIES "${needs}")

# glibc has arc4random since 2.36; with this the tools run on older ones.
add_library(TesseraArc4Random OBJECT "${PROJECT_SOURCE_DIR}/cmake/Arc4Random.c")

# lld makes every target known that LLVM was built with, for optimising when it
# links, which nobody here asks of it. Those that are not linked do nothing.
set(initialisers "")
set(unused ${LLVM_TARGETS_TO_BUILD})
list(REMOVE_ITEM unused NVPTX X86)
foreach(target IN LISTS unused)
  foreach(part TargetInfo Target TargetMC AsmPrinter AsmParser)
    string(APPEND initialisers
      "void LLVMInitialize${target}${part}(void);\n"
      "void LLVMInitialize${target}${part}(void) {}\n")
  endforeach()
endforeach()
# Nor is Polly asked for, an extension that comes in a package of its own.
string(APPEND initialisers
  "void _Z18getPollyPluginInfov(void);\n"
  "void _Z18getPollyPluginInfov(void) { __builtin_trap(); }\n")
set_target_properties(LLVMExtensions PROPERTIES
  INTERFACE_LINK_LIBRARIES LLVMSupport)
file(CONFIGURE OUTPUT UnusedParts.c CONTENT "${initialisers}")
add_library(TesseraUnusedParts OBJECT
  "${CMAKE_CURRENT_BINARY_DIR}/UnusedParts.c")

add_library(TesseraLLVMStatic INTERFACE)
target_link_libraries(TesseraLLVMStatic INTERFACE
  ${TESSERA_STATIC_MLIR} TesseraLLVMComponents
  $<TARGET_OBJECTS:TesseraArc4Random> $<TARGET_OBJECTS:TesseraUnusedParts>)
# libgcc stays shared: every system with glibc has it, and the archive of gcc 12
# and later would ask for glibc 2.35.
target_link_options(TesseraLLVMStatic INTERFACE
  -static-libstdc++ -Wl,--gc-sections -s)
