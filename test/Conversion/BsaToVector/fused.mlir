// RUN: tessera-opt %s --bsa-expand --canonicalize --bsa-fuse --convert-bsa-to-vector --canonicalize | FileCheck %s

// Of a whole attention only the pooled keys and values are allocated: neither
// scores nor lists nor the ungated result exist beyond one query block.
// CHECK-LABEL: func.func @attention(
// CHECK-COUNT-2: memref.alloc({{.*}}) {{.*}} : memref<?x?x?x64xf32>
// CHECK-NOT:   memref.alloc(
// CHECK:       scf.parallel
// CHECK:         scf.reduce
// CHECK-NOT:   memref.alloc(
// CHECK:       scf.parallel
// Inside: the row of scores, and its ranks.
// CHECK:         memref.alloc({{.*}}) {{.*}} : memref<?xf32>
// CHECK:         memref.alloc({{.*}}) {{.*}} : memref<?xi32>
// CHECK-NOT:     memref.alloc(
// CHECK:         scf.reduce
// CHECK-NOT:   scf.parallel
// CHECK-COUNT-2: memref.dealloc
// CHECK:       return
func.func @attention(%q: tensor<?x?x?x64xf32>, %k: tensor<?x?x?x64xf32>,
                     %v: tensor<?x?x?x64xf32>, %topk: i32) -> tensor<?x?x?x64xf32> {
  %o = bsa.attention query(%q : tensor<?x?x?x64xf32>) key(%k : tensor<?x?x?x64xf32>)
      value(%v : tensor<?x?x?x64xf32>) top(%topk) block(64x64)
      select(#bsa.select<capacity = 32>) -> tensor<?x?x?x64xf32>
  return %o : tensor<?x?x?x64xf32>
}
