// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// One case per constraint: its number is that of the comment above the op in
// BsaOrderOps.td.

// partition C1
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.partition' op has output elements of 'f16' but input elements of 'f32'; use one element type}}
  %0:2 = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %t, %t)
      : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf16>, tensor<?xi32>
  return
}

// -----

// partition: shapes agree
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.partition' op has H = 2 from dim 1 of output but H = 4 from dim 1 of input; make them equal}}
  %0:2 = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %t, %t)
      : tensor<1x4x?x64xf32> -> tensor<1x2x?x64xf32>, tensor<?xi32>
  return
}

// -----

// partition C2
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.partition' op has text tokens but no place for them; write text(%count prefix) or text(%count suffix)}}
  %0:2 = "bsa.partition"(%x, %t, %t, %t, %t) <{cube = #bsa.cube<4x4x4>}>
      : (tensor<1x4x?x64xf32>, i32, i32, i32, i32) -> (tensor<1x4x?x64xf32>, tensor<?xi32>)
  return
}

// -----

// partition C3
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.partition' op gives 100 tokens, not a whole number of cubes of 64; the nearest above is 128}}
  %0:2 = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %t, %t)
      : tensor<1x4x?x64xf32> -> tensor<1x4x100x64xf32>, tensor<?xi32>
  return
}

// -----

// partition: sizes
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.partition' op gives sizes of 'tensor<1x?xi32>'; all batch entries share one grid, so they are a tensor [block]}}
  %0:2 = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %t, %t)
      : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xf32>, tensor<1x?xi32>
  return
}

// -----

// unpartition C1
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.unpartition' op has output elements of 'bf16' but input elements of 'f32'; use one element type}}
  %0 = bsa.unpartition %x by #bsa.cube<4x4x4> grid(%t, %t, %t)
      : tensor<1x4x?x64xf32> -> tensor<1x4x?x64xbf16>
  return
}

// -----

// unpartition C2
func.func @f(%x: tensor<1x4x?x64xf32>, %t: i32) {
  // expected-error @+1 {{'bsa.unpartition' op places text tokens but counts none; write text(%count prefix) or text(%count suffix)}}
  %0 = "bsa.unpartition"(%x, %t, %t, %t) <{cube = #bsa.cube<4x4x4>,
      text_place = #bsa<text_place prefix>}> : (tensor<1x4x?x64xf32>, i32, i32, i32) -> tensor<1x4x?x64xf32>
  return
}

// -----

// map_from_lists C1
func.func @f(%i: tensor<1x4x?x8xi32>, %n: tensor<1x2x?xi32>) {
  // expected-error @+1 {{'bsa.map_from_lists' op has H = 2 from dim 1 of count but H = 4 from dim 1 of index; make them equal}}
  %0 = bsa.map_from_lists %i, %n : tensor<1x4x?x8xi32>, tensor<1x2x?xi32>
      -> !bsa.block_map<64x64, capacity = 8>
  return
}

// -----

// map_from_lists C2
func.func @f(%i: tensor<1x4x?x8xi32>) {
  // expected-error @+1 {{'bsa.map_from_lists' op has capacity = 8 from dim 3 of index but capacity = 16 from the map's type; make them equal}}
  %0 = bsa.map_from_lists %i : tensor<1x4x?x8xi32>
      -> !bsa.block_map<64x64, capacity = 16>
  return
}

// -----

// map_from_lists C2: static
func.func @f(%i: tensor<1x4x?x?xi32>) {
  // expected-error @+1 {{'bsa.map_from_lists' op has a dynamic last dimension in index, 'tensor<1x4x?x?xi32>'; capacity must be static}}
  %0 = bsa.map_from_lists %i : tensor<1x4x?x?xi32>
      -> !bsa.block_map<64x64, capacity = 16>
  return
}

// -----

// map_to_lists C1
func.func @f(%m: !bsa.block_map<64x64, capacity = 8, ascending>) {
  // expected-error @+1 {{'bsa.map_to_lists' op has H = 2 from dim 1 of count but H = 4 from dim 1 of index; make them equal}}
  %0:2 = bsa.map_to_lists %m : !bsa.block_map<64x64, capacity = 8, ascending>
      -> tensor<1x4x?x8xi32>, tensor<1x2x?xi32>
  return
}

// -----

// map_to_lists C2
func.func @f(%m: !bsa.block_map<64x64, capacity = 8, ascending>) {
  // expected-error @+1 {{'bsa.map_to_lists' op has capacity = 4 from dim 3 of index but capacity = 8 from the map's type; make them equal}}
  %0:2 = bsa.map_to_lists %m : !bsa.block_map<64x64, capacity = 8, ascending>
      -> tensor<1x4x?x4xi32>, tensor<1x4x?xi32>
  return
}
