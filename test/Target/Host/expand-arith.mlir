// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// RUN: tessera-opt %s --host-expand-arith | FileCheck %s

// CHECK-LABEL: func.func @widen(
// CHECK:         %[[BITS:.*]] = arith.bitcast %{{.*}} : vector<16xbf16> to vector<16xi16>
// CHECK:         %[[WIDE:.*]] = arith.extui %[[BITS]]
// CHECK:         %[[UPPER:.*]] = arith.shli %[[WIDE]]
// CHECK:         arith.bitcast %[[UPPER]] : vector<16xi32> to vector<16xf32>
func.func @widen(%x: vector<16xbf16>) -> vector<16xf32> {
  %y = arith.extf %x : vector<16xbf16> to vector<16xf32>
  return %y : vector<16xf32>
}

// NaN is told apart before the addition that rounds could make it infinite.

// CHECK-LABEL: func.func @narrow(
// CHECK-NOT:     arith.truncf
// CHECK:         %[[NAN:.*]] = arith.cmpf une, %[[X:.*]], %[[X]] : vector<16xf32>
// CHECK:         arith.select %[[NAN]]
// CHECK-NOT:     arith.truncf
func.func @narrow(%x: vector<16xf32>) -> vector<16xbf16> {
  %y = arith.truncf %x : vector<16xf32> to vector<16xbf16>
  return %y : vector<16xbf16>
}

// The target converts f16 by itself, and other operations are not touched.

// CHECK-LABEL: func.func @others(
// CHECK:         arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
// CHECK:         arith.maximumf
func.func @others(%x: vector<8xf32>, %y: vector<8xf32>)
    -> (vector<8xf16>, vector<8xf32>) {
  %h = arith.truncf %x : vector<8xf32> to vector<8xf16>
  %m = arith.maximumf %x, %y : vector<8xf32>
  return %h, %m : vector<8xf16>, vector<8xf32>
}

// CHECK-LABEL: func.func @blocks(
// CHECK-NOT:     arith.ceildiv
// CHECK-NOT:     arith.floordiv
// CHECK:         return
func.func @blocks(%a: index, %b: index) -> (index, index, index) {
  %c = arith.ceildivsi %a, %b : index
  %d = arith.ceildivui %a, %b : index
  %e = arith.floordivsi %a, %b : index
  return %c, %d, %e : index, index, index
}
