// RUN: tessera-opt %s --convert-bsa-to-vector --canonicalize | FileCheck %s
// RUN: tessera-opt %s --convert-bsa-to-vector='lanes=8 tile-rows=4 tile-vectors=2' --canonicalize | FileCheck %s --check-prefix=AVX2

// Results become buffers after the inputs, and the lists are read in place.
// CHECK-LABEL: func.func @attend(
// CHECK-SAME:    %[[Q:[^:]+]]: memref<?x4x?x64xf32, strided<[?, ?, ?, 1], offset: ?>>
// CHECK-SAME:    %[[INDEX:[^:]+]]: memref<?x4x?x8xi32
// CHECK-SAME:    %[[COUNT:[^:]+]]: memref<?x4x?xi32
// CHECK-SAME:    %[[OUT:[^:]+]]: memref<?x4x?x64xf32
// CHECK-SAME:    %[[LSE:[^:]+]]: memref<?x4x?xf32
// CHECK-NOT:   memref.alloc(
// One loop over batch, head and query block.
// CHECK:       scf.parallel (%[[B:.*]], %[[H:.*]], %[[I:.*]]) = (%c0, %c0, %c0)
// CHECK:         memref.load %[[COUNT]][%[[B]], %[[H]], %[[I]]]
// Scores of 8 keys and 2 vectors of queries: 16 sums stay in registers.
// CHECK:         scf.for {{.*}} iter_args
// CHECK-COUNT-16:  math.fma {{.*}} : vector<16xf32>
// CHECK:           scf.yield
// CHECK:         math.log2
// CHECK-NOT:   bsa.

// AVX2-LABEL: func.func @attend(
// AVX2:         scf.for {{.*}} iter_args
// AVX2-COUNT-8:   math.fma {{.*}} : vector<8xf32>
// AVX2:           scf.yield
func.func @attend(%q: tensor<?x4x?x64xf32>, %k: tensor<?x2x?x64xf32>, %v: tensor<?x2x?x64xf32>,
                  %index: tensor<?x4x?x8xi32>, %count: tensor<?x4x?xi32>)
    -> (tensor<?x4x?x64xf32>, tensor<?x4x?xf32>) {
  %map = bsa.map_from_lists %index, %count : tensor<?x4x?x8xi32>, tensor<?x4x?xi32>
      -> !bsa.block_map<64x64, capacity = 8>
  %o, %lse = bsa.attend query(%q : tensor<?x4x?x64xf32>) key(%k : tensor<?x2x?x64xf32>)
      value(%v : tensor<?x2x?x64xf32>) at(%map : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<?x4x?x64xf32>, lse tensor<?x4x?xf32>
  return %o, %lse : tensor<?x4x?x64xf32>, tensor<?x4x?xf32>
}
