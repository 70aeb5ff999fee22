// RUN: tessera-opt %s --split-input-file --canonicalize | FileCheck %s

!seq = tensor<1x4x?x64xf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 8, ascending>

// CHECK-LABEL: func.func @attention_results
func.func @attention_results(%q: !seq, %topk: i32) -> (!seq, !map) {
  // CHECK: %[[O:.*]], %[[M:.*]] = bsa.attention {{.*}} -> tensor<1x4x?x64xf16>, map !bsa.block_map<64x64, capacity = 8, ascending>{{$}}
  %o, %lse, %m, %c = bsa.attention query(%q : !seq) key(%q : !seq) value(%q : !seq)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> !seq, lse tensor<1x4x?xf32>, map !map, coarse !pooled
  // CHECK: return %[[O]], %[[M]]
  return %o, %m : !seq, !map
}

// The output is always a result; here the lse alone is read.
// CHECK-LABEL: func.func @attention_lse
func.func @attention_lse(%q: !seq, %topk: i32) -> tensor<1x4x?xf32> {
  // CHECK: %{{.*}}, %[[LSE:.*]] = bsa.attention {{.*}} -> tensor<1x4x?x64xf16>, lse tensor<1x4x?xf32>{{$}}
  %o, %lse, %m = bsa.attention query(%q : !seq) key(%q : !seq) value(%q : !seq)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> !seq, lse tensor<1x4x?xf32>, map !map
  // CHECK: return %[[LSE]]
  return %lse : tensor<1x4x?xf32>
}

// CHECK-LABEL: func.func @attend_lse
func.func @attend_lse(%q: !seq, %m: !map) -> !seq {
  // CHECK: bsa.attend {{.*}} -> tensor<1x4x?x64xf16>{{$}}
  %o, %lse = bsa.attend query(%q : !seq) key(%q : !seq) value(%q : !seq) at(%m : !map)
      -> !seq, lse tensor<1x4x?xf32>
  return %o : !seq
}

// The value's pool dies with the coarse output.
// CHECK-LABEL: func.func @coarse_output
// CHECK-SAME: %[[QC:[a-z0-9]+]]: tensor<1x4x?x64xf32>, %[[K:[a-z0-9]+]]: tensor<1x4x?x64xf16>
func.func @coarse_output(%qc: !pooled, %k: !seq, %v: !seq, %n: tensor<?xi32>) -> !scores {
  // CHECK-NEXT: %[[KC:.*]] = bsa.pool %[[K]] by 64 sizes(%{{.*}} : tensor<?xi32>) : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf32>
  // CHECK-NEXT: %[[S:.*]] = bsa.coarse query(%[[QC]] {{.*}} key(%[[KC]] : tensor<1x4x?x64xf32>, sizes %{{.*}} : tensor<?xi32>) -> tensor<1x4x?x?xf32>
  // CHECK-NEXT: return %[[S]]
  %vc, %kc = bsa.pool %v, %k by 64 sizes(%n : tensor<?xi32>) : !seq, !seq -> !pooled, !pooled
  %s, %o = bsa.coarse query(%qc : !pooled) key(%kc : !pooled, sizes %n : tensor<?xi32>)
      value(%vc : !pooled) -> !scores, output !pooled
  return %s : !scores
}

// A value that nobody reads is not yielded; what made it then dies.
// CHECK-LABEL: func.func @fused_results
func.func @fused_results(%q: !pooled, %k: !pooled) -> !scores {
  // CHECK-NEXT: %[[S:.*]] = bsa.fused {
  // CHECK-NEXT:   %[[INNER:.*]] = bsa.coarse query(%{{.*}} : tensor<1x4x?x64xf32>) key(%{{.*}} : tensor<1x4x?x64xf32>) -> tensor<1x4x?x?xf32>
  // CHECK-NEXT:   bsa.yield %[[INNER]] : tensor<1x4x?x?xf32>
  // CHECK-NEXT: } : tensor<1x4x?x?xf32>
  // CHECK-NEXT: return %[[S]]
  %o, %s = bsa.fused {
    %scores, %output = bsa.coarse query(%q : !pooled) key(%k : !pooled) value(%k : !pooled)
        -> !scores, output !pooled
    bsa.yield %output, %scores : !pooled, !scores
  } : !pooled, !scores
  return %s : !scores
}

// No bsa op has an effect: unread ones go, whole regions too.
// CHECK-LABEL: func.func @all_dead
// CHECK-NEXT: return
func.func @all_dead(%q: !seq, %k: !pooled, %topk: i32) {
  %m = bsa.fused {
    %p = bsa.pool %q by 64 : !seq -> !pooled
    %s = bsa.coarse query(%p : !pooled) key(%k : !pooled) -> !scores
    %map = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 8>) -> !map
    bsa.yield %map : !map
  } : !map
  return
}

// -----

// k keeps all 5 key blocks: it is 5, and forcing some of them says nothing.
// CHECK-LABEL: func.func @dense
// CHECK-DAG: %[[FIVE:.*]] = arith.constant 5 : i32
func.func @dense(%s: tensor<1x4x?x5xf32>)
    -> (!bsa.block_map<64x64, capacity = 8, ascending>,
        !bsa.block_map<64x64, capacity = 8, ascending>) {
  %k = arith.constant 6 : i32
  // CHECK: bsa.select %{{.*}} top(%[[FIVE]]) policy(#bsa.select<capacity = 8>)
  %m = bsa.select %s : tensor<1x4x?x5xf32> top(%k)
      policy(#bsa.select<capacity = 8, sink = 1, local = 1, forced = beside>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  // CHECK: bsa.select %{{.*}} top(%[[FIVE]]) policy(#bsa.select<capacity = 8>)
  %n = bsa.select %s : tensor<1x4x?x5xf32> top(%k) policy(#bsa.select<capacity = 8>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  return %m, %n : !bsa.block_map<64x64, capacity = 8, ascending>,
      !bsa.block_map<64x64, capacity = 8, ascending>
}

// 4 of 5 are not all, and how many `?` is, nobody knows.
// CHECK-LABEL: func.func @not_dense
// CHECK-DAG: %[[FOUR:.*]] = arith.constant 4 : i32
func.func @not_dense(%s: tensor<1x4x?x5xf32>, %any: tensor<1x4x?x?xf32>)
    -> (!bsa.block_map<64x64, capacity = 8, ascending>,
        !bsa.block_map<64x64, capacity = 8, ascending>) {
  %four = arith.constant 4 : i32
  // CHECK: bsa.select {{.*}} top(%[[FOUR]]) policy(#bsa.select<capacity = 8, sink = 1>)
  %0 = bsa.select %s : tensor<1x4x?x5xf32> top(%four)
      policy(#bsa.select<capacity = 8, sink = 1>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  // CHECK: bsa.select {{.*}} top(%[[FOUR]]) policy(#bsa.select<capacity = 8, sink = 1>)
  %1 = bsa.select %any : tensor<1x4x?x?xf32> top(%four)
      policy(#bsa.select<capacity = 8, sink = 1>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  return %0, %1 : !bsa.block_map<64x64, capacity = 8, ascending>,
      !bsa.block_map<64x64, capacity = 8, ascending>
}

// -----

!half = tensor<1x4x?x64xf16>
!float = tensor<1x4x?x64xf32>
!map = !bsa.block_map<64x64, capacity = 8>

// Nothing to add and nothing to gate: attend rounds.
// CHECK-LABEL: func.func @round_in_attend
func.func @round_in_attend(%q: !half, %n: tensor<?xi32>, %m: !map) -> !half {
  // CHECK: %[[O:.*]] = bsa.attend {{.*}} -> tensor<1x4x?x64xf16>
  // CHECK-NEXT: return %[[O]]
  %f = bsa.attend query(%q : !half, sizes %n : tensor<?xi32>) key(%q : !half) value(%q : !half)
      at(%m : !map) -> !float
  %o = bsa.combine fine(%f : !float) by 64 sizes(%n : tensor<?xi32>) -> !half
  return %o : !half
}

// The same in f32, where there is nothing to round.
// CHECK-LABEL: func.func @fold_combine
func.func @fold_combine(%q: !float, %n: tensor<?xi32>, %m: !map) -> (!float, !float) {
  // CHECK: %[[O:.*]] = bsa.attend
  // CHECK-NEXT: return %[[O]], %[[O]]
  %f = bsa.attend query(%q : !float, sizes %n : tensor<?xi32>) key(%q : !float) value(%q : !float)
      at(%m : !map) -> !float
  %0 = bsa.combine fine(%f : !float) by 64 sizes(%n : tensor<?xi32>) -> !float
  %1 = bsa.combine fine(%f : !float) by 32 -> !float
  return %0, %1 : !float, !float
}

// These do something: a gate; rows past other sizes; rounding what someone
// else reads unrounded.
// CHECK-LABEL: func.func @keep_combine
func.func @keep_combine(%q: !half, %n: tensor<?xi32>, %m: !map, %g: tensor<1x1x?x1xf16>)
    -> (!half, !half, !float, !float, !half) {
  // CHECK: bsa.combine {{.*}} fine_gate
  %f0 = bsa.attend query(%q : !half) key(%q : !half) value(%q : !half) at(%m : !map) -> !float
  %0 = bsa.combine fine(%f0 : !float) fine_gate(%g : tensor<1x1x?x1xf16>) by 64 -> !half
  // CHECK: bsa.combine {{.*}} by 64 sizes
  %f1 = bsa.attend query(%q : !half) key(%q : !half) value(%q : !half) at(%m : !map) -> !float
  %1 = bsa.combine fine(%f1 : !float) by 64 sizes(%n : tensor<?xi32>) -> !half
  // CHECK: bsa.combine {{.*}} by 32 sizes
  %f2 = bsa.attend query(%q : !half, sizes %n : tensor<?xi32>) key(%q : !half) value(%q : !half)
      at(%m : !map) -> !float
  %2 = bsa.combine fine(%f2 : !float) by 32 sizes(%n : tensor<?xi32>) -> !float
  // CHECK: %[[F3:.*]] = bsa.attend {{.*}} -> tensor<1x4x?x64xf32>
  // CHECK: bsa.combine fine(%[[F3]]
  %f3 = bsa.attend query(%q : !half) key(%q : !half) value(%q : !half) at(%m : !map) -> !float
  %3 = bsa.combine fine(%f3 : !float) by 64 -> !half
  return %0, %1, %2, %f3, %3 : !half, !half, !float, !float, !half
}

// -----

!seq = tensor<1x4x?x64xf16>

// CHECK-LABEL: func.func @there_and_back
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<1x4x?x64xf16>
func.func @there_and_back(%x: !seq, %t: i32, %h: i32, %w: i32, %text: i32) -> (!seq, !seq) {
  %a, %a_sizes = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w)
      : !seq -> !seq, tensor<?xi32>
  %0 = bsa.unpartition %a by #bsa.cube<4x4x4> grid(%t, %h, %w) : !seq -> !seq
  %b, %b_sizes = bsa.partition %x by #bsa.cube<2x4x8> grid(%t, %h, %w) text(%text prefix)
      : !seq -> !seq, tensor<?xi32>
  %1 = bsa.unpartition %b by #bsa.cube<2x4x8> grid(%t, %h, %w) text(%text prefix) : !seq -> !seq
  // CHECK: return %[[X]], %[[X]]
  return %0, %1 : !seq, !seq
}

// Another cube, another extent of the grid, text in another place or number.
// CHECK-LABEL: func.func @elsewhere
// CHECK-COUNT-6: bsa.unpartition
// CHECK: return
func.func @elsewhere(%x: !seq, %t: i32, %h: i32, %w: i32)
    -> (!seq, !seq, !seq, !seq, !seq, !seq) {
  %a, %a_sizes = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w)
      : !seq -> !seq, tensor<?xi32>
  %0 = bsa.unpartition %a by #bsa.cube<2x4x8> grid(%t, %h, %w) : !seq -> !seq
  %1 = bsa.unpartition %a by #bsa.cube<4x4x4> grid(%h, %h, %w) : !seq -> !seq
  %2 = bsa.unpartition %a by #bsa.cube<4x4x4> grid(%t, %t, %w) : !seq -> !seq
  %3 = bsa.unpartition %a by #bsa.cube<4x4x4> grid(%t, %h, %h) : !seq -> !seq
  %b, %b_sizes = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w) text(%t prefix)
      : !seq -> !seq, tensor<?xi32>
  %4 = bsa.unpartition %b by #bsa.cube<4x4x4> grid(%t, %h, %w) text(%t suffix) : !seq -> !seq
  %5 = bsa.unpartition %b by #bsa.cube<4x4x4> grid(%t, %h, %w) text(%h prefix) : !seq -> !seq
  return %0, %1, %2, %3, %4, %5 : !seq, !seq, !seq, !seq, !seq, !seq
}

// Not the inverse: padding in the packed input need not be zero.
// CHECK-LABEL: func.func @back_and_there
func.func @back_and_there(%y: !seq, %t: i32, %h: i32, %w: i32) -> !seq {
  // CHECK: bsa.unpartition
  // CHECK: bsa.partition
  %x = bsa.unpartition %y by #bsa.cube<4x4x4> grid(%t, %h, %w) : !seq -> !seq
  %z, %sizes = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w)
      : !seq -> !seq, tensor<?xi32>
  return %z : !seq
}

// -----

!index = tensor<1x4x?x8xi32>
!count = tensor<1x4x?xi32>
!map = !bsa.block_map<64x64, capacity = 8>

// CHECK-LABEL: func.func @doors
// CHECK-SAME: %[[I:[a-z0-9]+]]: tensor<1x4x?x8xi32>, %[[N:[a-z0-9]+]]: tensor<1x4x?xi32>, %[[M:[a-z0-9]+]]: !bsa.block_map<64x64, capacity = 8>
func.func @doors(%i: !index, %n: !count, %m: !map) -> (!index, !count, !map) {
  %0 = bsa.map_from_lists %i, %n : !index, !count -> !map
  %1, %2 = bsa.map_to_lists %0 : !map -> !index, !count
  %3, %4 = bsa.map_to_lists %m : !map -> !index, !count
  %5 = bsa.map_from_lists %3, %4 : !index, !count -> !map
  // CHECK: return %[[I]], %[[N]], %[[M]]
  return %1, %2, %5 : !index, !count, !map
}

// One number is not a tensor of counts, another claim another map.
// CHECK-LABEL: func.func @other_doors
func.func @other_doors(%i: !index, %n: i32, %m: !map)
    -> (!count, !bsa.block_map<64x64, capacity = 8, ascending>) {
  // CHECK: bsa.map_to_lists
  %0 = bsa.map_from_lists %i, %n : !index, i32 -> !map
  %1, %2 = bsa.map_to_lists %0 : !map -> !index, !count
  // CHECK: bsa.map_from_lists {{.*}} ascending>
  %3, %4 = bsa.map_to_lists %m : !map -> !index, !count
  %5 = bsa.map_from_lists %3, %4 : !index, !count
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  return %2, %5 : !count, !bsa.block_map<64x64, capacity = 8, ascending>
}
