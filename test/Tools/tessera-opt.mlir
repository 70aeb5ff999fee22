// tessera-opt runs upstream passes beside ours, and reads what it wrote.
// RUN: tessera-opt %s --canonicalize | tessera-opt | FileCheck %s

// CHECK-LABEL: func.func @folds
func.func @folds() -> i32 {
  %two = arith.constant 2 : i32
  %three = arith.constant 3 : i32
  // CHECK-NOT: arith.addi
  // CHECK: %[[SUM:.*]] = arith.constant 5 : i32
  %sum = arith.addi %two, %three : i32
  // CHECK: return %[[SUM]] : i32
  return %sum : i32
}
