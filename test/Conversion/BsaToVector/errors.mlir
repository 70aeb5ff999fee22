// RUN: tessera-opt %s --convert-bsa-to-vector --split-input-file --verify-diagnostics

func.func @whole(%x: tensor<1x1x64x64xf32>, %k: i32) -> tensor<1x1x64x64xf32> {
  // expected-error @below {{is still whole; run bsa-expand first}}
  %o = bsa.attention query(%x : tensor<1x1x64x64xf32>) key(%x : tensor<1x1x64x64xf32>)
      value(%x : tensor<1x1x64x64xf32>) top(%k) block(64x64)
      select(#bsa.select<capacity = 1>) -> tensor<1x1x64x64xf32>
  return %o : tensor<1x1x64x64xf32>
}

// -----

func.func @features(%x: tensor<1x1x64x20xf32>) -> tensor<1x1x1x20xf32> {
  // expected-error @below {{has head dimension 20; the host supports multiples of 8 from 32 to 256}}
  %y = bsa.pool %x by 64 : tensor<1x1x64x20xf32> -> tensor<1x1x1x20xf32>
  return %y : tensor<1x1x1x20xf32>
}

// -----

func.func @block(%x: tensor<1x1x60x64xf32>) -> tensor<1x1x5x64xf32> {
  // expected-error @below {{has block 12; the host supports multiples of 8 from 8 to 256}}
  %y = bsa.pool %x by 12 : tensor<1x1x60x64xf32> -> tensor<1x1x5x64xf32>
  return %y : tensor<1x1x5x64xf32>
}

// -----

// expected-error @below {{'border' passes a block map across its border; pass lists}}
func.func @border(%map: !bsa.block_map<64x64, capacity = 8>) {
  return
}

// -----

func.func @foreign(%x: tensor<1x1x64x64xf32>) -> tensor<1x1x64x64xf32> {
  // expected-error @below {{works on tensors outside the `bsa` dialect}}
  %y = arith.negf %x : tensor<1x1x64x64xf32>
  return %y : tensor<1x1x64x64xf32>
}
