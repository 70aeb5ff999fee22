// Code for the GPU is made of kernels alone: what launches them goes, other
// functions stay.
// RUN: tessera-opt %s --tile-extract-kernels | FileCheck %s

// CHECK:      module {
// CHECK-NEXT:   func.func private @other()
// CHECK-NEXT:   tile.kernel @work(
// CHECK-NOT:    tile.module
// CHECK-NOT:    tile.launch
func.func @steps(%n: index) {
  tile.launch @sm_90a::@work grid(%n) (%n) : index
  return
}
func.func private @other()
tile.module @sm_90a {
  tile.kernel @work(%n: index) {
    tile.role @nothing agents(1) each thread (%agent) {
    }
  }
}
