// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes of the host target.

#ifndef TESSERA_TARGET_HOST_PASSES_TD
#define TESSERA_TARGET_HOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def HostOutlineParallelPass
    : Pass<"host-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Turn parallel loops into calls of the runtime";
  let description = [{
    An outermost `scf.parallel`, of any number of dimensions, becomes a private
    function of a context and a linear index (last dimension fastest), and a
    call that runs it once per index:

    ```
    func.func @f(%x: memref<?xf32>, %n: index) {      func.func @f(..) {
      scf.parallel (%i) = (%c0) to (%n)                 %context = llvm.alloca {x}
          step (%c1) { body(%x, %i) }          ==>      call @tessera_rt_parallel_for(
    }                                                       %n, .., @f__kernel0, %context)
                                                      }
                                                      func.func private @f__kernel0(
                                                          %context: !llvm.ptr, %i: i64,
                                                          %thread: i32)
    ```

    What the body uses from outside travels in the context, which lives on the
    caller's stack; constants are cloned instead. An `scf.parallel` inside
    another stays, to be lowered as a loop: the outer one feeds every core.

    A `memref.alloc` directly in the body is made once for each thread, before
    the loop: a body uses the part of its thread, and cannot run out of memory.

    Fails at a loop that carries a reduction.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
}

def HostExpandCopiesPass : Pass<"host-expand-copies", "::mlir::func::FuncOp"> {
  let summary = "Copy buffers row by row";
  let description = [{
    LLVM's lowering of `memref.copy` calls a library of MLIR's wherever strides
    are not known, and compiled code has none. So a copy becomes a parallel loop
    over rows, each of them one `memcpy`; where elements of a row do not lie side
    by side, a loop over elements.

    ```
    memref.copy %a, %b : memref<?x64xf32, strided<[?, 1]>> to ..
      ==>
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      "llvm.intr.memcpy"(%row_of_b, %row_of_a, %bytes) ..
    }
    ```
    No `memref.copy` is left. It cannot fail.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def HostGatherBuffersPass
    : Pass<"host-gather-buffers", "::mlir::func::FuncOp"> {
  let summary = "Ask for all memory of a call at once, and let it be refused";
  let description = [{
    The `memref.alloc`s of a public function become views of one, made before
    anything else; their sizes are computed first. The function returns the bytes
    it could not have, and does nothing then; 0 once it has run.

    ```
    func.func @f(..) {                      func.func @f(..) -> i64 {
      %a = memref.alloc(%n) : ..              %all = memref.alloc(%bytes) : memref<?xi8>
      ..                                      scf.if %not_null {
      %b = memref.alloc(%m) : ..                %a = memref.view %all[%c0][%n] : ..
      ..                              ==>       ..
      memref.dealloc %b : ..                    %b = memref.view %all[%behind_a][%m] : ..
      memref.dealloc %a : ..                    ..
      return                                    memref.dealloc %all
    }                                         }
                                              return %missing : i64
                                            }
    ```
    Bytes are counted without wrapping around; absurd extents ask for more than
    any machine has.

    Fails at a `memref.alloc` anywhere else, which nobody could refuse in time,
    and at a size that is read from memory.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def HostPlaceBuffersPass : Pass<"host-place-buffers", "::mlir::func::FuncOp"> {
  let summary = "Align buffers to cache lines, keep scratch out of loops";
  let description = [{
    Every `memref.alloc` and `memref.alloca` is aligned to at least 64 bytes, one
    cache line and one AVX-512 register. A `memref.alloca` of static size moves
    to the entry of its function: inside a loop it would take new stack in each
    iteration. Its contents are undefined at the point where it stood, so the
    move changes no result.

    Fails at a `memref.alloca` of dynamic size inside a loop.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def HostExpandArithPass : Pass<"host-expand-arith"> {
  let summary = "Write what the target lacks with integer operations";
  let description = [{
    `arith.extf` from bf16 and `arith.truncf` to bf16, scalar or vector, become
    shifts and additions of integers: to nearest, ties to even, NaN stays NaN
    (quiet). No level of x86-64 below AVX512-BF16 converts, and LLVM would call a
    function for each element. Divisions of integers that round up or down
    become divisions that truncate.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::vector::VectorDialect"];
}

#endif // TESSERA_TARGET_HOST_PASSES_TD
