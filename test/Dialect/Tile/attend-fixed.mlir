// The schedule with a fixed reference, head dimension 128, blocks of 64: the row
// maxima of the first block stand for the whole tile, one check a tile finds the
// rows whose scores outgrew it, and those tiles are done again with a running
// maximum. `marks` holds 0 for every tile and is left so.
//
// RUN: tessera-opt %s | tessera-opt | FileCheck %s

// CHECK-LABEL: tile.kernel @attend
// CHECK: tile.any %{{.*}} : tensor<64xi1, #{{.*}}>
// CHECK: tile.commit %{{.*}} : !tile.free<none>

#acc = #tile.layout<accumulator>
#lhs = #tile.layout<operand>
#row = #tile.layout<row>

tile.kernel @attend(
    %q: memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>>,
    %k: !tile.map<64x128xbf16, swizzle = 128>,
    %v: !tile.map<64x128xbf16, swizzle = 128>,
    %index: memref<?x?x?x?xi32>, %count: memref<?x?x?xi32>, %sizes: memref<?xi32>,
    %o: memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>>, %lse: memref<?x?x?xf32>,
    %marks: memref<?xi32>, %scale: f32, %group: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c64 = arith.constant 64 : index
  // Tiles are query blocks, the last dimension of the counts running fastest.
  %batches = memref.dim %count, %c0 : memref<?x?x?xi32>
  %heads = memref.dim %count, %c1 : memref<?x?x?xi32>
  %blocks = memref.dim %count, %c2 : memref<?x?x?xi32>
  %planes = arith.muli %batches, %heads : index
  %tiles = arith.muli %planes, %blocks : index
  %cta = tile.cta
  %ctas = tile.ctas
  %cta_tile = arith.muli %cta, %c3 : index
  %stride = arith.muli %ctas, %c3 : index

  %c1_i32 = arith.constant 1 : i32
  %c0_i32 = arith.constant 0 : i32
  %kv = tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
  // Says once, from the attending side, whether any tile has to be done again.
  %done = tile.make_ring : !tile.ring<1 x none, lanes = 3>

  tile.role @load agents(3) warps(1) registers(32) (%lane) {
    %first = arith.addi %cta_tile, %lane : index
    scf.for %tile = %first to %tiles step %stride {
      %plane = arith.divui %tile, %blocks : index
      %block = arith.remui %tile, %blocks : index
      %batch = arith.divui %plane, %heads : index
      %head = arith.remui %plane, %heads : index
      %kv_head = arith.divui %head, %group : index
      %listed = memref.load %count[%batch, %head, %block] : memref<?x?x?xi32>
      %n = arith.index_cast %listed : i32 to index
      %last = arith.subi %n, %c1 : index
      // The list is read one block ahead, so that its latency is not met.
      %some = arith.cmpi sgt, %listed, %c0_i32 : i32
      %id0, %size0 = scf.if %some -> (i32, i32) {
        %id = memref.load %index[%batch, %head, %block, %c0] : memref<?x?x?x?xi32>
        %j = arith.index_cast %id : i32 to index
        %size = memref.load %sizes[%j] : memref<?xi32>
        scf.yield %id, %size : i32, i32
      } else {
        scf.yield %c0_i32, %c0_i32 : i32, i32
      }
      %end:2 = scf.for %slot = %c0 to %n step %c1 iter_args(%id = %id0, %size = %size0) -> (i32, i32) {
        %slot_next = arith.addi %slot, %c1 : index
        %following = arith.minui %slot_next, %last : index
        %id_next = memref.load %index[%batch, %head, %block, %following] : memref<?x?x?x?xi32>
        %j = arith.index_cast %id : i32 to index
        %token = arith.muli %j, %c64 : index
        %ks = tile.acquire %kv[%lane] note(%size) : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
        tile.load %k[%batch, %kv_head, %token] into %ks : !tile.map<64x128xbf16, swizzle = 128>
        %j_next = arith.index_cast %id_next : i32 to index
        %size_next = memref.load %sizes[%j_next] : memref<?xi32>
        %vs = tile.acquire %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
        tile.load %v[%batch, %kv_head, %token] into %vs : !tile.map<64x128xbf16, swizzle = 128>
        scf.yield %id_next, %size_next : i32, i32
      }
    }
    // Tiles that outgrew their reference once more, when all are written.
    %end_stage = tile.wait %done[%lane] : !tile.ring<1 x none, lanes = 3>
    %any = tile.note %end_stage : !tile.full<none>
    tile.release %end_stage : !tile.full<none>
    %again = arith.cmpi ne, %any, %c0_i32 : i32
    scf.if %again {
      scf.for %tile = %first to %tiles step %stride {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %c0_i32 : i32
        scf.if %marked {
          %plane = arith.divui %tile, %blocks : index
          %block = arith.remui %tile, %blocks : index
          %batch = arith.divui %plane, %heads : index
          %head = arith.remui %plane, %heads : index
          %kv_head = arith.divui %head, %group : index
          %listed = memref.load %count[%batch, %head, %block] : memref<?x?x?xi32>
          %n = arith.index_cast %listed : i32 to index
          %last = arith.subi %n, %c1 : index
          // The list is read one block ahead, so that its latency is not met.
          %some = arith.cmpi sgt, %listed, %c0_i32 : i32
          %id0, %size0 = scf.if %some -> (i32, i32) {
            %id = memref.load %index[%batch, %head, %block, %c0] : memref<?x?x?x?xi32>
            %j = arith.index_cast %id : i32 to index
            %size = memref.load %sizes[%j] : memref<?xi32>
            scf.yield %id, %size : i32, i32
          } else {
            scf.yield %c0_i32, %c0_i32 : i32, i32
          }
          %end:2 = scf.for %slot = %c0 to %n step %c1 iter_args(%id = %id0, %size = %size0) -> (i32, i32) {
            %slot_next = arith.addi %slot, %c1 : index
            %following = arith.minui %slot_next, %last : index
            %id_next = memref.load %index[%batch, %head, %block, %following] : memref<?x?x?x?xi32>
            %j = arith.index_cast %id : i32 to index
            %token = arith.muli %j, %c64 : index
            %ks = tile.acquire %kv[%lane] note(%size) : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
            tile.load %k[%batch, %kv_head, %token] into %ks : !tile.map<64x128xbf16, swizzle = 128>
            %j_next = arith.index_cast %id_next : i32 to index
            %size_next = memref.load %sizes[%j_next] : memref<?xi32>
            %vs = tile.acquire %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
            tile.load %v[%batch, %kv_head, %token] into %vs : !tile.map<64x128xbf16, swizzle = 128>
            scf.yield %id_next, %size_next : i32, i32
          }
        }
      }
    }
  }

  tile.role @attend agents(3) warps(4) registers(160) (%lane) {
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
    %row_factors = tile.splat %factor : tensor<64xf32, #row>
    %limit = arith.constant dense<1.8446744e+19> : tensor<64xf32, #row>
    %factors = tile.splat %factor : tensor<64x64xf32, #acc>
    %first = arith.addi %cta_tile, %lane : index
    %tokens = memref.dim %o, %c2 : memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>>
    %any_tile = scf.for %tile = %first to %tiles step %stride iter_args(%any_in = %c0_i32) -> (i32) {
      %plane = arith.divui %tile, %blocks : index
      %block = arith.remui %tile, %blocks : index
      %batch = arith.divui %plane, %heads : index
      %head = arith.remui %plane, %heads : index
      %token = arith.muli %block, %c64 : index
      %left = arith.subi %tokens, %token : index
      %rows = arith.minsi %left, %c64 : index
      %listed = memref.load %count[%batch, %head, %block] : memref<?x?x?xi32>
      %n = arith.index_cast %listed : i32 to index
      %query = tile.load_rows %q[%batch, %head, %token, %c0] limit(%rows)
          : memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>> -> tensor<64x128xbf16, #lhs>
      %acc, %sums, %max = scf.for %slot = %c0 to %n step %c1
          iter_args(%acc_in = %zero, %sums_in = %zero_sums, %max_in = %none_rows)
          -> (tensor<64x128xf32, #acc>, tensor<64x8xf32, #acc>, tensor<64xf32, #row>) {
        %ks = tile.wait %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
        %size = tile.note %ks : !tile.full<64x128xbf16, swizzle = 128>
        %scores_pending = tile.mma %query, %ks transposed
            : tensor<64x128xbf16, #lhs>, !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x64xf32, #acc>
        %raw = tile.mma_wait %scores_pending : !tile.pending<tensor<64x64xf32, #acc>>
        tile.release %ks : !tile.full<64x128xbf16, swizzle = 128>
        %partial = arith.cmpi slt, %size, %full : i32
        %scores = scf.if %partial -> (tensor<64x64xf32, #acc>) {
          %column = tile.columns : tensor<64x64xi32, #acc>
          %sizes_here = tile.splat %size : tensor<64x64xi32, #acc>
          %valid = arith.cmpi slt, %column, %sizes_here : tensor<64x64xi32, #acc>
          %kept = arith.select %valid, %raw, %none : tensor<64x64xi1, #acc>, tensor<64x64xf32, #acc>
          scf.yield %kept : tensor<64x64xf32, #acc>
        } else {
          scf.yield %raw : tensor<64x64xf32, #acc>
        }
        // The first block's maximum is the reference of the whole tile.
        %is_first = arith.cmpi eq, %slot, %c0 : index
        %reference = scf.if %is_first -> (tensor<64xf32, #row>) {
          %here = tile.row_reduce max %scores : tensor<64x64xf32, #acc>
          %scaled = arith.mulf %here, %row_factors : tensor<64xf32, #row>
          scf.yield %scaled : tensor<64xf32, #row>
        } else {
          scf.yield %max_in : tensor<64xf32, #row>
        }
        %below = arith.negf %reference : tensor<64xf32, #row>
        %belows = tile.expand_rows %below : tensor<64x64xf32, #acc>
        %above = math.fma %scores, %factors, %belows : tensor<64x64xf32, #acc>
        %p = math.exp2 %above : tensor<64x64xf32, #acc>
        %p_sums = tile.fold add %p : tensor<64x64xf32, #acc>
        %sums_out = arith.addf %sums_in, %p_sums : tensor<64x8xf32, #acc>
        %half = arith.truncf %p : tensor<64x64xf32, #acc> to tensor<64x64xbf16, #acc>
        %weights = tile.as_operand %half : tensor<64x64xbf16, #acc>
        %vs = tile.wait %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
        %acc_pending = tile.mma %weights, %vs plus %acc_in
            : tensor<64x64xbf16, #lhs>, !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x128xf32, #acc>
        %acc_out = tile.mma_wait %acc_pending : !tile.pending<tensor<64x128xf32, #acc>>
        tile.release %vs : !tile.full<64x128xbf16, swizzle = 128>
        scf.yield %acc_out, %sums_out, %reference
            : tensor<64x128xf32, #acc>, tensor<64x8xf32, #acc>, tensor<64xf32, #row>
      }

      // Rows without anything to attend to give 0 and -inf.
      %sum = tile.row_reduce add %sums : tensor<64x8xf32, #acc>
      // A sum past 2^64 (or none at all, not a number) has outgrown its reference.
      %outgrown_rows = arith.cmpf uge, %sum, %limit : tensor<64xf32, #row>
      %outgrown = tile.any %outgrown_rows : tensor<64xi1, #row>
      %mark = arith.extui %outgrown : i1 to i32
      scf.if %outgrown {
        memref.store %c1_i32, %marks[%tile] : memref<?xi32>
      }
      %any_out = arith.ori %any_in, %mark : i32
      %some = arith.cmpf ogt, %sum, %zero_rows : tensor<64xf32, #row>
      %inverse = arith.divf %ones, %sum : tensor<64xf32, #row>
      %weight = arith.select %some, %inverse, %zero_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
      %weight_columns = tile.expand_rows %weight : tensor<64x128xf32, #acc>
      %output = arith.mulf %acc, %weight_columns : tensor<64x128xf32, #acc>
      %rounded = arith.truncf %output : tensor<64x128xf32, #acc> to tensor<64x128xbf16, #acc>
      tile.store_rows %rounded, %o[%batch, %head, %token, %c0] limit(%rows)
          : tensor<64x128xbf16, #acc>, memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>>
      %log = math.log2 %sum : tensor<64xf32, #row>
      %total = arith.addf %max, %log : tensor<64xf32, #row>
      %natural = arith.mulf %total, %ln2 : tensor<64xf32, #row>
      %lse_rows = arith.select %some, %natural, %none_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
      tile.store_rows %lse_rows, %lse[%batch, %head, %token] limit(%rows)
          : tensor<64xf32, #row>, memref<?x?x?xf32>
      scf.yield %any_out : i32
    }
    %end_stage = tile.acquire %done[%lane] note(%any_tile) : !tile.ring<1 x none, lanes = 3>
    tile.commit %end_stage : !tile.free<none>
    %again = arith.cmpi ne, %any_tile, %c0_i32 : i32
    scf.if %again {
      scf.for %tile = %first to %tiles step %stride {
        %mark = memref.load %marks[%tile] : memref<?xi32>
        %marked = arith.cmpi ne, %mark, %c0_i32 : i32
        scf.if %marked {
          %plane = arith.divui %tile, %blocks : index
          %block = arith.remui %tile, %blocks : index
          %batch = arith.divui %plane, %heads : index
          %head = arith.remui %plane, %heads : index
          %token = arith.muli %block, %c64 : index
          %left = arith.subi %tokens, %token : index
          %rows = arith.minsi %left, %c64 : index
          %listed = memref.load %count[%batch, %head, %block] : memref<?x?x?xi32>
          %n = arith.index_cast %listed : i32 to index
          %query = tile.load_rows %q[%batch, %head, %token, %c0] limit(%rows)
              : memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>> -> tensor<64x128xbf16, #lhs>
          %acc, %sums, %max = scf.for %slot = %c0 to %n step %c1
              iter_args(%acc_in = %zero, %sums_in = %zero_sums, %max_in = %none_rows)
              -> (tensor<64x128xf32, #acc>, tensor<64x8xf32, #acc>, tensor<64xf32, #row>) {
            %ks = tile.wait %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
            %size = tile.note %ks : !tile.full<64x128xbf16, swizzle = 128>
            %scores_pending = tile.mma %query, %ks transposed
                : tensor<64x128xbf16, #lhs>, !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x64xf32, #acc>
            %raw = tile.mma_wait %scores_pending : !tile.pending<tensor<64x64xf32, #acc>>
            tile.release %ks : !tile.full<64x128xbf16, swizzle = 128>

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
            %vs = tile.wait %kv[%lane] : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
            %acc_pending = tile.mma %weights, %vs plus %acc_kept
                : tensor<64x64xbf16, #lhs>, !tile.full<64x128xbf16, swizzle = 128> -> tensor<64x128xf32, #acc>
            %acc_out = tile.mma_wait %acc_pending : !tile.pending<tensor<64x128xf32, #acc>>
            tile.release %vs : !tile.full<64x128xbf16, swizzle = 128>
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
          tile.store_rows %rounded, %o[%batch, %head, %token, %c0] limit(%rows)
              : tensor<64x128xbf16, #acc>, memref<?x?x?x128xbf16, strided<[?, ?, ?, 1]>>
          %log = math.log2 %sum : tensor<64xf32, #row>
          %total = arith.addf %max, %log : tensor<64xf32, #row>
          %natural = arith.mulf %total, %ln2 : tensor<64xf32, #row>
          %lse_rows = arith.select %some, %natural, %none_rows : tensor<64xi1, #row>, tensor<64xf32, #row>
          tile.store_rows %lse_rows, %lse[%batch, %head, %token] limit(%rows)
              : tensor<64xf32, #row>, memref<?x?x?xf32>
          memref.store %c0_i32, %marks[%tile] : memref<?xi32>
        }
      }
    }
  }
}
