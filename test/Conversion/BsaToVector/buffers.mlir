// What a function is over buffers, whatever its kernels are: extents that it asks
// for, results that nothing writes in place, what it frees.
// RUN: tessera-opt %s --convert-bsa-to-vector | FileCheck %s

// CHECK-LABEL: func.func @twice(
// CHECK-SAME:    %[[X:[^:]+]]: memref<1x2x?x32xf32
// CHECK-SAME:    %[[MEAN:[^:]+]]: memref<1x2x?x32xf32
// CHECK-SAME:    %[[AGAIN:[^:]+]]: memref<1x2x?x32xf32
// CHECK:       scf.parallel
// CHECK:       memref.copy %[[MEAN]], %[[AGAIN]]
// CHECK-NOT:   dealloc
// CHECK:       return
func.func @twice(%x: tensor<1x2x?x32xf32>) -> (tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>) {
  %mean = bsa.pool %x by 64 : tensor<1x2x?x32xf32> -> tensor<1x2x?x32xf32>
  return %mean, %mean : tensor<1x2x?x32xf32>, tensor<1x2x?x32xf32>
}

// How many blocks are kept may depend on how many there are.
// CHECK-LABEL: func.func @computed(
// CHECK-SAME:    %[[SCORES:[^:]+]]: memref<1x4x?x?xf32
// CHECK:       %[[BLOCKS:.*]] = memref.dim %[[SCORES]], %c3
// CHECK:       %[[HALF:.*]] = arith.divui %[[BLOCKS]]
// CHECK:       arith.index_cast %[[HALF]] : index to i32
// CHECK:       scf.parallel
func.func @computed(%scores: tensor<1x4x?x?xf32>) -> (tensor<1x4x?x32xi32>, tensor<1x4x?xi32>) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %blocks = tensor.dim %scores, %c3 : tensor<1x4x?x?xf32>
  %half = arith.divui %blocks, %c2 : index
  %topk = arith.index_cast %half : index to i32
  %map = bsa.select %scores : tensor<1x4x?x?xf32> top(%topk)
      policy(#bsa.select<capacity = 32, sink = 1>)
      -> !bsa.block_map<64x64, capacity = 32, ascending>
  %index, %count = bsa.map_to_lists %map
      : !bsa.block_map<64x64, capacity = 32, ascending>
      -> tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
  return %index, %count : tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
}
