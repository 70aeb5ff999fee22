// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `ptx` dialect: barriers and arithmetic here, the others by
// what they are about.

#ifndef PTX_OPS_TD
#define PTX_OPS_TD

include "Ptx/IR/PtxMemoryOps.td"
include "Ptx/IR/PtxProductOps.td"

//===----------------------------------------------------------------------===//
// Barriers
//===----------------------------------------------------------------------===//

def Ptx_MBarrierInitOp : Ptx_InstructionOp<"mbarrier.init", [Ptx_Orders]> {
  let summary = "Make a barrier of 8 bytes in shared memory";
  let promise = [{
    A phase of the barrier is complete when `arrivals` have been made and the bytes
    expected have landed. The first phase has parity 0; the one before it, of
    parity 1, counts as complete. Other threads see the barrier once they have met
    this one.

    Example:
    ```mlir
    // One thread expects what the copy engine brings, and waits for it.
    func.func @receive(%barrier: i32, %to: i32, %map: !llvm.ptr, %row: i32) {
      %zero = arith.constant 0 : i32
      %one = arith.constant 1 : i32
      %bytes = arith.constant 8192 : i32
      ptx.mbarrier.init %barrier, %one
      nvvm.fence.mbarrier.init
      ptx.mbarrier.arrive.expect_tx %barrier, %bytes
      ptx.cp.async.bulk.tensor.load %map[%zero, %row], %to, %barrier
      ptx.mbarrier.wait %barrier, %zero
      return
    }
    ```
  }];
  let section = "Parallel Synchronization and Communication Instructions, "
                "mbarrier.init";
  let ptx = "mbarrier.init.shared::cta.b64 [$barrier], $arrivals;";
  let arguments = (ins Ptx_Barrier:$barrier, I32:$arrivals);
  let assemblyFormat = "$barrier `,` $arrivals attr-dict";
}

def Ptx_MBarrierArriveOp : Ptx_InstructionOp<"mbarrier.arrive", [Ptx_Orders]> {
  let summary = "Arrive at a barrier";
  let promise = [{
    Counts one arrival. What this thread did before is seen by whoever has waited
    for the phase; loads into registers need not have completed.

    Example: see `ptx.stmatrix`.
  }];
  let section = "Parallel Synchronization and Communication Instructions, "
                "mbarrier.arrive";
  let ptx = "mbarrier.arrive.shared::cta.b64 _, [$barrier];";
  let arguments = (ins Ptx_Barrier:$barrier);
  let assemblyFormat = "$barrier attr-dict";
}

def Ptx_MBarrierArriveAfterOp : Ptx_InstructionOp<"mbarrier.arrive.after",
    [Ptx_Orders, PredOpTrait<"there is a register to wait for",
                             CPred<"!$loaded.empty()">>]> {
  let summary = "Arrive at a barrier once registers are there";
  let promise = [{
    As `ptx.mbarrier.arrive`, not before the loads that fill `loaded` have
    completed: the address is made to depend on them, because a use whose result
    nobody needs makes the assembler wait for nothing.

    Example:
    ```mlir
    func.func @give_back(%from: i32, %empty: i32) -> i32 {
      %value = ptx.ld.shared %from
      ptx.mbarrier.arrive.after %empty, %value
      return %value : i32
    }
    ```
  }];
  let section = "Parallel Synchronization and Communication Instructions, "
                "mbarrier.arrive";
  let description = promise # "\n    PTX ISA: " # section # ".\n";
  let arguments = (ins Ptx_Barrier:$barrier, Variadic<I32>:$loaded);
  let assemblyFormat = "$barrier `,` $loaded attr-dict";
  let extraClassDefinition = "";
}

def Ptx_MBarrierArriveExpectTxOp
    : Ptx_InstructionOp<"mbarrier.arrive.expect_tx", [Ptx_Orders]> {
  let summary = "Expect bytes in the phase, and arrive";
  let promise = [{
    The phase is complete once these bytes, too, have landed.

    Example: see `ptx.mbarrier.init`.
  }];
  let section = "Parallel Synchronization and Communication Instructions, "
                "mbarrier.arrive";
  let ptx = "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$barrier], $bytes;";
  let arguments = (ins Ptx_Barrier:$barrier, I32:$bytes);
  let assemblyFormat = "$barrier `,` $bytes attr-dict";
}

def Ptx_MBarrierWaitOp : Ptx_InstructionOp<"mbarrier.wait", [Ptx_Orders]> {
  let summary = "Wait until a phase is complete";
  let promise = [{
    Goes on when the phase with this parity, 0 or 1, is complete. The instruction
    gives up after a while, so it stands in a loop.

    Example: see `ptx.mbarrier.init`.
  }];
  let section = "Parallel Synchronization and Communication Instructions, "
                "mbarrier.try_wait";
  let ptx = "{\n"
            "    .reg .pred done;\n"
            "    WAIT_${:uid}:\n"
            "    mbarrier.try_wait.parity.shared::cta.b64 done, [$barrier], $parity;\n"
            "    @done bra DONE_${:uid};\n"
            "    bra WAIT_${:uid};\n"
            "    DONE_${:uid}:\n"
            "    }";
  let arguments = (ins Ptx_Barrier:$barrier, I32:$parity);
  let assemblyFormat = "$barrier `,` $parity attr-dict";
}

def Ptx_BarRedOrOp : Ptx_InstructionOp<"bar.red.or", [Ptx_Orders]> {
  let summary = "Meet threads at a named barrier, and ask whether any says so";
  let promise = [{
    As `nvvm.barrier`, for `threads` threads at barrier `id`; `any` is 1 if `says` of
    one of them is not 0, else 0.

    Example:
    ```mlir
    func.func @any_of_a_warpgroup(%id: i32, %flag: i32) -> i32 {
      %threads = arith.constant 128 : i32
      %any = ptx.bar.red.or %flag, %id, %threads
      return %any : i32
    }
    ```
  }];
  let section = "Parallel Synchronization and Communication Instructions, bar.red";
  let ptx = "{\n"
            "    .reg .pred mine, ours;\n"
            "    setp.ne.u32 mine, $says, 0;\n"
            "    bar.red.or.pred ours, $id, $threads, mine;\n"
            "    selp.u32 $any, 1, 0, ours;\n"
            "    }";
  let arguments = (ins I32:$says, I32:$id, I32:$threads);
  let results = (outs I32:$any);
  let assemblyFormat = "$says `,` $id `,` $threads attr-dict";
}

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

def Ptx_Ex2Op : Ptx_IntrinsicOp<"ex2", "llvm.nvvm.ex2.approx.ftz"> {
  let summary = "2 to the power x, approximately";
  let promise = [{
    `ex2.approx.ftz.f32`: relative error some 2e-7; operands and results below the
    normal range are 0.

    Example:
    ```mlir
    func.func @softplus(%x: f32) -> f32 {
      %one = arith.constant 1.0 : f32
      %power = ptx.ex2 %x
      %sum = arith.addf %power, %one : f32
      %result = ptx.lg2 %sum
      return %result : f32
    }
    ```
  }];
  let section = "Floating Point Instructions, ex2";
  let arguments = (ins F32:$x);
  let results = (outs F32:$result);
  let assemblyFormat = "$x attr-dict";
}

def Ptx_Lg2Op : Ptx_IntrinsicOp<"lg2", "llvm.nvvm.lg2.approx.ftz.f"> {
  let summary = "The logarithm of x to base 2, approximately";
  let promise = [{
    `lg2.approx.ftz.f32`: absolute error some 2e-7 near 1, relative elsewhere;
    operands below the normal range are 0.

    Example: see `ptx.ex2`.
  }];
  let section = "Floating Point Instructions, lg2";
  let arguments = (ins F32:$x);
  let results = (outs F32:$result);
  let assemblyFormat = "$x attr-dict";
}

#endif // PTX_OPS_TD
