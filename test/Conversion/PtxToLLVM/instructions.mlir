// Each instruction becomes the text of its definition; constraints follow from
// types, side effects from effects.
//
// RUN: tessera-opt %s --convert-ptx-to-llvm | FileCheck %s --implicit-check-not=ptx.

// CHECK-LABEL: func.func @barriers
// CHECK-SAME: %[[B:.*]]: i32, %[[N:.*]]: i32
func.func @barriers(%barrier: i32, %n: i32) {
  // CHECK-NEXT: llvm.inline_asm has_side_effects asm_dialect = att
  // CHECK-SAME: "mbarrier.init.shared::cta.b64 [$0], $1;", "r,r,~{memory}" %[[B]], %[[N]] : (i32, i32) -> ()
  ptx.mbarrier.init %barrier, %n
  // CHECK-NEXT: has_side_effects {{.*}} "mbarrier.arrive.shared::cta.b64 _, [$0];", "r,~{memory}" %[[B]] :
  ptx.mbarrier.arrive %barrier
  // CHECK-NEXT: has_side_effects
  // CHECK-SAME: "{\0A.reg .b32 all, nothing;\0Amov.b32 all, $1;\0Aor.b32 all, all, $2;\0Amul.lo.u32 nothing, all, all;\0Aand.b32 nothing, nothing, 2;\0Aadd.u32 nothing, nothing, $0;\0Ambarrier.arrive.shared::cta.b64 _, [nothing];\0A}",
  // CHECK-SAME: "r,r,r,~{memory}" %[[B]], %[[N]], %[[N]] :
  ptx.mbarrier.arrive.after %barrier, %n, %n
  // CHECK-NEXT: has_side_effects {{.*}} "mbarrier.arrive.expect_tx.shared::cta.b64 _, [$0], $1;", "r,r,~{memory}" %[[B]], %[[N]] :
  ptx.mbarrier.arrive.expect_tx %barrier, %n
  // CHECK-NEXT: has_side_effects
  // CHECK-SAME: "{\0A.reg .pred done;\0AWAIT_${:uid}:\0Ambarrier.try_wait.parity.shared::cta.b64 done, [$0], $1;\0A@done bra DONE_${:uid};\0Abra WAIT_${:uid};\0ADONE_${:uid}:\0A}",
  // CHECK-SAME: "r,r,~{memory}" %[[B]], %[[N]] :
  ptx.mbarrier.wait %barrier, %n
  // CHECK-NEXT: has_side_effects
  // CHECK-SAME: "{\0A.reg .pred mine, ours;\0Asetp.ne.u32 mine, $1, 0;\0Abar.red.or.pred ours, $2, $3, mine;\0Aselp.u32 $0, 1, 0, ours;\0A}",
  // CHECK-SAME: "=r,r,r,r,~{memory}" %[[N]], %[[B]], %[[N]] :
  %any = ptx.bar.red.or %n, %barrier, %n
  return
}

// CHECK-LABEL: func.func @shared
// CHECK-SAME: %[[A:.*]]: i32
func.func @shared(%address: i32) {
  // CHECK-NEXT: %[[V:.*]] = llvm.inline_asm has_side_effects {{.*}} "ld.shared.u32 $0, [$1];", "=r,r,~{memory}" %[[A]] : (i32) -> i32
  %value = ptx.ld.shared %address
  // CHECK-NEXT: has_side_effects {{.*}} "st.shared.u32 [$0], $1;", "r,r,~{memory}" %[[A]], %[[V]] :
  ptx.st.shared %address, %value
  // CHECK-NEXT: %[[ONE:.*]] = llvm.inline_asm has_side_effects
  // CHECK-SAME: "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {$0}, [$1];", "=r,r,~{memory}" %[[A]] : (i32) -> i32
  %one = ptx.ldmatrix %address : i32
  // CHECK-NEXT: %[[ALL:.*]] = llvm.inline_asm has_side_effects
  // CHECK-SAME: "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {$0, $1, $2, $3}, [$4];", "=r,=r,=r,=r,r,~{memory}" %[[A]] : (i32) -> !llvm.struct<(i32, i32, i32, i32)>
  // CHECK-NEXT: %[[M0:.*]] = llvm.extractvalue %[[ALL]][0]
  // CHECK-NEXT: %[[M1:.*]] = llvm.extractvalue %[[ALL]][1]
  %m:4 = ptx.ldmatrix %address : i32, i32, i32, i32
  // CHECK: has_side_effects {{.*}} "stmatrix.sync.aligned.m8n8.x2.shared.b16 [$0], {$1, $2};", "r,r,r,~{memory}" %[[A]], %[[M0]], %[[M1]] :
  ptx.stmatrix %address, %m#0, %m#1
  return
}

// CHECK-LABEL: func.func @boxes
// CHECK-SAME: %[[A:.*]]: i32, %[[MAP:.*]]: !llvm.ptr, %[[B:.*]]: i32, %[[X:.*]]: i32, %[[Y:.*]]: i32
func.func @boxes(%address: i32, %map: !llvm.ptr, %barrier: i32, %x: i32, %y: i32) {
  // CHECK-NEXT: has_side_effects {{.*}} "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [$0], [$1, {$3, $4, $5, $6, $7}], [$2];",
  // CHECK-SAME: "r,l,r,r,r,r,r,r,~{memory}" %[[A]], %[[MAP]], %[[B]], %[[X]], %[[Y]], %[[X]], %[[Y]], %[[X]] :
  ptx.cp.async.bulk.tensor.load %map[%x, %y, %x, %y, %x], %address, %barrier
  // CHECK-NEXT: has_side_effects {{.*}} "cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [$1, {$2, $3}], [$0];", "r,l,r,r,~{memory}" %[[A]], %[[MAP]], %[[X]], %[[Y]] :
  ptx.cp.async.bulk.tensor.store %address, %map[%x, %y]
  // CHECK-NEXT: has_side_effects {{.*}} "cp.reduce.async.bulk.tensor.3d.global.shared::cta.add.tile.bulk_group [$1, {$2, $3, $4}], [$0];", "r,l,r,r,r,~{memory}" %[[A]], %[[MAP]], %[[X]], %[[Y]], %[[X]] :
  ptx.cp.reduce.async.bulk.tensor.add %address, %map[%x, %y, %x]
  return
}

// CHECK-LABEL: func.func @global
// CHECK-SAME: %[[P:.*]]: !llvm.ptr<1>, %[[X:.*]]: i32
func.func @global(%address: !llvm.ptr<1>, %x: i32) {
  // CHECK-NEXT: has_side_effects {{.*}} "atom.relaxed.gpu.global.add.u32 $0, [$1], $2;", "=r,l,r,~{memory}" %[[P]], %[[X]] : (!llvm.ptr<1>, i32) -> i32
  %a = ptx.atom.add relaxed %address, %x
  // CHECK-NEXT: has_side_effects {{.*}} "atom.acq_rel.gpu.global.add.u32 $0, [$1], $2;"
  %b = ptx.atom.add acq_rel %address, %x
  // CHECK-NEXT: has_side_effects
  // CHECK-SAME: "{\0A.reg .pred enough;\0A.reg .b32 now;\0AWAIT_${:uid}:\0Ald.relaxed.gpu.global.b32 now, [$0];\0Asetp.ge.s32 enough, now, $1;\0A@enough bra DONE_${:uid};\0Ananosleep.u32 40;\0Abra WAIT_${:uid};\0ADONE_${:uid}:\0A}",
  // CHECK-SAME: "l,r,~{memory}" %[[P]], %[[X]] :
  ptx.wait_at_least %address, %x
  return
}

// No side effects: what LLVM may fold, move and drop.
// CHECK-LABEL: func.func @arithmetic
// CHECK-SAME: %[[X:.*]]: f32
func.func @arithmetic(%x: f32) -> (f32, f32) {
  // CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz"(%[[X]]) : (f32) -> f32
  %a = ptx.ex2 %x
  // CHECK-NEXT: llvm.call_intrinsic "llvm.nvvm.lg2.approx.ftz.f"(%[[X]]) : (f32) -> f32
  %b = ptx.lg2 %x
  return %a, %b : f32, f32
}
