// RUN: tessera-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize --cse | FileCheck %s

// An op says the extents of its results in those of its operands, so that asking
// for a dimension computes nothing else.

// CHECK-LABEL: func.func @attention
// CHECK-NOT: = bsa.
func.func @attention(%q: tensor<?x12x?x64xf16>, %k: tensor<?x4x?x64xf16>, %topk: i32)
    -> (index, index, index, index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
  // CHECK-DAG: %[[B:.*]] = tensor.dim %arg0, %[[C0]]
  // CHECK-DAG: %[[SQ:.*]] = tensor.dim %arg0, %[[C2]]
  // CHECK-DAG: %[[NQ:.*]] = arith.ceildivui %[[SQ]], %[[C64]]
  // CHECK-NEXT: return %[[B]], %[[SQ]], %[[SQ]], %[[B]], %[[NQ]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %o, %lse, %coarse = bsa.attention query(%q : tensor<?x12x?x64xf16>)
      key(%k : tensor<?x4x?x64xf16>) value(%k : tensor<?x4x?x64xf16>)
      top(%topk) block(64x32) select(#bsa.select<capacity = 8>)
      -> tensor<?x12x?x64xf16>, lse tensor<?x12x?xf32>, coarse tensor<?x12x?x64xf32>
  %0 = tensor.dim %o, %c0 : tensor<?x12x?x64xf16>
  %1 = tensor.dim %o, %c2 : tensor<?x12x?x64xf16>
  %2 = tensor.dim %lse, %c2 : tensor<?x12x?xf32>
  %3 = tensor.dim %coarse, %c0 : tensor<?x12x?x64xf32>
  %4 = tensor.dim %coarse, %c2 : tensor<?x12x?x64xf32>
  return %0, %1, %2, %3, %4 : index, index, index, index, index
}

// CHECK-LABEL: func.func @pool
// CHECK-NOT: = bsa.
func.func @pool(%x: tensor<?x4x?x64xf16>, %y: tensor<?x4x?x64xf16>, %n: tensor<?x?xi32>)
    -> (index, index, index) {
  // With sizes, their number is that of the blocks.
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C1:.*]] = arith.constant 1 : index
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[B:.*]] = tensor.dim %arg0, %[[C0]]
  // CHECK-DAG: %[[S:.*]] = tensor.dim %arg0, %[[C2]]
  // CHECK-DAG: %[[N:.*]] = arith.ceildivui %[[S]]
  // CHECK-DAG: %[[GIVEN:.*]] = tensor.dim %arg2, %[[C1]]
  // CHECK: return %[[B]], %[[N]], %[[GIVEN]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %xc, %yc = bsa.pool %x, %y by 64
      : tensor<?x4x?x64xf16>, tensor<?x4x?x64xf16> -> tensor<?x4x?x64xf32>, tensor<?x4x?x64xf32>
  %zc = bsa.pool %x by 64 sizes(%n : tensor<?x?xi32>)
      : tensor<?x4x?x64xf16> -> tensor<?x4x?x64xf32>
  %0 = tensor.dim %xc, %c0 : tensor<?x4x?x64xf32>
  %1 = tensor.dim %yc, %c2 : tensor<?x4x?x64xf32>
  %2 = tensor.dim %zc, %c2 : tensor<?x4x?x64xf32>
  return %0, %1, %2 : index, index, index
}

// CHECK-LABEL: func.func @coarse
// CHECK-NOT: = bsa.
func.func @coarse(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>) -> (index, index, index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[B:.*]] = tensor.dim %arg0, %[[C0]]
  // CHECK-DAG: %[[NQ:.*]] = tensor.dim %arg0, %[[C2]]
  // CHECK-DAG: %[[NKV:.*]] = tensor.dim %arg1, %[[C2]]
  // CHECK: return %[[B]], %[[NQ]], %[[NKV]], %[[NQ]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %s, %o = bsa.coarse query(%q : tensor<?x4x?x64xf32>) key(%k : tensor<?x2x?x64xf32>)
      value(%k : tensor<?x2x?x64xf32>) -> tensor<?x4x?x?xf32>, output tensor<?x4x?x64xf32>
  %0 = tensor.dim %s, %c0 : tensor<?x4x?x?xf32>
  %1 = tensor.dim %s, %c2 : tensor<?x4x?x?xf32>
  %2 = tensor.dim %s, %c3 : tensor<?x4x?x?xf32>
  %3 = tensor.dim %o, %c2 : tensor<?x4x?x64xf32>
  return %0, %1, %2, %3 : index, index, index, index
}

// CHECK-LABEL: func.func @attend
// CHECK-NOT: = bsa.
func.func @attend(%q: tensor<?x4x?x64xf16>, %k: tensor<?x4x?x64xf16>,
                  %m: !bsa.block_map<64x64, capacity = 8>) -> (index, index) {
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[B:.*]] = tensor.dim %arg0, %[[C0]]
  // CHECK-DAG: %[[SQ:.*]] = tensor.dim %arg0, %[[C2]]
  // CHECK: return %[[B]], %[[SQ]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %o, %lse = bsa.attend query(%q : tensor<?x4x?x64xf16>) key(%k : tensor<?x4x?x64xf16>)
      value(%k : tensor<?x4x?x64xf16>) at(%m : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<?x4x?x64xf32>, lse tensor<?x4x?xf32>
  %0 = tensor.dim %o, %c0 : tensor<?x4x?x64xf32>
  %1 = tensor.dim %lse, %c2 : tensor<?x4x?xf32>
  return %0, %1 : index, index
}

// CHECK-LABEL: func.func @combine
// CHECK-NOT: = bsa.
func.func @combine(%g: tensor<?x4x?x64xf16>, %f: tensor<?x4x?x64xf32>) -> (index, index) {
  // A gate's dimension may be 1 instead: it is never asked.
  // CHECK-DAG: %[[C0:.*]] = arith.constant 0 : index
  // CHECK-DAG: %[[C2:.*]] = arith.constant 2 : index
  // CHECK-DAG: %[[B:.*]] = tensor.dim %arg1, %[[C0]]
  // CHECK-DAG: %[[SQ:.*]] = tensor.dim %arg1, %[[C2]]
  // CHECK: return %[[B]], %[[SQ]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %o = bsa.combine fine(%f : tensor<?x4x?x64xf32>) fine_gate(%g : tensor<?x4x?x64xf16>) by 64
      -> tensor<?x4x?x64xf16>
  %0 = tensor.dim %o, %c0 : tensor<?x4x?x64xf16>
  %1 = tensor.dim %o, %c2 : tensor<?x4x?x64xf16>
  return %0, %1 : index, index
}

// CHECK-LABEL: func.func @partition
// CHECK-NOT: = bsa.
func.func @partition(%x: tensor<?x4x?x64xf16>, %t: i32, %h: i32, %w: i32) -> (index, index, index) {
  // CHECK-DAG: %[[C64:.*]] = arith.constant 64 : index
  // CHECK-DAG: %[[T:.*]] = arith.index_cast %arg1
  // CHECK-DAG: %[[H:.*]] = arith.index_cast %arg2
  // CHECK-DAG: %[[W:.*]] = arith.index_cast %arg3
  // CHECK-DAG: %[[CT:.*]] = arith.ceildivui %[[T]], %{{.*}}
  // CHECK-DAG: %[[CH:.*]] = arith.ceildivui %[[H]], %{{.*}}
  // CHECK-DAG: %[[CW:.*]] = arith.ceildivui %[[W]], %{{.*}}
  // CHECK-DAG: %[[TH:.*]] = arith.muli %[[CT]], %[[CH]]
  // CHECK-DAG: %[[CUBES:.*]] = arith.muli %[[TH]], %[[CW]]
  // CHECK-DAG: %[[TOKENS:.*]] = arith.muli %[[CUBES]], %[[C64]]
  // CHECK: return %{{.*}}, %[[TOKENS]], %[[CUBES]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %y, %sizes = bsa.partition %x by #bsa.cube<2x4x8> grid(%t, %h, %w)
      : tensor<?x4x?x64xf16> -> tensor<?x4x?x64xf16>, tensor<?xi32>
  %0 = tensor.dim %y, %c0 : tensor<?x4x?x64xf16>
  %1 = tensor.dim %y, %c2 : tensor<?x4x?x64xf16>
  %2 = tensor.dim %sizes, %c0 : tensor<?xi32>
  return %0, %1, %2 : index, index, index
}

// CHECK-LABEL: func.func @unpartition
// CHECK-NOT: = bsa.
func.func @unpartition(%y: tensor<?x4x?x64xf16>, %t: i32, %h: i32, %w: i32, %text: i32) -> (index, index) {
  // CHECK-DAG: %[[T:.*]] = arith.index_cast %arg1
  // CHECK-DAG: %[[H:.*]] = arith.index_cast %arg2
  // CHECK-DAG: %[[W:.*]] = arith.index_cast %arg3
  // CHECK-DAG: %[[TEXT:.*]] = arith.index_cast %arg4
  // CHECK-DAG: %[[TH:.*]] = arith.muli %[[T]], %[[H]]
  // CHECK-DAG: %[[VIDEO:.*]] = arith.muli %[[TH]], %[[W]]
  // CHECK-DAG: %[[S:.*]] = arith.addi %[[VIDEO]], %[[TEXT]]
  // CHECK: return %{{.*}}, %[[S]]
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %x = bsa.unpartition %y by #bsa.cube<2x4x8> grid(%t, %h, %w) text(%text prefix)
      : tensor<?x4x?x64xf16> -> tensor<?x4x?x64xf16>
  %0 = tensor.dim %x, %c0 : tensor<?x4x?x64xf16>
  %1 = tensor.dim %x, %c2 : tensor<?x4x?x64xf16>
  return %0, %1 : index, index
}

// CHECK-LABEL: func.func @map_to_lists
func.func @map_to_lists(%m: !bsa.block_map<64x64, capacity = 8>) -> index {
  // A map carries no extents: the list itself is asked, and the op stays.
  // CHECK: %{{.*}}, %[[COUNT:.*]] = bsa.map_to_lists
  // CHECK-DAG: %[[NQ:.*]] = tensor.dim %[[COUNT]]
  // CHECK: return %[[NQ]]
  %c2 = arith.constant 2 : index
  %i, %n = bsa.map_to_lists %m : !bsa.block_map<64x64, capacity = 8> -> tensor<1x4x?x8xi32>, tensor<1x4x?xi32>
  %0 = tensor.dim %n, %c2 : tensor<1x4x?xi32>
  return %0 : index
}
