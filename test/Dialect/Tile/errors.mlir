// What the verifiers of tile say; each names what was found and what is accepted.
//
// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{has no role; add a tile.role}}
tile.kernel @empty() {
  %cta = tile.cta
}

// -----

// expected-error @below {{is called 'a-b', which no assembler takes; begin with a letter, use letters, digits and '_', and not WARP_SZ}}
tile.kernel @"a-b"() {
  tile.role @none agents(1) each thread (%agent) {
  }
}

// -----

// expected-error @below {{is called '', which no assembler takes}}
tile.kernel @""() {
  tile.role @none agents(1) each thread (%agent) {
  }
}

// -----

// expected-error @below {{is called 'WARP_SZ', which no assembler takes}}
tile.kernel @WARP_SZ() {
  tile.role @none agents(1) each thread (%agent) {
  }
}

// -----

// expected-error @below {{is called '_a', which no assembler takes}}
tile.kernel @_a() {
  tile.role @none agents(1) each thread (%agent) {
  }
}

// -----

tile.kernel @roles() {
  // expected-error @below {{has 0 agents; expected at least 1}}
  tile.role @none agents(0) each warpgroup (%agent) {
  }
}

// -----

tile.kernel @budget() {
  // expected-error @below {{has a budget of 44 registers; expected a multiple of 8 in 24 .. 256}}
  tile.role @some agents(1) each warpgroup registers(44) (%agent) {
  }
}

// -----

// expected-error @below {{swizzle is 48 bytes; expected 32, 64 or 128}}
func.func private @swizzle(!tile.buffer<64x128xbf16, swizzle = 48>)

// -----

// expected-error @below {{staging has 128 rows; a warpgroup stores 64}}
func.func private @staging(!tile.staging<128x64xbf16, swizzle = 128>)

// -----

// expected-error @below {{expected lanes, found readers}}
func.func private @staging(!tile.staging<64x64xbf16, swizzle = 128, readers = 2>)

// -----

// expected-error @below {{expected lanes or readers, found stages}}
func.func private @ring(!tile.ring<2 x none, stages = 2>)

// -----

tile.kernel @filled_twice(%n: i32) {
  %ring = tile.make_ring : !tile.ring<2 x none>
  tile.role @send agents(1) each thread (%agent) {
    // expected-error @below {{takes a stage that is filled 2 times; expected one tile.load or tile.commit}}
    %s = tile.acquire %ring[%agent] note(%n) : !tile.ring<2 x none>
    tile.commit %s : !tile.free<none>
    tile.commit %s : !tile.free<none>
  }
}

// -----

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<2 x 64x128xbf16, swizzle = 128>
!full = !tile.full<64x128xbf16, swizzle = 128>

tile.kernel @depth(%x: tensor<64x64xbf16, #lhs>) {
  %ring = tile.make_ring : !ring
  tile.role @work agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !ring
    // expected-error @below {{by a stage of depth 128; expected equal depths, a multiple of 16}}
    %p = tile.mma %x, %s transposed : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
    %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
!ring = !tile.ring<2 x 64x128xbf16, swizzle = 128>
!full = !tile.full<64x128xbf16, swizzle = 128>

tile.kernel @row_of_registers(%x: tensor<64x128xbf16, #lhs>) {
  %ring = tile.make_ring : !ring
  tile.role @work agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !ring
    // expected-error @below {{multiplies a tensor in registers from a row on}}
    %p = tile.mma %x[%agent], %s transposed : tensor<64x128xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
    %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
  }
}

// -----

#acc = #tile.layout<accumulator>
!ring = !tile.ring<2 x 32x128xbf16, swizzle = 128>
!full = !tile.full<32x128xbf16, swizzle = 128>

tile.kernel @few_rows() {
  %ring = tile.make_ring : !ring
  tile.role @work agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !ring
    // expected-error @below {{expected a stage of a multiple of 64 rows}}
    %p = tile.mma %s, %s transposed : !full, !full -> tensor<64x32xf32, #acc>
    %r = tile.mma_wait %p : !tile.pending<tensor<64x32xf32, #acc>>
  }
}

// -----

#lhs = #tile.layout<operand>

tile.kernel @fragment() {
  %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
    // expected-error @below {{reads '!tile.full<64x128xbf16, swizzle = 128>' as 'tensor<64x64xbf16}}
    %x = tile.load_fragment %s : !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x64xbf16, #lhs>
  }
}

// -----

#acc = #tile.layout<accumulator>
!map = !tile.map<64x128xbf16, swizzle = 128>

tile.kernel @store_shape(%x: tensor<64x64xbf16, #acc>, %o: !map) {
  %staging = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128>
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{to '!tile.map<64x128xbf16, swizzle = 128>'}}
    tile.store_async %x through %staging[%agent] to %o[%agent, %agent, %agent]
        : tensor<64x64xbf16, #acc>, !tile.staging<64x64xbf16, swizzle = 128>, !map
  }
}

// -----

#acc = #tile.layout<accumulator>
!map = !tile.map<64x128xbf16, swizzle = 128>

tile.kernel @store_staging(%x: tensor<64x128xbf16, #acc>, %o: !map) {
  %staging = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 64>
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{expected the elements and swizzle of '!tile.map<64x128xbf16, swizzle = 128>', and columns that divide its own}}
    tile.store_async %x through %staging[%agent] to %o[%agent, %agent, %agent]
        : tensor<64x128xbf16, #acc>, !tile.staging<64x64xbf16, swizzle = 64>, !map
  }
}

// -----

#acc = #tile.layout<accumulator>
!map = !tile.map<64x128xbf16, swizzle = 128>

tile.kernel @store_box(%x: tensor<64x128xbf16, #acc>, %o: !map) {
  %staging = tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128>
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{a warp stores its 16 rows by as many columns as the staging has, box = 16x64}}
    tile.store_async %x through %staging[%agent] to %o[%agent, %agent, %agent]
        : tensor<64x128xbf16, #acc>, !tile.staging<64x64xbf16, swizzle = 128>, !map
  }
}

// -----

tile.kernel @load_box(%k: !tile.map<64x128xbf16, swizzle = 128, box = 16x64>) {
  %ring = tile.make_ring : !tile.ring<2 x 64x128xbf16, swizzle = 128>
  tile.role @work agents(1) each thread (%agent) {
    %stage = tile.acquire %ring[%agent] : !tile.ring<2 x 64x128xbf16, swizzle = 128>
    // expected-error @below {{a load moves the whole tile, leave the box out}}
    tile.load %k[%agent, %agent, %agent] into %stage : !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
  }
}

// -----

// expected-error @below {{map moves boxes of 24 rows; expected at least 8, and a divisor of 64}}
func.func private @box_rows(!tile.map<64x128xbf16, swizzle = 128, box = 24x64>)

// -----

// expected-error @below {{map moves boxes of 96 columns; expected a multiple of 64 that divides 128}}
func.func private @box_columns(!tile.map<64x128xbf16, swizzle = 128, box = 16x96>)

// -----

// expected-error @below {{expected box = rows x columns}}
func.func private @box_rank(!tile.map<64x128xbf16, swizzle = 128, box = 16>)

// -----

#acc = #tile.layout<accumulator>
!ring = !tile.ring<2 x 64x64xbf16, swizzle = 128>
!full = !tile.full<64x64xbf16, swizzle = 128>
tile.kernel @product_of_a_warp() {
  %c0 = arith.constant 0 : index
  %ring = tile.make_ring : !ring
  // expected-error @below {{has '!tile.pending<tensor<64x64xf32, #tile.layout<accumulator>>>', and each of its agents is a warp; tensors and products are a warpgroup's, so write `each warpgroup`}}
  tile.role @multiply agents(1) each warp (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    // expected-note @below {{it comes from here}}
    %p = tile.mma %s, %s transposed : !full, !full -> tensor<64x64xf32, #acc>
    %r = tile.mma_wait %p : !tile.pending<tensor<64x64xf32, #acc>>
    tile.release %s : !full
  }
}

// -----

tile.kernel @tensor_of_a_thread() {
  // expected-error @below {{and each of its agents is a thread}}
  tile.role @work agents(1) each thread (%agent) {
    // expected-note @below {{it comes from here}}
    %x = tile.columns : tensor<64x64xi32, #tile.layout<accumulator>>
  }
}

// -----

tile.kernel @no_layout(%v: f32) {
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{must be tensor of f32, i32 or i1 laid out as an accumulator or as rows}}
    %x = tile.splat %v : tensor<4x?xf32>
  }
}

// -----

tile.kernel @plain_tensor() {
  tile.role @work agents(1) each warpgroup (%agent) {
    // expected-error @below {{gives 'tensor<4xf32>'; a tensor in a role is [64, n], n a multiple of 8, or [64], with a #tile.layout}}
    %x = arith.constant dense<1.0> : tensor<4xf32>
  }
}

// -----

tile.kernel @selected_memory(%a: memref<?xi32>, %b: memref<?xi32>, %c: i1) {
  tile.role @work agents(1) each thread (%agent) {
    // expected-error @below {{gives 'memref<?xi32>'; maps and memory are arguments of the kernel, rings and staging are made before its roles, and each is named where it is used, so branch with scf.if and name one in each branch}}
    %m = arith.select %c, %a, %b : memref<?xi32>
  }
}

// -----

!map = !tile.map<64x64xbf16, swizzle = 128>
tile.kernel @selected_map(%a: !map, %b: !map, %c: i1) {
  // expected-error @below {{gives '!tile.map<64x64xbf16, swizzle = 128>'}}
  %m = arith.select %c, %a, %b : !map
  tile.role @work agents(1) each thread (%agent) {
  }
}

// -----

!ring = !tile.ring<2 x none>
tile.kernel @carried_ring(%c: i1, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %one = tile.make_ring : !ring
  %two = tile.make_ring : !ring
  tile.role @work agents(1) each thread (%agent) {
    // expected-error @below {{gives '!tile.ring<2 x none>'}}
    %last = scf.for %i = %c0 to %n step %c1 iter_args(%ring = %one) -> (!ring) {
      scf.yield %two : !ring
    }
  }
}

// -----

!full = !tile.full<128x128xbf16, swizzle = 128>
!ring = !tile.ring<2 x 128x128xbf16, swizzle = 128>
tile.kernel @row_outside() {
  %c0 = arith.constant 0 : index
  %c100 = arith.constant 100 : index
  %ring = tile.make_ring : !ring
  tile.role @read agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    // expected-error @below {{reads 64 rows from row 100 of a stage of 128; expected a multiple of 64 up to 64}}
    %r = tile.load_fragment %s[%c100] : !full -> tensor<64x128xbf16, #tile.layout<operand>>
    tile.release %s : !full
  }
}

// -----

#acc = #tile.layout<accumulator>
!full = !tile.full<128x128xbf16, swizzle = 128>
!ring = !tile.ring<2 x 128x128xbf16, swizzle = 128>
tile.kernel @product_outside() {
  %c0 = arith.constant 0 : index
  %c128 = arith.constant 128 : index
  %ring = tile.make_ring : !ring
  tile.role @read agents(1) each warpgroup (%agent) {
    %s = tile.wait %ring[%c0] : !ring
    // expected-error @below {{reads 64 rows from row 128 of a stage of 128}}
    %p = tile.mma %s[%c128], %s transposed : !full, !full -> tensor<64x128xf32, #acc>
    %r = tile.mma_wait %p : !tile.pending<tensor<64x128xf32, #acc>>
    tile.release %s : !full
  }
}

// -----

!staging = !tile.staging<64x64xbf16, swizzle = 128, lanes = 2>
!map = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
tile.kernel @one_lane_for_two(%o: !map) {
  %c0 = arith.constant 0 : index
  %staging = tile.make_staging : !staging
  tile.role @store agents(2) each warpgroup (%agent) {
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
    // expected-error @below {{of @store 1 goes through lane 0 of the staging, as does one of @store 0; give each agent a lane of its own}}
    tile.store_async %x through %staging[%c0] to %o[%c0, %c0, %agent]
        : tensor<64x64xbf16, #tile.layout<accumulator>>, !staging, !map
    tile.store_wait
  }
}

// -----

!staging = !tile.staging<64x64xbf16, swizzle = 128, lanes = 2>
!map = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
tile.kernel @one_lane_for_two_roles(%o: !map) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %staging = tile.make_staging : !staging
  tile.role @two agents(2) each warpgroup (%agent) {
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
    tile.store_async %x through %staging[%agent] to %o[%c0, %c0, %agent]
        : tensor<64x64xbf16, #tile.layout<accumulator>>, !staging, !map
    tile.store_wait
  }
  tile.role @one agents(1) each warpgroup (%agent) {
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
    // expected-error @below {{of @one 0 goes through lane 1 of the staging, as does one of @two 1}}
    tile.store_async %x through %staging[%c1] to %o[%c0, %c0, %c0]
        : tensor<64x64xbf16, #tile.layout<accumulator>>, !staging, !map
    tile.store_wait
  }
}

// -----

!staging = !tile.staging<64x64xbf16, swizzle = 128>
!map = !tile.map<64x64xbf16, swizzle = 128, box = 16x64>
tile.kernel @lane_outside(%o: !map) {
  %c0 = arith.constant 0 : index
  %staging = tile.make_staging : !staging
  tile.role @store agents(2) each warpgroup (%agent) {
    %x = arith.constant dense<1.0> : tensor<64x64xbf16, #tile.layout<accumulator>>
    // expected-error @below {{of @store 1 takes lane 1 of a staging that has 1}}
    tile.store_async %x through %staging[%agent] to %o[%c0, %c0, %agent]
        : tensor<64x64xbf16, #tile.layout<accumulator>>, !staging, !map
    tile.store_wait
  }
}
