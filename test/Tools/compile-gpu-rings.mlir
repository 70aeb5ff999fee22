// The compiler asks about the rings of each kernel before it lowers any: what is
// broken is an error, what it cannot decide about a warning.
//
// RUN: not tessera-compile %s --target sm_90a --emit ptx -o %t.ptx 2>&1 | FileCheck %s --check-prefix=BROKEN
// RUN: sed 's/%early to %n/%c0 to %n/' %s > %t.right.mlir
// RUN: tessera-compile %t.right.mlir --target sm_90a --emit ptx -o %t.ptx 2>&1 | count 0
// RUN: sed 's/^  %early = .*/  %bits = math.ctpop %m : i32\n  %early = arith.index_cast %bits : i32 to index/' %s > %t.unknown.mlir
// RUN: tessera-compile %t.unknown.mlir --target sm_90a --emit tile -o %t.tile 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// BROKEN: 'tile.make_ring' op is broken: @load 0 fills a stage of lane 0 that @read 0 never waits for
// UNKNOWN: warning: may be broken, cannot decide:
!ring = !tile.ring<2 x none>
tile.kernel @rounds(%n: index, %m: i32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %early = arith.constant 1 : index
  %ring = tile.make_ring : !ring
  tile.role @load agents(1) each thread (%agent) {
    scf.for %i = %c0 to %n step %c1 {
      %s = tile.acquire %ring[%agent] : !ring
      tile.commit %s : !tile.free<none>
    }
  }
  tile.role @read agents(1) each thread (%agent) {
    scf.for %i = %early to %n step %c1 {
      %s = tile.wait %ring[%agent] : !ring
      tile.release %s : !tile.full<none>
    }
  }
}
