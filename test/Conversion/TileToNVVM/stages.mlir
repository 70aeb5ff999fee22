// Rows of stages as operands, and results on their way out through staging.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --canonicalize | FileCheck %s

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<3 x 128x96xf16, swizzle = 64>
!map = !tile.map<128x96xf16, swizzle = 64>
!full = !tile.full<128x96xf16, swizzle = 64>
!staging = !tile.staging<64x32xf16, swizzle = 64, lanes = 2>
!out = !tile.map<64x96xf16, swizzle = 64>

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
  // CHECK: setmaxnreg.dec.sync.aligned.u32 40;
  // CHECK: setmaxnreg.inc.sync.aligned.u32 232;
  tile.role @multiply agents(2) each warpgroup registers(232) (%agent) {
    %row = arith.muli %agent, %c64 : index
    %xs = tile.wait %ring[%c0] : !tile.ring<3 x 128x96xf16, swizzle = 64, readers = 2>
    // Two registers hold how far three stages have gone.
    // CHECK: arith.xori
    // CHECK: ldmatrix
    %left = tile.load_fragment %xs[%row] : !full -> tensor<64x96xf16, #lhs>
    // Left and right from shared memory: 64 bytes a row of a panel, the second
    // step of 16 beside the first, the third in the next panel.
    // CHECK: add.s64 at, $[[R:[0-9]+]], 0;\0Aadd.s64 from, $[[L:[0-9]+]], 0;
    // CHECK-SAME: m64n128k16.f32.f16.f16 {{.*}}, from, at, fresh, 1, 1, 0, 0;
    // CHECK-SAME: add.s64 at, $[[R]], 2;\0Aadd.s64 from, $[[L]], 2;
    // CHECK-SAME: add.s64 at, $[[R]], 512;\0Aadd.s64 from, $[[L]], 512;
    %p = tile.mma %xs[%row], %xs transposed : !full, !full -> tensor<64x128xf32, #acc>
    %scores = tile.mma_wait %p : !tile.pending<tensor<64x128xf32, #acc>>
    %half = arith.truncf %scores : tensor<64x128xf32, #acc> to tensor<64x128xf16, #acc>
    %weights = tile.as_operand %half : tensor<64x128xf16, #acc>
    // CHECK: m64n96k16.f32.f16.f16 {{.*}}, at, fresh, 1, 1, 1;
    %q = tile.mma %weights, %xs : tensor<64x128xf16, #lhs>, !full -> tensor<64x96xf32, #acc>
    %sum = tile.mma_wait %q : !tile.pending<tensor<64x96xf32, #acc>>
    tile.release %xs : !full
    %out = arith.truncf %sum : tensor<64x96xf32, #acc> to tensor<64x96xf16, #acc>
    // Three parts of 32 columns, each read before the next is written.
    // CHECK: cp.async.bulk.wait_group.read 0;
    // CHECK: stmatrix
    // CHECK: fence.proxy.async.shared::cta;
    // CHECK: cp.async.bulk.tensor.5d.global.shared::cta.bulk_group
    // CHECK-SAME: %[[O]]
    // CHECK: cp.async.bulk.commit_group;
    // CHECK: cp.async.bulk.wait_group.read 0;
    // CHECK: cp.async.bulk.wait_group.read 0;
    // CHECK-NOT: wait_group.read
    // CHECK: cp.async.bulk.wait_group 0;
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
    // CHECK: ld.relaxed.gpu.global.b32
    tile.await %state[%c1] reaches %n : memref<?xi32>
    // CHECK: atom.relaxed.gpu.global.add.u32
    %ticket = tile.atomic_add %n to %state[%c0] : memref<?xi32>
    // CHECK: atom.acq_rel.gpu.global.add.u32
    %left = tile.atomic_add %n to %state[%c1] ordered : memref<?xi32>
    %sum = arith.addi %ticket, %left : i32
    %item = tile.acquire %ring[%c0] note(%sum) : !tile.ring<2 x none>
    tile.commit %item : !tile.free<none>
  }
  tile.role @follow agents(1) each warpgroup registers(208) (%agent) {
    %item = tile.wait %ring[%c0] : !tile.ring<2 x none>
    // What steers an agent is said to be uniform.
    // CHECK: "shfl.sync.idx.b32
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
