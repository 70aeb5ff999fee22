# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# The two flavours of LLVM a target of ours can be linked with. Libraries of
# ours name TesseraLLVM and are compiled once; the executable at the end of the
# chain picks the flavour with its property TESSERA_LINK_STATIC_LLVM.

add_library(TesseraLLVMShared INTERFACE)
target_link_libraries(TesseraLLVMShared INTERFACE MLIR LLVM)

add_library(TesseraLLVM INTERFACE)
if(TESSERA_STATIC_LLVM)
  include(TesseraStaticLLVM)
  set(static "$<BOOL:$<TARGET_PROPERTY:TESSERA_LINK_STATIC_LLVM>>")
  target_link_libraries(TesseraLLVM INTERFACE
    $<BUILD_INTERFACE:$<IF:${static},TesseraLLVMStatic,TesseraLLVMShared>>
    $<INSTALL_INTERFACE:TesseraLLVMShared>)
else()
  target_link_libraries(TesseraLLVM INTERFACE TesseraLLVMShared)
endif()
target_link_libraries(TesseraLLVM INTERFACE TesseraLLVMFlags)

# lld's archives name the shared LLVM, zlib and zstd; which flavour of them it is,
# is not for them to say.
set(shared_needs ZLIB::ZLIB zstd::libzstd_shared)
if(TESSERA_STATIC_LLVM)
  set(shared_needs "$<$<NOT:${static}>:${shared_needs}>")
endif()
set_target_properties(lldCommon PROPERTIES INTERFACE_LINK_LIBRARIES TesseraLLVM)
set_target_properties(lldELF PROPERTIES
  INTERFACE_LINK_LIBRARIES "lldCommon;TesseraLLVM;${shared_needs}")
