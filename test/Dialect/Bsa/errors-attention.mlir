// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// One case per constraint: its number is that of the comment above the op in
// BsaOps.td.

// attention C1: key
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xbf16>, %v: tensor<1x4x128x64xbf16>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has key elements of 'bf16' but query elements of 'f32'; use one element type}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xbf16>)
      value(%v : tensor<1x4x128x64xbf16>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C1: gate
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32, %g: tensor<1x4x128x1xf16>) {
  // expected-error @+1 {{'bsa.attention' op has fine_gate elements of 'f16' but query elements of 'f32'; use one element type}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      fine_gate(%g : tensor<1x4x128x1xf16>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C1: output
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has output elements of 'f16' but query elements of 'f32'; use one element type}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf16>
  return
}

// -----

// attention C2: batch
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<2x4x128x64xf32>, %v: tensor<2x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has B = 2 from dim 0 of key but B = 1 from dim 0 of query; make them equal}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<2x4x128x64xf32>)
      value(%v : tensor<2x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C2: features
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x32xf32>, %v: tensor<1x4x128x32xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has D = 32 from dim 3 of key but D = 64 from dim 3 of query; make them equal}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x32xf32>)
      value(%v : tensor<1x4x128x32xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C2: key and value lengths
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x64x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has Skv = 64 from dim 2 of value but Skv = 128 from dim 2 of key; make them equal}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x64x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C2: heads
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x3x128x64xf32>, %v: tensor<1x3x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has H = 4 from dim 1 of query, not a multiple of Hkv = 3 from dim 1 of key; every query head needs one key/value head}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x3x128x64xf32>)
      value(%v : tensor<1x3x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C2: sizes, a short last block counts
func.func @f(%q: tensor<1x4x130x64xf32>, %k: tensor<1x4x130x64xf32>, %v: tensor<1x4x130x64xf32>, %topk: i32, %s: tensor<2xi32>) {
  // expected-error @+1 {{'bsa.attention' op has Nq = 3 from ceil(Sq / 64), Sq = 130 but Nq = 2 from dim 0 of q_sizes; make them equal}}
  %o = bsa.attention query(%q : tensor<1x4x130x64xf32>, sizes %s : tensor<2xi32>)
      key(%k : tensor<1x4x130x64xf32>)
      value(%v : tensor<1x4x130x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x130x64xf32>
  return
}

// -----

// attention C2: gate
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32, %g: tensor<1x2x128x1xf32>) {
  // expected-error @+1 {{'bsa.attention' op has H = 2 from dim 1 of coarse_gate but H = 4 from dim 1 of query; make them equal}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      coarse_gate(%g : tensor<1x2x128x1xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C2: coarse result
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has Nq = 2 from ceil(Sq / 64), Sq = 128 but Nq = 3 from dim 2 of coarse; make them equal}}
  %o:2 = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>, coarse tensor<1x4x3x64xf32>
  return
}

// -----

// attention C2: static features
func.func @f(%q: tensor<1x4x128x?xf32>, %k: tensor<1x4x128x?xf32>, %v: tensor<1x4x128x?xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has a dynamic last dimension in query, 'tensor<1x4x128x?xf32>'; the number of features must be static}}
  %o = bsa.attention query(%q : tensor<1x4x128x?xf32>)
      key(%k : tensor<1x4x128x?xf32>)
      value(%v : tensor<1x4x128x?xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x?xf32>
  return
}

// -----

// attention C4
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op forces local blocks (local = 1) between blocks of 64 and 32 tokens; use equal block sizes or local = 0}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x32) select(#bsa.select<capacity = 8, local = 1>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C5: gate
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32, %g: tensor<1x4x128x1xf32>) {
  // expected-error @+1 {{'bsa.attention' op leaves the coarse branch out but has a coarse gate; drop it or `without_coarse`}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      coarse_gate(%g : tensor<1x4x128x1xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>) without_coarse
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention C5: result
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op leaves the coarse branch out but has a coarse result; drop it or `without_coarse`}}
  %o:2 = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>) without_coarse
      -> tensor<1x4x128x64xf32>, coarse tensor<1x4x2x64xf32>
  return
}

// -----

// attention C6: blocks
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op has blocks 64x64 but gives a map of 64x32; give both one shape}}
  %o:2 = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>, map !bsa.block_map<64x32, capacity = 8, ascending>
  return
}

// -----

// attention C6: capacity
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op makes a map of capacity 9 but selects up to 8 blocks; give both one capacity}}
  %o:2 = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>, map !bsa.block_map<64x64, capacity = 9, ascending>
  return
}

// -----

// attention: blocks
func.func @f(%q: tensor<1x4x128x64xf32>, %k: tensor<1x4x128x64xf32>, %v: tensor<1x4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op cuts Sq into blocks of 0 tokens; a block holds at least 1}}
  %o = bsa.attention query(%q : tensor<1x4x128x64xf32>)
      key(%k : tensor<1x4x128x64xf32>)
      value(%v : tensor<1x4x128x64xf32>)
      top(%topk) block(0x64) select(#bsa.select<capacity = 8>)
      -> tensor<1x4x128x64xf32>
  return
}

// -----

// attention: operand types
func.func @f(%q: tensor<4x128x64xf32>, %k: tensor<4x128x64xf32>, %v: tensor<4x128x64xf32>, %topk: i32) {
  // expected-error @+1 {{'bsa.attention' op operand #0 must be tensor [batch, head, token, feature] of f32, bf16 or f16, but got 'tensor<4x128x64xf32>'}}
  %o = bsa.attention query(%q : tensor<4x128x64xf32>)
      key(%k : tensor<4x128x64xf32>)
      value(%v : tensor<4x128x64xf32>)
      top(%topk) block(64x64) select(#bsa.select<capacity = 8>)
      -> tensor<4x128x64xf32>
  return
}
