// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// One case per constraint: its number is that of the comment above the op in
// BsaOps.td.

// fused C1
func.func @f(%x: f32) {
  %0 = bsa.fused {
  // expected-error @+1 {{'arith.addf' op does not work query block by query block; move it out of the `bsa.fused` around it}}
    %y = arith.addf %x, %x : f32
    bsa.yield %y : f32
  } : f32
  return
}

// -----

// fused C2
func.func @f(%x: tensor<1x4x?x64xf32>) {
  %0 = bsa.fused {
  // expected-note @+1 {{made here}}
    %p = bsa.pool %x by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  // expected-error @+1 {{'bsa.coarse' op reads the whole of a key or value made in the same `bsa.fused`; make it before}}
    %s = bsa.coarse query(%p : tensor<1x4x?x64xf32>) key(%p : tensor<1x4x?x64xf32>)
        -> tensor<1x4x?x?xf32>
    bsa.yield %s : tensor<1x4x?x?xf32>
  } : tensor<1x4x?x?xf32>
  return
}

// -----

// fused C3: query block
func.func @f(%x: tensor<1x4x?x64xf32>, %k: tensor<1x4x?x64xf32>, %n: i32) {
  %0 = bsa.fused {
  // expected-note @+1 {{32 are stated here}}
    %p = bsa.pool %x by 32 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
    %s = bsa.coarse query(%p : tensor<1x4x?x64xf32>) key(%k : tensor<1x4x?x64xf32>)
        -> tensor<1x4x?x?xf32>
  // expected-error @+1 {{'bsa.select' op has 64 tokens in a query block in a `bsa.fused` of 32; fuse ops of one query block}}
    %m = bsa.select %s : tensor<1x4x?x?xf32> top(%n) policy(#bsa.select<capacity = 8>)
        -> !bsa.block_map<64x64, capacity = 8, ascending>
    bsa.yield %m : !bsa.block_map<64x64, capacity = 8, ascending>
  } : !bsa.block_map<64x64, capacity = 8, ascending>
  return
}

// -----

// fused C3: query blocks
func.func @f(%x: tensor<1x4x128x64xf32>, %y: tensor<1x4x256x64xf32>) {
  %0:2 = bsa.fused {
  // expected-note @+1 {{2 are stated here}}
    %p = bsa.pool %x by 64 : tensor<1x4x128x64xf32> -> tensor<1x4x2x64xf32>
  // expected-error @+1 {{'bsa.pool' op has 4 query blocks in a `bsa.fused` of 2; fuse ops over the same query}}
    %r = bsa.pool %y by 64 : tensor<1x4x256x64xf32> -> tensor<1x4x4x64xf32>
    bsa.yield %p, %r : tensor<1x4x2x64xf32>, tensor<1x4x4x64xf32>
  } : tensor<1x4x2x64xf32>, tensor<1x4x4x64xf32>
  return
}

// -----

// fused C3: batch entries
func.func @f(%x: tensor<1x4x?x64xf32>, %y: tensor<2x4x?x64xf32>) {
  %0:2 = bsa.fused {
    // expected-note @+1 {{1 are stated here}}
    %p = bsa.pool %x by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
    // expected-error @+1 {{'bsa.pool' op has 2 batch entries in a `bsa.fused` of 1; fuse ops of one batch}}
    %r = bsa.pool %y by 64 : tensor<2x4x?x64xf32> -> tensor<2x4x?x64xf32>
    bsa.yield %p, %r : tensor<1x4x?x64xf32>, tensor<2x4x?x64xf32>
  } : tensor<1x4x?x64xf32>, tensor<2x4x?x64xf32>
  return
}

// -----

// fused C3: query heads
func.func @f(%x: tensor<?x4x?x64xf32>, %y: tensor<?x8x?x64xf32>) {
  %0:2 = bsa.fused {
    // expected-note @+1 {{4 are stated here}}
    %p = bsa.pool %x by 64 : tensor<?x4x?x64xf32> -> tensor<?x4x?x64xf32>
    // expected-error @+1 {{'bsa.pool' op has 8 query heads in a `bsa.fused` of 4; fuse ops over the same heads}}
    %r = bsa.pool %y by 64 : tensor<?x8x?x64xf32> -> tensor<?x8x?x64xf32>
    bsa.yield %p, %r : tensor<?x4x?x64xf32>, tensor<?x8x?x64xf32>
  } : tensor<?x4x?x64xf32>, tensor<?x8x?x64xf32>
  return
}

// -----

// fused C4
func.func @f(%x: tensor<1x4x?x64xf32>) {
  // expected-error @+1 {{'bsa.fused' op gives results of types ('tensor<1x4x?x?xf32>') but yields ('tensor<1x4x?x64xf32>'); write the same types in both}}
  %0 = bsa.fused {
    %p = bsa.pool %x by 64 : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>
  // expected-note @+1 {{yielded here}}
    bsa.yield %p : tensor<1x4x?x64xf32>
  } : tensor<1x4x?x?xf32>
  return
}

// -----

// yield
func.func @f(%x: f32) {
  // expected-error @+1 {{'bsa.yield' op expects parent op 'bsa.fused'}}
  bsa.yield %x : f32
  return
}

// -----

// fused: no block arguments
func.func @f() {
  // expected-error @+1 {{'bsa.fused' op region should have no arguments}}
  "bsa.fused"() ({
  ^bb0(%x: f32):
    "bsa.yield"() : () -> ()
  }) : () -> ()
  return
}
