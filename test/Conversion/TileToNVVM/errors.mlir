// What does not fit the machine is refused by name.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file --verify-diagnostics

// expected-error @below {{has 36 warps; an SM runs 32 in one CTA}}
tile.kernel @too_many_warps() {
  tile.role @work agents(9) each warpgroup (%agent) {
  }
}

// -----

// expected-error @below {{gives its roles 98304 registers; a CTA of 384 threads begins with 64512}}
tile.kernel @too_many_registers() {
  tile.role @work agents(3) each warpgroup registers(256) (%agent) {
  }
}

// -----

tile.kernel @unread() {
  // expected-error @below {{is read by no role; add a tile.wait}}
  %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) each warpgroup (%agent) {
  }
}

// -----

// expected-error @below {{needs 262400 bytes of shared memory; an SM has 232448, take fewer stages}}
tile.kernel @too_much_memory() {
  %ring = tile.make_ring : !tile.ring<16 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !tile.ring<16 x 64x128xbf16, swizzle = 128>
    tile.release %s : !tile.full<64x128xbf16, swizzle = 128>
  }
}

// -----

tile.kernel @unequal_constant() {
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{failed to legalize}}
    // expected-error @below {{unequal elements; compute it from tile.columns or tile.row_numbers}}
    %x = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63]> : tensor<64xi32, #tile.layout<row>>
  }
}

// -----

tile.kernel @halves(%a: f32) {
  tile.role @work agents(1) each warpgroup (%agent) {
    %x = tile.splat %a : tensor<64x64xf32, #tile.layout<accumulator>>
    %h = arith.truncf %x : tensor<64x64xf32, #tile.layout<accumulator>> to tensor<64x64xbf16, #tile.layout<accumulator>>
    // expected-error @below {{failed to legalize}}
    // expected-error @below {{computes on a tensor of 16-bit elements; compute in f32, and round with arith.truncf}}
    %y = arith.addf %h, %h : tensor<64x64xbf16, #tile.layout<accumulator>>
  }
}

// -----

tile.kernel @two_lanes(%n: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !tile.ring<2 x none, lanes = 2>
  tile.role @send agents(1) each thread (%agent) {
    // expected-note @below {{the first is taken here}}
    %a = tile.acquire %ring[%c0] note(%n) : !tile.ring<2 x none, lanes = 2>
    tile.commit %a : !tile.free<none>
    // expected-error @below {{takes a second lane of a ring; a role keeps to one}}
    %b = tile.acquire %ring[%c1] note(%n) : !tile.ring<2 x none, lanes = 2>
    tile.commit %b : !tile.free<none>
  }
  tile.role @take agents(2) each thread (%agent) {
    %s = tile.wait %ring[%agent] : !tile.ring<2 x none, lanes = 2>
    tile.release %s : !tile.full<none>
  }
}

// -----

tile.kernel @sum_in_a_warpgroup(%state: memref<?xi32>, %n: i32) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{failed to legalize}}
    // expected-error @below {{has a result that one thread of its agent knows}}
    %x = tile.atomic_add %n to %state[%c0] : memref<?xi32>
  }
}
