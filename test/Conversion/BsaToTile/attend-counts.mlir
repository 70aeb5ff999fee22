// All lists may have one count: it is a number of the launch, or what a list holds.
// RUN: tessera-opt %s --convert-bsa-to-tile=plan=order=ticket --cse | FileCheck %s

// CHECK-LABEL: func.func @one(
// CHECK-SAME:    %[[COUNT:[^:]+]]: i32,
// CHECK:       %[[NUMBER:.*]] = arith.index_cast %[[COUNT]] : i32 to index
// CHECK:       tile.launch @sm_90a::@one_attend_ticket grid(%{{.*}})(%{{.*}}, %[[NUMBER]],
func.func @one(%q: tensor<1x2x?x64xbf16>, %index: tensor<1x2x?x8xi32>, %count: i32)
    -> tensor<1x2x?x64xbf16> {
  %map = bsa.map_from_lists %index, %count : tensor<1x2x?x8xi32>, i32
      -> !bsa.block_map<64x64, capacity = 8>
  %o = bsa.attend query(%q : tensor<1x2x?x64xbf16>) key(%q : tensor<1x2x?x64xbf16>)
      value(%q : tensor<1x2x?x64xbf16>) at(%map : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}

// CHECK-LABEL: func.func @all(
func.func @all(%q: tensor<1x2x?x64xbf16>, %index: tensor<1x2x?x8xi32>) -> tensor<1x2x?x64xbf16> {
  %map = bsa.map_from_lists %index : tensor<1x2x?x8xi32>
      -> !bsa.block_map<64x64, capacity = 8>
  %o = bsa.attend query(%q : tensor<1x2x?x64xbf16>) key(%q : tensor<1x2x?x64xbf16>)
      value(%q : tensor<1x2x?x64xbf16>) at(%map : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}

// Lists whose number of entries is a number have no memory of counts.
// CHECK-LABEL: tile.kernel @one_attend_ticket(
// CHECK-SAME:    %{{[^:]+}}: index, %[[N:[^:]+]]: index {tile.natural}
// CHECK:         %[[COUNT:.*]] = arith.minsi %[[N]], %{{.*}} : index
// CHECK:         arith.index_cast %[[COUNT]] : index to i32
// CHECK-LABEL: tile.kernel @all_attend_ticket(
// CHECK-NOT:     tile.natural
// CHECK:         %[[EIGHT:.*]] = arith.constant 8 : index
// CHECK:         %[[COUNT:.*]] = arith.minsi %[[EIGHT]], %[[EIGHT]] : index
// CHECK:         arith.index_cast %[[COUNT]] : index to i32
