// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// One case per constraint: its number is that of the comment above the op in
// BsaOps.td.

// pool C1
func.func @f(%x: tensor<1x4x128x64xf32>) {
  // expected-error @+1 {{'bsa.pool' op has 1 inputs but 2 results; give one result for each input}}
  %0:2 = bsa.pool %x by 64
      : tensor<1x4x128x64xf32> -> tensor<1x4x2x64xf32>, tensor<1x4x2x64xf32>
  return
}

// -----

// pool C1: none
func.func @f() {
  // expected-error @+1 {{'bsa.pool' op pools nothing; give it at least one input}}
  "bsa.pool"() <{block = 64 : i64, operandSegmentSizes = array<i32: 0, 0>}> : () -> ()
  return
}

// -----

// pool C2: count
func.func @f(%x: tensor<1x4x130x64xf32>) {
  // expected-error @+1 {{'bsa.pool' op has N = 3 from ceil(S / 64), S = 130 but N = 2 from dim 2 of output; make them equal}}
  %0 = bsa.pool %x by 64 : tensor<1x4x130x64xf32> -> tensor<1x4x2x64xf32>
  return
}

// -----

// pool C2: lengths
func.func @f(%x: tensor<1x4x128x64xf32>, %y: tensor<1x4x120x64xf32>) {
  // expected-error @+1 {{'bsa.pool' op has S = 120 from dim 2 of second input but S = 128 from dim 2 of input; make them equal}}
  %0:2 = bsa.pool %x, %y by 64 : tensor<1x4x128x64xf32>, tensor<1x4x120x64xf32>
      -> tensor<1x4x2x64xf32>, tensor<1x4x2x64xf32>
  return
}

// -----

// pool: block
func.func @f(%x: tensor<1x4x128x64xf32>) {
  // expected-error @+1 {{'bsa.pool' op cuts S into blocks of -8 tokens; a block holds at least 1}}
  %0 = bsa.pool %x by -8 : tensor<1x4x128x64xf32> -> tensor<1x4x2x64xf32>
  return
}

// -----

// coarse C1
func.func @f(%q: tensor<1x4x?x64xf32>, %k: tensor<1x4x8x64xf32>) {
  // expected-error @+1 {{'bsa.coarse' op has Nkv = 9 from dim 3 of scores but Nkv = 8 from dim 2 of key; make them equal}}
  %0 = bsa.coarse query(%q : tensor<1x4x?x64xf32>) key(%k : tensor<1x4x8x64xf32>)
      -> tensor<1x4x?x9xf32>
  return
}

// -----

// coarse C1: heads
func.func @f(%q: tensor<1x4x?x64xf32>, %k: tensor<1x8x?x64xf32>) {
  // expected-error @+1 {{'bsa.coarse' op has H = 4 from dim 1 of query, not a multiple of Hkv = 8 from dim 1 of key; every query head needs one key/value head}}
  %0 = bsa.coarse query(%q : tensor<1x4x?x64xf32>) key(%k : tensor<1x8x?x64xf32>)
      -> tensor<1x4x?x?xf32>
  return
}

// -----

// coarse C2: value alone
func.func @f(%q: tensor<1x4x?x64xf32>) {
  // expected-error @+1 {{'bsa.coarse' op has a value but gives no output; give both or neither}}
  %0 = bsa.coarse query(%q : tensor<1x4x?x64xf32>) key(%q : tensor<1x4x?x64xf32>)
      value(%q : tensor<1x4x?x64xf32>) -> tensor<1x4x?x?xf32>
  return
}

// -----

// coarse C2: output alone
func.func @f(%q: tensor<1x4x?x64xf32>) {
  // expected-error @+1 {{'bsa.coarse' op gives an output but has no value; give both or neither}}
  %0:2 = bsa.coarse query(%q : tensor<1x4x?x64xf32>) key(%q : tensor<1x4x?x64xf32>)
      -> tensor<1x4x?x?xf32>, output tensor<1x4x?x64xf32>
  return
}

// -----

// select C1
func.func @f(%s: tensor<1x4x?x8xf32>, %k: i32, %n: tensor<7xi32>) {
  // expected-error @+1 {{'bsa.select' op has Nkv = 7 from dim 0 of kv_sizes but Nkv = 8 from dim 3 of scores; make them equal}}
  %0 = bsa.select %s : tensor<1x4x?x8xf32> top(%k) sizes(%n : tensor<7xi32>) policy(#bsa.select<capacity = 8>)
      -> !bsa.block_map<64x64, capacity = 8, ascending>
  return
}

// -----

// select C3: capacity
func.func @f(%s: tensor<1x4x?x8xf32>, %k: i32) {
  // expected-error @+1 {{'bsa.select' op makes a map of capacity 4 but selects up to 8 blocks; give both one capacity}}
  %0 = bsa.select %s : tensor<1x4x?x8xf32> top(%k) policy(#bsa.select<capacity = 8>)
      -> !bsa.block_map<64x64, capacity = 4, ascending>
  return
}

// -----

// select C3: order
func.func @f(%s: tensor<1x4x?x8xf32>, %k: i32) {
  // expected-error @+1 {{'bsa.select' op selects ascending lists but makes '!bsa.block_map<64x64, capacity = 8>'; add `ascending` to the type}}
  %0 = bsa.select %s : tensor<1x4x?x8xf32> top(%k) policy(#bsa.select<capacity = 8>)
      -> !bsa.block_map<64x64, capacity = 8>
  return
}

// -----

// select C4
func.func @f(%s: tensor<1x4x?x8xf32>, %k: i32) {
  // expected-error @+1 {{'bsa.select' op forces local blocks (local = 2) between blocks of 64 and 128 tokens; use equal block sizes or local = 0}}
  %0 = bsa.select %s : tensor<1x4x?x8xf32> top(%k) policy(#bsa.select<capacity = 8, local = 2>)
      -> !bsa.block_map<64x128, capacity = 8, ascending>
  return
}

// -----

// attend C1
func.func @f(%q: tensor<1x4x128x64xf16>, %k: tensor<1x4x128x64xf16>, %v: tensor<1x4x128x64xf32>, %m: !bsa.block_map<64x64, capacity = 8>) {
  // expected-error @+1 {{'bsa.attend' op has value elements of 'f32' but query elements of 'f16'; use one element type}}
  %0 = bsa.attend query(%q : tensor<1x4x128x64xf16>) key(%k : tensor<1x4x128x64xf16>)
      value(%v : tensor<1x4x128x64xf32>) at(%m : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x4x128x64xf16>
  return
}

// -----

// attend C2: key and value heads
func.func @f(%q: tensor<1x4x128x64xf16>, %k: tensor<1x4x128x64xf16>, %v: tensor<1x2x128x64xf16>, %m: !bsa.block_map<64x64, capacity = 8>) {
  // expected-error @+1 {{'bsa.attend' op has Hkv = 2 from dim 1 of value but Hkv = 4 from dim 1 of key; make them equal}}
  %0 = bsa.attend query(%q : tensor<1x4x128x64xf16>) key(%k : tensor<1x4x128x64xf16>)
      value(%v : tensor<1x2x128x64xf16>) at(%m : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x4x128x64xf16>
  return
}

// -----

// attend C2: lse
func.func @f(%q: tensor<1x4x128x64xf16>, %k: tensor<1x4x128x64xf16>, %v: tensor<1x4x128x64xf16>, %m: !bsa.block_map<64x64, capacity = 8>) {
  // expected-error @+1 {{'bsa.attend' op has Sq = 2 from dim 2 of lse but Sq = 128 from dim 2 of query; make them equal}}
  %0:2 = bsa.attend query(%q : tensor<1x4x128x64xf16>) key(%k : tensor<1x4x128x64xf16>)
      value(%v : tensor<1x4x128x64xf16>) at(%m : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x4x128x64xf16>, lse tensor<1x4x2xf32>
  return
}

// -----

// attend C2: sizes
func.func @f(%q: tensor<1x4x128x64xf16>, %k: tensor<1x4x128x64xf16>, %v: tensor<1x4x128x64xf16>, %m: !bsa.block_map<64x32, capacity = 8>, %n: tensor<1x2xi32>) {
  // expected-error @+1 {{'bsa.attend' op has Nkv = 4 from ceil(Skv / 32), Skv = 128 but Nkv = 2 from dim 1 of kv_sizes; make them equal}}
  %0 = bsa.attend query(%q : tensor<1x4x128x64xf16>) key(%k : tensor<1x4x128x64xf16>, sizes %n : tensor<1x2xi32>)
      value(%v : tensor<1x4x128x64xf16>) at(%m : !bsa.block_map<64x32, capacity = 8>)
      -> tensor<1x4x128x64xf16>
  return
}

// -----

// attend C3
func.func @f(%q: tensor<1x4x128x64xf16>, %k: tensor<1x4x128x64xf16>, %v: tensor<1x4x128x64xf16>, %m: !bsa.block_map<64x64, capacity = 8>) {
  // expected-error @+1 {{'bsa.attend' op gives elements of 'bf16'; ask for f32 or the query's 'f16'}}
  %0 = bsa.attend query(%q : tensor<1x4x128x64xf16>) key(%k : tensor<1x4x128x64xf16>)
      value(%v : tensor<1x4x128x64xf16>) at(%m : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine C1: the coarse result has one row a block
func.func @f(%f: tensor<1x4x128x64xf32>, %c: tensor<1x4x128x64xf32>) {
  // expected-error @+1 {{'bsa.combine' op has Nq = 2 from ceil(Sq / 64), Sq = 128 but Nq = 128 from dim 2 of coarse; make them equal}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) coarse(%c : tensor<1x4x128x64xf32>) by 64
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine C1: gate
func.func @f(%f: tensor<1x4x128x64xf32>, %g: tensor<1x4x128x32xbf16>) {
  // expected-error @+1 {{'bsa.combine' op has D = 32 from dim 3 of fine_gate but D = 64 from dim 3 of fine; make them equal}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) fine_gate(%g : tensor<1x4x128x32xbf16>) by 64
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine C1: features of a gate
func.func @f(%f: tensor<1x4x128x64xf32>, %g: tensor<1x4x128x?xbf16>) {
  // expected-error @+1 {{'bsa.combine' op has a dynamic last dimension in fine_gate, 'tensor<1x4x128x?xbf16>'; the number of features must be static}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) fine_gate(%g : tensor<1x4x128x?xbf16>) by 64
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine C2
func.func @f(%f: tensor<1x4x128x64xf32>, %g: tensor<1x4x128x1xbf16>) {
  // expected-error @+1 {{'bsa.combine' op gates a coarse result it does not have; give coarse(..) or drop its gate}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) coarse_gate(%g : tensor<1x4x128x1xbf16>) by 64
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine C3
func.func @f(%f: tensor<1x4x128x64xf32>, %g: tensor<1x4x128x1xf32>) {
  // expected-error @+1 {{'bsa.combine' op has fine_gate elements of 'f32' but output elements of 'bf16'; use one element type}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) fine_gate(%g : tensor<1x4x128x1xf32>) by 64
      -> tensor<1x4x128x64xbf16>
  return
}

// -----

// combine: block
func.func @f(%f: tensor<1x4x128x64xf32>) {
  // expected-error @+1 {{'bsa.combine' op cuts Sq into blocks of 0 tokens; a block holds at least 1}}
  %0 = bsa.combine fine(%f : tensor<1x4x128x64xf32>) by 0
      -> tensor<1x4x128x64xbf16>
  return
}
