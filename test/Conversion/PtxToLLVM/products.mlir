// A whole product is one text, its accumulators tied to its results.
//
// RUN: tessera-opt %s --convert-ptx-to-llvm | FileCheck %s --implicit-check-not=ptx.

// Bits 0 .. 13 the address, 16 .. the leading and 32 .. the stride offset, all in 16
// bytes; from 62 on the swizzle, of which 64 bytes are 2, 128 are 1.
// CHECK-LABEL: func.func @descriptors
// CHECK-SAME: %[[A:.*]]: i32
func.func @descriptors(%address: i32) -> (i64, i64) {
  // CHECK-NEXT: %[[FOUR:.*]] = llvm.mlir.constant(4 : i32)
  // CHECK-NEXT: %[[UNITS:.*]] = llvm.lshr %[[A]], %[[FOUR]]
  // CHECK-NEXT: %[[LEADING:.*]] = llvm.mlir.constant(65536 : i32)
  // CHECK-NEXT: %[[LOW:.*]] = llvm.or %[[UNITS]], %[[LEADING]]
  // CHECK-NEXT: %[[WIDE:.*]] = llvm.zext %[[LOW]] : i32 to i64
  // 1 << 62 | 64 << 32
  // CHECK-NEXT: %[[HIGH:.*]] = llvm.mlir.constant(4611686293305294848 : i64)
  // CHECK-NEXT: llvm.or %[[WIDE]], %[[HIGH]]
  %wide = ptx.wgmma.descriptor %address leading 16 stride 1024 swizzle 128
  // CHECK: llvm.mlir.constant(16777216 : i32)
  // 2 << 62 | 32 << 32
  // CHECK: llvm.mlir.constant(-9223371899415822336 : i64)
  %narrow = ptx.wgmma.descriptor %address leading 4096 stride 512 swizzle 64
  return %wide, %narrow : i64, i64
}

// CHECK-LABEL: func.func @fresh
// CHECK-SAME: %[[R0:.*]]: i32, %[[R1:.*]]: i32, %[[D:.*]]: i64
func.func @fresh(%r0: i32, %r1: i32, %right: i64) -> f32 {
  // CHECK-NEXT: %[[ALL:.*]] = llvm.inline_asm has_side_effects
  // CHECK-SAME: "{\0A.reg .pred add, fresh;\0A.reg .b64 at, from;\0Asetp.eq.u32 add, 0, 0;\0Asetp.ne.u32 fresh, 0, 0;\0Awgmma.fence.sync.aligned;\0A
  // CHECK-SAME: add.s64 at, $12, 0;\0Awgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, {$4, $5, $6, $7}, at, fresh, 1, 1, 0;\0A
  // CHECK-SAME: add.s64 at, $12, 512;\0Awgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {$0, $1, $2, $3}, {$8, $9, $10, $11}, at, add, 1, 1, 0;\0A
  // CHECK-SAME: wgmma.commit_group.sync.aligned;\0A}",
  // CHECK-SAME: "=f,=f,=f,=f,r,r,r,r,r,r,r,r,l,~{memory}" %[[R0]], %[[R0]], %[[R0]], %[[R0]], %[[R1]], %[[R1]], %[[R1]], %[[R1]], %[[D]]
  // CHECK-SAME: -> !llvm.struct<(f32, f32, f32, f32)>
  // CHECK-NEXT: %[[P0:.*]] = llvm.extractvalue %[[ALL]][0]
  // CHECK-NEXT: %[[P1:.*]] = llvm.extractvalue %[[ALL]][1]
  // CHECK-NEXT: %[[P2:.*]] = llvm.extractvalue %[[ALL]][2]
  // CHECK-NEXT: %[[P3:.*]] = llvm.extractvalue %[[ALL]][3]
  %p:4 = ptx.wgmma n 8 bf16 left(%r0, %r0, %r0, %r0, %r1, %r1, %r1, %r1) right %right at [0, 8192]
  // CHECK-NEXT: %[[DONE:.*]] = llvm.inline_asm has_side_effects
  // CHECK-SAME: "wgmma.wait_group.sync.aligned 1;", "=f,=f,=f,=f,0,1,2,3,~{memory}" %[[P0]], %[[P1]], %[[P2]], %[[P3]] :
  // CHECK-NEXT: llvm.extractvalue %[[DONE]][0]
  %w:4 = ptx.wgmma.wait 1, %p#0, %p#1, %p#2, %p#3
  return %w#0 : f32
}

// CHECK-LABEL: func.func @added
func.func @added(%left: i64, %right: i64, %x: f32) -> f32 {
  // CHECK-NEXT: llvm.inline_asm has_side_effects
  // CHECK-SAME: add.s64 at, $9, 0;\0Aadd.s64 from, $8, 0;\0Awgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {$0, $1, $2, $3}, from, at, add, 1, 1, 0, 1;\0A
  // CHECK-SAME: add.s64 at, $9, 128;\0Aadd.s64 from, $8, 2;\0Awgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16 {$0, $1, $2, $3}, from, at, add, 1, 1, 0, 1;\0A
  // CHECK-SAME: "=f,=f,=f,=f,0,1,2,3,l,l,~{memory}"
  %p:4 = ptx.wgmma n 8 f16 left %left at [0, 32] right %right at [0, 2048] transpose
      plus(%x, %x, %x, %x)
  return %p#0 : f32
}
