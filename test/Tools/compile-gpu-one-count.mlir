// One count for all lists is within the capacity: the checker of rings has nothing to
// say of it.
//
// RUN: tessera-compile %s --target sm_90a --emit ptx -o %t.ptx 2>&1 | count 0

func.func @f(%q: tensor<?x?x?x64xbf16>, %k: tensor<?x?x?x64xbf16>, %v: tensor<?x?x?x64xbf16>,
             %i: tensor<?x?x?x4xi32>, %n: i32) -> tensor<?x?x?x64xbf16> {
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x4xi32>, i32 -> !bsa.block_map<64x64, capacity = 4>
  %o = bsa.attend query(%q : tensor<?x?x?x64xbf16>) key(%k : tensor<?x?x?x64xbf16>)
      value(%v : tensor<?x?x?x64xbf16>) at(%m : !bsa.block_map<64x64, capacity = 4>)
      -> tensor<?x?x?x64xbf16>
  return %o : tensor<?x?x?x64xbf16>
}
