// RUN: tessera-opt %s --split-input-file --verify-diagnostics

// What a call would be refused for is refused when it is written.

func.func @k(%x: tensor<?x?x?x?xf32>) -> !bsa.block_map<64x64, capacity = 4, ascending> {
  %k = arith.constant 60 : i32
  // expected-error @+1 {{'bsa.select' op has topk 60; 0 to 4 is accepted}}
  %m = bsa.select %x : tensor<?x?x?x?xf32> top(%k) policy(#bsa.select<capacity = 4>)
      -> !bsa.block_map<64x64, capacity = 4, ascending>
  return %m : !bsa.block_map<64x64, capacity = 4, ascending>
}

// -----

func.func @count(%i: tensor<?x?x?x4xi32>) -> !bsa.block_map<64x64, capacity = 4> {
  %n = arith.constant -1 : i32
  // expected-error @+1 {{'bsa.map_from_lists' op has count -1; 0 to 4 is accepted}}
  %m = bsa.map_from_lists %i, %n : tensor<?x?x?x4xi32>, i32 -> !bsa.block_map<64x64, capacity = 4>
  return %m : !bsa.block_map<64x64, capacity = 4>
}

// -----

func.func @grid(%x: tensor<?x?x?x64xf32>, %h: i32) -> (tensor<?x?x?x64xf32>, tensor<?xi32>) {
  %t = arith.constant 0 : i32
  // expected-error @+1 {{'bsa.partition' op has time 0; 1 to 2147483647 is accepted}}
  %y, %s = bsa.partition %x by #bsa.cube<4x4x4> grid(%t, %h, %h)
      : tensor<?x?x?x64xf32> -> tensor<?x?x?x64xf32>, tensor<?xi32>
  return %y, %s : tensor<?x?x?x64xf32>, tensor<?xi32>
}

// -----

func.func @scale(%q: tensor<?x?x?x64xf32>, %m: !bsa.block_map<64x64, capacity = 4>)
    -> tensor<?x?x?x64xf32> {
  %s = arith.constant 0x7FC00000 : f32
  // expected-error @+1 {{'bsa.attend' op has scale nan; a finite number above 0 is accepted}}
  %o = bsa.attend query(%q : tensor<?x?x?x64xf32>) key(%q : tensor<?x?x?x64xf32>)
      value(%q : tensor<?x?x?x64xf32>) at(%m : !bsa.block_map<64x64, capacity = 4>) scale(%s)
      -> tensor<?x?x?x64xf32>
  return %o : tensor<?x?x?x64xf32>
}
