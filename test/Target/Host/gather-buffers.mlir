// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --host-gather-buffers --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// One allocation before anything is written, sizes first; the rest runs only if
// it was had, and what was lacking is returned.

// CHECK-LABEL: func.func @two(
// CHECK-SAME:    %[[X:.*]]: memref<?xf32>, %[[OUT:.*]]: memref<?xf32>) -> i64
// CHECK-DAG:     %[[NONE:.*]] = arith.constant 0 : i64
// CHECK-DAG:     %[[NULL:.*]] = arith.constant 0 : index
// CHECK-DAG:     %[[HALF:.*]] = arith.divui
// CHECK:         %[[LOW:.*]], %[[HIGH:.*]] = arith.mului_extended
// CHECK:         arith.select
// CHECK:         %[[A_BYTES:.*]] = arith.minui
// CHECK:         %[[BEHIND_A:.*]] = arith.index_cast %[[A_BYTES]] : i64 to index
// CHECK:         %[[BYTES:.*]] = arith.maxui
// CHECK:         %[[SIZE:.*]] = arith.index_cast %[[BYTES]] : i64 to index
// CHECK-NOT:     memref.store
// CHECK:         %[[ALL:.*]] = memref.alloc(%[[SIZE]]) {alignment = 64 : i64} : memref<?xi8>
// CHECK:         %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %[[ALL]]
// CHECK:         %[[FAILED:.*]] = arith.cmpi eq, %[[ADDRESS]], %[[NULL]]
// CHECK:         %[[MISSING:.*]] = arith.select %[[FAILED]], %[[BYTES]], %[[NONE]]
// CHECK:         %[[HAD:.*]] = arith.cmpi ne, %[[ADDRESS]], %[[NULL]]
// CHECK-NEXT:    scf.if %[[HAD]] {
// CHECK-NEXT:      %[[A:.*]] = memref.view %[[ALL]][%[[NULL]]][%{{.*}}] : memref<?xi8> to memref<?xf32>
// CHECK:           memref.store %{{.*}}, %[[A]]
// CHECK:           %[[B:.*]] = memref.view %[[ALL]][%[[BEHIND_A]]][%[[HALF]]] : memref<?xi8> to memref<?x3xi16>
// CHECK:           memref.store %{{.*}}, %[[B]]
// CHECK:           memref.store %{{.*}}, %[[OUT]]
// CHECK:           memref.dealloc %[[ALL]] : memref<?xi8>
// CHECK-NOT:       memref.dealloc
// CHECK:         }
// CHECK-NEXT:    return %[[MISSING]] : i64
func.func @two(%x: memref<?xf32>, %out: memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %one = arith.constant 1.0 : f32
  %short = arith.constant 1 : i16
  %n = memref.dim %x, %c0 : memref<?xf32>
  %a = memref.alloc(%n) : memref<?xf32>
  memref.store %one, %a[%c0] : memref<?xf32>
  %half = arith.divui %n, %c2 : index
  %b = memref.alloc(%half) : memref<?x3xi16>
  memref.store %short, %b[%c0, %c0] : memref<?x3xi16>
  memref.store %one, %out[%c0] : memref<?xf32>
  memref.dealloc %b : memref<?x3xi16>
  memref.dealloc %a : memref<?xf32>
  return
}

// -----

// CHECK-LABEL: func.func @none(
// CHECK-SAME:    -> i64
// CHECK:         %[[NONE:.*]] = arith.constant 0 : i64
// CHECK:         return %[[NONE]]
// CHECK-LABEL: func.func private @kernel(
// CHECK-SAME:    %{{.*}}: i64) {
func.func @none() {
  return
}
func.func private @kernel(%i: i64) {
  return
}

// -----

func.func private @kernel(%n: index) {
  // expected-error @below {{stands where a call can no longer be refused for want of memory; allocate at the top of a public function without branches, or directly in the body of an outermost scf.parallel}}
  %a = memref.alloc(%n) : memref<?xf32>
  memref.dealloc %a : memref<?xf32>
  return
}

// -----

func.func @in_a_loop(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    // expected-error @below {{stands where a call can no longer be refused}}
    %a = memref.alloc(%n) : memref<?xf32>
    memref.dealloc %a : memref<?xf32>
  }
  return
}

// -----

func.func @by_data(%x: memref<?xindex>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{decides on the size of a buffer and reads or writes memory; a call asks for all its memory before it touches any, so compute sizes from extents and scalars}}
  %n = memref.load %x[%c0] : memref<?xindex>
  %a = memref.alloc(%n) : memref<?xf32>
  memref.dealloc %a : memref<?xf32>
  return
}

// -----

// expected-error @below {{has results; a function that is called from outside writes to buffers it is given}}
func.func @result() -> i64 {
  %c = arith.constant 1 : i64
  return %c : i64
}
