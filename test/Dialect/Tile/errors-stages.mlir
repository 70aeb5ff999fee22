// RUN: tessera-opt %s --split-input-file --verify-diagnostics

tile.kernel @handed_on(%yes: i1) {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @load agents(1) each thread (%agent) {
    %stage = scf.if %yes -> (!tile.free<none>) {
      // expected-error @below {{takes a stage that is handed on; fill it with a tile.load or tile.commit where it is acquired}}
      %s = tile.acquire %ring[%c0] : !tile.ring<2 x none>
      // expected-note @below {{used here}}
      scf.yield %s : !tile.free<none>
    } else {
      %s = tile.acquire %ring[%c0] : !tile.ring<2 x none>
      scf.yield %s : !tile.free<none>
    }
    tile.commit %stage : !tile.free<none>
  }
}

// -----

tile.kernel @elsewhere(%yes: i1) {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @load agents(1) each thread (%agent) {
    // expected-error @below {{takes a stage that is filled in another block; fill it where it is acquired}}
    %s = tile.acquire %ring[%c0] : !tile.ring<2 x none>
    scf.if %yes {
      // expected-note @below {{used here}}
      tile.commit %s : !tile.free<none>
    }
  }
}

// -----

tile.kernel @twice() {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @load agents(1) each thread (%agent) {
    // expected-error @below {{takes a stage that is filled 2 times; expected one tile.load or tile.commit}}
    %s = tile.acquire %ring[%c0] : !tile.ring<2 x none>
    tile.commit %s : !tile.free<none>
    tile.commit %s : !tile.free<none>
  }
}

// -----

// expected-error @below {{tile.natural is on 'f32'; expected integers}}
tile.kernel @natural_of_floats(%scale: f32 {tile.natural}) {
  tile.role @load agents(1) each thread (%agent) {
  }
}

// -----

// expected-error @below {{tile.natural is 1 : i32; expected no value}}
tile.kernel @natural_with_value(%count: memref<?xi32> {tile.natural = 1 : i32}) {
  tile.role @load agents(1) each thread (%agent) {
  }
}

// -----

tile.kernel @waits_for_what_was_not_read() {
  %c0 = arith.constant 0 : index
  %one = arith.constant 1 : i32
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @read agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !tile.ring<2 x none>
    // expected-error @below {{waits for a value of type 'i32' that was not read from a stage; name results of tile.load_fragment and tile.note}}
    tile.release %s after(%one : i32) : !tile.full<none>
  }
}
