// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --host-lower-to-llvm | FileCheck %s

// Nothing but the LLVM dialect is left, scratch is at the entry of the kernel,
// and heap memory is asked for by cache lines.

// CHECK-NOT: builtin.unrealized_conversion_cast
// CHECK-DAG: llvm.func @aligned_alloc(
// CHECK-DAG: llvm.func @tessera_rt_parallel_for(i64, i32, !llvm.ptr, !llvm.ptr)
// CHECK-LABEL: llvm.func @rows(
// CHECK-SAME:    -> i64
// CHECK:         %[[CONTEXT:.*]] = llvm.alloca
// CHECK:         %[[MEMORY:.*]] = llvm.call @aligned_alloc(
// CHECK:         %[[ADDRESS:.*]] = llvm.ptrtoint %[[MEMORY]]
// CHECK:         %[[HAD:.*]] = llvm.icmp "ne" %[[ADDRESS]],
// CHECK:         llvm.cond_br %[[HAD]], ^[[START:bb.*]], ^[[END:bb.*]]
// CHECK:       ^[[START]]:
// CHECK:         llvm.call @tessera_rt_parallel_for(%{{.*}}, %{{.*}}, %{{.*}}, %[[CONTEXT]])
// CHECK:         llvm.call @free(
// CHECK:       ^[[END]]:
// CHECK-NEXT:    llvm.return
// CHECK-LABEL: llvm.func @rows__kernel0(
// CHECK:         llvm.alloca %{{.*}} x f32 {alignment = 64 : i64}
// CHECK:         ^{{bb.*}}:
// CHECK-NOT:     llvm.alloca
// CHECK:         llvm.intr.fma
func.func @rows(%x: memref<?x16xbf16, strided<[?, 1], offset: ?>>,
                %out: memref<?x16xbf16, strided<[?, 1], offset: ?>>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %n = memref.dim %x, %c0 : memref<?x16xbf16, strided<[?, 1], offset: ?>>
  %t = memref.alloc(%n) : memref<?x16xf32>
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.for %r = %c0 to %c4 step %c1 {
      %scratch = memref.alloca() : memref<16xf32>
      %a = vector.load %x[%i, %c0]
          : memref<?x16xbf16, strided<[?, 1], offset: ?>>, vector<16xbf16>
      %b = arith.extf %a : vector<16xbf16> to vector<16xf32>
      vector.store %b, %scratch[%c0] : memref<16xf32>, vector<16xf32>
      %c = vector.load %scratch[%c0] : memref<16xf32>, vector<16xf32>
      %d = math.fma %b, %c, %c : vector<16xf32>
      vector.store %d, %t[%i, %c0] : memref<?x16xf32>, vector<16xf32>
      %e = arith.truncf %d : vector<16xf32> to vector<16xbf16>
      vector.store %e, %out[%i, %c0]
          : memref<?x16xbf16, strided<[?, 1], offset: ?>>, vector<16xbf16>
    }
  }
  memref.dealloc %t : memref<?x16xf32>
  return
}
