// What has no effects may go; what has some keeps its place.
//
// RUN: tessera-opt %s --canonicalize --cse | FileCheck %s

// CHECK-LABEL: func.func @unused
// CHECK-NOT: ptx.ex2
// CHECK-NOT: ptx.lg2
// CHECK-NOT: ptx.wgmma.descriptor
// CHECK-NOT: ptx.ld.shared
// CHECK: ptx.mbarrier.arrive
// CHECK: ptx.atom.add
// CHECK-NEXT: return
func.func @unused(%x: f32, %address: i32, %global: !llvm.ptr<1>) {
  %a = ptx.ex2 %x
  %b = ptx.lg2 %x
  %c = ptx.wgmma.descriptor %address leading 16 stride 1024 swizzle 128
  %d = ptx.ld.shared %address
  ptx.mbarrier.arrive %address
  %e = ptx.atom.add relaxed %global, %address
  return
}

// What a barrier orders is read again behind it.
// CHECK-LABEL: func.func @twice
func.func @twice(%x: f32, %barrier: i32, %address: i32) -> (f32, i32) {
  // CHECK-COUNT-1: ptx.ex2
  // CHECK-NOT: ptx.ex2
  %a = ptx.ex2 %x
  %b = ptx.ex2 %x
  %sum = arith.addf %a, %b : f32
  // CHECK: %[[BEFORE:.*]] = ptx.ld.shared
  %before = ptx.ld.shared %address
  // CHECK: ptx.mbarrier.wait
  ptx.mbarrier.wait %barrier, %address
  // CHECK: %[[AFTER:.*]] = ptx.ld.shared
  %after = ptx.ld.shared %address
  // CHECK: arith.addi %[[BEFORE]], %[[AFTER]]
  %both = arith.addi %before, %after : i32
  return %sum, %both : f32, i32
}
