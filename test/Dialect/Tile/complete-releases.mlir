// What shows that a load into registers has arrived before its stage goes back, and
// what does not: then the release waits.
//
// RUN: tessera-opt %s --tile-complete-releases --verify-diagnostics | FileCheck %s

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<3 x 64x64xbf16, swizzle = 128>
!items = !tile.ring<2 x none>
!map = !tile.map<64x64xbf16, swizzle = 128>
!full = !tile.full<64x64xbf16, swizzle = 128>
!item = !tile.full<none>
!product = tensor<64x64xf32, #acc>

// CHECK-LABEL: tile.kernel @shown
tile.kernel @shown(%n: index, %full: i32, %out: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %none = arith.constant 0 : i32
  %ring = tile.make_ring : !ring
  %items = tile.make_ring : !items
  // CHECK-NOT: after
  tile.role @products agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    %size = tile.note %s : !full
    %rows = tile.load_fragment %s : !full -> tensor<64x64xbf16, #lhs>
    // A wait for a later product is one for this, too.
    %t = tile.wait %ring[%c0] : !ring
    %first = tile.mma %rows, %t transposed : tensor<64x64xbf16, #lhs>, !full -> !product
    %second = tile.mma %t, %t transposed : !full, !full -> !product
    %product = tile.mma_wait %second : !tile.pending<!product>
    %is_partial = arith.cmpi slt, %size, %full : i32
    scf.if %is_partial {
      tile.release %s : !full
    } else {
      tile.release %s : !full
    }
    tile.release %t : !full
    %also = tile.mma_wait %first : !tile.pending<!product>
  }
  // CHECK-NOT: after
  tile.role @loops agents(1) each warpgroup (%agent) {
    %last = scf.while (%taken = %c0) : (index) -> !item {
      %item = tile.wait %items[%c0] : !items
      %steps = tile.note %item : !item
      %goes_on = arith.cmpi sgt, %steps, %none : i32
      scf.condition(%goes_on) %item : !item
    } do {
    ^bb0(%item: !item):
      %note = tile.note %item number 1 : !item
      %steps = arith.index_cast %note : i32 to index
      scf.for %i = %c0 to %steps step %c1 {
        %s = tile.wait %ring[%c0] : !ring
        tile.release %s : !full
      }
      tile.release %item : !item
      scf.yield %c1 : index
    }
    tile.release %last : !item
  }
  // CHECK-NOT: after
  tile.role @one_warp agents(1) each thread (%agent) {
    %item = tile.wait %items[%c0] : !items
    %note = tile.note %item : !item
    memref.store %note, %out[%c0] : memref<?xi32>
    tile.release %item : !item
  }
}

// CHECK-LABEL: tile.kernel @not_shown
tile.kernel @not_shown(%n: index, %full: i32, %flag: i1, %out: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  %items = tile.make_ring : !items
  %zero = arith.constant dense<0.0> : !product
  // Used later; and not at all by a loop that goes round no times.
  tile.role @later agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    // CHECK: %[[ROWS:.*]] = tile.load_fragment
    // expected-note @below {{read here}}
    %rows = tile.load_fragment %s : !full -> tensor<64x64xbf16, #lhs>
    scf.for %i = %c0 to %n step %c1 {
      %t = tile.wait %ring[%c0] : !ring
      // A branch that becomes a selection waits for nothing.
      // CHECK: %[[SIZE:.*]] = tile.note
      // expected-note @below {{read here}}
      %size = tile.note %t : !full
      %pending = tile.mma %rows, %t transposed : tensor<64x64xbf16, #lhs>, !full -> !product
      %product = tile.mma_wait %pending : !tile.pending<!product>
      %is_partial = arith.cmpi slt, %size, %full : i32
      %chosen = scf.if %is_partial -> !product {
        scf.yield %zero : !product
      } else {
        scf.yield %product : !product
      }
      // CHECK: tile.release %{{.*}} after(%[[SIZE]] : i32) : !tile.full
      // expected-remark @below {{[release-waits] waits for what was read from the stage; let a product, a branch or a store use it before}}
      tile.release %t : !full
    }
    // CHECK: tile.release %{{.*}} after(%[[ROWS]] : tensor<64x64xbf16, #{{.*}}>) : !tile.full
    // expected-remark @below {{[release-waits]}}
    tile.release %s : !full
  }
  // One path of two; and a store that one warp of four makes.
  tile.role @paths agents(1) each warpgroup (%agent) {
    %item = tile.wait %items[%c0] : !items
    // CHECK: %[[NOTE:.*]] = tile.note
    // expected-note @below {{read here}}
    %note = tile.note %item : !item
    scf.if %flag {
      %steps = arith.index_cast %note : i32 to index
      scf.for %i = %c0 to %steps step %c1 {
        memref.store %note, %out[%c0] : memref<?xi32>
      }
    } else {
      memref.store %note, %out[%c0] : memref<?xi32>
    }
    // CHECK: tile.release %{{.*}} after(%[[NOTE]] : i32) : !tile.full<none>
    // expected-remark @below {{[release-waits]}}
    tile.release %item : !item
  }
  // The value is not at hand.
  tile.role @elsewhere agents(1) each warpgroup (%agent) {
    %item = tile.wait %items[%c0] : !items
    scf.if %flag {
      // expected-note @below {{read here}}
      %note = tile.note %item : !item
    }
    // CHECK: tile.release %{{.*}} fenced : !tile.full<none>
    // expected-remark @below {{[release-waits]}}
    tile.release %item : !item
    // So it is where a loop reads again and again.
    %both = tile.wait %items[%c0] : !items
    %first = tile.wait %items[%c0] : !items
    %last = scf.for %i = %c0 to %n step %c1 iter_args(%held = %first) -> !item {
      // expected-note @below {{read here}}
      %note = tile.note %held : !item
      %next = tile.wait %items[%c0] : !items
      // CHECK: tile.release %{{.*}} after(
      // expected-remark @below {{[release-waits]}}
      tile.release %held : !item
      scf.yield %next : !item
    }
    tile.release %last : !item
    // CHECK: scf.for
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{read here}}
      %note = tile.note %both : !item
    }
    // CHECK: tile.release %{{.*}} fenced : !tile.full<none>
    // expected-remark @below {{[release-waits]}}
    tile.release %both : !item
  }
}
