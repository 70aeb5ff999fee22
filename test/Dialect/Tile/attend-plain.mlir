// The plainest schedule of the fine stage, written by hand: head dimension 128,
// blocks of 64, every lane one loading thread and one attending warpgroup, the
// running maximum moved at every block.
//
// RUN: tessera-opt %s | tessera-opt | FileCheck %s
// RUN: tessera-opt %s --tile-to-nvvm | FileCheck %s --check-prefix=NVVM
// RUN: tessera-compile %s --target sm_90a -o %t.cubin 2>&1 | FileCheck %s --check-prefix=PTXAS

// CHECK-LABEL: tile.kernel @attend
// CHECK: tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
// CHECK: tile.role @load agents(3) each thread registers(32)
// CHECK: tile.acquire %{{.*}}[%{{.*}}] note(%{{.*}}) : !tile.ring
// CHECK: tile.role @attend agents(3) each warpgroup registers(160)
// CHECK: tile.mma %{{.*}}, %{{.*}} transposed :
// CHECK: tile.store_async %{{.*}} through %{{.*}}[%{{.*}}] to

// NVVM-LABEL: llvm.func @attend
// NVVM-SAME: nvvm.reqntid = array<i32: 512>
// NVVM-NOT: tile.role

// PTXAS: attend: 128 registers
// PTXAS-NOT: C75

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
#row = #tile.layout<row>
!kv = !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
!map = !tile.map<64x128xbf16, swizzle = 128>
!out = !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
!full = !tile.full<64x128xbf16, swizzle = 128>
!staging = !tile.staging<64x64xbf16, swizzle = 128, lanes = 3>

tile.kernel @attend(
    %q: !map, %k: !map, %v: !map, %index: memref<?xi32>, %count: memref<?xi32>,
    %sizes: memref<?xi32>, %o: !out, %lse: memref<?xf32>, %batches: index, %heads: index,
    %blocks: index, %tokens: index, %capacity: index, %scale: f32, %group: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  // Tiles are query blocks, those of a head one behind the other.
  %planes = arith.muli %batches, %heads : index
  %tiles = arith.muli %planes, %blocks : index
  %cta = tile.cta
  %ctas = tile.ctas
  %cta_tile = arith.muli %cta, %c3 : index
  %stride = arith.muli %ctas, %c3 : index

  %kv = tile.make_ring : !kv
  %staging = tile.make_staging : !staging

  tile.role @load agents(3) each thread registers(32) (%lane) {
    %first = arith.addi %cta_tile, %lane : index
    scf.for %tile = %first to %tiles step %stride {
      %plane = arith.divui %tile, %blocks : index
      %block = arith.remui %tile, %blocks : index
      %batch = arith.divui %plane, %heads : index
      %head = arith.remui %plane, %heads : index
      %kv_head = arith.divui %head, %group : index
      %token = arith.muli %block, %c64 : index
      %qs = tile.acquire %kv[%lane] : !kv
      tile.load %q[%batch, %head, %token] into %qs : !map
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      %row = arith.muli %tile, %capacity : index
      scf.for %slot = %c0 to %n step %c1 {
        %entry = arith.addi %row, %slot : index
        %id = memref.load %index[%entry] : memref<?xi32>
        %j = arith.index_cast %id : i32 to index
        %size = memref.load %sizes[%j] : memref<?xi32>
        %key = arith.muli %j, %c64 : index
        %ks = tile.acquire %kv[%lane] note(%size) : !kv
        tile.load %k[%batch, %kv_head, %key] into %ks : !map
        %vs = tile.acquire %kv[%lane] : !kv
        tile.load %v[%batch, %kv_head, %key] into %vs : !map
      }
    }
  }

  tile.role @attend agents(3) each warpgroup registers(160) (%lane) {
    %log2e = arith.constant 1.44269504 : f32
    %ln2 = arith.constant dense<0.693147181> : tensor<64xf32, #row>
    %zero_rows = arith.constant dense<0.0> : tensor<64xf32, #row>
    %ones = arith.constant dense<1.0> : tensor<64xf32, #row>
    %none_rows = arith.constant dense<0xFF800000> : tensor<64xf32, #row>
    %none = arith.constant dense<0xFF800000> : tensor<64x64xf32, #acc>
    %zero = arith.constant dense<0.0> : tensor<64x128xf32, #acc>
    %zero_sums = arith.constant dense<0.0> : tensor<64x8xf32, #acc>
    %full = arith.constant 64 : i32
    %factor = arith.mulf %scale, %log2e : f32
    %factors = tile.splat %factor : tensor<64x64xf32, #acc>
    %first = arith.addi %cta_tile, %lane : index
    scf.for %tile = %first to %tiles step %stride {
      %plane = arith.divui %tile, %blocks : index
      %block = arith.remui %tile, %blocks : index
      %batch = arith.divui %plane, %heads : index
      %head = arith.remui %plane, %heads : index
      %token = arith.muli %block, %c64 : index
      %left = arith.subi %tokens, %token : index
      %listed = memref.load %count[%tile] : memref<?xi32>
      %n = arith.index_cast %listed : i32 to index
      %qs = tile.wait %kv[%lane] : !kv
      %query = tile.load_fragment %qs : !full -> tensor<64x128xbf16, #lhs>
      tile.release %qs after(%query : tensor<64x128xbf16, #lhs>) : !full
      %acc, %sums, %max = scf.for %slot = %c0 to %n step %c1
          iter_args(%acc_in = %zero, %sums_in = %zero_sums, %max_in = %none_rows)
          -> (tensor<64x128xf32, #acc>, tensor<64x8xf32, #acc>, tensor<64xf32, #row>) {
        %ks = tile.wait %kv[%lane] : !kv
        %size = tile.note %ks : !full
        %scores_pending = tile.mma %query, %ks transposed
            : tensor<64x128xbf16, #lhs>, !full -> tensor<64x64xf32, #acc>
        %raw = tile.mma_wait %scores_pending : !tile.pending<tensor<64x64xf32, #acc>>
        tile.release %ks after(%size : i32) : !full

        %partial = arith.cmpi slt, %size, %full : i32
        %masked = scf.if %partial -> (tensor<64x64xf32, #acc>) {
          %column = tile.columns : tensor<64x64xi32, #acc>
          %sizes_here = tile.splat %size : tensor<64x64xi32, #acc>
          %valid = arith.cmpi slt, %column, %sizes_here : tensor<64x64xi32, #acc>
          %kept = arith.select %valid, %raw, %none : tensor<64x64xi1, #acc>, tensor<64x64xf32, #acc>
          scf.yield %kept : tensor<64x64xf32, #acc>
        } else {
          scf.yield %raw : tensor<64x64xf32, #acc>
        }
        %scores = arith.mulf %masked, %factors : tensor<64x64xf32, #acc>

        // The reference moves to the new maximum; what was summed moves with it.
        %here = tile.row_reduce max %scores : tensor<64x64xf32, #acc>
        %max_out = arith.maxnumf %max_in, %here : tensor<64xf32, #row>
        %any = arith.cmpf ogt, %max_out, %none_rows : tensor<64xf32, #row>
        %reference = arith.select %any, %max_out, %zero_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
        %moved = arith.subf %max_in, %reference : tensor<64xf32, #row>
        %shrink = math.exp2 %moved : tensor<64xf32, #row>
        %references = tile.expand_rows %reference : tensor<64x64xf32, #acc>
        %above = arith.subf %scores, %references : tensor<64x64xf32, #acc>
        %p = math.exp2 %above : tensor<64x64xf32, #acc>
        %p_sums = tile.fold add %p : tensor<64x64xf32, #acc>
        %shrink_sums = tile.expand_rows %shrink : tensor<64x8xf32, #acc>
        %sums_kept = arith.mulf %sums_in, %shrink_sums : tensor<64x8xf32, #acc>
        %sums_out = arith.addf %sums_kept, %p_sums : tensor<64x8xf32, #acc>
        %shrinks = tile.expand_rows %shrink : tensor<64x128xf32, #acc>
        %acc_kept = arith.mulf %acc_in, %shrinks : tensor<64x128xf32, #acc>

        %half = arith.truncf %p : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
        %weights = tile.as_operand %half : tensor<64x64xbf16, #acc>
        %vs = tile.wait %kv[%lane] : !kv
        %acc_pending = tile.mma %weights, %vs plus %acc_kept
            : tensor<64x64xbf16, #lhs>, !full -> tensor<64x128xf32, #acc>
        %acc_out = tile.mma_wait %acc_pending : !tile.pending<tensor<64x128xf32, #acc>>
        tile.release %vs : !full
        scf.yield %acc_out, %sums_out, %max_out
            : tensor<64x128xf32, #acc>, tensor<64x8xf32, #acc>, tensor<64xf32, #row>
      }

      // Rows without anything to attend to give 0 and -inf.
      %sum = tile.row_reduce add %sums : tensor<64x8xf32, #acc>
      %some = arith.cmpf ogt, %sum, %zero_rows : tensor<64xf32, #row>
      %inverse = arith.divf %ones, %sum : tensor<64xf32, #row>
      %weight = arith.select %some, %inverse, %zero_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
      %weight_columns = tile.expand_rows %weight : tensor<64x128xf32, #acc>
      %output = arith.mulf %acc, %weight_columns : tensor<64x128xf32, #acc>
      %rounded = arith.truncf %output : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>
      tile.store_async %rounded through %staging[%lane] to %o[%batch, %head, %token]
          : tensor<64x128xbf16, #acc>, !staging, !out
      %log = math.log2 %sum : tensor<64xf32, #row>
      %total = arith.addf %max, %log : tensor<64xf32, #row>
      %natural = arith.mulf %total, %ln2 : tensor<64xf32, #row>
      %lse_rows = arith.select %some, %natural, %none_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
      %plane_row = arith.muli %plane, %tokens : index
      %lse_first = arith.addi %plane_row, %token : index
      tile.store_rows %lse_rows, %lse[%lse_first] limit(%left)
          : tensor<64xf32, #row>, memref<?xf32>
    }
    tile.store_wait
  }
}
