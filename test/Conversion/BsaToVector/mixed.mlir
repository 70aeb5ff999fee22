// One of several equal extents may be static.
// RUN: tessera-opt %s --convert-bsa-to-vector --host-lower-to-llvm | FileCheck %s

// CHECK-LABEL: llvm.func @coarse(
func.func @coarse(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>, %v: tensor<?x?x4x64xf32>) -> (tensor<?x?x?x?xf32>, tensor<?x?x?x64xf32>) {
  // CHECK: llvm.call @tessera_rt_parallel_for
  %s, %o = bsa.coarse query(%q : tensor<?x?x?x64xf32>) key(%k : tensor<?x?x?x64xf32>) value(%v : tensor<?x?x4x64xf32>) -> tensor<?x?x?x?xf32>, output tensor<?x?x?x64xf32>
  return %s, %o : tensor<?x?x?x?xf32>, tensor<?x?x?x64xf32>
}

// CHECK-LABEL: llvm.func @pooled(
func.func @pooled(%q: tensor<?x?x2x64xf32>, %k: tensor<?x?x?x64xf32>, %v: tensor<?x?x256x64xf32>) -> tensor<?x?x2x?xf32> {
  %kc, %vc = bsa.pool %k, %v by 64 : tensor<?x?x?x64xf32>, tensor<?x?x256x64xf32> -> tensor<?x?x?x64xf32>, tensor<?x?x4x64xf32>
  %s, %o = bsa.coarse query(%q : tensor<?x?x2x64xf32>) key(%kc : tensor<?x?x?x64xf32>) value(%vc : tensor<?x?x4x64xf32>) -> tensor<?x?x2x?xf32>, output tensor<?x?x2x64xf32>
  return %s : tensor<?x?x2x?xf32>
}
