// An attention over lists becomes launches of the programs of one CTA.
//
// RUN: tessera-opt %s --convert-bsa-to-tile=plan=order=ticket --mlir-use-nameloc-as-prefix \
// RUN:   --canonicalize --cse | FileCheck %s
// RUN: tessera-opt %s --convert-bsa-to-tile="plan=overlap=yes,query=shared,stages=3,order=wave" \
// RUN:   --canonicalize --cse | FileCheck %s --check-prefix=OVERLAP
// RUN: tessera-opt %s --convert-bsa-to-tile --cse | FileCheck %s --check-prefix=CALL

// What is static is no parameter: neither heads nor their groups.
// CHECK-LABEL: tile.kernel @attend_attend_ticket(
// CHECK-NOT: %heads
// CHECK-SAME: %count: memref<?xi32> {tile.natural}
// CHECK-SAME: %query: !tile.map<64x128xbf16, swizzle = 128>
// CHECK-SAME: %output: !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
// CHECK-SAME: attributes {tile.plan = "tiles=3,step=64,stages=4,query=ring,overlap=no,store=64,registers=160/32,order=ticket"}

// Four stages of keys and values a lane; what is to be done; what outgrew.
// CHECK: %[[KV:.*]] = tile.make_ring : !tile.ring<4 x 64x128xbf16, swizzle = 128, lanes = 3>
// CHECK: %[[WORK:.*]] = tile.make_ring : !tile.ring<2 x none, lanes = 3>
// CHECK: %[[OUTGROWN:.*]] = tile.make_ring : !tile.ring<1 x none, lanes = 3>
// CHECK: tile.make_staging : !tile.staging<64x64xbf16, swizzle = 128, lanes = 3>

// CHECK: tile.role @load agents(3) each thread registers(32) (%[[LANE:.*]]) {
// CHECK: scf.while
// CHECK: tile.acquire %[[WORK]][%[[LANE]]] note(%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}})
// CHECK: tile.load %query
// CHECK: scf.for
// CHECK: tile.acquire %[[KV]][%[[LANE]]] note(
// CHECK-NEXT: tile.load %key
// CHECK-NEXT: tile.acquire %[[KV]][%[[LANE]]] :
// CHECK-NEXT: tile.load %value
// Tiles by ticket, taken some blocks before the end of a list.
// CHECK: tile.atomic_add %{{.*}} to %state
// CHECK: scf.for
// CHECK: tile.wait %[[OUTGROWN]]
// CHECK: memref.load %marks

// CHECK: tile.role @attend agents(3) each warpgroup registers(160) (%[[LANE:.*]]) {
// CHECK: scf.while
// CHECK: tile.wait %[[WORK]][%[[LANE]]]
// CHECK: tile.load_fragment
// CHECK: scf.for
// CHECK: %[[KEYS:.*]] = tile.wait %[[KV]]
// CHECK: %[[P:.*]] = tile.mma %{{.*}}, %[[KEYS]] transposed
// CHECK-NEXT: tile.mma_wait %[[P]]
// The query goes back after the first product, keys where their note decides.
// CHECK: scf.if
// CHECK-NEXT: tile.release
// CHECK: scf.if
// CHECK-NEXT: tile.release %[[KEYS]]
// CHECK: else
// CHECK-NEXT: tile.release %[[KEYS]]
// CHECK: tile.row_reduce max
// CHECK: math.exp2
// CHECK: tile.mma %{{.*}}, %{{.*}} plus
// CHECK: tile.store_async %{{.*}} through %{{.*}} to %output
// CHECK: tile.store_rows
// CHECK: memref.store %{{.*}}, %marks
// CHECK: tile.store_wait
// CHECK: tile.acquire %[[OUTGROWN]]
// Once more, with a running maximum.
// CHECK: scf.while
// CHECK: arith.maxnumf

// The order that suits the keys of a head and the L2 is chosen at the call, and each
// has a kernel: waves if 7/10 of the L2 are less than the keys and values, or 1/4 of it
// is not.
// CALL-LABEL: func.func @attend(
// CALL-SAME: %[[Q:[^:]+]]: memref<1x12x?x128xbf16, {{[^>]+>}}>, %[[K:[^:]+]]: memref<1x4x?x128xbf16,
// CALL-DAG: %[[KEYS:.*]] = memref.dim %[[K]], %c2
// CALL-DAG: %[[BLOCKS:.*]] = memref.dim %{{.*}}, %c2 : memref<1x12x?x76xi32
// CALL: %[[SCALE:.*]] = arith.constant 0.0883
// CALL: %[[TILES:.*]] = arith.muli %c12, %[[BLOCKS]]
// CALL: %[[L2:.*]] = tile.device l2_bytes
// CALL: %[[BYTES:.*]] = arith.muli %[[KEYS]], %c512
// CALL: %[[TIMES4:.*]] = arith.muli %[[BYTES]], %c4
// CALL: %[[MORE:.*]] = arith.cmpi slt, %[[L2]], %[[TIMES4]]
// CALL: %[[SMALL:.*]] = arith.select %[[MORE]], %c0, %c1
// CALL: %[[L7:.*]] = arith.muli %[[L2]], %c7
// CALL: %[[B10:.*]] = arith.muli %[[BYTES]], %c10
// CALL: %[[LARGE:.*]] = arith.cmpi slt, %[[L7]], %[[B10]]
// CALL: %[[ORDER:.*]] = arith.select %[[LARGE]], %c1, %[[SMALL]]
// CALL: %[[STATE:.*]] = memref.alloc() : memref<1xi32>
// CALL: %[[MARKS:.*]] = memref.alloc(%[[TILES]]) : memref<?xi32>
// CALL: %[[ROUNDS:.*]] = arith.ceildivsi %[[TILES]], %c3
// CALL: %[[CTAS:.*]] = tile.resident @sm_90a::@attend_attend_ticket
// CALL: %[[GRID:.*]] = arith.minsi %[[ROUNDS]], %[[CTAS]]
// CALL: tile.choose %[[ORDER]] {
// CALL:   %[[QUERY:.*]] = tile.make_map %[[Q]] :
// CALL-SAME: -> !tile.map<64x128xbf16, swizzle = 128>
// CALL:   tile.make_map %[[K]] promote(256) :
// CALL:   tile.zero %[[STATE]] : memref<1xi32>
// CALL:   tile.make_map %{{.*}} -> !tile.map<64x128xbf16, swizzle = 128, box = 16x64>
// CALL:   tile.launch @sm_90a::@attend_attend_ticket grid(%[[GRID]])(%[[TILES]], {{.*}}%[[QUERY]], {{.*}}%[[STATE]], %[[MARKS]], %[[SCALE]]
// CALL: }, {
// CALL:   tile.zero %[[STATE]] : memref<1xi32>
// CALL:   tile.launch @sm_90a::@attend_attend_wave grid(%{{.*}}) cooperative(
// CALL: }
// CALL: tile.module @sm_90a {
// CALL: tile.kernel @attend_attend_ticket(
// CALL: tile.kernel @attend_attend_wave(

// OVERLAP-LABEL: tile.kernel @attend_attend_wave(
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
