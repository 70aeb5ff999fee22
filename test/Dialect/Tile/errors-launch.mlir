// RUN: tessera-opt %s --split-input-file --verify-diagnostics

tile.module @sm_90a {
  // expected-error @below {{stands among the kernels of a chip; a tile.module holds tile.kernel alone}}
  func.func private @no_kernel()
}

// -----

func.func @rank(%x: memref<?x?x128xbf16>) {
  // expected-error @below {{expected [batch, head, token, feature] with unit stride of features, as the copy engine has five coordinates and panels take one}}
  %map = tile.make_map %x : memref<?x?x128xbf16> -> !tile.map<64x128xbf16, swizzle = 128>
  return
}

// -----

func.func @stride(%x: memref<?x?x?x128xbf16, strided<[?, ?, ?, 2]>>) {
  // expected-error @below {{with unit stride of features}}
  %map = tile.make_map %x : memref<?x?x?x128xbf16, strided<[?, ?, ?, 2]>> -> !tile.map<64x128xbf16, swizzle = 128>
  return
}

// -----

func.func @elements(%x: memref<?x?x?x128xf16>) {
  // expected-error @below {{expected the same elements, and as many features as columns}}
  %map = tile.make_map %x : memref<?x?x?x128xf16> -> !tile.map<64x128xbf16, swizzle = 128>
  return
}

// -----

func.func @features(%x: memref<?x?x?x64xbf16>) {
  // expected-error @below {{expected the same elements, and as many features as columns}}
  %map = tile.make_map %x : memref<?x?x?x64xbf16> -> !tile.map<64x128xbf16, swizzle = 128>
  return
}

// -----

func.func @promote(%x: memref<?x?x?x128xbf16>) {
  // expected-error @below {{promotes reads to 32 bytes; expected 64, 128 or 256}}
  %map = tile.make_map %x promote(32) : memref<?x?x?x128xbf16> -> !tile.map<64x128xbf16, swizzle = 128>
  return
}

// -----

func.func @nobody(%n: index) {
  // expected-error @below {{names @sm_90a::@nobody, which is no tile.kernel of a tile.module}}
  tile.launch @sm_90a::@nobody grid(%n) (%n) : index
  return
}
tile.module @sm_90a {
}

// -----

func.func @resident() -> index {
  // expected-error @below {{names @nobody, which is no tile.kernel of a tile.module}}
  %n = tile.resident @nobody
  return %n : index
}

// -----

func.func @few(%n: index) {
  // expected-error @below {{gives 0 operands to @sm_90a::@one, which takes 1}}
  tile.launch @sm_90a::@one grid(%n) ()
  return
}
tile.module @sm_90a {
  // expected-note @below {{the kernel is here}}
  tile.kernel @one(%n: index) {
    tile.role @work agents(1) each thread (%agent) {
    }
  }
}

// -----

func.func @memory(%n: index, %x: memref<?x?xf32>) {
  // expected-error @below {{gives 'memref<?x?xf32>' as operand 0 to @sm_90a::@one; expected a buffer with the elements of 'memref<?xi32>'}}
  tile.launch @sm_90a::@one grid(%n) (%x) : memref<?x?xf32>
  return
}
tile.module @sm_90a {
  // expected-note @below {{the kernel is here}}
  tile.kernel @one(%x: memref<?xi32>) {
    tile.role @work agents(1) each thread (%agent) {
    }
  }
}

// -----

func.func @number(%n: index, %x: f32) {
  // expected-error @below {{gives 'f32' as operand 0 to @sm_90a::@one; expected 'index'}}
  tile.launch @sm_90a::@one grid(%n) (%x) : f32
  return
}
tile.module @sm_90a {
  // expected-note @below {{the kernel is here}}
  tile.kernel @one(%n: index) {
    tile.role @work agents(1) each thread (%agent) {
    }
  }
}

// -----

func.func @one_way(%n: index, %x: memref<4xi32>) {
  // expected-error @below {{has 1 alternatives; expected at least 2}}
  tile.choose %n {
    tile.zero %x : memref<4xi32>
  }
  return
}

// -----

func.func @effect(%n: index, %x: memref<4xi32>, %y: memref<4xi32>) {
  tile.choose %n {
    tile.zero %x : memref<4xi32>
  }, {
    // expected-error @below {{stands in an alternative; one is a straight line of tile.launch, tile.zero and what has no effect}}
    memref.copy %x, %y : memref<4xi32> to memref<4xi32>
  }
  return
}
