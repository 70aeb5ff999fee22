// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Redo.h"

namespace tessera::test {

const char *const kRedo = R"(
!kv = !tile.ring<2 x 64x64xbf16, swizzle = 128>
!done = !tile.ring<1 x none>
!map = !tile.map<64x64xbf16, swizzle = 128>
!full = !tile.full<64x64xbf16, swizzle = 128>

tile.kernel @redo(%k: !map, %outgrown: memref<?xi32>, %marks: memref<?xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  %none = arith.constant 0 : i32
  %one = arith.constant 1 : i32
  %n = memref.dim %outgrown, %c0 : memref<?xi32>
  %kv = tile.make_ring : !kv
  %done = tile.make_ring : !done

  tile.role @load agents(1) each thread (%agent) {
    scf.for %tile = %c0 to %n step %c1 {
      %token = arith.muli %tile, %c64 : index
      %ks = tile.acquire %kv[%c0] : !kv
      tile.load %k[%c0, %c0, %token] into %ks : !map
    }
    %end = tile.wait %done[%c0] : !done
    %any = tile.note %end : !tile.full<none>
    tile.release %end after(%any : i32) : !tile.full<none>
    %again = arith.cmpi ne, %any, %none : i32
    scf.if %again {
      scf.for %tile = %c0 to %n step %c1 {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %none : i32
        scf.if %marked {
          %token = arith.muli %tile, %c64 : index
          %ks = tile.acquire %kv[%c0] : !kv
          tile.load %k[%c0, %c0, %token] into %ks : !map
        }
      }
    }
  }

  tile.role @compute agents(1) each warpgroup (%agent) {
    %any = scf.for %tile = %c0 to %n step %c1 iter_args(%before = %none) -> (i32) {
      %ks = tile.wait %kv[%c0] : !kv
      tile.release %ks : !full
      %mark = memref.load %outgrown[%tile] : memref<?xi32>
      memref.store %mark, %marks[%tile] : memref<?xi32>
      %after = arith.ori %before, %mark : i32
      scf.yield %after : i32
    }
    %end = tile.acquire %done[%c0] note(%any) : !done
    tile.commit %end : !tile.free<none>
    %again = arith.cmpi ne, %any, %none : i32
    scf.if %again {
      scf.for %tile = %c0 to %n step %c1 {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %none : i32
        scf.if %marked {
          %ks = tile.wait %kv[%c0] : !kv
          tile.release %ks : !full
          memref.store %none, %marks[%tile] : memref<?xi32>
        }
      }
    }
  }
}
)";

std::vector<sim::Argument> RedoCall::arguments() {
  return {sim::rowMajor(k.data(), {1, 1, kTiles * 64, 64}),
          sim::rowMajor(outgrown.data(), {kTiles}),
          sim::rowMajor(marks.data(), {kTiles})};
}

} // namespace tessera::test
