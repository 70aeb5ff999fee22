// What does not fit the machine is refused by name.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file --verify-diagnostics

// expected-error @below {{has 36 warps; an SM runs 32 in one CTA}}
tile.kernel @too_many_warps() {
  tile.role @work agents(9) warps(4) (%agent) {
  }
}

// -----

// expected-error @below {{gives its roles 98304 registers; a CTA of 384 threads begins with 64512}}
tile.kernel @too_many_registers() {
  tile.role @work agents(3) warps(4) registers(256) (%agent) {
  }
}

// -----

tile.kernel @unread() {
  // expected-error @below {{is read by no role; add a tile.wait}}
  %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) warps(4) (%agent) {
  }
}

// -----

// expected-error @below {{needs 262400 bytes of shared memory; an SM has 232448, take fewer stages}}
tile.kernel @too_much_memory() {
  %ring = tile.make_ring : !tile.ring<16 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) warps(4) (%agent) {
    %s = tile.wait %ring[%agent] : !tile.ring<16 x 64x128xbf16, swizzle = 128>
    tile.release %s : !tile.full<64x128xbf16, swizzle = 128>
  }
}

// -----

tile.kernel @unequal_constant() {
  tile.role @work agents(1) warps(4) (%agent) {
    // expected-error @below {{failed to legalize}}
    // expected-error @below {{unequal or 16-bit elements}}
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
  }
}

// -----

// expected-error @below {{has 16 agents of several warps; a CTA has barriers for 15}}
tile.kernel @too_many_barriers() {
  tile.role @work agents(16) warps(2) (%agent) {
  }
}

// -----

tile.kernel @two_lanes(%n: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !tile.ring<2 x none, lanes = 2>
  tile.role @send agents(1) warps(1) (%agent) {
    // expected-note @below {{the first is taken here}}
    %a = tile.acquire %ring[%c0] note(%n) : !tile.ring<2 x none, lanes = 2>
    tile.commit %a : !tile.free<none>
    // expected-error @below {{takes a second lane of a ring; a role keeps to one}}
    %b = tile.acquire %ring[%c1] note(%n) : !tile.ring<2 x none, lanes = 2>
    tile.commit %b : !tile.free<none>
  }
  tile.role @take agents(2) warps(1) (%agent) {
    %s = tile.wait %ring[%agent] : !tile.ring<2 x none, lanes = 2>
    tile.release %s : !tile.full<none>
  }
}

// -----

tile.kernel @sum_in_a_warpgroup(%state: memref<?xi32>, %n: i32) {
  %c0 = arith.constant 0 : index
  tile.role @work agents(1) warps(4) (%agent) {
    // expected-error @below {{failed to legalize}}
    // expected-error @below {{has a result that one thread of its agent knows}}
    %x = tile.atomic_add %n to %state[%c0] : memref<?xi32>
  }
}
