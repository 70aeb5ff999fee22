// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A library of records written by hand, and calls of them, on the fake driver.
#ifndef TESSERA_TEST_UNIT_RUNTIME_PROGRAMFIXTURE_H
#define TESSERA_TEST_UNIT_RUNTIME_PROGRAMFIXTURE_H

#include "DriverFixture.h"
#include "RecordBuilder.h"

#include "tessera-c/Gpu.h"
#include "tessera/Runtime/Program.h"

#include <cstring>
#include <gtest/gtest.h>

namespace tessera {

using driver::fakeCuda;
using driver::takeCalls;

/// A library of records, in a fresh fake driver.
class ProgramTest : public driver::DriverTest {
protected:
  ProgramTest() {
    fakeCuda().deviceAttributes = {
        {16, 132}, {38, 100000}, {75, 9}, {76, 0}, {97, 232448}};
    fakeCuda().kernelAttributes[4] = 168;
    fakeCuda().kernels = {{"pool", 101}, {"small", 102}, {"large", 103}};
    fakeCuda().paramBytesOf = {
        {101, {128, 8, 4}}, {102, {8, 8, 4, 4}}, {103, {8, 8}}};
    context = Context::gpu(0);
    EXPECT_TRUE(context) << context.error().message();
  }

  void open(const std::vector<Recipe> &recipes) {
    program::BundleWriter writer;
    for (const Recipe &recipe : recipes)
      RecordBuilder(writer, recipe).build();
    std::vector<std::byte> written = writer.write();
    bundle.assign(written.size() / 8 + 1, 0);
    std::memcpy(bundle.data(), written.data(), written.size());
    library = Library::openBytes(
        {reinterpret_cast<const std::byte *>(bundle.data()), written.size()});
    ASSERT_TRUE(library) << library.error().message();
  }

  tessera_program *find(const Query &query = {"f", {}}) {
    auto found = library->find(*context, query);
    EXPECT_TRUE(found) << found.error().message();
    return found ? *found : nullptr;
  }

  /// x of `rows` rows, each `stride` elements behind the last.
  void setRows(int64_t rows, int64_t stride = 64) {
    x = {};
    x.data = xs, x.dtype = TESSERA_BF16, x.rank = 2;
    x.dims[0] = rows, x.dims[1] = 64;
    x.strides[0] = stride, x.strides[1] = 1;
    y = {};
    y.data = ys, y.dtype = TESSERA_F32, y.rank = 2;
    y.dims[0] = (rows + 63) / 64, y.dims[1] = 64;
    y.strides[0] = 64, y.strides[1] = 1;
  }

  rt::Expected<Launches> prepare(uint32_t flags = 0) {
    return Launches::prepare(find(), args, flags);
  }
  Launches prepared() {
    auto launches = prepare();
    EXPECT_TRUE(launches) << launches.error().message();
    return std::move(*launches);
  }
  std::string refusal(uint32_t flags = 0) {
    auto launches = prepare(flags);
    return launches ? "" : launches.error().message();
  }

  static constexpr int64_t kMostRows = 4096;
  rt::Expected<Context> context = rt::makeError(TESSERA_INTERNAL, "none yet");
  rt::Expected<Library> library = rt::makeError(TESSERA_INTERNAL, "none yet");
  std::vector<uint64_t> bundle;
  alignas(256) unsigned char workspace[8192];
  alignas(16) uint16_t xs[kMostRows * 64];
  alignas(16) float ys[kMostRows];
  tessera_tensor x, y;
  float scale = 0.125f;
  std::vector<void *> args{&x, &y, &scale};
};

} // namespace tessera

#endif // TESSERA_TEST_UNIT_RUNTIME_PROGRAMFIXTURE_H
