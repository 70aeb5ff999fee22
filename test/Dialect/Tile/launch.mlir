// RUN: tessera-opt %s | tessera-opt | FileCheck %s
// RUN: tessera-opt %s --mlir-print-op-generic | tessera-opt | FileCheck %s

// CHECK-LABEL: func.func @steps(
// CHECK-SAME: %[[X:.*]]: memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>
// CHECK: %[[SMS:.*]] = tile.device multiprocessors
// CHECK: tile.device l2_bytes
// CHECK: %[[RESIDENT:.*]] = tile.resident @sm_90a::@work
// CHECK: %[[MAP:.*]] = tile.make_map %[[X]] promote(256) : memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>> -> !tile.map<64x128xbf16, swizzle = 128>
// CHECK: %[[OUT:.*]] = tile.make_map %[[X]] : memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>> -> !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
// CHECK: %[[STATE:.*]] = memref.alloc() : memref<2xi32>
// CHECK: tile.choose %{{.*}} {
// CHECK:   tile.launch @sm_90a::@none grid(%[[SMS]])()
// CHECK: }, {
// CHECK:   tile.zero %[[STATE]] : memref<2xi32>
// CHECK:   tile.launch @sm_90a::@work grid(%[[RESIDENT]]) cooperative(%[[MAP]], %[[OUT]], %[[STATE]], %{{.*}}, %{{.*}}) : !tile.map<64x128xbf16, swizzle = 128>, !tile.map<64x128xbf16, swizzle = 128, box = 16x64>, memref<2xi32>, i32, f32
// CHECK: }
func.func @steps(%x: memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>, %n: i32, %scale: f32) {
  %sms = tile.device multiprocessors
  %l2 = tile.device l2_bytes
  %resident = tile.resident @sm_90a::@work
  %map = tile.make_map %x promote(256) : memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>
      -> !tile.map<64x128xbf16, swizzle = 128>
  %out = tile.make_map %x : memref<?x12x?x128xbf16, strided<[?, ?, ?, 1], offset: ?>>
      -> !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
  %state = memref.alloc() : memref<2xi32>
  tile.choose %l2 {
    tile.launch @sm_90a::@none grid(%sms) ()
  }, {
    tile.zero %state : memref<2xi32>
    tile.launch @sm_90a::@work grid(%resident) cooperative (%map, %out, %state, %n, %scale)
        : !tile.map<64x128xbf16, swizzle = 128>, !tile.map<64x128xbf16, swizzle = 128, box = 16x64>,
          memref<2xi32>, i32, f32
  }
  return
}

// CHECK-LABEL: tile.module @sm_90a {
// CHECK: tile.kernel @none()
// CHECK: tile.kernel @work(
tile.module @sm_90a {
  tile.kernel @none() {
    tile.role @nothing agents(1) each thread (%agent) {
    }
  }
  tile.kernel @work(%map: !tile.map<64x128xbf16, swizzle = 128>,
                    %out: !tile.map<64x128xbf16, swizzle = 128, box = 16x64>,
                    %state: memref<?xi32>, %n: index, %scale: f32) {
    tile.role @nothing agents(1) each thread (%agent) {
    }
  }
}
