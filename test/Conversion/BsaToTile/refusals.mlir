// What no recipe takes is refused with the reasons of all.
// RUN: tessera-opt %s --convert-bsa-to-tile --split-input-file --verify-diagnostics

func.func @pool(%x: tensor<1x2x128x64xbf16>) -> tensor<1x2x2x64xf32> {
  // expected-error @below {{has no GPU kernel on sm_90a: attend computes bsa.attend alone; or compile for the host}}
  %mean = bsa.pool %x by 64 : tensor<1x2x128x64xbf16> -> tensor<1x2x2x64xf32>
  return %mean : tensor<1x2x2x64xf32>
}

// -----

func.func @wide(%q: tensor<1x2x?x64xbf16>, %k: tensor<1x2x?x64xbf16>, %v: tensor<1x2x?x64xbf16>,
    %index: tensor<1x2x?x8xi32>, %count: tensor<1x2x?xi32>) -> tensor<1x2x?x64xf32> {
  %map = bsa.map_from_lists %index, %count : tensor<1x2x?x8xi32>, tensor<1x2x?xi32>
      -> !bsa.block_map<64x64, capacity = 8>
  // expected-error @below {{attend gives the query's bf16, not f32; or compile for the host}}
  %o = bsa.attend query(%q : tensor<1x2x?x64xbf16>) key(%k : tensor<1x2x?x64xbf16>)
      value(%v : tensor<1x2x?x64xbf16>) at(%map : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x2x?x64xf32>
  return %o : tensor<1x2x?x64xf32>
}

// -----

// expected-error @below {{passes a block map across its border; pass lists and use bsa.map_from_lists and bsa.map_to_lists inside}}
func.func @border(%q: tensor<1x2x?x64xbf16>, %map: !bsa.block_map<64x64, capacity = 8>) -> tensor<1x2x?x64xbf16> {
  %o = bsa.attend query(%q : tensor<1x2x?x64xbf16>) key(%q : tensor<1x2x?x64xbf16>)
      value(%q : tensor<1x2x?x64xbf16>) at(%map : !bsa.block_map<64x64, capacity = 8>)
      -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}
