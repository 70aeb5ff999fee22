// RUN: tessera-opt %s --split-input-file --bsa-fuse | FileCheck %s
// Twice is once.
// RUN: tessera-opt %s --split-input-file --bsa-fuse --bsa-fuse | FileCheck %s

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>
#policy = #bsa.select<capacity = 16>

// All five, of which one value leaves. The pool of keys and values is read
// whole and stays outside.
// CHECK-LABEL: func.func @everything
// CHECK-NOT: bsa.pool %arg0
// CHECK: %[[KV:.*]]:2 = bsa.pool %arg1, %arg2 by 64
// CHECK-NEXT: %[[O:.*]] = bsa.fused {
// CHECK-NEXT:   %[[QC:.*]] = bsa.pool %arg0 by 64
// CHECK-NEXT:   %[[S:.*]], %[[C:.*]] = bsa.coarse query(%[[QC]] {{.*}} key(%[[KV]]#0 {{.*}} value(%[[KV]]#1
// CHECK-NEXT:   %[[M:.*]] = bsa.select %[[S]]
// CHECK-NEXT:   %[[F:.*]] = bsa.attend query(%arg0 {{.*}} at(%[[M]]
// CHECK-NEXT:   %[[R:.*]] = bsa.combine fine(%[[F]] {{.*}} coarse(%[[C]]
// CHECK-NEXT:   bsa.yield %[[R]] : tensor<1x4x?x64xbf16>
// CHECK-NEXT: } : tensor<1x4x?x64xbf16>
// CHECK-NEXT: return %[[O]]
func.func @everything(%q: !seq, %k: !seq, %v: !seq, %topk: i32) -> !seq {
  %qc = bsa.pool %q by 64 : !seq -> !pooled
  %kc, %vc = bsa.pool %k, %v by 64 : !seq, !seq -> !pooled, !pooled
  %s, %c = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) value(%vc : !pooled)
      -> !scores, output !pooled
  %m = bsa.select %s : !scores top(%topk) policy(#policy) -> !map
  %f = bsa.attend query(%q : !seq) key(%k : !seq) value(%v : !seq) at(%m : !map) -> !pooled
  %o = bsa.combine fine(%f : !pooled) coarse(%c : !pooled) by 64 -> !seq
  return %o : !seq
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>
#policy = #bsa.select<capacity = 16>

// What somebody outside reads is yielded, in the order in which it is made.
// CHECK-LABEL: func.func @read_outside
// CHECK: %[[R:.*]]:3 = bsa.fused {
// CHECK:   %[[S:.*]], %[[C:.*]] = bsa.coarse
// CHECK:   %[[M:.*]] = bsa.select
// CHECK:   %[[F:.*]], %[[LSE:.*]] = bsa.attend
// CHECK:   bsa.yield %[[C]], %[[M]], %[[LSE]] : tensor<1x4x?x64xf32>, !bsa.block_map<64x64, capacity = 16, ascending>, tensor<1x4x?xf32>
// CHECK: %[[INDEX:.*]], %[[COUNT:.*]] = bsa.map_to_lists %[[R]]#1
// CHECK: return %[[R]]#0, %[[COUNT]], %[[R]]#2
func.func @read_outside(%q: !seq, %qc: !pooled, %kc: !pooled, %k: !seq, %topk: i32)
    -> (!pooled, tensor<1x4x?xi32>, tensor<1x4x?xf32>) {
  %s, %c = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) value(%kc : !pooled)
      -> !scores, output !pooled
  %m = bsa.select %s : !scores top(%topk) policy(#policy) -> !map
  %f, %lse = bsa.attend query(%q : !seq) key(%k : !seq) value(%k : !seq) at(%m : !map)
      -> !pooled, lse tensor<1x4x?xf32>
  %index, %count = bsa.map_to_lists %m : !map -> tensor<1x4x?x16xi32>, tensor<1x4x?xi32>
  return %c, %count, %lse : !pooled, tensor<1x4x?xi32>, tensor<1x4x?xf32>
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16>

// With lists from elsewhere, combine links the two branches.
// CHECK-LABEL: func.func @given_lists
// CHECK: bsa.map_from_lists
// CHECK-NEXT: %[[O:.*]] = bsa.fused {
// CHECK-NEXT:   bsa.pool %arg0
// CHECK-NEXT:   bsa.coarse
// CHECK-NEXT:   bsa.attend
// CHECK-NEXT:   bsa.combine
// CHECK-NEXT:   bsa.yield
func.func @given_lists(%q: !seq, %k: !seq, %kc: !pooled, %index: tensor<1x4x?x16xi32>) -> !seq {
  %qc = bsa.pool %q by 64 : !seq -> !pooled
  %s, %c = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) value(%kc : !pooled)
      -> !scores, output !pooled
  %m = bsa.map_from_lists %index : tensor<1x4x?x16xi32> -> !map
  %f = bsa.attend query(%q : !seq) key(%k : !seq) value(%k : !seq) at(%m : !map) -> !pooled
  %o = bsa.combine fine(%f : !pooled) coarse(%c : !pooled) by 64 -> !seq
  return %o : !seq
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>

// Self-attention that pools once: the pool is read whole as the key.
// CHECK-LABEL: func.func @one_pool_for_both_sides
// CHECK: %[[X:.*]] = bsa.pool %arg0
// CHECK-NEXT: bsa.fused {
// CHECK-NEXT:   bsa.coarse query(%[[X]] {{.*}} key(%[[X]]
// CHECK-NEXT:   bsa.select
func.func @one_pool_for_both_sides(%x: !seq, %topk: i32)
    -> !bsa.block_map<64x64, capacity = 16, ascending> {
  %xc = bsa.pool %x by 64 : !seq -> !pooled
  %s = bsa.coarse query(%xc : !pooled) key(%xc : !pooled) -> !scores
  %m = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 16>)
      -> !bsa.block_map<64x64, capacity = 16, ascending>
  return %m : !bsa.block_map<64x64, capacity = 16, ascending>
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

func.func private @progress()

// A region does not span an op with side effects.
// CHECK-LABEL: func.func @side_effects
// CHECK: bsa.fused {
// CHECK-NEXT:   bsa.pool %arg0
// CHECK-NEXT:   bsa.coarse
// CHECK-NEXT:   bsa.yield
// CHECK: call @progress()
// CHECK-NEXT: bsa.select
// CHECK-NEXT: return
func.func @side_effects(%q: !seq, %kc: !pooled, %topk: i32) -> !map {
  %qc = bsa.pool %q by 64 : !seq -> !pooled
  %s = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) -> !scores
  func.call @progress() : () -> ()
  %m = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 16>) -> !map
  return %m : !map
}

// -----

!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// An op between two of the chain follows it if it reads it, else stays before.
// CHECK-LABEL: func.func @readers_between
// CHECK: %[[K:.*]] = arith.addi
// CHECK-NEXT: %[[R:.*]]:2 = bsa.fused {
// CHECK-NEXT:   %[[S:.*]] = bsa.coarse
// CHECK-NEXT:   %[[M:.*]] = bsa.select %[[S]] {{.*}} top(%[[K]])
// CHECK-NEXT:   bsa.yield %[[S]], %[[M]]
// CHECK-NEXT: }
// CHECK-NEXT: %[[D:.*]] = tensor.dim %[[R]]#0
// CHECK-NEXT: %[[E:.*]] = arith.addi %[[D]], %[[D]]
// CHECK-NEXT: return %[[R]]#1, %[[E]]
func.func @readers_between(%qc: !pooled, %kc: !pooled, %topk: i32) -> (!map, index) {
  %c2 = arith.constant 2 : index
  %s = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) -> !scores
  %blocks = tensor.dim %s, %c2 : !scores
  %k = arith.addi %topk, %topk : i32
  %twice = arith.addi %blocks, %blocks : index
  %m = bsa.select %s : !scores top(%k) policy(#bsa.select<capacity = 16>) -> !map
  return %m, %twice : !map, index
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// k follows from the coarse result, so select must come after all of coarse;
// combine goes with attend.
// CHECK-LABEL: func.func @loop_through_outside
// CHECK: %[[S:.*]], %[[C:.*]] = bsa.coarse
// CHECK: arith.fptosi
// CHECK: bsa.fused {
// CHECK-NEXT:   bsa.select %[[S]]
// CHECK-NEXT:   bsa.attend
// CHECK-NEXT:   bsa.combine {{.*}} coarse(%[[C]]
func.func @loop_through_outside(%q: !seq, %k: !seq, %qc: !pooled, %kc: !pooled) -> !seq {
  %c0 = arith.constant 0 : index
  %s, %c = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) value(%kc : !pooled)
      -> !scores, output !pooled
  %x = tensor.extract %c[%c0, %c0, %c0, %c0] : !pooled
  %topk = arith.fptosi %x : f32 to i32
  %m = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 16>) -> !map
  %f = bsa.attend query(%q : !seq) key(%k : !seq) value(%k : !seq) at(%m : !map) -> !pooled
  %o = bsa.combine fine(%f : !pooled) coarse(%c : !pooled) by 64 -> !seq
  return %o : !seq
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>

// Each pool is one coarse's query and the other's key: the first takes its
// query, the second can not.
// CHECK-LABEL: func.func @crosswise
// CHECK: %[[Y:.*]] = bsa.pool %arg1
// CHECK-NEXT: %[[R:.*]]:2 = bsa.fused {
// CHECK-NEXT:   %[[X:.*]] = bsa.pool %arg0
// CHECK-NEXT:   %[[XY:.*]] = bsa.coarse query(%[[X]] {{.*}} key(%[[Y]]
// CHECK-NEXT:   bsa.yield %[[X]], %[[XY]]
// CHECK-NEXT: }
// CHECK-NEXT: %[[YX:.*]] = bsa.coarse query(%[[Y]] {{.*}} key(%[[R]]#0
// CHECK-NEXT: return %[[R]]#1, %[[YX]]
func.func @crosswise(%x: !seq, %y: !seq) -> (!scores, !scores) {
  %xc = bsa.pool %x by 64 : !seq -> !pooled
  %yc = bsa.pool %y by 64 : !seq -> !pooled
  %xy = bsa.coarse query(%xc : !pooled) key(%yc : !pooled) -> !scores
  %yx = bsa.coarse query(%yc : !pooled) key(%xc : !pooled) -> !scores
  return %xy, %yx : !scores, !scores
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// Pooled by 32 and selected by 64: two grids, though the shapes could agree.
// CHECK-LABEL: func.func @two_query_blocks
// CHECK: bsa.fused {
// CHECK-NEXT:   bsa.pool %arg0 by 32
// CHECK-NEXT:   bsa.coarse
// CHECK-NEXT:   bsa.yield
// CHECK: bsa.select
// CHECK-NEXT: return
func.func @two_query_blocks(%q: !seq, %kc: !pooled, %topk: i32) -> !map {
  %qc = bsa.pool %q by 32 : !seq -> !pooled
  %s = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) -> !scores
  %m = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 16>) -> !map
  return %m : !map
}

// -----

!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// One op of each kind: the second selection from the same scores stays out.
// CHECK-LABEL: func.func @one_of_each
// CHECK: bsa.fused {
// CHECK-NEXT:   bsa.coarse
// CHECK-NEXT:   bsa.select {{.*}} top(%arg2)
// CHECK-NEXT:   bsa.yield
// CHECK: bsa.select {{.*}} top(%arg3)
func.func @one_of_each(%qc: !pooled, %kc: !pooled, %few: i32, %many: i32) -> (!map, !map) {
  %s = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) -> !scores
  %a = bsa.select %s : !scores top(%few) policy(#bsa.select<capacity = 16>) -> !map
  %b = bsa.select %s : !scores top(%many) policy(#bsa.select<capacity = 16>) -> !map
  return %a, %b : !map, !map
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// One op alone shares nothing, and what nobody reads is left to die.
// CHECK-LABEL: func.func @nothing_to_share
// CHECK-NOT: bsa.fused
// CHECK: return
func.func @nothing_to_share(%q: !seq, %k: !seq, %qc: !pooled, %kc: !pooled, %m: !map, %topk: i32)
    -> !seq {
  %o = bsa.attend query(%q : !seq) key(%k : !seq) value(%k : !seq) at(%m : !map) -> !seq
  %s = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) -> tensor<1x4x?x?xf32>
  %unread = bsa.select %s : tensor<1x4x?x?xf32> top(%topk)
      policy(#bsa.select<capacity = 16>) -> !map
  return %o : !seq
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// In a nested region too; values from around it may be read in it.
// CHECK-LABEL: func.func @in_a_loop
// CHECK: scf.for
// CHECK-NEXT: bsa.fused {
// CHECK-NEXT:   bsa.attend query(%arg{{[0-9]+}}
// CHECK-NEXT:   bsa.combine
func.func @in_a_loop(%q: !seq, %k: !seq, %m: !map, %n: index) -> !seq {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %o = scf.for %i = %c0 to %n step %c1 iter_args(%x = %q) -> !seq {
    %f = bsa.attend query(%x : !seq) key(%k : !seq) value(%k : !seq) at(%m : !map) -> !pooled
    %y = bsa.combine fine(%f : !pooled) by 64 -> !seq
    scf.yield %y : !seq
  }
  return %o : !seq
}
