// What the instruction cannot be is refused.
//
// RUN: tessera-opt %s --split-input-file --verify-diagnostics

func.func @nothing_loaded(%barrier: i32) {
  // expected-error @below {{there is a register to wait for}}
  "ptx.mbarrier.arrive.after"(%barrier) : (i32) -> ()
  return
}

// -----

func.func @three(%address: i32) {
  // expected-error @below {{there are 1, 2 or 4 results}}
  %m:3 = ptx.ldmatrix %address : i32, i32, i32
  return
}

// -----

func.func @none(%address: i32) {
  // expected-error @below {{there are 1, 2 or 4 matrices}}
  "ptx.stmatrix"(%address) : (i32) -> ()
  return
}

// -----

func.func @six(%address: i32, %map: !llvm.ptr, %x: i32) {
  // expected-error @below {{there are 1 to 5 coordinates}}
  ptx.cp.async.bulk.tensor.load %map[%x, %x, %x, %x, %x, %x], %address, %address
  return
}

// -----

func.func @no_coordinate(%address: i32, %map: !llvm.ptr) {
  // expected-error @below {{there are 1 to 5 coordinates}}
  ptx.cp.async.bulk.tensor.store %address, %map[]
  return
}

// -----

func.func @swizzle(%address: i32) {
  // expected-error @below {{has a swizzle of 48 bytes; expected 32, 64 or 128}}
  %d = ptx.wgmma.descriptor %address leading 16 stride 1024 swizzle 48
  return
}

// -----

func.func @stride(%address: i32) {
  // expected-error @below {{goes on after 1000 bytes; expected a multiple of 16 below 262144}}
  %d = ptx.wgmma.descriptor %address leading 16 stride 1000 swizzle 128
  return
}

// -----

func.func @leading(%address: i32) {
  // expected-error @below {{goes on after 262144 bytes; expected a multiple of 16 below 262144}}
  %d = ptx.wgmma.descriptor %address leading 262144 stride 1024 swizzle 128
  return
}

// -----

func.func @columns(%r: i32, %d: i64) {
  // expected-error @below {{has 12 columns; expected a multiple of 8 in 8 .. 256}}
  %p:6 = ptx.wgmma n 12 bf16 left(%r, %r, %r, %r) right %d at [0]
  return
}

// -----

func.func @steps(%r: i32, %d: i64) {
  // expected-error @below {{has no step of k; give an offset for each 16}}
  %p:4 = ptx.wgmma n 8 bf16 left(%r, %r, %r, %r) right %d at []
  return
}

// -----

func.func @accumulators(%r: i32, %d: i64, %x: f32) {
  // expected-error @below {{has 3 accumulators; 8 columns are 4}}
  %p:4 = ptx.wgmma n 8 bf16 left(%r, %r, %r, %r) right %d at [0] plus(%x, %x, %x)
  return
}

// -----

func.func @no_left(%d: i64) {
  // expected-error @below {{takes its left matrix from registers or from shared memory; give one}}
  %p:4 = ptx.wgmma n 8 bf16 left right %d at [0]
  return
}

// -----

func.func @both_left(%r: i32, %d: i64) {
  // expected-error @below {{takes its left matrix from registers or from shared memory; give one}}
  %p:4 = ptx.wgmma n 8 bf16 left(%r, %r, %r, %r) %d at [0] right %d at [0]
  return
}

// -----

func.func @left_registers(%r: i32, %d: i64) {
  // expected-error @below {{has 4 registers of the left matrix; 2 steps of k take 8}}
  %p:4 = ptx.wgmma n 8 bf16 left(%r, %r, %r, %r) right %d at [0, 32]
  return
}

// -----

func.func @left_offsets(%d: i64) {
  // expected-error @below {{has 1 offsets of the left matrix; expected 2}}
  %p:4 = ptx.wgmma n 8 bf16 left %d at [0] right %d at [0, 32]
  return
}

// -----

func.func @offsets(%d: i64) {
  // expected-error @below {{reads a matrix at 24 bytes; expected a multiple of 16}}
  %p:4 = ptx.wgmma n 8 bf16 left %d at [24] right %d at [0]
  return
}

// -----

func.func @element(%r: i32, %d: i64) {
  // expected-error @below {{attribute 'element' failed to satisfy constraint}}
  %p:4 = ptx.wgmma n 8 f32 left(%r, %r, %r, %r) right %d at [0]
  return
}

// -----

func.func @space(%map: !llvm.ptr<1>, %x: i32) {
  // expected-error @below {{must be address of a tensor map}}
  "ptx.cp.async.bulk.tensor.store"(%x, %map, %x) : (i32, !llvm.ptr<1>, i32) -> ()
  return
}
