// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `ptx` dialect on shared and global memory.

#ifndef PTX_MEMORY_OPS_TD
#define PTX_MEMORY_OPS_TD

include "Ptx/IR/PtxOpBase.td"
include "mlir/IR/EnumAttr.td"

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

def Ptx_LdSharedOp : Ptx_InstructionOp<"ld.shared", [Ptx_Reads]> {
  let summary = "Load 4 bytes of shared memory";
  let promise = [{
    Example:
    ```mlir
    func.func @move(%from: i32, %to: i32) {
      %value = ptx.ld.shared %from
      ptx.st.shared %to, %value
      return
    }
    ```
  }];
  let section = "Data Movement and Conversion Instructions, ld";
  let ptx = "ld.shared.u32 $value, [$address];";
  let arguments = (ins Ptx_SharedAddress:$address);
  let results = (outs I32:$value);
  let assemblyFormat = "$address attr-dict";
}

def Ptx_StSharedOp : Ptx_InstructionOp<"st.shared", [Ptx_Writes]> {
  let summary = "Store 4 bytes in shared memory";
  let promise = [{
    Example: see `ptx.ld.shared`.
  }];
  let section = "Data Movement and Conversion Instructions, st";
  let ptx = "st.shared.u32 [$address], $value;";
  let arguments = (ins Ptx_SharedAddress:$address, I32:$value);
  let assemblyFormat = "$address `,` $value attr-dict";
}

class Ptx_MatrixCount<string what, string count>
    : PredOpTrait<"there are 1, 2 or 4 " # what,
                  CPred<"::llvm::is_contained({1u, 2u, 4u}, " # count # ")">>;

def Ptx_LdMatrixOp : Ptx_InstructionOp<"ldmatrix", [Ptx_Reads,
    Ptx_MatrixCount<"results", "$_op.getNumResults()">]> {
  let summary = "Load matrices of 8 by 8 elements of 16 bits";
  let promise = [{
    Lanes 8 i .. 8 i + 7 give the addresses of the rows of matrix i, 16 bytes each.
    Lane l gets elements 2 (l % 4) and the next of row l / 4 of each. All lanes of
    the warp take part.

    Example: see `ptx.stmatrix`.
  }];
  let section = "Warp Level Matrix Instructions, ldmatrix";
  let ptx = "ldmatrix.sync.aligned.m8n8.x$#matrices.shared.b16 $matrices, [$address];";
  let arguments = (ins Ptx_SharedAddress:$address);
  let results = (outs Variadic<I32>:$matrices);
  let assemblyFormat = "$address attr-dict `:` type($matrices)";
}

def Ptx_StMatrixOp : Ptx_InstructionOp<"stmatrix", [Ptx_Writes,
    Ptx_MatrixCount<"matrices", "$_op.getNumOperands() - 1">]> {
  let summary = "Store matrices of 8 by 8 elements of 16 bits";
  let promise = [{
    The other direction of `ptx.ldmatrix`.

    Example:
    ```mlir
    // A warp copies four matrices in shared memory, and its copy to global memory
    // begins.
    func.func @forward(%from: i32, %to: i32, %box: i32, %map: !llvm.ptr, %empty: i32) {
      %matrices:4 = ptx.ldmatrix %from : i32, i32, i32, i32
      ptx.stmatrix %to, %matrices#0, %matrices#1, %matrices#2, %matrices#3
      nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
      %all = arith.constant -1 : i32
      nvvm.bar.warp.sync %all : i32
      %lane = nvvm.read.ptx.sreg.laneid : i32
      %zero = arith.constant 0 : i32
      %leads = arith.cmpi eq, %lane, %zero : i32
      scf.if %leads {
        ptx.mbarrier.arrive %empty
        ptx.cp.async.bulk.tensor.store %box, %map[%zero, %zero]
        nvvm.cp.async.bulk.commit.group
        nvvm.cp.async.bulk.wait_group 0
      }
      return
    }
    ```
  }];
  let section = "Warp Level Matrix Instructions, stmatrix";
  let ptx = "stmatrix.sync.aligned.m8n8.x$#matrices.shared.b16 [$address], $matrices;";
  let arguments = (ins Ptx_SharedAddress:$address, Variadic<I32>:$matrices);
  let assemblyFormat = "$address `,` $matrices attr-dict";
}

//===----------------------------------------------------------------------===//
// Boxes of tensors
//===----------------------------------------------------------------------===//

def Ptx_HasRank : PredOpTrait<"there are 1 to 5 coordinates",
    CPred<"!$coordinates.empty() && $coordinates.size() <= 5">>;

def Ptx_CpAsyncBulkTensorLoadOp
    : Ptx_InstructionOp<"cp.async.bulk.tensor.load", [Ptx_Orders, Ptx_HasRank]> {
  let summary = "Start a copy of a box of a tensor to shared memory";
  let promise = [{
    The map says the box's shape and how it is swizzled; `coordinates`, the
    innermost first, where it begins. What lies outside of the tensor reads as 0.
    The bytes count in the barrier's phase when they have landed; nothing else says
    so.

    Example: see `ptx.mbarrier.init`.
  }];
  let section = "Data Movement and Conversion Instructions, cp.async.bulk.tensor";
  let ptx = "cp.async.bulk.tensor.$#{coordinates}d.shared::cluster.global."
            "mbarrier::complete_tx::bytes [$to], [$map, $coordinates], [$barrier];";
  let arguments = (ins Ptx_SharedAddress:$to, Ptx_TensorMap:$map,
                       Ptx_Barrier:$barrier, Variadic<I32>:$coordinates);
  let assemblyFormat = "$map `[` $coordinates `]` `,` $to `,` $barrier attr-dict";
}

class Ptx_FromSharedOp<string mnemonic, string instruction>
    : Ptx_InstructionOp<mnemonic, [Ptx_Orders, Ptx_HasRank]> {
  let ptx = instruction # " [$map, $coordinates], [$from];";
  let arguments = (ins Ptx_SharedAddress:$from, Ptx_TensorMap:$map,
                       Variadic<I32>:$coordinates);
  let assemblyFormat = "$from `,` $map `[` $coordinates `]` attr-dict";
}

def Ptx_CpAsyncBulkTensorStoreOp
    : Ptx_FromSharedOp<"cp.async.bulk.tensor.store",
        "cp.async.bulk.tensor.$#{coordinates}d.global.shared::cta.bulk_group"> {
  let summary = "Start a copy of a box from shared memory to a tensor";
  let promise = [{
    The other direction of `ptx.cp.async.bulk.tensor.load`. It belongs to the
    group that this thread commits next.

    Example: see `ptx.stmatrix`.
  }];
  let section = "Data Movement and Conversion Instructions, cp.async.bulk.tensor";
}

def Ptx_CpReduceAsyncBulkTensorAddOp
    : Ptx_FromSharedOp<"cp.reduce.async.bulk.tensor.add",
        "cp.reduce.async.bulk.tensor.$#{coordinates}d.global.shared::cta."
        "add.tile.bulk_group"> {
  let summary = "Start to add a box in shared memory to a tensor";
  let promise = [{
    As `ptx.cp.async.bulk.tensor.store`, each element added to what is there, at
    once for whoever else adds.

    Example:
    ```mlir
    func.func @add(%box: i32, %map: !llvm.ptr, %column: i32, %row: i32) {
      ptx.cp.reduce.async.bulk.tensor.add %box, %map[%column, %row]
      nvvm.cp.async.bulk.commit.group
      nvvm.cp.async.bulk.wait_group 0 {read}
      return
    }
    ```
  }];
  let section = "Data Movement and Conversion Instructions, "
                "cp.reduce.async.bulk.tensor";
}

//===----------------------------------------------------------------------===//
// Numbers that CTAs share
//===----------------------------------------------------------------------===//

def Ptx_Order : I32EnumAttr<"Order", "what an atomic operation orders", [
    I32EnumAttrCase<"Relaxed", 0, "relaxed">,
    I32EnumAttrCase<"AcquireRelease", 1, "acq_rel">]> {
  let cppNamespace = "::tessera::ptx";
  let genSpecializedAttr = 0;
}

def Ptx_OrderAttr : EnumAttr<Ptx_Dialect, Ptx_Order, "order"> {
  let summary = "What an atomic operation orders: itself, or what stands around it";
  let description = [{
    Ops write the bare word.

    Example: `#ptx<order relaxed>`
  }];
}

def Ptx_AtomAddOp : Ptx_InstructionOp<"atom.add", [Ptx_Orders]> {
  let summary = "Add to a number in global memory, for all threads of the GPU";
  let promise = [{
    Gives what was there. With `acq_rel`, what threads did before their additions
    is seen by whoever adds later.

    Example:
    ```mlir
    func.func @last(%arrived: !llvm.ptr<1>, %threads: i32, %one: i32) -> i1 {
      %before = ptx.atom.add acq_rel %arrived, %one
      %now = arith.addi %before, %one : i32
      %last = arith.cmpi eq, %now, %threads : i32
      return %last : i1
    }
    ```
  }];
  let section = "Parallel Synchronization and Communication Instructions, atom";
  let ptx = "atom.$order.gpu.global.add.u32 $old, [$address], $value;";
  let arguments = (ins Ptx_GlobalAddress:$address, I32:$value,
                       Ptx_OrderAttr:$order);
  let results = (outs I32:$old);
  let assemblyFormat = "$order $address `,` $value attr-dict";
}

def Ptx_WaitAtLeastOp : Ptx_InstructionOp<"wait_at_least", [Ptx_Orders]> {
  let summary = "Wait until a number in global memory is large enough";
  let promise = [{
    Reads it every 40 ns or so, until it is at least `value`, both signed. Orders
    nothing on the GPU: it says that others came so far, not what they wrote.

    Example:
    ```mlir
    func.func @in_step(%loaded: !llvm.ptr<1>, %enough: i32) {
      ptx.wait_at_least %loaded, %enough
      return
    }
    ```
  }];
  let section = "Data Movement and Conversion Instructions, ld.relaxed; "
                "Miscellaneous Instructions, nanosleep";
  let ptx = "{\n"
            "    .reg .pred enough;\n"
            "    .reg .b32 now;\n"
            "    WAIT_${:uid}:\n"
            "    ld.relaxed.gpu.global.b32 now, [$address];\n"
            "    setp.ge.s32 enough, now, $value;\n"
            "    @enough bra DONE_${:uid};\n"
            "    nanosleep.u32 40;\n"
            "    bra WAIT_${:uid};\n"
            "    DONE_${:uid}:\n"
            "    }";
  let arguments = (ins Ptx_GlobalAddress:$address, I32:$value);
  let assemblyFormat = "$address `,` $value attr-dict";
}

#endif // PTX_MEMORY_OPS_TD
