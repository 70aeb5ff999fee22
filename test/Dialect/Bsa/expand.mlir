// RUN: tessera-opt %s --split-input-file --bsa-expand | FileCheck %s

// The whole of it: sizes, gates and scale reach every op that reads them, and
// both terms stay f32 until combine rounds their sum.
// CHECK-LABEL: func.func @everything
// CHECK-SAME: %[[Q:.*]]: tensor<?x12x?x128xbf16>, %[[QS:.*]]: tensor<?xi32>, %[[K:.*]]: tensor<?x4x?x128xbf16>, %[[V:.*]]: tensor<?x4x?x128xbf16>, %[[KS:.*]]: tensor<?x?xi32>, %[[FG:.*]]: tensor<?x12x?x1xbf16>, %[[CG:.*]]: tensor<?x12x?x128xbf16>, %[[TOPK:.*]]: i32, %[[SCALE:.*]]: f32
func.func @everything(%q: tensor<?x12x?x128xbf16>, %q_sizes: tensor<?xi32>,
                      %k: tensor<?x4x?x128xbf16>, %v: tensor<?x4x?x128xbf16>,
                      %kv_sizes: tensor<?x?xi32>, %fine_gate: tensor<?x12x?x1xbf16>,
                      %coarse_gate: tensor<?x12x?x128xbf16>, %topk: i32, %scale: f32)
    -> (tensor<?x12x?x128xbf16>, tensor<?x12x?xf32>, tensor<?x12x?x32xi32>,
        tensor<?x12x?xi32>, tensor<?x12x?x128xf32>) {
  // CHECK: %[[QC:.*]] = bsa.pool %[[Q]] by 32 sizes(%[[QS]] : tensor<?xi32>) : tensor<?x12x?x128xbf16> -> tensor<?x12x?x128xf32>
  // CHECK: %[[POOLED:.*]]:2 = bsa.pool %[[K]], %[[V]] by 64 sizes(%[[KS]] : tensor<?x?xi32>)
  // CHECK: %[[SCORES:.*]], %[[COARSE:.*]] = bsa.coarse query(%[[QC]] : {{.*}}) key(%[[POOLED]]#0 : tensor<?x4x?x128xf32>, sizes %[[KS]] : tensor<?x?xi32>) value(%[[POOLED]]#1 : {{.*}}) scale(%[[SCALE]]) -> tensor<?x12x?x?xf32>, output tensor<?x12x?x128xf32>
  // CHECK: %[[MAP:.*]] = bsa.select %[[SCORES]] : tensor<?x12x?x?xf32> top(%[[TOPK]]) sizes(%[[KS]] : tensor<?x?xi32>) policy(#bsa.select<capacity = 32, sink = 2, forced = beside>) -> !bsa.block_map<32x64, capacity = 32, ascending>
  // CHECK: %[[FINE:.*]], %[[LSE:.*]] = bsa.attend query(%[[Q]] : {{.*}}, sizes %[[QS]] : tensor<?xi32>) key(%[[K]] : {{.*}}, sizes %[[KS]] : tensor<?x?xi32>) value(%[[V]] : {{.*}}) at(%[[MAP]] : {{.*}}) scale(%[[SCALE]]) -> tensor<?x12x?x128xf32>, lse tensor<?x12x?xf32>
  // CHECK: %[[O:.*]] = bsa.combine fine(%[[FINE]] : tensor<?x12x?x128xf32>) coarse(%[[COARSE]] : tensor<?x12x?x128xf32>) fine_gate(%[[FG]] : tensor<?x12x?x1xbf16>) coarse_gate(%[[CG]] : tensor<?x12x?x128xbf16>) by 32 sizes(%[[QS]] : tensor<?xi32>) -> tensor<?x12x?x128xbf16>
  %o, %lse, %map, %coarse = bsa.attention
      query(%q : tensor<?x12x?x128xbf16>, sizes %q_sizes : tensor<?xi32>)
      key(%k : tensor<?x4x?x128xbf16>, sizes %kv_sizes : tensor<?x?xi32>)
      value(%v : tensor<?x4x?x128xbf16>)
      fine_gate(%fine_gate : tensor<?x12x?x1xbf16>)
      coarse_gate(%coarse_gate : tensor<?x12x?x128xbf16>)
      top(%topk) scale(%scale) block(32x64)
      select(#bsa.select<capacity = 32, sink = 2, forced = beside>)
      -> tensor<?x12x?x128xbf16>, lse tensor<?x12x?xf32>,
         map !bsa.block_map<32x64, capacity = 32, ascending>,
         coarse tensor<?x12x?x128xf32>
  // CHECK: %[[INDEX:.*]], %[[COUNT:.*]] = bsa.map_to_lists %[[MAP]]
  %index, %count = bsa.map_to_lists %map
      : !bsa.block_map<32x64, capacity = 32, ascending>
      -> tensor<?x12x?x32xi32>, tensor<?x12x?xi32>
  // CHECK: return %[[O]], %[[LSE]], %[[INDEX]], %[[COUNT]], %[[COARSE]]
  return %o, %lse, %index, %count, %coarse
      : tensor<?x12x?x128xbf16>, tensor<?x12x?xf32>, tensor<?x12x?x32xi32>,
        tensor<?x12x?xi32>, tensor<?x12x?x128xf32>
}

// -----

// Static lengths give static block counts, the last block partly filled.
// CHECK-LABEL: func.func @static_shapes
func.func @static_shapes(%q: tensor<2x8x130x64xf32>, %kv: tensor<2x8x257x64xf32>,
                         %topk: i32) -> tensor<2x8x130x64xf32> {
  // CHECK: bsa.pool {{.*}} by 64 : tensor<2x8x130x64xf32> -> tensor<2x8x3x64xf32>
  // CHECK: bsa.pool {{.*}} by 64 : {{.*}} -> tensor<2x8x5x64xf32>, tensor<2x8x5x64xf32>
  // CHECK: bsa.coarse {{.*}} -> tensor<2x8x3x5xf32>, output tensor<2x8x3x64xf32>
  // CHECK: bsa.attend {{.*}} -> tensor<2x8x130x64xf32>{{$}}
  %o = bsa.attention query(%q : tensor<2x8x130x64xf32>)
      key(%kv : tensor<2x8x257x64xf32>) value(%kv : tensor<2x8x257x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 5, local = 1>)
      -> tensor<2x8x130x64xf32>
  return %o : tensor<2x8x130x64xf32>
}

// -----

// Without the coarse branch nothing is computed for it: the value is not pooled,
// coarse gives scores alone, combine adds nothing.
// CHECK-LABEL: func.func @without_coarse
// CHECK-SAME: %{{.*}}, %[[K:[a-z0-9]+]]: tensor<1x4x?x64xf16>, %[[V:[a-z0-9]+]]: tensor<1x4x?x64xf16>
func.func @without_coarse(%q: tensor<1x4x?x64xf16>, %k: tensor<1x4x?x64xf16>,
                          %v: tensor<1x4x?x64xf16>, %topk: i32) -> tensor<1x4x?x64xf16> {
  // CHECK: %[[KC:.*]] = bsa.pool %[[K]] by 128 : tensor<1x4x?x64xf16> -> tensor<1x4x?x64xf32>
  // CHECK: bsa.coarse query({{.*}}) key(%[[KC]] : tensor<1x4x?x64xf32>) -> tensor<1x4x?x?xf32>{{$}}
  // CHECK: bsa.select
  // CHECK: %[[FINE:.*]] = bsa.attend
  // CHECK: bsa.combine fine(%[[FINE]] : tensor<1x4x?x64xf32>) by 128 -> tensor<1x4x?x64xf16>
  %o = bsa.attention query(%q : tensor<1x4x?x64xf16>)
      key(%k : tensor<1x4x?x64xf16>) value(%v : tensor<1x4x?x64xf16>)
      top(%topk) block(128x128) select(#bsa.select<capacity = 16>) without_coarse
      -> tensor<1x4x?x64xf16>
  return %o : tensor<1x4x?x64xf16>
}

// -----

// A result typed more precisely than its operands keeps its type.
// CHECK-LABEL: func.func @result_says_more
func.func @result_says_more(%q: tensor<1x4x?x64xf32>, %k: tensor<1x4x?x64xf32>,
                            %topk: i32) -> (tensor<1x4x100x64xf32>, tensor<1x4x4x64xf32>) {
  // CHECK: bsa.coarse {{.*}} output tensor<1x4x4x64xf32>
  // CHECK: bsa.attend {{.*}} -> tensor<1x4x100x64xf32>
  // CHECK: bsa.combine {{.*}} -> tensor<1x4x100x64xf32>
  %o, %coarse = bsa.attention query(%q : tensor<1x4x?x64xf32>)
      key(%k : tensor<1x4x?x64xf32>) value(%k : tensor<1x4x?x64xf32>)
      top(%topk) block(32x32) select(#bsa.select<capacity = 16>)
      -> tensor<1x4x100x64xf32>, coarse tensor<1x4x4x64xf32>
  return %o, %coarse : tensor<1x4x100x64xf32>, tensor<1x4x4x64xf32>
}

// -----

// Inside other regions too.
// CHECK-LABEL: func.func @in_a_loop
func.func @in_a_loop(%q: tensor<1x4x?x64xf32>, %k: tensor<1x4x?x64xf32>, %topk: i32,
                     %n: index) -> tensor<1x4x?x64xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  // CHECK: scf.for
  // CHECK-NOT: bsa.attention
  // CHECK: bsa.combine
  // CHECK-NOT: bsa.attention
  %o = scf.for %i = %c0 to %n step %c1 iter_args(%x = %q) -> tensor<1x4x?x64xf32> {
    %y = bsa.attention query(%x : tensor<1x4x?x64xf32>)
        key(%k : tensor<1x4x?x64xf32>) value(%k : tensor<1x4x?x64xf32>)
        top(%topk) block(32x32) select(#bsa.select<capacity = 16>)
        -> tensor<1x4x?x64xf32>
    scf.yield %y : tensor<1x4x?x64xf32>
  }
  return %o : tensor<1x4x?x64xf32>
}
