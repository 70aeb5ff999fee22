// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `ptx` dialect on the matrix unit of a warpgroup.

#ifndef PTX_PRODUCT_OPS_TD
#define PTX_PRODUCT_OPS_TD

include "Ptx/IR/PtxOpBase.td"

def Ptx_WgmmaDescriptorOp : Ptx_Op<"wgmma.descriptor", [Pure]> {
  let summary = "How a matrix lies in shared memory";
  let promise = [{
    The matrix lies in core matrices of 8 rows of 16 bytes, exchanged within each
    row of `swizzle` bytes. Along the dimension in which its elements lie side by
    side, the next `swizzle` bytes follow after `leading` bytes; the next eight rows
    after `stride` bytes. A product whose step of k lies within the swizzled bytes
    does not look at `leading`. The address is below 2^18, a multiple of 16, and
    where the pattern of the swizzle begins.

    Example: see `ptx.wgmma`.
  }];
  let section = "Asynchronous Warpgroup Level Matrix Instructions, "
                "Matrix Descriptor Format";
  let arguments = (ins Ptx_SharedAddress:$address, I64Attr:$leading,
                       I64Attr:$stride, I64Attr:$swizzle);
  let results = (outs I64:$descriptor);
  let assemblyFormat = [{
    $address `leading` $leading `stride` $stride `swizzle` $swizzle attr-dict
  }];
  let extraClassDeclaration = [{
    /// All bits but those of the address.
    uint64_t getLayoutBits();
  }];
  let hasVerifier = 1;
}

// C1 n is a multiple of 8 up to 256; n / 2 accumulators, or none.
// C2 the left matrix is one descriptor, with an offset for each step of k, or four
// registers a step.  C3 offsets are multiples of 16 bytes.
def Ptx_WgmmaOp : Ptx_InstructionOp<"wgmma", [Ptx_Orders, AttrSizedOperandSegments,
    InferTypeOpAdaptor], ["getTied"]> {
  let summary = "Start a whole product of a warpgroup, and commit it";
  let promise = [{
    The product of a left matrix [64, k] and a right one [k, n] of 16-bit elements,
    in f32, plus the accumulators if there are any. It is a fence, one
    `wgmma.mma_async` for each 16 of k, and a commit: step i reads the right matrix
    at `right` plus `rightOffsets[i]` bytes. The left matrix lies in registers, four
    a step, or in shared memory, read at `left` plus `leftOffsets[i]` bytes, rows
    along k. Rows of the right matrix run along k; with `transpose`, along n.

    The results are there after `ptx.wgmma.wait`, which takes them; until then
    nothing may read them, nor write what the product reads.

    Example:
    ```mlir
    // Keys [64, 32] and values [32, 64] as rows of 64 and of 128 bytes.
    func.func @products(%a: i32, %b: i32, %c: i32, %d: i32, %keys: i32, %values: i32) -> f32 {
      %k = ptx.wgmma.descriptor %keys leading 16 stride 512 swizzle 64
      %scores:16 = ptx.wgmma n 32 bf16 left(%a, %b, %c, %d, %a, %b, %c, %d) right %k at [0, 32]
      %done:16 = ptx.wgmma.wait 0, %scores#0, %scores#1, %scores#2, %scores#3, %scores#4, %scores#5,
          %scores#6, %scores#7, %scores#8, %scores#9, %scores#10, %scores#11, %scores#12,
          %scores#13, %scores#14, %scores#15
      %v = ptx.wgmma.descriptor %values leading 4096 stride 1024 swizzle 128
      %sum:4 = ptx.wgmma n 8 f16 left %k at [0, 32] right %v at [0, 2048] transpose
          plus(%done#0, %done#1, %done#2, %done#3)
      %result:4 = ptx.wgmma.wait 0, %sum#0, %sum#1, %sum#2, %sum#3
      return %result#0 : f32
    }
    ```
  }];
  let section = "Asynchronous Warpgroup Level Matrix Instructions, "
                "wgmma.mma_async";
  let description = promise # "\n    PTX ISA: " # section # ".\n";
  let arguments = (ins Variadic<F32>:$accumulators, Variadic<I32>:$leftRegisters,
                       Optional<I64>:$left, I64:$right, I64Attr:$n,
                       TypeAttrOf<AnyTypeOf<[BF16, F16]>>:$element,
                       OptionalAttr<DenseI64ArrayAttr>:$leftOffsets,
                       DenseI64ArrayAttr:$rightOffsets, UnitAttr:$transpose);
  let results = (outs Variadic<F32>:$products);
  let assemblyFormat = [{
    `n` $n $element `left` (`(` $leftRegisters^ `)`)? ($left^ `at` $leftOffsets)?
    `right` $right `at` $rightOffsets (`transpose` $transpose^)?
    (`plus` `(` $accumulators^ `)`)? attr-dict
  }];
  let extraClassDefinition = "";
  let hasVerifier = 1;
}

def Ptx_WgmmaWaitOp : Ptx_InstructionOp<"wgmma.wait", [Ptx_Orders,
    InferTypeOpAdaptor], ["getTied"]> {
  let summary = "Wait for a product";
  let promise = [{
    Waits until at most `inFlight` of the products that this warpgroup committed
    are not done. Gives the accumulators of the one that is wanted, which cannot be
    read before.

    Example: see `ptx.wgmma`.
  }];
  let section = "Asynchronous Warpgroup Level Matrix Instructions, "
                "wgmma.wait_group";
  let ptx = "wgmma.wait_group.sync.aligned $inFlight;";
  let arguments = (ins I64Attr:$inFlight, Variadic<F32>:$pending);
  let results = (outs Variadic<F32>:$products);
  let assemblyFormat = "$inFlight `,` $pending attr-dict";
}

#endif // PTX_PRODUCT_OPS_TD
