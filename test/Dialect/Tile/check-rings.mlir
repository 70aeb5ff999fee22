// Programs whose rings hold, however long their lists are.
//
// RUN: tessera-opt %s --split-input-file --tile-check-rings | FileCheck %s

// Both sides count for themselves: tiles of a CTA, blocks of a list.

// CHECK-LABEL: tile.kernel @plain
!kv = !tile.ring<4 x none, lanes = 3>
tile.kernel @plain(%count: memref<?xi32>, %tiles: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %cta = tile.cta
  %ctas = tile.ctas
  %cta_tile = arith.muli %cta, %c3 : index
  %stride = arith.muli %ctas, %c3 : index
  %kv = tile.make_ring : !kv
  tile.role @load agents(3) each thread (%lane) {
    %first = arith.addi %cta_tile, %lane : index
    scf.for %tile = %first to %tiles step %stride {
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      scf.for %slot = %c0 to %n step %c1 {
        %ks = tile.acquire %kv[%lane] : !kv
        tile.commit %ks : !tile.free<none>
        %vs = tile.acquire %kv[%lane] : !kv
        tile.commit %vs : !tile.free<none>
      }
    }
  }
  tile.role @attend agents(3) each warpgroup (%lane) {
    %first = arith.addi %lane, %cta_tile : index
    scf.for %tile = %first to %tiles step %stride {
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      scf.for %slot = %c0 to %n step %c1 {
        %ks = tile.wait %kv[%lane] : !kv
        tile.release %ks : !tile.full<none>
        %vs = tile.wait %kv[%lane] : !kv
        tile.release %vs : !tile.full<none>
      }
    }
  }
}

// -----

// A second pass over the tiles that the first has marked, when one side has told
// the other that there are any.

// CHECK-LABEL: tile.kernel @redo
!kv = !tile.ring<2 x none, lanes = 3>
!done = !tile.ring<1 x none, lanes = 3>
#acc = #tile.layout<accumulator>
#row = #tile.layout<row>
tile.kernel @redo(%count: memref<?xi32>, %marks: memref<?xi32>, %tiles: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %none = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %cta = tile.cta
  %ctas = tile.ctas
  %cta_tile = arith.muli %cta, %c3 : index
  %stride = arith.muli %ctas, %c3 : index
  %kv = tile.make_ring : !kv
  %done = tile.make_ring : !done
  tile.role @load agents(3) each thread (%lane) {
    %first = arith.addi %cta_tile, %lane : index
    scf.for %tile = %first to %tiles step %stride {
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      scf.for %slot = %c0 to %n step %c1 {
        %ks = tile.acquire %kv[%lane] : !kv
        tile.commit %ks : !tile.free<none>
      }
    }
    %end = tile.wait %done[%lane] : !done
    %any = tile.note %end : !tile.full<none>
    tile.release %end after(%any : i32) : !tile.full<none>
    %again = arith.cmpi ne, %any, %none : i32
    scf.if %again {
      scf.for %tile = %first to %tiles step %stride {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %none : i32
        scf.if %marked {
          %listed = memref.load %count[%tile] : memref<?xi32>
          %n = arith.index_cast %listed : i32 to index
          scf.for %slot = %c0 to %n step %c1 {
            %ks = tile.acquire %kv[%lane] : !kv
            tile.commit %ks : !tile.free<none>
          }
        }
      }
    }
  }
  tile.role @attend agents(3) each warpgroup (%lane) {
    %sum = arith.constant dense<1.0> : tensor<64xf32, #row>
    %limit = arith.constant dense<2.0> : tensor<64xf32, #row>
    %first = arith.addi %cta_tile, %lane : index
    %any = scf.for %tile = %first to %tiles step %stride iter_args(%before = %none) -> (i32) {
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      scf.for %slot = %c0 to %n step %c1 {
        %ks = tile.wait %kv[%lane] : !kv
        tile.release %ks : !tile.full<none>
      }
      %rows = arith.cmpf ogt, %sum, %limit : tensor<64xf32, #row>
      %outgrown = tile.any %rows : tensor<64xi1, #row>
      scf.if %outgrown {
        memref.store %one, %marks[%tile] : memref<?xi32>
      }
      %mark = arith.extui %outgrown : i1 to i32
      %after = arith.ori %before, %mark : i32
      scf.yield %after : i32
    }
    %end = tile.acquire %done[%lane] note(%any) : !done
    tile.commit %end : !tile.free<none>
    %again = arith.cmpi ne, %any, %none : i32
    scf.if %again {
      scf.for %tile = %first to %tiles step %stride {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %none : i32
        scf.if %marked {
          %listed = memref.load %count[%tile] : memref<?xi32>
          %n = arith.index_cast %listed : i32 to index
          scf.for %slot = %c0 to %n step %c1 {
            %ks = tile.wait %kv[%lane] : !kv
            tile.release %ks : !tile.full<none>
          }
          memref.store %none, %marks[%tile] : memref<?xi32>
        }
      }
    }
  }
}

// -----

// A reader that follows notes, until one says that there is no more. It takes two
// steps for each entry of the list, and a stage ahead.

// CHECK-LABEL: tile.kernel @work
!kv = !tile.ring<4 x none, readers = 2>
!work = !tile.ring<2 x none, readers = 2>
tile.kernel @work(%count: memref<?xi32> {tile.natural}, %state: memref<?xi32>, %tiles: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %two = arith.constant 2 : i32
  %one = arith.constant 1 : i32
  %none = arith.constant 0 : i32
  %end = arith.constant -1 : i32
  %cta = tile.cta
  %work = tile.make_ring : !work
  %kv = tile.make_ring : !kv
  tile.role @load agents(1) each thread (%agent) {
    %last = scf.while (%tile = %cta) : (index) -> index {
      %more = arith.cmpi slt, %tile, %tiles : index
      scf.condition(%more) %tile : index
    } do {
    ^bb0(%tile: index):
      %listed = memref.load %count[%tile] : memref<?xi32>
      %steps = arith.muli %listed, %two : i32
      %number = arith.index_cast %tile : index to i32
      %w = tile.acquire %work[%c0] note(%number, %steps) : !work
      tile.commit %w : !tile.free<none>
      %n = arith.index_cast %listed : i32 to index
      scf.for %slot = %c0 to %n step %c1 {
        %first = tile.acquire %kv[%c0] : !kv
        tile.commit %first : !tile.free<none>
        %second = tile.acquire %kv[%c0] : !kv
        tile.commit %second : !tile.free<none>
      }
      %ticket = tile.atomic_add %one to %state[%c0] : memref<?xi32>
      %next = arith.index_cast %ticket : i32 to index
      scf.yield %next : index
    }
    %w = tile.acquire %work[%c0] note(%none, %end) : !work
    tile.commit %w : !tile.free<none>
  }
  tile.role @attend agents(2) each warpgroup (%agent) {
    %item = scf.while : () -> (!tile.full<none>) {
      %w = tile.wait %work[%c0] : !work
      %steps = tile.note %w number 1 : !tile.full<none>
      %more = arith.cmpi ne, %steps, %end : i32
      scf.condition(%more) %w : !tile.full<none>
    } do {
    ^bb0(%w: !tile.full<none>):
      %steps = tile.note %w number 1 : !tile.full<none>
      tile.release %w after(%steps : i32) : !tile.full<none>
      %some = arith.cmpi sgt, %steps, %none : i32
      scf.if %some {
        %first = tile.wait %kv[%c0] : !kv
        %n = arith.index_cast %steps : i32 to index
        %kept = scf.for %step = %c1 to %n step %c1 iter_args(%now = %first) -> (!tile.full<none>) {
          %next = tile.wait %kv[%c0] : !kv
          tile.release %now : !tile.full<none>
          scf.yield %next : !tile.full<none>
        }
        tile.release %kept : !tile.full<none>
      }
      scf.yield
    }
    tile.release %item : !tile.full<none>
  }
}

// -----

// Agents of one role that do different things, and a list that is walked in two
// loops.

// CHECK-LABEL: tile.kernel @parts
!kv = !tile.ring<2 x none, lanes = 2>
tile.kernel @parts(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %kv = tile.make_ring : !kv
  tile.role @load agents(2) each thread (%agent) {
    %is_first = arith.cmpi eq, %agent, %c0 : index
    scf.if %is_first {
      %rest = arith.subi %n, %c8 : index
      %turn = arith.maxsi %rest, %c0 : index
      scf.for %i = %c0 to %turn step %c1 {
        %s = tile.acquire %kv[%c0] : !kv
        tile.commit %s : !tile.free<none>
      }
      scf.for %i = %turn to %n step %c1 {
        %s = tile.acquire %kv[%c0] : !kv
        tile.commit %s : !tile.free<none>
      }
    } else {
      scf.for %i = %c0 to %n step %c1 {
        %s = tile.acquire %kv[%c1] : !kv
        tile.commit %s : !tile.free<none>
      }
    }
  }
  tile.role @read agents(4) each thread (%agent) {
    %lane = arith.divui %agent, %c2 : index
    %part = arith.remui %agent, %c2 : index
    %reads = arith.cmpi eq, %part, %c1 : index
    scf.if %reads {
      scf.for %i = %c0 to %n step %c1 {
        %s = tile.wait %kv[%lane] : !kv
        tile.release %s : !tile.full<none>
      }
    }
  }
}

// -----

// More agents in one network than a word has bits.

// CHECK-LABEL: tile.kernel @many_readers
!ring = !tile.ring<2 x none, readers = 70>
tile.kernel @many_readers(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%c0] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(70) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.wait %ring[%c0] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}

// -----

// Half of what is not negative is one number, however it is written.

// CHECK-LABEL: tile.kernel @halves
!ring = !tile.ring<1 x none>
tile.kernel @halves(%n: index {tile.natural}) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    %a = arith.shrui %n, %c1 : index
    scf.for %i = %c0 to %a step %c1 {
      %s = tile.acquire %ring[%agent] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    %b = arith.divui %n, %c2 : index
    scf.for %i = %c0 to %b step %c1 {
      %s = tile.wait %ring[%agent] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}
