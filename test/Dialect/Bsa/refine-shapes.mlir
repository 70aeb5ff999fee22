// RUN: tessera-opt %s --bsa-refine-shapes --split-input-file --verify-diagnostics | FileCheck %s

// What one type says, all that have the number say, and block counts follow.
// CHECK-LABEL: func.func @one_says_it
// CHECK-SAME: (%[[Q:.*]]: tensor<?x?x?x64xf32>, %[[K:.*]]: tensor<?x?x250x64xf32>, %[[V:.*]]: tensor<?x?x250x64xf32>)
// CHECK-SAME: -> (tensor<?x?x4x64xf32>, tensor<?x?x?x4xf32>)
func.func @one_says_it(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>, %v: tensor<?x?x250x64xf32>) -> (tensor<?x?x4x64xf32>, tensor<?x?x?x?xf32>) {
  %qc = bsa.pool %q by 64 : tensor<?x?x?x64xf32> -> tensor<?x?x?x64xf32>
  // CHECK: bsa.pool %[[K]] by 64 : tensor<?x?x250x64xf32> -> tensor<?x?x4x64xf32>
  %kc = bsa.pool %k by 64 : tensor<?x?x?x64xf32> -> tensor<?x?x?x64xf32>
  %vc = bsa.pool %v by 64 : tensor<?x?x250x64xf32> -> tensor<?x?x4x64xf32>
  // CHECK: bsa.coarse {{.*}} -> tensor<?x?x?x4xf32>
  %s, %o = bsa.coarse query(%qc : tensor<?x?x?x64xf32>) key(%kc : tensor<?x?x?x64xf32>) value(%vc : tensor<?x?x4x64xf32>) -> tensor<?x?x?x?xf32>, output tensor<?x?x?x64xf32>
  return %vc, %s : tensor<?x?x4x64xf32>, tensor<?x?x?x?xf32>
}

// -----

// Types meet through casts, which then do nothing.
// CHECK-LABEL: func.func @casts
// CHECK-SAME: (%[[X:.*]]: tensor<2x?x128x64xf32>) -> tensor<2x?x2x64xf32>
func.func @casts(%x: tensor<?x?x128x64xf32>) -> tensor<?x?x?x64xf32> {
  // CHECK: %[[Y:.*]] = tensor.cast %[[X]] : tensor<2x?x128x64xf32> to tensor<2x?x128x64xf32>
  %y = tensor.cast %x : tensor<?x?x128x64xf32> to tensor<2x?x?x64xf32>
  // CHECK: bsa.pool %[[Y]] by 64 : tensor<2x?x128x64xf32> -> tensor<2x?x2x64xf32>
  %m = bsa.pool %y by 64 : tensor<2x?x?x64xf32> -> tensor<2x?x?x64xf32>
  %n = tensor.cast %m : tensor<2x?x?x64xf32> to tensor<?x?x?x64xf32>
  return %n : tensor<?x?x?x64xf32>
}

// -----

// A grid of constants has numbers.
// CHECK-LABEL: func.func @grid
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x120x64xf32>) -> (tensor<?x?x256x64xf32>, tensor<4xi32>)
func.func @grid(%x: tensor<?x?x?x64xf32>) -> (tensor<?x?x?x64xf32>, tensor<?xi32>) {
  %t = arith.constant 4 : i32
  %h = arith.constant 5 : i32
  %w = arith.constant 6 : i32
  %y, %s = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w) : tensor<?x?x?x64xf32> -> tensor<?x?x?x64xf32>, tensor<?xi32>
  return %y, %s : tensor<?x?x?x64xf32>, tensor<?xi32>
}

// -----

// An operation of another dialect sees what it was written for.
// CHECK-LABEL: func.func @others
// CHECK-SAME: (%[[X:.*]]: tensor<?x?x64x32xf32>, %[[Y:.*]]: tensor<?x?x64x32xf32>)
func.func @others(%x: tensor<?x?x?x32xf32>, %y: tensor<?x?x64x32xf32>) -> (tensor<?x?x?x32xf32>, tensor<?x?x?x32xf32>) {
  // CHECK: %[[OLD:.*]] = tensor.cast %[[X]] : tensor<?x?x64x32xf32> to tensor<?x?x?x32xf32>
  // CHECK: arith.negf %[[OLD]] : tensor<?x?x?x32xf32>
  %n = arith.negf %x : tensor<?x?x?x32xf32>
  %a, %b = bsa.pool %x, %y by 8 : tensor<?x?x?x32xf32>, tensor<?x?x64x32xf32> -> tensor<?x?x?x32xf32>, tensor<?x?x8x32xf32>
  return %n, %a : tensor<?x?x?x32xf32>, tensor<?x?x?x32xf32>
}

// -----

// Whoever is called keeps its types.
// CHECK-LABEL: func.func private @called
// CHECK-SAME: (%{{.*}}: tensor<?x?x?x32xf32>, %{{.*}}: tensor<?x?x64x32xf32>)
func.func private @called(%x: tensor<?x?x?x32xf32>, %y: tensor<?x?x64x32xf32>) -> tensor<?x?x?x32xf32> {
  %a, %b = bsa.pool %x, %y by 8 : tensor<?x?x?x32xf32>, tensor<?x?x64x32xf32> -> tensor<?x?x?x32xf32>, tensor<?x?x8x32xf32>
  return %a : tensor<?x?x?x32xf32>
}
func.func @caller(%x: tensor<?x?x?x32xf32>, %y: tensor<?x?x64x32xf32>) -> tensor<?x?x?x32xf32> {
  %a = call @called(%x, %y) : (tensor<?x?x?x32xf32>, tensor<?x?x64x32xf32>) -> tensor<?x?x?x32xf32>
  return %a : tensor<?x?x?x32xf32>
}

// -----

// expected-error @below {{has S = 128 in one type and S = 256 in another, and casts or maps between them; make them equal}}
func.func @two_numbers(%x: tensor<?x?x256x64xf32>) -> tensor<?x?x2x64xf32> {
  %y = tensor.cast %x : tensor<?x?x256x64xf32> to tensor<?x?x?x64xf32>
  %z = tensor.cast %y : tensor<?x?x?x64xf32> to tensor<?x?x128x64xf32>
  %m = bsa.pool %z by 64 : tensor<?x?x128x64xf32> -> tensor<?x?x2x64xf32>
  return %m : tensor<?x?x2x64xf32>
}
