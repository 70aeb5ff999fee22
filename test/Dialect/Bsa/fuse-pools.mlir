// RUN: tessera-opt %s --split-input-file --bsa-fuse | FileCheck %s

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!map = !bsa.block_map<64x64, capacity = 16>

// Key and value of one attend are equally long, so their pools are one.
// CHECK-LABEL: func.func @key_and_value
// CHECK: %[[P:.*]]:2 = bsa.pool %arg1, %arg2 by 64 sizes(%arg3 : tensor<?xi32>)
// CHECK-NOT: bsa.pool
// CHECK: return %[[P]]#0, %[[P]]#1
func.func @key_and_value(%q: !seq, %k: !seq, %v: !seq, %sizes: tensor<?xi32>, %m: !map)
    -> (!pooled, !pooled, !seq) {
  %kc = bsa.pool %k by 64 sizes(%sizes : tensor<?xi32>) : !seq -> !pooled
  %vc = bsa.pool %v by 64 sizes(%sizes : tensor<?xi32>) : !seq -> !pooled
  %o = bsa.attend query(%q : !seq) key(%k : !seq) value(%v : !seq) at(%m : !map) -> !seq
  return %kc, %vc, %o : !pooled, !pooled, !seq
}

// -----

!seq = tensor<1x4x?x64xbf16>
!pooled = tensor<1x4x?x64xf32>
!scores = tensor<1x4x?x?xf32>
!map = !bsa.block_map<64x64, capacity = 16, ascending>

// The same, when the attend is in a region by then. The query's pool is fused
// and not merged, though its shape might agree.
// CHECK-LABEL: func.func @beside_a_region
// CHECK: %[[P:.*]]:2 = bsa.pool %arg1, %arg2 by 64
// CHECK: bsa.fused {
// CHECK-NEXT:   bsa.pool %arg0
// CHECK-NEXT:   bsa.coarse {{.*}} key(%[[P]]#0 {{.*}} value(%[[P]]#1
func.func @beside_a_region(%q: !seq, %k: !seq, %v: !seq, %topk: i32) -> !seq {
  %kc = bsa.pool %k by 64 : !seq -> !pooled
  %qc = bsa.pool %q by 64 : !seq -> !pooled
  %vc = bsa.pool %v by 64 : !seq -> !pooled
  %s, %c = bsa.coarse query(%qc : !pooled) key(%kc : !pooled) value(%vc : !pooled)
      -> !scores, output !pooled
  %m = bsa.select %s : !scores top(%topk) policy(#bsa.select<capacity = 16>) -> !map
  %f = bsa.attend query(%q : !seq) key(%k : !seq) value(%v : !seq) at(%m : !map) -> !pooled
  %o = bsa.combine fine(%f : !pooled) coarse(%c : !pooled) by 64 -> !seq
  return %o : !seq
}

// -----

!seq = tensor<1x4x256x64xf16>
!pooled = tensor<1x4x4x64xf32>

// Static shapes say it themselves; several inputs and three pools are no matter.
// CHECK-LABEL: func.func @static_shapes
// CHECK: %[[P:.*]]:4 = bsa.pool %arg0, %arg1, %arg2, %arg0 by 64
// CHECK: return %[[P]]#0, %[[P]]#1, %[[P]]#2, %[[P]]#3
func.func @static_shapes(%a: !seq, %b: !seq, %c: !seq) -> (!pooled, !pooled, !pooled, !pooled) {
  %ac, %bc = bsa.pool %a, %b by 64 : !seq, !seq -> !pooled, !pooled
  %cc = bsa.pool %c by 64 : !seq -> !pooled
  %dc = bsa.pool %a by 64 : !seq -> !pooled
  return %ac, %bc, %cc, %dc : !pooled, !pooled, !pooled, !pooled
}

// -----

// Lengths that nothing ties may differ.
// CHECK-LABEL: func.func @lengths_unknown
// CHECK-COUNT-2: bsa.pool %{{[a-z0-9]+}} by 64
func.func @lengths_unknown(%a: tensor<1x4x?x64xf32>, %b: tensor<1x4x?x64xf32>)
    -> (tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>) {
  %ac = bsa.pool %a by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  %bc = bsa.pool %b by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  return %ac, %bc : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>
}

// -----

// A gate is as long as the query, or 1: that is not one shape.
// CHECK-LABEL: func.func @gate
// CHECK: bsa.pool %arg0 by 64
// CHECK: bsa.pool %arg1 by 64
func.func @gate(%a: tensor<1x4x?x64xf32>, %g: tensor<1x4x?x64xf32>)
    -> (tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>) {
  %ac = bsa.pool %a by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  %gc = bsa.pool %g by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  %o = bsa.combine fine(%a : tensor<1x4x?x64xf32>) fine_gate(%g : tensor<1x4x?x64xf32>) by 64
      -> tensor<1x4x?x64xf32>
  return %ac, %gc, %o : tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>, tensor<1x4x?x64xf32>
}

// -----

!seq = tensor<1x4x?x64xf32>

// Two lengths stay two, though one gate, which may be 1, is given to both.
// CHECK-LABEL: func.func @shared_gate
// CHECK: bsa.pool %arg0 by 64
// CHECK: bsa.pool %arg1 by 64
func.func @shared_gate(%a: !seq, %b: !seq, %g: !seq) -> (!seq, !seq, !seq, !seq) {
  %ac = bsa.pool %a by 64 : !seq -> !seq
  %bc = bsa.pool %b by 64 : !seq -> !seq
  %o = bsa.combine fine(%a : !seq) fine_gate(%g : !seq) by 64 -> !seq
  %p = bsa.combine fine(%b : !seq) fine_gate(%g : !seq) by 64 -> !seq
  return %ac, %bc, %o, %p : !seq, !seq, !seq, !seq
}

// -----

!seq = tensor<1x4x256x64xf32>
!four = tensor<1x4x4x64xf32>
!eight = tensor<1x4x8x64xf32>

// Another block, other sizes, another element type.
// CHECK-LABEL: func.func @unlike
// CHECK-COUNT-4: = bsa.pool %{{[a-z0-9]+}} by
func.func @unlike(%a: !seq, %b: tensor<1x4x256x64xf16>, %sizes: tensor<4xi32>)
    -> (!four, !eight, !four, !four) {
  %0 = bsa.pool %a by 64 : !seq -> !four
  %1 = bsa.pool %a by 32 : !seq -> !eight
  %2 = bsa.pool %a by 64 sizes(%sizes : tensor<4xi32>) : !seq -> !four
  %3 = bsa.pool %b by 64 : tensor<1x4x256x64xf16> -> !four
  return %0, %1, %2, %3 : !four, !eight, !four, !four
}

// -----

!seq = tensor<1x4x256x64xf32>
!pooled = tensor<1x4x4x64xf32>

func.func private @progress()

// The later pool would have to move past a call, or before its own input.
// CHECK-LABEL: func.func @cannot_move
// CHECK: bsa.pool %arg0 by 64
// CHECK: call @progress
// CHECK: bsa.pool %arg1 by 64
// CHECK: %[[X:.*]] = arith.addf
// CHECK: bsa.pool %[[X]] by 64
func.func @cannot_move(%a: !seq, %b: !seq) -> (!pooled, !pooled, !pooled) {
  %0 = bsa.pool %a by 64 : !seq -> !pooled
  func.call @progress() : () -> ()
  %1 = bsa.pool %b by 64 : !seq -> !pooled
  %x = arith.addf %a, %b : !seq
  %2 = bsa.pool %x by 64 : !seq -> !pooled
  return %0, %1, %2 : !pooled, !pooled, !pooled
}
