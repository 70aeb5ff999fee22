// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX of the tests on a real GPU.
#ifndef TESSERA_TEST_UNIT_DRIVER_DEVICEKERNELS_H
#define TESSERA_TEST_UNIT_DRIVER_DEVICEKERNELS_H

namespace tessera {

// Literals, which can be joined.
#define TESSERA_TEST_PTX_HEAD ".version 8.0\n.target sm_90\n.address_size 64\n"

#define TESSERA_TEST_PTX_COPY_BOX                                              \
  R"(
.visible .entry copyBox(.param .align 64 .b8 map[128], .param .u64 out) {
  .reg .pred %p<1>;
  .reg .b32 %r<6>;
  .reg .f32 %f<1>;
  .reg .b64 %rd<4>;
  .shared .align 128 .b8 tile[128];
  .shared .align 8 .b64 full;
  mov.b64 %rd0, map;
  cvta.param.u64 %rd0, %rd0;
  ld.param.u64 %rd1, [out];
  cvta.to.global.u64 %rd1, %rd1;
  mov.u32 %r0, tile;
  mov.u32 %r1, full;
  mov.u32 %r2, 0;
  mov.u32 %r3, 4;
  mbarrier.init.shared::cta.b64 [%r1], 1;
  fence.proxy.async.shared::cta;
  mbarrier.arrive.expect_tx.shared::cta.b64 %rd2, [%r1], 128;
  cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes
    [%r0], [%rd0, {%r2, %r3}], [%r1];
WAIT:
  mbarrier.try_wait.shared::cta.b64 %p0, [%r1], %rd2;
  @!%p0 bra WAIT;
COPY:
  ld.shared.f32 %f0, [%r0];
  st.global.f32 [%rd1], %f0;
  add.u32 %r0, %r0, 4;
  add.u64 %rd1, %rd1, 4;
  add.u32 %r2, %r2, 1;
  setp.lt.u32 %p0, %r2, 32;
  @%p0 bra COPY;
  ret;
}
)"

/// copyBox: the 4 x 8 floats of the box at row 4 go to `out`.
inline constexpr char kCopyBox[] =
    TESSERA_TEST_PTX_HEAD TESSERA_TEST_PTX_COPY_BOX;

/// scale: x[i] *= factor for i < count, by any grid. mark: *word = value.
/// copyBox as above.
inline constexpr char kDeviceKernels[] =
    TESSERA_TEST_PTX_HEAD TESSERA_TEST_PTX_COPY_BOX R"(
.visible .entry scale(.param .u64 x, .param .f32 factor, .param .u32 count) {
  .reg .pred %p<1>;
  .reg .b32 %r<5>;
  .reg .f32 %f<3>;
  .reg .b64 %rd<3>;
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ntid.x;
  mov.u32 %r2, %tid.x;
  mad.lo.u32 %r3, %r0, %r1, %r2;
  mov.u32 %r4, %nctaid.x;
  mul.lo.u32 %r4, %r4, %r1;
  ld.param.u32 %r0, [count];
  ld.param.u64 %rd0, [x];
  cvta.to.global.u64 %rd0, %rd0;
  ld.param.f32 %f1, [factor];
NEXT:
  setp.ge.u32 %p0, %r3, %r0;
  @%p0 bra END;
  mul.wide.u32 %rd1, %r3, 4;
  add.u64 %rd2, %rd0, %rd1;
  ld.global.f32 %f0, [%rd2];
  mul.f32 %f2, %f0, %f1;
  st.global.f32 [%rd2], %f2;
  add.u32 %r3, %r3, %r4;
  bra NEXT;
END:
  ret;
}
.visible .entry mark(.param .u64 word, .param .u32 value) {
  .reg .b32 %r<1>;
  .reg .b64 %rd<1>;
  ld.param.u64 %rd0, [word];
  cvta.to.global.u64 %rd0, %rd0;
  ld.param.u32 %r0, [value];
  st.global.u32 [%rd0], %r0;
  ret;
}
)";

} // namespace tessera

#endif // TESSERA_TEST_UNIT_DRIVER_DEVICEKERNELS_H
