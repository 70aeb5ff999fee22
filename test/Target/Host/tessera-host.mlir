// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --tessera-host | FileCheck %s --check-prefixes=CHECK,V4
// RUN: tessera-opt %s --tessera-host=cpu=x86-64-v3 | FileCheck %s --check-prefixes=CHECK,V3
// RUN: tessera-opt %s --tessera-host=fuse=false | FileCheck %s --check-prefix=UNFUSED

// Tiles are as wide as the registers of the level, and what is fused is fewer
// kernels.

// CHECK-NOT:   bsa.
// CHECK-LABEL: llvm.func @attention(
// CHECK:       llvm.func @attention__kernel0(
// V3-NOT:      vector<16xf32>
// CHECK:       llvm.func @attention__kernel1(
// V4:          llvm.intr.fma({{.*}}) : (vector<16xf32>, vector<16xf32>, vector<16xf32>)
// V3-NOT:      vector<16xf32>
// V3:          llvm.intr.fma({{.*}}) : (vector<8xf32>, vector<8xf32>, vector<8xf32>)
// CHECK-NOT:   llvm.func

// UNFUSED:     llvm.func @attention__kernel2(
func.func @attention(%query: tensor<1x4x?x64xf32>, %key: tensor<1x4x?x64xf32>,
                     %value: tensor<1x4x?x64xf32>, %topk: i32)
    -> tensor<1x4x?x64xf32> {
  %output = bsa.attention
      query(%query : tensor<1x4x?x64xf32>)
      key(%key : tensor<1x4x?x64xf32>)
      value(%value : tensor<1x4x?x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 32>)
      -> tensor<1x4x?x64xf32>
  return %output : tensor<1x4x?x64xf32>
}
