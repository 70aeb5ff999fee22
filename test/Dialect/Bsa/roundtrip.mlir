// RUN: tessera-opt %s --verify-roundtrip | FileCheck %s
// RUN: tessera-opt %s | tessera-opt | FileCheck %s
// RUN: tessera-opt %s --mlir-print-op-generic | tessera-opt | FileCheck %s

// CHECK: func.func private @types(!bsa.block_map<64x64, capacity = 128>, !bsa.block_map<32x128, capacity = 1, ascending>)
func.func private @types(!bsa.block_map<64x64, capacity = 128>,
                         !bsa.block_map<32x128, capacity = 1, ascending>)

// Defaults are not printed.
// CHECK: func.func private @attributes() attributes {
// CHECK-SAME: cube = #bsa.cube<4x2x1>
// CHECK-SAME: place = #bsa<text_place suffix>
// CHECK-SAME: plain = #bsa.select<capacity = 8>
// CHECK-SAME: select = #bsa.select<capacity = 128, sink = 2, local = 3, forced = beside>
func.func private @attributes() attributes {
  cube = #bsa.cube<4x2x1>, place = #bsa<text_place suffix>,
  plain = #bsa.select<capacity = 8, sink = 0, local = 0, forced = within>,
  select = #bsa.select<forced = beside, local = 3, sink = 2, capacity = 128>}

// CHECK-LABEL: func.func @attention_plain
func.func @attention_plain(%q: tensor<1x2x128x64xf32>, %topk: i32) -> tensor<1x2x128x64xf32> {
  // CHECK: bsa.attention query(%{{.*}} : tensor<1x2x128x64xf32>) key(%{{.*}} : tensor<1x2x128x64xf32>) value(%{{.*}} : tensor<1x2x128x64xf32>) top(%{{.*}}) block(64x32) select(#bsa.select<capacity = 4>) without_coarse -> tensor<1x2x128x64xf32>
  %o = bsa.attention query(%q : tensor<1x2x128x64xf32>) key(%q : tensor<1x2x128x64xf32>)
      value(%q : tensor<1x2x128x64xf32>) top(%topk) block(64x32)
      select(#bsa.select<capacity = 4>) without_coarse -> tensor<1x2x128x64xf32>
  return %o : tensor<1x2x128x64xf32>
}

// CHECK-LABEL: func.func @attention_full
func.func @attention_full(%q: tensor<?x12x?x128xbf16>, %k: tensor<?x4x?x128xbf16>,
                          %v: tensor<?x4x?x128xbf16>, %g: tensor<1x12x?x1xbf16>,
                          %sizes: tensor<?xi32>, %batch_sizes: tensor<?x?xi32>, %topk: i32,
                          %scale: f32) {
  // CHECK: bsa.attention query(%{{.*}} : tensor<?x12x?x128xbf16>, sizes %{{.*}} : tensor<?xi32>) key(%{{.*}} : tensor<?x4x?x128xbf16>, sizes %{{.*}} : tensor<?x?xi32>) value(%{{.*}} : tensor<?x4x?x128xbf16>) fine_gate(%{{.*}} : tensor<1x12x?x1xbf16>) coarse_gate(%{{.*}} : tensor<1x12x?x1xbf16>) top(%{{.*}}) scale(%{{.*}}) block(64x64) select(#bsa.select<capacity = 128, local = 1>) {note = 1 : i32} -> tensor<?x12x?x128xbf16>, lse tensor<?x12x?xf32>, map !bsa.block_map<64x64, capacity = 128, ascending>, coarse tensor<?x12x?x128xf32>
  %o, %lse, %map, %coarse = bsa.attention
      query(%q : tensor<?x12x?x128xbf16>, sizes %sizes : tensor<?xi32>)
      key(%k : tensor<?x4x?x128xbf16>, sizes %batch_sizes : tensor<?x?xi32>)
      value(%v : tensor<?x4x?x128xbf16>)
      fine_gate(%g : tensor<1x12x?x1xbf16>) coarse_gate(%g : tensor<1x12x?x1xbf16>)
      top(%topk) scale(%scale) block(64x64)
      select(#bsa.select<capacity = 128, local = 1>) {note = 1 : i32}
      -> tensor<?x12x?x128xbf16>, lse tensor<?x12x?xf32>,
         map !bsa.block_map<64x64, capacity = 128, ascending>,
         coarse tensor<?x12x?x128xf32>
  return
}

// Each optional result without those before it.
// CHECK-LABEL: func.func @attention_results
func.func @attention_results(%q: tensor<1x2x?x64xf32>, %topk: i32) {
  // CHECK: -> tensor<1x2x?x64xf32>, map !bsa.block_map<64x64, capacity = 4, ascending>{{$}}
  %0:2 = bsa.attention query(%q : tensor<1x2x?x64xf32>) key(%q : tensor<1x2x?x64xf32>)
      value(%q : tensor<1x2x?x64xf32>) top(%topk) block(64x64)
      select(#bsa.select<capacity = 4>)
      -> tensor<1x2x?x64xf32>, map !bsa.block_map<64x64, capacity = 4, ascending>
  // CHECK: -> tensor<1x2x?x64xf32>, coarse tensor<1x2x?x64xf32>{{$}}
  %1:2 = bsa.attention query(%q : tensor<1x2x?x64xf32>) key(%q : tensor<1x2x?x64xf32>)
      value(%q : tensor<1x2x?x64xf32>) top(%topk) block(64x64)
      select(#bsa.select<capacity = 4>) -> tensor<1x2x?x64xf32>, coarse tensor<1x2x?x64xf32>
  // CHECK: -> tensor<1x2x?x64xf32>, lse tensor<1x2x?xf32>, coarse tensor<1x2x?x64xf32>{{$}}
  %2:3 = bsa.attention query(%q : tensor<1x2x?x64xf32>) key(%q : tensor<1x2x?x64xf32>)
      value(%q : tensor<1x2x?x64xf32>) top(%topk) block(64x64)
      select(#bsa.select<capacity = 4>)
      -> tensor<1x2x?x64xf32>, lse tensor<1x2x?xf32>, coarse tensor<1x2x?x64xf32>
  return
}

// CHECK-LABEL: func.func @pool
func.func @pool(%x: tensor<2x4x?x64xf16>, %y: tensor<2x4x?x64xf32>, %sizes: tensor<2x?xi32>) {
  // CHECK: bsa.pool %{{.*}} by 8 : tensor<2x4x?x64xf16> -> tensor<2x4x?x64xf32>
  %0 = bsa.pool %x by 8 : tensor<2x4x?x64xf16> -> tensor<2x4x?x64xf32>
  // CHECK: bsa.pool %{{.*}}, %{{.*}} by 16 sizes(%{{.*}} : tensor<2x?xi32>) : tensor<2x4x?x64xf16>, tensor<2x4x?x64xf32> -> tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>
  %1:2 = bsa.pool %x, %y by 16 sizes(%sizes : tensor<2x?xi32>)
      : tensor<2x4x?x64xf16>, tensor<2x4x?x64xf32> -> tensor<2x4x?x64xf32>, tensor<2x4x?x64xf32>
  return
}

// CHECK-LABEL: func.func @coarse
func.func @coarse(%q: tensor<2x4x?x64xf32>, %k: tensor<2x2x?x64xf32>, %sizes: tensor<?xi32>,
                  %scale: f32) {
  // CHECK: bsa.coarse query(%{{.*}} : tensor<2x4x?x64xf32>) key(%{{.*}} : tensor<2x2x?x64xf32>) -> tensor<2x4x?x?xf32>{{$}}
  %0 = bsa.coarse query(%q : tensor<2x4x?x64xf32>) key(%k : tensor<2x2x?x64xf32>)
      -> tensor<2x4x?x?xf32>
  // CHECK: bsa.coarse query(%{{.*}} : tensor<2x4x?x64xf32>) key(%{{.*}} : tensor<2x2x?x64xf32>, sizes %{{.*}} : tensor<?xi32>) value(%{{.*}} : tensor<2x2x?x64xf32>) scale(%{{.*}}) -> tensor<2x4x?x?xf32>, output tensor<2x4x?x64xf32>
  %1:2 = bsa.coarse query(%q : tensor<2x4x?x64xf32>)
      key(%k : tensor<2x2x?x64xf32>, sizes %sizes : tensor<?xi32>)
      value(%k : tensor<2x2x?x64xf32>) scale(%scale)
      -> tensor<2x4x?x?xf32>, output tensor<2x4x?x64xf32>
  return
}

// CHECK-LABEL: func.func @select
func.func @select(%scores: tensor<2x4x?x?xf32>, %sizes: tensor<?xi32>, %topk: i32) {
  // CHECK: bsa.select %{{.*}} : tensor<2x4x?x?xf32> top(%{{.*}}) policy(#bsa.select<capacity = 8>) -> !bsa.block_map<64x32, capacity = 8, ascending>
  %0 = bsa.select %scores : tensor<2x4x?x?xf32> top(%topk) policy(#bsa.select<capacity = 8>)
      -> !bsa.block_map<64x32, capacity = 8, ascending>
  // CHECK: bsa.select %{{.*}} : tensor<2x4x?x?xf32> top(%{{.*}}) sizes(%{{.*}} : tensor<?xi32>) policy(#bsa.select<capacity = 8, local = 2>) -> !bsa.block_map<64x64, capacity = 8, ascending>
  %1 = bsa.select %scores : tensor<2x4x?x?xf32> top(%topk) sizes(%sizes : tensor<?xi32>)
      policy(#bsa.select<capacity = 8, local = 2>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  return
}

// CHECK-LABEL: func.func @attend
func.func @attend(%q: tensor<1x4x?x64xf16>, %k: tensor<1x2x?x64xf16>, %sizes: tensor<?xi32>,
                  %map: !bsa.block_map<64x32, capacity = 8>, %scale: f32) {
  // CHECK: bsa.attend query(%{{.*}} : tensor<1x4x?x64xf16>) key(%{{.*}} : tensor<1x2x?x64xf16>) value(%{{.*}} : tensor<1x2x?x64xf16>) at(%{{.*}} : !bsa.block_map<64x32, capacity = 8>) -> tensor<1x4x?x64xf16>{{$}}
  %0 = bsa.attend query(%q : tensor<1x4x?x64xf16>) key(%k : tensor<1x2x?x64xf16>)
      value(%k : tensor<1x2x?x64xf16>) at(%map : !bsa.block_map<64x32, capacity = 8>)
      -> tensor<1x4x?x64xf16>
  // CHECK: bsa.attend query(%{{.*}}, sizes %{{.*}} : tensor<?xi32>) key(%{{.*}}, sizes %{{.*}} : tensor<?xi32>) value(%{{.*}}) at(%{{.*}}) scale(%{{.*}}) -> tensor<1x4x?x64xf32>, lse tensor<1x4x?xf32>
  %1:2 = bsa.attend query(%q : tensor<1x4x?x64xf16>, sizes %sizes : tensor<?xi32>)
      key(%k : tensor<1x2x?x64xf16>, sizes %sizes : tensor<?xi32>)
      value(%k : tensor<1x2x?x64xf16>) at(%map : !bsa.block_map<64x32, capacity = 8>)
      scale(%scale) -> tensor<1x4x?x64xf32>, lse tensor<1x4x?xf32>
  return
}

// CHECK-LABEL: func.func @combine
func.func @combine(%fine: tensor<1x4x?x64xf32>, %coarse: tensor<1x4x?x64xf32>,
                   %g: tensor<1x1x?x64xbf16>, %sizes: tensor<?xi32>) {
  // CHECK: bsa.combine fine(%{{.*}} : tensor<1x4x?x64xf32>) by 64 -> tensor<1x4x?x64xbf16>
  %0 = bsa.combine fine(%fine : tensor<1x4x?x64xf32>) by 64 -> tensor<1x4x?x64xbf16>
  // CHECK: bsa.combine fine(%{{.*}} : tensor<1x4x?x64xf32>) coarse(%{{.*}} : tensor<1x4x?x64xf32>) fine_gate(%{{.*}} : tensor<1x1x?x64xbf16>) coarse_gate(%{{.*}} : tensor<1x1x?x64xbf16>) by 64 sizes(%{{.*}} : tensor<?xi32>) -> tensor<1x4x?x64xbf16>
  %1 = bsa.combine fine(%fine : tensor<1x4x?x64xf32>) coarse(%coarse : tensor<1x4x?x64xf32>)
      fine_gate(%g : tensor<1x1x?x64xbf16>) coarse_gate(%g : tensor<1x1x?x64xbf16>)
      by 64 sizes(%sizes : tensor<?xi32>) -> tensor<1x4x?x64xbf16>
  return
}

// CHECK-LABEL: func.func @fused
func.func @fused(%q: tensor<1x4x?x64xf32>, %k: tensor<1x4x?x64xf32>) -> tensor<1x4x?x?xf32> {
  // CHECK: %[[R:.*]]:2 = bsa.fused {
  // CHECK:   bsa.yield %{{.*}}, %{{.*}} : tensor<1x4x?x?xf32>, tensor<1x4x?x64xf32>
  // CHECK: } {note = 2 : i32} : tensor<1x4x?x?xf32>, tensor<1x4x?x64xf32>
  %0:2 = bsa.fused {
    %s, %o = bsa.coarse query(%q : tensor<1x4x?x64xf32>) key(%k : tensor<1x4x?x64xf32>)
        value(%k : tensor<1x4x?x64xf32>) -> tensor<1x4x?x?xf32>, output tensor<1x4x?x64xf32>
    bsa.yield %s, %o : tensor<1x4x?x?xf32>, tensor<1x4x?x64xf32>
  } {note = 2 : i32} : tensor<1x4x?x?xf32>, tensor<1x4x?x64xf32>
  // CHECK: bsa.fused {
  // CHECK:   bsa.yield{{$}}
  // CHECK: }{{$}}
  bsa.fused {
    bsa.yield
  }
  return %0#0 : tensor<1x4x?x?xf32>
}

// CHECK-LABEL: func.func @partition
func.func @partition(%x: tensor<1x4x?x64xf16>, %t: i32, %h: i32, %w: i32, %text: i32) {
  // CHECK: bsa.partition %{{.*}} by #bsa.cube<4x4x4> grid(%{{.*}}, %{{.*}}, %{{.*}}) : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>, tensor<?xi32>
  %0:2 = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %w)
      : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>, tensor<?xi32>
  // CHECK: bsa.partition %{{.*}} by #bsa.cube<2x4x8> grid(%{{.*}}, %{{.*}}, %{{.*}}) text(%{{.*}} prefix) : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>, tensor<?xi32>
  %1:2 = bsa.partition %x by #bsa.cube<2x4x8> grid(%t, %h, %w) text(%text prefix)
      : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>, tensor<?xi32>
  // CHECK: bsa.unpartition %{{.*}} by #bsa.cube<2x4x8> grid(%{{.*}}, %{{.*}}, %{{.*}}) text(%{{.*}} suffix) : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>
  %2 = bsa.unpartition %x by #bsa.cube<2x4x8> grid(%t, %h, %w) text(%text suffix)
      : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf16>
  return
}

// CHECK-LABEL: func.func @doors
func.func @doors(%index: tensor<1x4x?x8xi32>, %count: tensor<1x4x?xi32>, %one: i32) {
  // CHECK: bsa.map_from_lists %{{.*}} : tensor<1x4x?x8xi32> -> !bsa.block_map<64x64, capacity = 8>
  %0 = bsa.map_from_lists %index : tensor<1x4x?x8xi32> -> !bsa.block_map<64x64, capacity = 8>
  // CHECK: bsa.map_from_lists %{{.*}}, %{{.*}} : tensor<1x4x?x8xi32>, i32 -> !bsa.block_map<64x64, capacity = 8>
  %1 = bsa.map_from_lists %index, %one : tensor<1x4x?x8xi32>, i32
      -> !bsa.block_map<64x64, capacity = 8>
  // CHECK: bsa.map_from_lists %{{.*}}, %{{.*}} : tensor<1x4x?x8xi32>, tensor<1x4x?xi32> -> !bsa.block_map<64x64, capacity = 8, ascending>
  %2 = bsa.map_from_lists %index, %count : tensor<1x4x?x8xi32>, tensor<1x4x?xi32>
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  // CHECK: bsa.map_to_lists %{{.*}} : !bsa.block_map<64x64, capacity = 8> -> tensor<1x4x?x8xi32>, tensor<1x4x?xi32>
  %3:2 = bsa.map_to_lists %0 : !bsa.block_map<64x64, capacity = 8>
      -> tensor<1x4x?x8xi32>, tensor<1x4x?xi32>
  return
}
