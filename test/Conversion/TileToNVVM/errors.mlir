// What does not fit the machine is refused by name.
//
// RUN: tessera-opt %s --convert-tile-to-nvvm --split-input-file --verify-diagnostics

// expected-error @below {{has 36 warps; an SM runs 32 in one CTA}}
tile.kernel @too_many_warps() {
  tile.role @work agents(9) warps(4) (%agent) {
  }
}

// -----

// expected-error @below {{gives its roles 98304 registers; an SM has 65536}}
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

// expected-error @below {{needs 262464 bytes of shared memory; an SM has 232448, take fewer stages}}
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
