// Attention of two heads, as a user would state it.
func.func @whole(%q: tensor<1x2x?x32xf32>, %k: tensor<1x2x?x32xf32>,
                 %v: tensor<1x2x?x32xf32>, %topk: i32) -> tensor<1x2x?x32xf32> {
  %o = bsa.attention query(%q : tensor<1x2x?x32xf32>)
      key(%k : tensor<1x2x?x32xf32>) value(%v : tensor<1x2x?x32xf32>)
      top(%topk) block(16x16) select(#bsa.select<capacity = 4>)
      -> tensor<1x2x?x32xf32>
  return %o : tensor<1x2x?x32xf32>
}
