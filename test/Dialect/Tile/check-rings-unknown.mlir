// What the check cannot decide about, and says so.
//
// RUN: tessera-opt %s --split-input-file --tile-check-rings --verify-diagnostics --allow-unregistered-dialect
// RUN: tessera-opt %s --split-input-file --tile-check-rings=unknown=ignore --allow-unregistered-dialect | FileCheck %s
// RUN: tessera-opt %s --split-input-file --tile-check-rings=unknown=warn --allow-unregistered-dialect 2>&1 | FileCheck %s --check-prefix=WARN

// CHECK-COUNT-10: tile.kernel
// WARN: warning: may be broken, cannot decide: which lane is taken

// A lane that depends on the round.
!ring = !tile.ring<2 x none, lanes = 2>
tile.kernel @lane(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  // expected-error @below {{may be broken, cannot decide: which lane is taken does not follow from the agent's number alone; make it the number, a constant, or a quotient of both}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %lane = arith.remui %i, %c2 : index
      // expected-note @below {{@load 0 takes a lane that changes, here}}
      %s = tile.acquire %ring[%lane] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %lane = arith.remui %i, %c2 : index
      %s = tile.wait %ring[%lane] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A lane that depends on the round, of one of two rings.
!ring = !tile.ring<2 x none, lanes = 2>
tile.kernel @other_ring(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  // expected-error @below {{may be broken, cannot decide: which lane is taken does not follow from the agent's number alone; make it the number, a constant, or a quotient of both}}
  %ring = tile.make_ring : !ring
  %other = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %lane = arith.remui %i, %c2 : index
      %o = tile.acquire %other[%c0] : !ring
      tile.commit %o : !tile.free<none>
      // expected-note @below {{@load 0 takes a lane that changes, here}}
      %s = tile.acquire %ring[%lane] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %o = tile.wait %other[%c0] : !ring
      tile.release %o : !tile.full<none>
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// An operation that takes a stage and is not known.
!ring = !tile.ring<2 x none>
// expected-error @below {{'tile.kernel' op may be broken, cannot decide: an operation that this check does not know takes part in it}}
tile.kernel @operation(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      // expected-note @below {{@read 0 comes to it here}}
      "test.read"(%s) : (!tile.full<none>) -> ()
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A region that is not known.
!ring = !tile.ring<2 x none>
// expected-error @below {{'tile.kernel' op may be broken, cannot decide: an operation that this check does not know takes part in it}}
tile.kernel @region(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    // expected-note @below {{@read 0 comes to it here}}
    scf.index_switch %n
    default {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A number that both sides compute by themselves, in a loop that is not followed.
!ring = !tile.ring<2 x none>
tile.kernel @number(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{may be broken, cannot decide: @read 0 waits for ever}}
  %ring = tile.make_ring : !ring
  // expected-note @below {{@load 0 has ended}}
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{it depends on this, which is not understood}}
    %m = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %c0) -> (index) {
      %next = arith.addi %sum, %i : index
      scf.yield %next : index
    }
    // expected-note @below {{before that, @load 0 ends the loop}}
    scf.for %i = %c0 to %m step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    // expected-note @below {{it depends on this, which is not understood}}
    %m = scf.for %i = %c0 to %n step %c1 iter_args(%sum = %c0) -> (index) {
      %next = arith.addi %sum, %i : index
      scf.yield %next : index
    }
    // expected-note @below {{before that, @read 0 goes round once}}
    scf.for %i = %c0 to %m step %c1 {
      // expected-note @below {{@read 0 waits here for a stage of lane 0, which @load 0 has yet to fill}}
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Unsigned bounds.
!ring = !tile.ring<2 x none>
tile.kernel @unsigned(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{may be broken, cannot decide: @load 0 goes round a loop whose bounds are not understood}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{@load 0 goes round here}}
    scf.for unsigned %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for unsigned %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// A number of which no more is known than that equal numbers give equal ones.
!ring = !tile.ring<2 x none>
tile.kernel @not_known(%n: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{may be broken, cannot decide: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often; it depends on math.ctpop, of which too little is known}}
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    // expected-note @below {{@load 0 acquires it here}}
    %s = tile.acquire %ring[%c0] : !ring
    tile.commit %s : !tile.free<none>
  }
  tile.role @read agents(1) each thread (%agent) {
    %x = math.ctpop %n : i32
    %y = arith.index_cast %x : i32 to index
    %some = arith.cmpi sgt, %y, %c0 : index
    // expected-note @below {{before that, @read 0 does not take the first branch}}
    scf.if %some {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// What tensors say, which may always be the same.
!ring = !tile.ring<2 x none>
tile.kernel @own_data(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{may be broken, cannot decide: @load 0 fills a stage of lane 0 that @read 0 never waits for; let both go round equally often}}
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
  tile.role @read agents(1) each warpgroup (%agent) {
    %a = arith.constant dense<1.0> : tensor<64xf32, #tile.layout<row>>
    scf.for %i = %c0 to %n step %c1 {
      %rows = arith.cmpf oge, %a, %a : tensor<64xf32, #tile.layout<row>>
      // expected-note @below {{it depends on this, which is not understood}}
      %any = tile.any %rows : tensor<64xi1, #tile.layout<row>>
      // expected-note @below {{before that, @read 0 does not take the first branch}}
      scf.if %any {
        %s = tile.wait %ring[%c0] : !ring
        tile.release %s : !tile.full<none>
      }
    }
  }
}

// -----

// Agents whose branches may never be taken by both.
!ring = !tile.ring<2 x none>
tile.kernel @either_fills(%c: i1) {
  %c0 = arith.constant 0 : index
  %true = arith.constant true
  // expected-error @below {{may be broken, cannot decide: lane 0 is filled by 2 agents; expected one, so give each a lane of its own; whether it comes to that is not known}}
  %ring = tile.make_ring : !ring
  tile.role @first agents(1) each thread (%agent) {
    scf.if %c {
      // expected-note @below {{@first 0 fills it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @second agents(1) each thread (%agent) {
    %not = arith.xori %c, %true : i1
    scf.if %not {
      // expected-note @below {{@second 0 fills it here}}
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    tile.release %s : !tile.full<none>
  }
}

// -----

// More agents than a CTA has threads.
!ring = !tile.ring<2 x none>
// expected-error @below {{may be broken, cannot decide: the kernel has more than 1024 agents}}
tile.kernel @too_many_agents() {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1000000000) each thread (%agent) {
    %s = tile.acquire %ring[%c0] : !ring
    tile.commit %s : !tile.free<none>
  }
  tile.role @read agents(1) each thread (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    tile.release %s : !tile.full<none>
  }
}
