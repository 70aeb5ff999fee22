// RUN: tessera-opt %s --pass-pipeline='builtin.module(func.func(host-expand-copies),canonicalize)' | FileCheck %s
// RUN: tessera-opt %s --host-lower-to-llvm | FileCheck %s --check-prefix=LLVM

// LLVM-NOT: memrefCopy

// Rows whose elements lie side by side are copied as bytes.
// CHECK-LABEL: func.func @rows
// CHECK-SAME: (%[[A:.*]]: memref<{{.*}}>, %[[B:.*]]: memref<{{.*}}>)
func.func @rows(%a: memref<?x?x64xbf16, strided<[?, ?, 1], offset: ?>>, %b: memref<?x?x64xbf16, strided<[?, ?, 1], offset: ?>>) {
  // CHECK-DAG: %[[BYTES:.*]] = arith.constant 128 : i64
  // CHECK-DAG: %[[N:.*]] = memref.dim %[[A]], %c0
  // CHECK-DAG: %[[M:.*]] = memref.dim %[[A]], %c1
  // CHECK: scf.parallel (%[[I:.*]], %[[J:.*]]) = (%c0, %c0) to (%[[N]], %[[M]])
  // CHECK-DAG: memref.extract_aligned_pointer_as_index %[[A]]
  // CHECK-DAG: memref.extract_aligned_pointer_as_index %[[B]]
  // CHECK: "llvm.intr.memcpy"(%{{.*}}, %{{.*}}, %[[BYTES]]) <{isVolatile = false}>
  // CHECK-NOT: memref.copy
  memref.copy %a, %b : memref<?x?x64xbf16, strided<[?, ?, 1], offset: ?>> to memref<?x?x64xbf16, strided<[?, ?, 1], offset: ?>>
  return
}

// One row needs no loop.
// CHECK-LABEL: func.func @row
func.func @row(%a: memref<?xi32, strided<[1], offset: ?>>, %b: memref<?xi32, strided<[1], offset: ?>>) {
  // CHECK-NOT: scf.parallel
  // CHECK: llvm.intr.memcpy
  memref.copy %a, %b : memref<?xi32, strided<[1], offset: ?>> to memref<?xi32, strided<[1], offset: ?>>
  return
}

// CHECK-LABEL: func.func @elements
// CHECK-SAME: (%[[A:.*]]: memref<{{.*}}>, %[[B:.*]]: memref<{{.*}}>)
func.func @elements(%a: memref<?x?xf32, strided<[?, ?], offset: ?>>, %b: memref<?x?xf32>) {
  // CHECK: scf.parallel (%[[I:.*]], %[[J:.*]]) =
  // CHECK: %[[X:.*]] = memref.load %[[A]][%[[I]], %[[J]]]
  // CHECK: memref.store %[[X]], %[[B]][%[[I]], %[[J]]]
  memref.copy %a, %b : memref<?x?xf32, strided<[?, ?], offset: ?>> to memref<?x?xf32>
  return
}

// CHECK-LABEL: func.func @one
func.func @one(%a: memref<f32>, %b: memref<f32>) {
  // CHECK: %[[X:.*]] = memref.load
  // CHECK: memref.store %[[X]]
  memref.copy %a, %b : memref<f32> to memref<f32>
  return
}
