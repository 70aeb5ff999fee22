// Rows of stages as operands, and results on their way out through staging.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --canonicalize | FileCheck %s

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<3 x 128x96xf16, swizzle = 64>
!map = !tile.map<128x96xf16, swizzle = 64>
!full = !tile.full<128x96xf16, swizzle = 64>
!staging = !tile.staging<64x32xf16, swizzle = 64, lanes = 2>
!out = !tile.map<64x96xf16, swizzle = 64, box = 16x32>

// CHECK-LABEL: func.func @parts
// CHECK-SAME: %[[O:[a-z0-9]+]]: !llvm.ptr {tile.map}
tile.kernel @parts(%o: !out, %x: !map, %steps: i32) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c64 = arith.constant 64 : index
  %ring = tile.make_ring : !tile.ring<3 x 128x96xf16, swizzle = 64, readers = 2>
  %staging = tile.make_staging : !staging
  tile.role @load agents(1) each thread registers(40) (%agent) {
    %xs = tile.acquire %ring[%c0] : !tile.ring<3 x 128x96xf16, swizzle = 64, readers = 2>
    tile.load %x[%c0, %c0, %c0] into %xs : !map
  }
  // CHECK: nvvm.setmaxregister decrease 40
  // CHECK: nvvm.setmaxregister increase 232
  tile.role @multiply agents(2) each warpgroup registers(232) (%agent) {
    %row = arith.muli %agent, %c64 : index
    %xs = tile.wait %ring[%c0] : !tile.ring<3 x 128x96xf16, swizzle = 64, readers = 2>
    // Two registers hold how far three stages have gone.
    // CHECK: arith.xori
    // CHECK-COUNT-6: :4 = ptx.ldmatrix
    %left = tile.load_fragment %xs[%row] : !full -> tensor<64x96xf16, #lhs>
    // CHECK: %[[R:.*]] = ptx.wgmma.descriptor %{{.*}} leading 16 stride 512 swizzle 64
    // CHECK: ptx.wgmma n 128 f16 left(
    // CHECK-SAME: right %[[R]] at [0, 32, 8192, 8224, 16384, 16416]{{$}}
    %f = tile.mma %left, %xs transposed : tensor<64x96xf16, #lhs>, !full -> tensor<64x128xf32, #acc>
    // CHECK: %[[F:.*]]:64 = ptx.wgmma.wait 0
    %first = tile.mma_wait %f : !tile.pending<tensor<64x128xf32, #acc>>
    // Left and right from shared memory: 64 bytes a row of a panel, the second
    // step of 16 beside the first, the third in the next panel.
    // CHECK: %[[L:.*]] = ptx.wgmma.descriptor %{{.*}} leading 16 stride 512 swizzle 64
    // CHECK: ptx.wgmma n 128 f16 left %[[L]] at [0, 32, 8192, 8224, 16384, 16416]
    // CHECK-SAME: right %{{.*}} at [0, 32, 8192, 8224, 16384, 16416] plus(%[[F]]#0,
    %p = tile.mma %xs[%row], %xs transposed plus %first : !full, !full -> tensor<64x128xf32, #acc>
    %scores = tile.mma_wait %p : !tile.pending<tensor<64x128xf32, #acc>>
    %half = arith.truncf %scores : tensor<64x128xf32, #acc> to tensor<64x128xf16, #acc>
    %weights = tile.as_operand %half : tensor<64x128xf16, #acc>
    // CHECK: %[[V:.*]] = ptx.wgmma.descriptor %{{.*}} leading 8192 stride 512 swizzle 64
    // CHECK: ptx.wgmma n 96 f16 left(
    // CHECK-SAME: right %[[V]] at [0, 1024, 2048, 3072, 4096, 5120, 6144, 7168] transpose
    %q = tile.mma %weights, %xs : tensor<64x128xf16, #lhs>, !full -> tensor<64x96xf32, #acc>
    %sum = tile.mma_wait %q : !tile.pending<tensor<64x96xf32, #acc>>
    // Nothing used the rows: one register of each load makes the address.
    // CHECK: bar.warp.sync
    // CHECK: ptx.mbarrier.arrive.after %{{[0-9]+}}, %{{[0-9]+}}#0, %{{[0-9]+}}#0, %{{[0-9]+}}#0, %{{[0-9]+}}#0, %{{[0-9]+}}#0, %{{[0-9]+}}#0{{$}}
    tile.release %xs after(%left : tensor<64x96xf16, #lhs>) : !full
    %out = arith.truncf %sum : tensor<64x96xf32, #acc> to tensor<64x96xf16, #acc>
    // Three parts of 32 columns, each read before the next is written.
    // CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
    // CHECK: ptx.stmatrix
    // CHECK: nvvm.fence.proxy {kind = #nvvm.proxy_kind<async.shared>, space = #nvvm.shared_space<cta>}
    // CHECK: ptx.cp.async.bulk.tensor.store %{{.*}}, %[[O]][
    // CHECK: nvvm.cp.async.bulk.commit.group
    // CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
    // CHECK: nvvm.cp.async.bulk.wait_group 0 {read}
    // CHECK-NOT: {read}
    // CHECK: nvvm.cp.async.bulk.wait_group 0{{$}}
    tile.store_async %out through %staging[%agent] to %o[%c0, %c0, %row]
        : tensor<64x96xf16, #acc>, !staging, !out
    tile.store_wait
  }
}

// CHECK-LABEL: func.func @shared
// CHECK-SAME: %[[STATE:[a-z0-9]+]]: !llvm.ptr<1>
tile.kernel @shared(%state: memref<?xi32>, %lse: memref<?xf32>, %n: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @steer agents(1) each thread registers(40) (%agent) {
    // CHECK: llvm.getelementptr %[[STATE]][1] : (!llvm.ptr<1>) -> !llvm.ptr<1>, i32
    // CHECK-NEXT: ptx.wait_at_least
    tile.await %state[%c1] reaches %n : memref<?xi32>
    // CHECK: ptx.atom.add relaxed
    %ticket = tile.atomic_add %n to %state[%c0] : memref<?xi32>
    // CHECK: ptx.atom.add acq_rel
    %left = tile.atomic_add %n to %state[%c1] ordered : memref<?xi32>
    %sum = arith.addi %ticket, %left : i32
    %item = tile.acquire %ring[%c0] note(%sum) : !tile.ring<2 x none>
    tile.commit %item : !tile.free<none>
  }
  tile.role @follow agents(1) each warpgroup registers(208) (%agent) {
    %item = tile.wait %ring[%c0] : !tile.ring<2 x none>
    // What steers an agent is said to be uniform.
    // CHECK: nvvm.shfl.sync idx
    %end = tile.note %item : !tile.full<none>
    tile.release %item : !tile.full<none>
    %number = tile.row_numbers : tensor<64xi32, #tile.layout<row>>
    %ends = tile.splat %end : tensor<64xi32, #tile.layout<row>>
    %valid = arith.cmpi slt, %number, %ends : tensor<64xi32, #tile.layout<row>>
    %one = arith.constant dense<1.0> : tensor<64xf32, #tile.layout<row>>
    %zero = arith.constant dense<0.0> : tensor<64xf32, #tile.layout<row>>
    %x = arith.select %valid, %one, %zero : tensor<64xi1, #tile.layout<row>>, tensor<64xf32, #tile.layout<row>>
    // CHECK-COUNT-2: llvm.store %{{.*}}, %{{.*}} : f32, !llvm.ptr<1>
    tile.store_rows %x, %lse[%c0] limit(%c64) : tensor<64xf32, #tile.layout<row>>, memref<?xf32>
  }
}
