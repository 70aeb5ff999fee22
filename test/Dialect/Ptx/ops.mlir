// Every instruction is printed as it is read.
//
// RUN: tessera-opt %s | tessera-opt | FileCheck %s
// RUN: tessera-opt %s --mlir-print-op-generic | tessera-opt | FileCheck %s

// CHECK-LABEL: func.func @barriers
// CHECK-SAME: %[[B:.*]]: i32, %[[N:.*]]: i32
func.func @barriers(%barrier: i32, %n: i32) {
  // CHECK: ptx.mbarrier.init %[[B]], %[[N]]
  ptx.mbarrier.init %barrier, %n
  // CHECK: ptx.mbarrier.arrive %[[B]]
  ptx.mbarrier.arrive %barrier
  // CHECK: ptx.mbarrier.arrive.after %[[B]], %[[N]], %[[N]]
  ptx.mbarrier.arrive.after %barrier, %n, %n
  // CHECK: ptx.mbarrier.arrive.expect_tx %[[B]], %[[N]]
  ptx.mbarrier.arrive.expect_tx %barrier, %n
  // CHECK: ptx.mbarrier.wait %[[B]], %[[N]]
  ptx.mbarrier.wait %barrier, %n
  // CHECK: ptx.bar.red.or %[[N]], %[[B]], %[[N]]
  %any = ptx.bar.red.or %n, %barrier, %n
  return
}

// CHECK-LABEL: func.func @shared
// CHECK-SAME: %[[A:.*]]: i32
func.func @shared(%address: i32) {
  // CHECK: %[[V:.*]] = ptx.ld.shared %[[A]]
  %value = ptx.ld.shared %address
  // CHECK: ptx.st.shared %[[A]], %[[V]]
  ptx.st.shared %address, %value
  // CHECK: %[[M:.*]]:2 = ptx.ldmatrix %[[A]] : i32, i32
  %m:2 = ptx.ldmatrix %address : i32, i32
  // CHECK: ptx.stmatrix %[[A]], %[[M]]#0, %[[M]]#1
  ptx.stmatrix %address, %m#0, %m#1
  return
}

// CHECK-LABEL: func.func @boxes
// CHECK-SAME: %[[A:.*]]: i32, %[[MAP:.*]]: !llvm.ptr, %[[B:.*]]: i32, %[[X:.*]]: i32
func.func @boxes(%address: i32, %map: !llvm.ptr, %barrier: i32, %x: i32) {
  // CHECK: ptx.cp.async.bulk.tensor.load %[[MAP]][%[[X]]], %[[A]], %[[B]]
  ptx.cp.async.bulk.tensor.load %map[%x], %address, %barrier
  // CHECK: ptx.cp.async.bulk.tensor.store %[[A]], %[[MAP]][%[[X]], %[[X]]]
  ptx.cp.async.bulk.tensor.store %address, %map[%x, %x]
  // CHECK: ptx.cp.reduce.async.bulk.tensor.add %[[A]], %[[MAP]][%[[X]]]
  ptx.cp.reduce.async.bulk.tensor.add %address, %map[%x]
  return
}

// CHECK-LABEL: func.func @global
// CHECK-SAME: %[[P:.*]]: !llvm.ptr<1>, %[[X:.*]]: i32
func.func @global(%address: !llvm.ptr<1>, %x: i32) {
  // CHECK: ptx.atom.add relaxed %[[P]], %[[X]]
  %a = ptx.atom.add relaxed %address, %x
  // CHECK: ptx.atom.add acq_rel %[[P]], %[[X]]
  %b = ptx.atom.add acq_rel %address, %x
  // CHECK: ptx.wait_at_least %[[P]], %[[X]]
  ptx.wait_at_least %address, %x
  return
}

// CHECK-LABEL: func.func @products
// CHECK-SAME: %[[A:.*]]: i32, %[[R:.*]]: i32
func.func @products(%address: i32, %r: i32) {
  // CHECK: %[[D:.*]] = ptx.wgmma.descriptor %[[A]] leading 16 stride 256 swizzle 32
  %d = ptx.wgmma.descriptor %address leading 16 stride 256 swizzle 32
  // CHECK: %[[P:.*]]:4 = ptx.wgmma n 8 f16 left(%[[R]], %[[R]], %[[R]], %[[R]]) right %[[D]] at [0]
  %p:4 = ptx.wgmma n 8 f16 left(%r, %r, %r, %r) right %d at [0]
  // CHECK: %[[W:.*]]:4 = ptx.wgmma.wait 1, %[[P]]#0, %[[P]]#1, %[[P]]#2, %[[P]]#3
  %w:4 = ptx.wgmma.wait 1, %p#0, %p#1, %p#2, %p#3
  // CHECK: ptx.wgmma n 8 bf16 left %[[D]] at [0, 32] right %[[D]] at [0, 256] transpose
  // CHECK-SAME: plus(%[[W]]#0, %[[W]]#1, %[[W]]#2, %[[W]]#3)
  %q:4 = ptx.wgmma n 8 bf16 left %d at [0, 32] right %d at [0, 256] transpose
      plus(%w#0, %w#1, %w#2, %w#3)
  return
}

// CHECK-LABEL: func.func @arithmetic
// CHECK-SAME: %[[X:.*]]: f32
func.func @arithmetic(%x: f32) -> (f32, f32) {
  // CHECK: ptx.ex2 %[[X]]
  %a = ptx.ex2 %x
  // CHECK: ptx.lg2 %[[X]]
  %b = ptx.lg2 %x
  return %a, %b : f32, f32
}
