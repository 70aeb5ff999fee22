// Programs that break a ring, and how they come to do so.
//
// RUN: tessera-opt %s --split-input-file --tile-check-rings --verify-diagnostics

// The reader goes round once less.
!ring = !tile.ring<2 x none>
tile.kernel @trip_counts(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@load 0 acquires it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    // expected-note @below {{before that, @read 0 ends the loop}}
    scf.for %i = %c1 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Only the reader skips.
!ring = !tile.ring<2 x none>
tile.kernel @condition(%n: index, %skipped: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@load 0 acquires it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %skips = arith.cmpi eq, %i, %skipped : index
      // expected-note @below {{before that, @read 0 takes the first branch}}
      scf.if %skips {
      } else {
        %s = tile.wait %ring[%c0] : !ring
        tile.release %s : !tile.full<none>
      }
    }
  }
}

// -----

// One path does not release.
!ring = !tile.ring<2 x none>
tile.kernel @no_release(%n: index, %kept: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @read 0 ends without releasing a stage that it has waited for; add a tile.release on every path}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  // expected-note @below {{@read 0 ends}}
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      %gives = arith.cmpi ne, %i, %kept : index
      // expected-note @below {{before that, @read 0 does not take the first branch}}
      scf.if %gives {
        tile.release %s : !tile.full<none>
      }
    }
  }
}

// -----

// One path releases twice.
!ring = !tile.ring<2 x none>
tile.kernel @two_releases(%n: index, %at: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @read 0 releases a stage a second time; release each once}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      %early = arith.cmpi eq, %i, %at : index
      // expected-note @below {{before that, @read 0 takes the first branch}}
      scf.if %early {
        tile.release %s : !tile.full<none>
      }
      // expected-note @below {{@read 0 releases it again here}}
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A stage carried from round to round is released in both.
!ring = !tile.ring<2 x none>
tile.kernel @carried(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @read 0 releases a stage a second time; release each once}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    %some = arith.cmpi sgt, %n, %c0 : index
    // expected-note @below {{before that, @read 0 takes the first branch}}
    scf.if %some {
      %first = tile.wait %ring[%c0] : !ring
      // expected-note @below {{before that, @read 0 goes round once}}
      // expected-note @below {{before that, @read 0 ends the loop}}
      %last = scf.for %i = %c1 to %n step %c1 iter_args(%now = %first) -> (!tile.full<none>) {
        %next = tile.wait %ring[%c0] : !ring
        tile.release %next : !tile.full<none>
        scf.yield %next : !tile.full<none>
      }
      // expected-note @below {{@read 0 releases it again here}}
      tile.release %last : !tile.full<none>
    }
  }
}

// -----

// A note that is not given.
!ring = !tile.ring<2 x none>
tile.kernel @no_note(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i32
  // expected-error @below {{is broken: @read 0 reads note 1 of a stage that was acquired with 1 notes}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{the stage was acquired here}}
      %s = tile.acquire %ring[%c0] note(%one) : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      // expected-note @below {{@read 0 reads it here}}
      %x = tile.note %s number 1 : !tile.full<none>
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A reader that wants stages three at a time.
!ring = !tile.ring<2 x none>
tile.kernel @held(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  // expected-error @below {{is broken: @read 0 waits for ever}}
  %ring = tile.make_ring : !ring
  // expected-note @below {{@load 0 has ended}}
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c3 {
      %a = tile.wait %ring[%c0] : !ring
      // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
      %b = tile.wait %ring[%c0] : !ring
      %c = tile.wait %ring[%c0] : !ring
      tile.release %a : !tile.full<none>
      tile.release %b : !tile.full<none>
      tile.release %c : !tile.full<none>
    }
  }
}

// -----

// Two rings, filled and waited for in different orders, by more than they hold.
!ring = !tile.ring<2 x none>
tile.kernel @crossed(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  // expected-error @below {{is broken: @read 0 waits for ever}}
  %other = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once, 3 times}}
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@load 0 waits here to fill a stage of lane 0, which has 2; @read 0 has not released the oldest}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %other[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
      %t = tile.wait %other[%c0] : !ring
      tile.release %s : !tile.full<none>
      tile.release %t : !tile.full<none>
    }
  }
}

// -----

// A number of the caller ends the reader as the last one does.
!ring = !tile.ring<2 x none>
tile.kernel @mark_in_band(%n: index, %numbers: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %end = arith.constant -1 : i32
  // expected-error @below {{is broken: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %number = memref.load %numbers[%i] : memref<?xi32>
      %s = tile.acquire %ring[%c0] note(%number) : !ring
      tile.commit %s : !tile.free<none>
    }
    // expected-note @below {{@load 0 acquires it here}}
    %s = tile.acquire %ring[%c0] note(%end) : !ring
    tile.commit %s : !tile.free<none>
  }
  tile.role @read agents(1) each thread (%agent) {
    // expected-note @below {{before that, @read 0 ends the loop}}
    scf.while : () -> () {
      %s = tile.wait %ring[%c0] : !ring
      %number = tile.note %s : !tile.full<none>
      tile.release %s after(%number : i32) : !tile.full<none>
      %more = arith.cmpi ne, %number, %end : i32
      scf.condition(%more)
    } do {
      scf.yield
    }
  }
}

// -----

// Nobody tells the reader that there is no more.
!ring = !tile.ring<2 x none>
tile.kernel @no_end(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = arith.constant 1 : i32
  // expected-error @below {{is broken: @read 0 waits for ever}}
  %ring = tile.make_ring : !ring
  // expected-note @below {{@load 0 has ended}}
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] note(%one) : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.while : () -> () {
      // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
      %s = tile.wait %ring[%c0] : !ring
      %number = tile.note %s : !tile.full<none>
      tile.release %s after(%number : i32) : !tile.full<none>
      %more = arith.cmpi sge, %number, %one : i32
      scf.condition(%more)
    } do {
      scf.yield
    }
  }
}

// -----

// Both agents read one lane of two.
!ring = !tile.ring<2 x none, lanes = 2>
tile.kernel @lanes(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: lane 0 is read by 2 agents, but the ring's type says readers = 1; make them agree}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(2) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%agent] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(2) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@read 0 reads it here}}
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// One agent reads where the type says two.
!ring = !tile.ring<2 x none, readers = 2>
tile.kernel @readers(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: lane 0 is read by 1 agents, but the ring's type says readers = 2; make them agree}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@read 0 reads it here}}
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A lane that there is not.
!ring = !tile.ring<2 x none>
tile.kernel @outside(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @read 0 takes lane 1, but the lanes are 0 .. 0}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@read 0 takes it here}}
      %s = tile.wait %ring[%c1] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Two agents fill a lane.
!ring = !tile.ring<2 x none>
tile.kernel @fillers(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: lane 0 is filled by 2 agents; expected one, so give each a lane of its own}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(2) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{@load 0 fills it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Loops that go along as 3 with 2.
!ring = !tile.ring<2 x none>
tile.kernel @multiples(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = arith.constant 2 : index
  %three = arith.constant 3 : index
  // expected-error @below {{is broken: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
    scf.for %j = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
    scf.for %k = %c0 to %n step %c1 {
      // expected-note @below {{@load 0 acquires it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    %m = arith.muli %n, %three : index
    %half = arith.divui %m, %two : index
    // expected-note @below {{before that, @read 0 goes round once}}
    // expected-note @below {{before that, @read 0 ends the loop}}
    scf.for %i = %c0 to %half step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
    scf.for %i = %c0 to %half step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// As a signed number, true is -1.
!ring = !tile.ring<1 x none>
tile.kernel @sign(%note: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %true = arith.constant true
  %two = arith.constant 2 : i32
  // expected-error @below {{is broken: @load 0 waits for ever}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %c3 step %c1 {
      // expected-note @below {{@load 0 waits here to fill a stage}}
      %s = tile.acquire %ring[%agent] note(%note) : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  // expected-note @below {{@read 0 has ended}}
  tile.role @read agents(1) each thread (%agent) {
    %e = arith.extsi %true : i1 to i32
    %m = arith.addi %e, %two : i32
    %mi = arith.index_cast %m : i32 to index
    scf.for %i = %c0 to %mi step %c1 {
      %s = tile.wait %ring[%agent] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Half of -1 is 2147483647 in 32 bits, if it is taken for unsigned.
!ring = !tile.ring<1 x none>
tile.kernel @unsigned_half(%n: i32) {
  %two = arith.constant 2 : i32
  %zero = arith.constant 0 : i32
  // expected-error @below {{is broken: @read 0 waits for ever}}
  %ring = tile.make_ring : !ring
  // expected-note @below {{@load 0 has ended}}
  tile.role @load agents(1) each thread (%agent) {
    %half = arith.divsi %n, %two : i32
    %some = arith.cmpi sgt, %half, %zero : i32
    // expected-note @below {{before that, @load 0 does not take the first branch}}
    scf.if %some {
      %s = tile.acquire %ring[%agent] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    %half = arith.divui %n, %two : i32
    %some = arith.cmpi sgt, %half, %zero : i32
    // expected-note @below {{before that, @read 0 takes the first branch}}
    scf.if %some {
      // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
      %s = tile.wait %ring[%agent] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Memory that the other side may not have written yet.
!ring = !tile.ring<2 x none>
tile.kernel @unordered(%n: index, %marks: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %none = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  // expected-error @below {{is broken: @read 0 waits for ever}}
  %ring = tile.make_ring : !ring
  // expected-note @below {{@load 0 has ended}}
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{before that, @load 0 goes round once}}
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      // expected-note @below {{before that, @load 0 reads memory that @read 0 writes, without waiting for a stage that says so}}
      %mark = memref.load %marks[%i] : memref<?xi32>
      %marked = arith.cmpi ne, %mark, %none : i32
      // expected-note @below {{before that, @load 0 does not take the first branch}}
      scf.if %marked {
        %s = tile.acquire %ring[%c0] : !ring
        tile.commit %s : !tile.free<none>
      }
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    memref.store %one, %marks[%c0] : memref<?xi32>
    scf.for %i = %c0 to %n step %c1 {
      %mark = memref.load %marks[%i] : memref<?xi32>
      %marked = arith.cmpi ne, %mark, %none : i32
      // expected-note @below {{before that, @read 0 takes the first branch}}
      scf.if %marked {
        // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
        %s = tile.wait %ring[%c0] : !ring
        tile.release %s : !tile.full<none>
      }
    }
  }
}

// -----

// The first of two products has been waited for, both read the stage.
#acc = #tile.layout<accumulator>
!ring = !tile.ring<2 x 64x64xbf16, swizzle = 128>
!full = !tile.full<64x64xbf16, swizzle = 128>
!pending = !tile.pending<tensor<64x64xf32, #acc>>
tile.kernel @products(%map: !tile.map<64x64xbf16, swizzle = 128>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{is broken: @multiply 0 releases a stage that a product may still read; put the tile.mma_wait before}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    %s = tile.acquire %ring[%c0] : !ring
    tile.load %map[%c0, %c0, %c0] into %s : !tile.map<64x64xbf16, swizzle = 128>
  }
  tile.role @multiply agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    %first = tile.mma %s, %s transposed : !full, !full -> tensor<64x64xf32, #acc>
    // expected-note @below {{the product was started here}}
    %second = tile.mma %s, %s : !full, !full -> tensor<64x64xf32, #acc>
    %one = tile.mma_wait %first : !pending
    // expected-note @below {{@multiply 0 releases it here}}
    tile.release %s : !full
    %two = tile.mma_wait %second : !pending
  }
}

// -----

// A ring that no role uses.
tile.kernel @unused() {
  // expected-error @below {{is broken: no role uses it; remove it}}
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @idle agents(1) each thread (%agent) {
  }
}

// -----

!kv = !tile.ring<2 x 64x64xbf16, swizzle = 128>
!full = !tile.full<64x64xbf16, swizzle = 128>

// A list that is empty has no product, and so nothing that shows that the rows have
// arrived.
tile.kernel @released_while_read(%n: index, %x: !tile.map<64x64xbf16, swizzle = 128>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{is broken: @multiply 0 releases a stage that a load into registers may still read; let a product or a branch use what was read before, or name it in 'after'}}
  %queries = tile.make_ring : !kv
  %ring = tile.make_ring : !kv
  tile.role @load agents(1) each thread (%agent) {
    %q = tile.acquire %queries[%c0] : !kv
    tile.load %x[%c0, %c0, %c0] into %q : !tile.map<64x64xbf16, swizzle = 128>
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !kv
      tile.load %x[%c0, %c0, %i] into %s : !tile.map<64x64xbf16, swizzle = 128>
    }
  }
  tile.role @multiply agents(1) each warpgroup (%agent) {
    %q = tile.wait %queries[%c0] : !kv
    // expected-note @below {{the load was started here}}
    %rows = tile.load_fragment %q : !full -> tensor<64x64xbf16, #tile.layout<operand>>
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !kv
      %p = tile.mma %rows, %s transposed : tensor<64x64xbf16, #tile.layout<operand>>,
          !full -> tensor<64x64xf32, #tile.layout<accumulator>>
      %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #tile.layout<accumulator>>>
      tile.release %s : !full
    }
    // expected-note @below {{@multiply 0 releases it here}}
    tile.release %q : !full
  }
}
