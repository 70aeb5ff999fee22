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
// THREADS: mbarrier.init.shared::cta.b64 {{.*}}, %[[ALL]]
// LLVM-LABEL: llvm.func @product
// LLVM-SAME: !llvm.ptr {llvm.align = 64 : i64, llvm.byval = !llvm.array<128 x i8>, nvvm.grid_constant}
// LLVM-SAME: nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 256>
tile.kernel @product(%q: !map, %k: !map, %o: !tile.map<64x64xbf16, swizzle = 128>, %n: i32) {
  %c0 = arith.constant 0 : index
  // CHECK: mbarrier.init.shared::cta.b64
  // CHECK: fence.mbarrier_init.release.cluster;
  // CHECK: bar.sync 0;
  %ring = tile.make_ring : !ring
  %staging = tile.make_staging : !staging
  // CHECK: scf.if
  // CHECK: setmaxnreg.dec.sync.aligned.u32 40;
  tile.role @load agents(1) each thread registers(40) (%agent) {
    // One thread: no branch around what one thread does, no shuffle.
    // CHECK-NOT: shfl
    // CHECK: mbarrier.try_wait.parity.shared::cta.b64
    // CHECK: "st.shared.u32
    // CHECK: "st.shared.u32
    // CHECK: mbarrier.arrive.expect_tx.shared::cta.b64
    // CHECK-NEXT: cp.async.bulk.tensor.5d.shared::cluster.global
    // CHECK-SAME: %[[Q]],
    %qs = tile.acquire %ring[%agent] note(%n, %n) : !ring
    tile.load %q[%c0, %c0, %c0] into %qs : !map
    %ks = tile.acquire %ring[%agent] : !ring
    tile.load %k[%c0, %c0, %c0] into %ks : !map
  }
  // CHECK: } else {
  // CHECK: setmaxnreg.dec.sync.aligned.u32 208;
  tile.role @multiply agents(1) each warpgroup registers(208) (%agent) {
    %qs = tile.wait %ring[%agent] : !ring
    // CHECK: "ld.shared.u32
    %last = tile.note %qs number 1 : !full
    // CHECK-COUNT-8: ldmatrix.sync.aligned.m8n8.x4.shared.b16
    %rows = tile.load_fragment %qs : !full -> tensor<64x128xbf16, #lhs>
    tile.release %qs : !full
    %s = tile.wait %ring[%agent] : !ring
    // Eight steps of 16, the fifth on in the second panel, 8 KiB further on.
    // CHECK: wgmma.fence.sync.aligned;
    // CHECK-SAME: add.s64 at, $64, 0;\0Awgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16
    // CHECK-SAME: {$32, $33, $34, $35}, at, fresh, 1, 1, 0;
    // CHECK-SAME: add.s64 at, $64, 512;
    // CHECK-SAME: at, add, 1, 1, 0;
    // CHECK-SAME: wgmma.commit_group.sync.aligned;
    %p = tile.mma %rows, %s transposed : tensor<64x128xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
    // CHECK: "wgmma.wait_group.sync.aligned 0;"
    %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
    // CHECK: "mbarrier.arrive.shared::cta.b64 _, [$0];"
    tile.release %s : !full
    // CHECK-COUNT-16: llvm.nvvm.ff2bf16x2.rn
    %h = arith.truncf %r : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
    tile.store_async %h through %staging[%agent] to %o[%c0, %c0, %c0]
        : tensor<64x64xbf16, #acc>, !staging, !tile.map<64x64xbf16, swizzle = 128>
    tile.store_wait
  }
}
