// An attention over lists becomes the program of one CTA.
//
// RUN: tessera-opt %s --convert-bsa-to-tile --canonicalize --cse | FileCheck %s
// RUN: tessera-opt %s --convert-bsa-to-tile="plan=overlap=yes,query=shared,stages=3,order=wave" \
// RUN:   --canonicalize --cse | FileCheck %s --check-prefix=OVERLAP

// CHECK-LABEL: tile.kernel @attend(
// CHECK-SAME: %[[Q:[a-z0-9]+]]: !tile.map<64x128xbf16, swizzle = 128> {tile.name = "query"}
// CHECK-SAME: %[[K:[a-z0-9]+]]: !tile.map<64x128xbf16, swizzle = 128> {tile.name = "key"}
// CHECK-SAME: %[[V:[a-z0-9]+]]: !tile.map<64x128xbf16, swizzle = 128> {tile.name = "value"}
// CHECK-SAME: %[[O:[a-z0-9]+]]: !tile.map<64x128xbf16, swizzle = 128> {tile.name = "output"}
// CHECK-SAME: %[[INDEX:[a-z0-9]+]]: memref<?xi32> {tile.name = "index"}
// CHECK-SAME: %[[COUNT:[a-z0-9]+]]: memref<?xi32> {tile.name = "count", tile.natural}
// CHECK-SAME: {tile.name = "key_sizes"}
// CHECK-NOT: query_sizes
// CHECK-SAME: {tile.name = "lse"}
// CHECK-SAME: %[[MARKS:[a-z0-9]+]]: memref<?xi32> {tile.name = "marks"}
// CHECK-SAME: %[[STATE:[a-z0-9]+]]: memref<?xi32> {tile.name = "state"}
// CHECK-SAME: {tile.name = "scale"}

// Four stages of keys and values a lane; what is to be done; what outgrew.
// CHECK: %[[KV:.*]] = tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
// CHECK: %[[WORK:.*]] = tile.make_ring : !tile.ring<2 x none, lanes = 3>
// CHECK: %[[OUTGROWN:.*]] = tile.make_ring : !tile.ring<1 x none, lanes = 3>
// CHECK: tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128, lanes = 3>

// CHECK: tile.role @load agents(3) each thread registers(32) (%[[LANE:.*]]) {
// CHECK: scf.while
// CHECK: tile.acquire %[[WORK]][%[[LANE]]] note(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: tile.load %[[Q]]
// CHECK: scf.for
// CHECK: tile.acquire %[[KV]][%[[LANE]]] note(
// CHECK-NEXT: tile.load %[[K]]
// CHECK-NEXT: tile.acquire %[[KV]][%[[LANE]]] :
// CHECK-NEXT: tile.load %[[V]]
// Tiles by ticket, taken some blocks before the end of a list.
// CHECK: tile.atomic_add %{{.*}} to %[[STATE]]
// CHECK: scf.for
// The last loader makes the state as it was.
// CHECK: tile.atomic_add %{{.*}} to %[[STATE]][%{{.*}}] ordered
// CHECK: tile.wait %[[OUTGROWN]]
// CHECK: memref.load %[[MARKS]]

// CHECK: tile.role @attend agents(3) each warpgroup registers(160) (%[[LANE:.*]]) {
// CHECK: scf.while
// CHECK: tile.wait %[[WORK]][%[[LANE]]]
// CHECK: tile.load_fragment
// CHECK: scf.for
// CHECK: %[[KEYS:.*]] = tile.wait %[[KV]]
// CHECK: %[[P:.*]] = tile.mma %{{.*}}, %[[KEYS]] transposed
// CHECK-NEXT: tile.mma_wait %[[P]]
// CHECK-NEXT: tile.release %[[KEYS]]
// CHECK: tile.row_reduce max
// CHECK: math.exp2
// CHECK: tile.mma %{{.*}}, %{{.*}} plus
// CHECK: tile.store_async %{{.*}} through %{{.*}} to %[[O]]
// CHECK: tile.store_rows
// CHECK: memref.store %{{.*}}, %[[MARKS]]
// CHECK: tile.store_wait
// CHECK: tile.acquire %[[OUTGROWN]]
// Once more, with a running maximum.
// CHECK: scf.while
// CHECK: arith.maxnumf

// OVERLAP-LABEL: tile.kernel @attend(
// OVERLAP: tile.make_ring : !tile.ring<3 x 64x128xbf16, swizzle = 128, lanes = 3>
// OVERLAP: tile.make_ring : !tile.ring<1 x 64x128xbf16, swizzle = 128, lanes = 3>
// OVERLAP: tile.await
// OVERLAP: tile.role @attend
// OVERLAP-NOT: tile.load_fragment
// OVERLAP: scf.for
// OVERLAP: %[[SCORES:.*]] = tile.mma %{{.*}}, %{{.*}} transposed
// OVERLAP-NEXT: %[[RESULT:.*]] = tile.mma %{{.*}}, %{{.*}} plus
// OVERLAP-NEXT: tile.mma_wait %[[SCORES]]
// OVERLAP: math.exp2
// OVERLAP: tile.mma_wait %[[RESULT]]
func.func @attend(
    %q: tensor<1x12x?x128xbf16>, %k: tensor<1x4x?x128xbf16>, %v: tensor<1x4x?x128xbf16>,
    %index: tensor<1x12x?x76xi32>, %count: tensor<1x12x?xi32>, %sizes: tensor<?xi32>)
    -> (tensor<1x12x?x128xbf16>, tensor<1x12x?xf32>) {
  %map = bsa.map_from_lists %index, %count : tensor<1x12x?x76xi32>, tensor<1x12x?xi32>
      -> !bsa.block_map<64x64, capacity = 76>
  %o, %lse = bsa.attend query(%q : tensor<1x12x?x128xbf16>)
      key(%k : tensor<1x4x?x128xbf16>, sizes %sizes : tensor<?xi32>)
      value(%v : tensor<1x4x?x128xbf16>) at(%map : !bsa.block_map<64x64, capacity = 76>)
      -> tensor<1x12x?x128xbf16>, lse tensor<1x12x?xf32>
  return %o, %lse : tensor<1x12x?x128xbf16>, tensor<1x12x?xf32>
}
