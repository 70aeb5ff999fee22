// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --host-place-buffers --split-input-file --verify-diagnostics | FileCheck %s

// CHECK-LABEL: func.func @scratch_in_loop(
// CHECK-NEXT:    memref.alloca() {alignment = 64 : i64} : memref<8xf32>
// CHECK-NEXT:    memref.alloca() {alignment = 128 : i64} : memref<16xf32>
// CHECK:         scf.for
// CHECK-NOT:       memref.alloca
func.func @scratch_in_loop(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.alloca() : memref<8xf32>
    %b = memref.alloca() {alignment = 128} : memref<16xf32>
    memref.store %x, %a[%c0] : memref<8xf32>
    memref.store %x, %b[%c0] : memref<16xf32>
  }
  return
}

// -----

// CHECK-LABEL: func.func @heap(
// CHECK:         scf.for
// CHECK:           memref.alloc(%{{.*}}) {alignment = 64 : i64} : memref<?xf32>
func.func @heap(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %a = memref.alloc(%i) {alignment = 16} : memref<?xf32>
    memref.store %x, %a[%c0] : memref<?xf32>
    memref.dealloc %a : memref<?xf32>
  }
  return
}

// -----

// A size known only when run is fine once per call.

// CHECK-LABEL: func.func @dynamic_once(
// CHECK:         memref.alloca(%{{.*}}) {alignment = 64 : i64}
func.func @dynamic_once(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %a = memref.alloca(%n) : memref<?xf32>
  memref.store %x, %a[%c0] : memref<?xf32>
  return
}

// -----

func.func @dynamic_in_loop(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // expected-error @below {{of dynamic size inside a loop takes new stack in each iteration; give it a static size or use memref.alloc}}
    %a = memref.alloca(%n) : memref<?xf32>
    memref.store %x, %a[%c0] : memref<?xf32>
  }
  return
}
