// NAME becomes the name of the function.
func.func @"NAME"(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %v: tensor<?x?x?x64xbf16>, %i: tensor<?x?x?x4xi32>, %n: tensor<?x?x?xi32>) -> tensor<?x?x?x64xbf16> {
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x4xi32>, tensor<?x?x?xi32> -> !bsa.block_map<64x64, capacity = 4>
  %o = bsa.attend query(%q : tensor<?x?x?x64xbf16>) key(%k : tensor<?x?x?x64xbf16>) value(%v : tensor<?x?x?x64xbf16>) at(%m : !bsa.block_map<64x64, capacity = 4>) -> tensor<?x?x?x64xbf16>
  return %o : tensor<?x?x?x64xbf16>
}
