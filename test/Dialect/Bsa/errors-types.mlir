// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// Attributes and types on their own, and what cannot be parsed.

// expected-error @+1 {{capacity is 0 but a list needs room for at least 1 block}}
func.func private @select() attributes {a = #bsa.select<capacity = 0>}

// -----

// expected-error @+1 {{sink is -1 and local is 0 but neither may be negative; 0 forces no block}}
func.func private @select() attributes {a = #bsa.select<capacity = 4, sink = -1>}

// -----

// What can be forced must fit: attention C3 and select C2 bound k by it.
// expected-error @+1 {{sink = 1 and local = 2 can force 4 blocks but the capacity is 2; raise the capacity to 4 or more}}
func.func private @select() attributes {a = #bsa.select<capacity = 2, sink = 1, local = 2>}

// -----

// expected-error @+2 {{expected one of [within, beside] for how forced blocks count against k, got: first}}
// expected-error @+1 {{failed to parse Bsa_SelectAttr parameter 'forced'}}
func.func private @select() attributes {a = #bsa.select<capacity = 2, forced = first>}

// -----

// expected-error @+1 {{cube is 4x0x4 but every extent must be at least 1}}
func.func private @cube() attributes {a = #bsa.cube<4x0x4>}

// -----

// expected-error @+1 {{has 2 extents, expected 3, such as 4x4x4}}
func.func private @cube() attributes {a = #bsa.cube<4x4>}

// -----

// expected-error @+1 {{blocks are 64x0 but must be at least 1x1}}
func.func private @map(!bsa.block_map<64x0, capacity = 4>)

// -----

// expected-error @+1 {{capacity is 0 but a list needs room for at least 1 block}}
func.func private @map(!bsa.block_map<64x64, capacity = 0>)

// -----

// expected-error @+1 {{has 1 extents, expected 2, such as 64x64}}
func.func private @map(!bsa.block_map<64, capacity = 8>)

// -----

func.func @block_shape(%q: tensor<1x4x?x64xf32>, %topk: i32) {
  %o = bsa.attention query(%q : tensor<1x4x?x64xf32>) key(%q : tensor<1x4x?x64xf32>)
      // expected-error @+1 {{has 1 extents, expected query block x key block, such as 64x64}}
      value(%q : tensor<1x4x?x64xf32>) top(%topk) block(64)
      select(#bsa.select<capacity = 4>) -> tensor<1x4x?x64xf32>
  return
}

// -----

func.func @results(%q: tensor<1x4x?x64xf32>, %topk: i32) {
  %o:3 = bsa.attention query(%q : tensor<1x4x?x64xf32>) key(%q : tensor<1x4x?x64xf32>)
      value(%q : tensor<1x4x?x64xf32>) top(%topk) block(64x64)
      // expected-error @+1 {{expected a further result: lse, map, coarse, each once and in this order}}
      select(#bsa.select<capacity = 4>) -> tensor<1x4x?x64xf32>, coarse tensor<1x4x?x64xf32>, lse tensor<1x4x?xf32>
  return
}
