// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#ifndef TESSERA_CONVERSION_TILETONVVM_PASSES_TD
#define TESSERA_CONVERSION_TILETONVVM_PASSES_TD

include "mlir/Pass/PassBase.td"

def TileExtractKernelsPass : Pass<"tile-extract-kernels", "::mlir::ModuleOp"> {
  let summary = "Leave the kernels of a module without what launches them";
  let description = [{
    The kernels of every `tile.module` come to stand in the module itself, and
    functions with a `tile.launch` go: code for the GPU is made of kernels alone.

    ```
    func.func @f(..) { tile.launch @sm_90a::@f_attend grid(..)(..) .. }
    tile.module @sm_90a { tile.kernel @f_attend(..) {..} }
      ==>
    tile.kernel @f_attend(..) {..}
    ```
    A module for several chips must have kernels of different names.
  }];
}

def ConvertTileToNVVMPass : Pass<"convert-tile-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "Lower tile to one thread's program on sm_90a";
  let description = [{
    Every `tile.kernel` becomes a `func.func` that each thread of the CTA runs:
    roles are branches on the warp's number, rings are shared memory and mbarrier
    pairs, a tensor is the registers in which this thread holds its part.

    ```
    tile.kernel @f(%k: !tile.map<64x128xbf16, swizzle = 128>, ..)
      ==>
    func.func @f(%k: !llvm.ptr {tile.map}, ..)
        attributes {tile.threads = 512, tile.shared_bytes = 196800}
    ```
    Tensors' `exp2`, `log2` and division become the hardware's approximations
    (relative error some 2e-7), with results and operands below the normal range
    taken as 0. No `tile` op is left; instructions are ops of `nvvm` and `ptx`, scalars
    those of `arith` and `scf`.
    `tile-finish-kernels` follows once control flow is `cf`.
  }];
  let options = [
    Option<"threadReleases", "thread-releases", "bool", "false",
           "Let each thread give a stage back for itself, not a warp for its "
           "threads: slower, and a race checker that looks at threads one by one "
           "can follow">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::NVVM::NVVMDialect", "::mlir::scf::SCFDialect",
    "::tessera::ptx::PtxDialect"];
}

def TileFinishKernelsPass : Pass<"tile-finish-kernels", "::mlir::ModuleOp"> {
  let summary = "Lower scalars, and mark functions as kernels";
  let description = [{
    `arith`, `cf`, `func` and `ub` become `llvm`, an `index` being 32 bits.
    A function with `tile.threads` becomes an `nvvm.kernel` of that many threads,
    and one CTA a multiprocessor, without which the assembler ignores setmaxnreg;
    its maps become parameters passed by value. Fails where a scalar op has no
    counterpart.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::NVVM::NVVMDialect"];
}

#endif // TESSERA_CONVERSION_TILETONVVM_PASSES_TD
