// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --host-outline-parallel --canonicalize --split-input-file --verify-diagnostics | FileCheck %s

// The runtime is declared once, captures travel in order of their use, and
// constants do not travel.

// CHECK: func.func private @tessera_rt_parallel_for(i64, i32, !llvm.ptr, !llvm.ptr)
// CHECK-NOT: func.func private @tessera_rt_parallel_for
// CHECK-LABEL: func.func @fill(
// CHECK-SAME:    %[[OUT:.*]]: memref<?xf32>, %[[X:.*]]: f32, %[[N:.*]]: index)
// CHECK-DAG:   %[[BODY:.*]] = constant @fill__kernel0
// CHECK-DAG:   %[[ALL:.*]] = arith.constant 2147483647 : i32
// CHECK-DAG:   %[[CONTEXT:.*]] = llvm.alloca {{.*}} x !llvm.struct<(f32, struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>, i64)>
// CHECK:       %[[FIELD:.*]] = llvm.getelementptr inbounds %[[CONTEXT]][0, 0]
// CHECK:       llvm.store %[[X]], %[[FIELD]]
// CHECK:       %[[COUNT:.*]] = arith.index_cast %{{.*}} : index to i64
// CHECK:       %[[ADDRESS:.*]] = builtin.unrealized_conversion_cast %[[BODY]]
// CHECK:       call @tessera_rt_parallel_for(%[[COUNT]], %[[ALL]], %[[ADDRESS]], %[[CONTEXT]])
// CHECK-NOT:   scf.parallel
func.func @fill(%out: memref<?xf32>, %x: f32, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    memref.store %x, %out[%i] : memref<?xf32>
  }
  return
}
// CHECK-LABEL: func.func private @fill__kernel0(
// CHECK-SAME:    %[[CONTEXT:.*]]: !llvm.ptr {{{.*}}llvm.readonly}, %[[INDEX:.*]]: i64, %{{.*}}: i32)
// CHECK:         %[[X:.*]] = llvm.load %{{.*}} invariant : !llvm.ptr -> f32
// CHECK:         %[[OUT:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<?xf32>
// CHECK:         %[[I:.*]] = arith.index_cast %[[INDEX]] : i64 to index
// CHECK:         memref.store %[[X]], %[[OUT]][%[[I]]]

// -----

// The last dimension is the fastest; bounds and steps are honoured. Here i is 2
// or 5, and j is 3, 5, 7, 9 or 11.

// CHECK-LABEL: func.func @grid(
// CHECK:         %[[COUNT:.*]] = arith.constant 10 : i64
// CHECK:         call @tessera_rt_parallel_for(%[[COUNT]],
func.func @grid(%out: memref<16x16xindex>) {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c6 = arith.constant 6 : index
  %c13 = arith.constant 13 : index
  scf.parallel (%i, %j) = (%c2, %c3) to (%c6, %c13) step (%c3, %c2) {
    memref.store %i, %out[%i, %j] : memref<16x16xindex>
  }
  return
}
// CHECK-LABEL: func.func private @grid__kernel0(
// CHECK-DAG:     %[[C2:.*]] = arith.constant 2 : index
// CHECK-DAG:     %[[C3:.*]] = arith.constant 3 : index
// CHECK-DAG:     %[[C5:.*]] = arith.constant 5 : index
// CHECK:         %[[INDEX:.*]] = arith.index_cast
// CHECK:         %[[COLUMN:.*]] = arith.remui %[[INDEX]], %[[C5]]
// CHECK:         %[[ROW:.*]] = arith.divui %[[INDEX]], %[[C5]]
// CHECK:         %[[J2:.*]] = arith.muli %[[COLUMN]], %[[C2]]
// CHECK:         %[[J:.*]] = arith.addi %[[J2]], %[[C3]]
// CHECK:         %[[I3:.*]] = arith.muli %[[ROW]], %[[C3]]
// CHECK:         %[[I:.*]] = arith.addi %[[I3]], %[[C2]]
// CHECK:         memref.store %[[I]], %{{.*}}[%[[I]], %[[J]]]

// -----

// Loops of one function are numbered; a loop inside another stays a loop, and
// one under a condition is outlined where it stands.

// CHECK-LABEL: func.func @several(
// CHECK:         call @tessera_rt_parallel_for
// CHECK:         scf.if
// CHECK:           call @tessera_rt_parallel_for
// CHECK-LABEL: func.func private @several__kernel0(
// CHECK:         scf.parallel
// CHECK-LABEL: func.func private @several__kernel1(
// CHECK-NOT:     scf.parallel
func.func @several(%out: memref<?x?xf32>, %x: f32, %n: index, %again: i1) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.parallel (%j) = (%c0) to (%n) step (%c1) {
      memref.store %x, %out[%i, %j] : memref<?x?xf32>
    }
  }
  scf.if %again {
    scf.parallel (%i) = (%c0) to (%n) step (%c1) {
      memref.store %x, %out[%i, %i] : memref<?x?xf32>
    }
  }
  return
}

// -----

// What a body allocates is made before the loop, once for each thread it may run
// on, whole cache lines apart.

// CHECK: func.func private @tessera_num_threads() -> i32
// CHECK-LABEL: func.func @scratch(
// CHECK-SAME:    %[[N:[a-z0-9]+]]: index
// CHECK:         %[[THREADS:.*]] = call @tessera_num_threads() : () -> i32
// CHECK:         %[[BYTES:.*]] = arith.andi %{{.*}}, %{{.*}} : i64
// CHECK:         %[[THREADS64:.*]] = arith.extui %[[THREADS]] : i32 to i64
// CHECK:         arith.mului_extended %[[THREADS64]], %[[BYTES]]
// CHECK:         %[[MEMORY:.*]] = memref.alloc(%{{.*}}) : memref<?xi8>
// CHECK:         call @tessera_rt_parallel_for(%{{.*}}, %[[THREADS]],
// CHECK:         memref.dealloc %[[MEMORY]]
// CHECK-NOT:     memref.dealloc
// CHECK-LABEL: func.func private @scratch__kernel0(
// CHECK-SAME:    %[[INDEX:[a-z0-9]+]]: i64, %[[THREAD:[a-z0-9]+]]: i32)
// CHECK-NOT:     memref.alloc(
// CHECK:         %[[T:.*]] = arith.index_cast %[[THREAD]] : i32 to index
// CHECK:         %[[OFFSET:.*]] = arith.muli %[[T]],
// CHECK:         %[[PART:.*]] = memref.view %{{.*}}[%[[OFFSET]]][%{{.*}}] : memref<?xi8> to memref<?xf32>
// CHECK:         memref.store %{{.*}}, %[[PART]]
// CHECK-NOT:     memref.dealloc
func.func @scratch(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    %row = memref.alloc(%n) : memref<?xf32>
    memref.store %x, %row[%c0] : memref<?xf32>
    memref.dealloc %row : memref<?xf32>
  }
  return
}

// -----

func.func @growing_scratch(%n: index, %x: f32) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    // expected-error @below {{has a size that depends on the iteration; allocate what the largest one needs}}
    %row = memref.alloc(%i) : memref<?xf32>
    memref.store %x, %row[%c0] : memref<?xf32>
    memref.dealloc %row : memref<?xf32>
  }
  return
}

// -----

func.func @reduction(%n: index, %x: f32) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // expected-error @below {{reduces, which no order of threads could repeat to the bit; store partial results and reduce them in a loop}}
  %sum = scf.parallel (%i) = (%c0) to (%n) step (%c1) init (%x) -> f32 {
    scf.reduce(%x : f32) {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      scf.reduce.return %c : f32
    }
  }
  return %sum : f32
}

// -----

func.func @tensor_inside(%x: tensor<4xf32>, %out: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  // expected-error @below {{uses a value of type 'tensor<4xf32>' from outside, which has no form in memory; lower tensors to memrefs first}}
  scf.parallel (%i) = (%c0) to (%c4) step (%c1) {
    %e = tensor.extract %x[%i] : tensor<4xf32>
    memref.store %e, %out[%i] : memref<4xf32>
  }
  return
}
