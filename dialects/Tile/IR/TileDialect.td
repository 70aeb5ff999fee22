// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `tile` dialect: one CTA's program.

#ifndef TILE_DIALECT_TD
#define TILE_DIALECT_TD

include "mlir/IR/OpBase.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::tessera::tile";
  let summary = "One CTA's program: roles, rings, products, rows";
  let description = [{
    A `tile.kernel` is the program of one CTA. Its *roles* run concurrently, each
    by a number of *agents*: each a thread, a warp or a warpgroup that acts as one.
    Roles share nothing but rings. A *ring* is a number of stages in
    shared memory that one side fills and the other reads, in order; waiting is
    part of taking a stage, so no phase is kept by hand.

    Scalars and control flow (`arith`, `scf`) are uniform over an agent. Tensors
    lie in the registers of a warpgroup, spread by the layout in their encoding;
    `arith` and `math` work on them elementwise. Global memory is `memref`. What an
    agent stores there it finds when it loads it.

    Maps, memory, rings and staging are named where they are used: they are
    arguments of the kernel, or made before its roles, and no operation gives one.

    A product is asynchronous: `tile.mma` gives a pending value and
    `tile.mma_wait` the tensor.

    An argument of a kernel that is an integer, or memory of integers, may be
    marked `{tile.natural}`: the caller promises that none is negative.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasRegionArgAttrVerify = 1;
}

#endif // TILE_DIALECT_TD
