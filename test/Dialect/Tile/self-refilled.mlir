// One warpgroup that fills its own ring ahead of itself and adds its result to global
// memory: sum over tiles of x_t (y_t)', 64 rows a tile.
//
// RUN: tessera-opt %s | tessera-opt | FileCheck %s
// RUN: tessera-opt %s --tile-to-nvvm | FileCheck %s --check-prefix=NVVM
// RUN: tessera-compile %s --target sm_90a -o %t.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS

// CHECK-LABEL: tile.kernel @refill
// CHECK: tile.store_async %{{.*}} through %{{.*}}[%{{.*}}] add to
// NVVM-LABEL: llvm.func @refill
// NVVM-SAME: nvvm.reqntid = array<i32: 128>
// NVVM: cp.reduce.async.bulk.tensor.5d.global.shared::cta.add.tile.bulk_group

// PTXAS: registers, 0 B shared, {{.*}} 0 B stack, 0+0 B spilled
// PTXAS-NOT: C75

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<4 x 64x64xbf16, swizzle = 128>
!map = !tile.map<64x64xbf16, swizzle = 128>
!out = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
!full = !tile.full<64x64xbf16, swizzle = 128>
!staging = !tile.staging<64x64xbf16, swizzle = 128>

tile.kernel @refill(%x: !map, %y: !map, %o: !out, %tiles: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %cta = tile.cta
  %ring = tile.make_ring : !ring
  %staging = tile.make_staging : !staging
  tile.role @work agents(1) each warpgroup (%agent) {
    %zero = arith.constant dense<0.0> : tensor<64x64xf32, #acc>
    // Two tiles are on their way while one is multiplied.
    %begun = arith.cmpi slt, %c0, %tiles : index
    scf.if %begun {
      %xs = tile.acquire %ring[%agent] : !ring
      tile.load %x[%c0, %cta, %c0] into %xs : !map
      %ys = tile.acquire %ring[%agent] : !ring
      tile.load %y[%c0, %cta, %c0] into %ys : !map
    }
    %sum = scf.for %t = %c0 to %tiles step %c1 iter_args(%before = %zero) -> (tensor<64x64xf32, #acc>) {
      %next = arith.addi %t, %c1 : index
      %more = arith.cmpi slt, %next, %tiles : index
      scf.if %more {
        %token = arith.muli %next, %c64 : index
        %xn = tile.acquire %ring[%agent] : !ring
        tile.load %x[%c0, %cta, %token] into %xn : !map
        %yn = tile.acquire %ring[%agent] : !ring
        tile.load %y[%c0, %cta, %token] into %yn : !map
      }
      %xs = tile.wait %ring[%agent] : !ring
      %left = tile.load_fragment %xs : !full -> tensor<64x64xbf16, #lhs>
      %ys = tile.wait %ring[%agent] : !ring
      %p = tile.mma %left, %ys transposed plus %before
          : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
      %after = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
      tile.release %xs : !full
      tile.release %ys : !full
      scf.yield %after : tensor<64x64xf32, #acc>
    }
    %rounded = arith.truncf %sum : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    // All CTAs add to one tile.
    tile.store_async %rounded through %staging[%agent] add to %o[%c0, %c0, %c0]
        : tensor<64x64xbf16, #acc>, !staging, !out
    tile.store_wait
  }
}
