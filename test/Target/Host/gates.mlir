// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which extents a call must give, where gates share tensors with other operands.
// RUN: tessera-compile %s --emit header | FileCheck %s

!seq = tensor<?x?x?x32xf32>

// Two attentions of their own lengths share a gate, which may be 1 for both.
// CHECK: * query  input, f32 [B, H, Sq, 32]
// CHECK-NEXT: * other  input, f32 [B2, H2, Sq2, 32]
// CHECK-NEXT: * gate   input, f32 [B or 1, H or 1, Sq or 1, 32]
// CHECK: * gate has 1 or B2 in dim 0
// CHECK-NEXT: * gate has 1 or H2 in dim 1
// CHECK-NEXT: * gate has 1 or Sq2 in dim 2
// CHECK: tessera_error *two_lengths(
func.func @two_lengths(%q: !seq {bsa.name = "query"}, %p: !seq {bsa.name = "other"},
                       %gate: !seq {bsa.name = "gate"}, %topk: i32) -> (!seq, !seq) {
  %o = bsa.attention query(%q : !seq) key(%q : !seq) value(%q : !seq) fine_gate(%gate : !seq)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>) -> !seq
  %r = bsa.attention query(%p : !seq) key(%p : !seq) value(%p : !seq) fine_gate(%gate : !seq)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>) -> !seq
  return %o, %r : !seq, !seq
}

// A key has the extents that it has; as a gate these must fit the query.
// CHECK: * query   input, f32 [B, H, Sq, 32]
// CHECK-NEXT: * key     input, f32 [B, Hkv, Skv, 32]
// CHECK: * key has 1 or H in dim 1
// CHECK-NEXT: * key has 1 or Sq in dim 2
// CHECK: tessera_error *key_gates(
func.func @key_gates(%q: !seq, %k: !seq, %topk: i32) -> !seq {
  %o = bsa.attention query(%q : !seq) key(%k : !seq) value(%k : !seq) coarse_gate(%k : !seq)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>) -> !seq
  return %o : !seq
}

// A query that gates itself fits itself.
// CHECK: * query   input, f32 [B, H, Sq, 32]
// CHECK-NOT: has 1 or
// CHECK: tessera_error *query_gates(
func.func @query_gates(%q: !seq, %topk: i32) -> !seq {
  %o = bsa.attention query(%q : !seq) key(%q : !seq) value(%q : !seq) fine_gate(%q : !seq)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>) -> !seq
  return %o : !seq
}

// A gate's static extent is the length, unless it is 1.
// CHECK: * query      input, f32 [B, 2, 64, 32]
// CHECK-NEXT: * fine_gate  input, f32 [1, 2, 64, 1]
// CHECK: tessera_error *static_gate(
func.func @static_gate(%q: !seq, %gate: tensor<1x2x64x1xf32>, %topk: i32) -> !seq {
  %o = bsa.attention query(%q : !seq) key(%q : !seq) value(%q : !seq)
      fine_gate(%gate : tensor<1x2x64x1xf32>)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>) -> !seq
  return %o : !seq
}
