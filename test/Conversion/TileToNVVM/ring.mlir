// A ring becomes mbarrier pairs beside its stages, a role a branch on the warp.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --canonicalize | FileCheck %s
// RUN: tessera-opt %s --tile-to-nvvm | FileCheck %s --check-prefix=LLVM
// RUN: tessera-opt %s --convert-tile-to-nvvm=thread-releases=true --canonicalize --cse \
// RUN:   | FileCheck %s --check-prefix=THREADS

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<4 x 64x128xbf16, swizzle = 128>
!map = !tile.map<64x128xbf16, swizzle = 128>
!full = !tile.full<64x128xbf16, swizzle = 128>
!staging = !tile.staging<64x64xbf16, swizzle = 128>

// CHECK-LABEL: func.func @product
// CHECK-SAME: %[[Q:[a-z0-9]+]]: !llvm.ptr {tile.map}
// CHECK-SAME: attributes {tile.shared_bytes = 73824 : i64, tile.threads = 256 : i64}
// All 128 threads of the reader release, not four warps.
// THREADS: %[[ALL:.*]] = arith.constant 128 : i32
// THREADS: ptx.mbarrier.init {{.*}}, %[[ALL]]
// LLVM-LABEL: llvm.func @product
// LLVM-SAME: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// LLVM-SAME: nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 256>
// LLVM-NOT: {{ ptx\.}}
// LLVM: "mbarrier.init.shared::cta.b64 [$0], $1;"
// LLVM-NOT: {{ ptx\.}}
tile.kernel @product(%q: !map, %k: !map, %o: !tile.map<64x64xbf16, swizzle = 128, box = 16x64>, %n: i32,
                      %seen: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  // CHECK: ptx.mbarrier.init
  // CHECK: nvvm.fence.mbarrier.init
  // CHECK: nvvm.barrier{{$}}
  %ring = tile.make_ring : !ring
  %staging = tile.make_staging : !staging
  // CHECK: scf.if
  // CHECK: nvvm.setmaxregister decrease 40
  tile.role @load agents(1) each thread registers(40) (%agent) {
    // One thread: no branch around what one thread does, no shuffle.
    // CHECK-NOT: shfl
    // CHECK: ptx.mbarrier.wait
    // CHECK: ptx.st.shared
    // CHECK: ptx.st.shared
    // CHECK: ptx.mbarrier.arrive.expect_tx %[[FULL:.*]], %{{.*}}
    // CHECK-NEXT: ptx.cp.async.bulk.tensor.load %[[Q]][{{.*}}, {{.*}}, {{.*}}, {{.*}}, {{.*}}], %{{.*}}, %[[FULL]]
    %qs = tile.acquire %ring[%agent] note(%n, %n) : !ring
    tile.load %q[%c0, %c0, %c0] into %qs : !map
    %ks = tile.acquire %ring[%agent] : !ring
    tile.load %k[%c0, %c0, %c0] into %ks : !map
  }
  // CHECK: } else {
  // CHECK: nvvm.setmaxregister decrease 208
  tile.role @multiply agents(1) each warpgroup registers(208) (%agent) {
    %qs = tile.wait %ring[%agent] : !ring
    // CHECK: ptx.ld.shared
    %last = tile.note %qs number 1 : !full
    memref.store %last, %seen[%c0] : memref<?xi32>
    // CHECK-COUNT-8: :4 = ptx.ldmatrix
    %rows = tile.load_fragment %qs : !full -> tensor<64x128xbf16, #lhs>
    tile.release %qs : !full
    %s = tile.wait %ring[%agent] : !ring
    // Eight steps of 16, the fifth on in the second panel, 8 KiB further on.
    // CHECK: %[[S:.*]] = ptx.wgmma.descriptor %{{.*}} leading 16 stride 1024 swizzle 128
    // CHECK: %[[P:.*]]:32 = ptx.wgmma n 64 bf16 left(
    // CHECK-SAME: right %[[S]] at [0, 32, 64, 96, 8192, 8224, 8256, 8288]{{$}}
    %p = tile.mma %rows, %s transposed : tensor<64x128xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
    // CHECK: :32 = ptx.wgmma.wait 0, %[[P]]#0, %[[P]]#1,
    %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
    // CHECK: ptx.mbarrier.arrive %
    tile.release %s : !full
    // CHECK-COUNT-16: nvvm.convert.f32x2.to.bf16x2
    %h = arith.truncf %r : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    tile.store_async %h through %staging[%agent] to %o[%c0, %c0, %c0]
        : tensor<64x64xbf16, #acc>, !staging, !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
    tile.store_wait
  }
}
