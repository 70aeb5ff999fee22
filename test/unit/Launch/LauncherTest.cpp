// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What reaches the driver: values, tensor maps, grids.
#include "LaunchFixture.h"

#include <cmath>
#include <cstring>

using namespace tessera;
using namespace tessera::launch;
using driver::fakeCuda;
using driver::FakeTensorMap;

namespace {

class LauncherTest : public LaunchTest {
protected:
  /// Prepares and enqueues; what the launch was given is in fakeCuda().launch.
  void launch(const AttendLauncher &launcher, const AttendArguments &arguments,
              driver::DevicePointer workspace = kWorkspace) {
    auto prepared = launcher.prepare(arguments, workspace);
    ASSERT_TRUE(prepared) << prepared.error().message();
    auto error = prepared->enqueue(driver::fakeHandle<driver::StreamHandle>(5));
    ASSERT_FALSE(error) << error.message();
  }

  template <typename T>
  static T param(ParameterKind kind) {
    const std::string &bytes = fakeCuda().launch.params[size_t(kind)];
    EXPECT_EQ(bytes.size(), sizeof(T));
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  static uint64_t address(ParameterKind kind) { return param<uint64_t>(kind); }
  static int32_t integer(ParameterKind kind) { return param<int32_t>(kind); }
  static const FakeTensorMap &map(ParameterKind kind) {
    return fakeCuda().tensorMaps.at(param<driver::TensorMap>(kind).words[0] -
                                    1);
  }
};

using Numbers = std::vector<uint64_t>;

} // namespace

TEST_F(LauncherTest, PassesAddressesAndNumbers) {
  launch(create(), makeArguments());
  EXPECT_EQ(address(ParameterKind::Index), 0x50000000u);
  EXPECT_EQ(address(ParameterKind::Count), 0x60000000u);
  EXPECT_EQ(address(ParameterKind::QuerySizes), 0x70000000u);
  EXPECT_EQ(address(ParameterKind::KeySizes), 0x80000000u);
  EXPECT_EQ(address(ParameterKind::Lse), 0x90000000u);
  EXPECT_EQ(address(ParameterKind::State), kWorkspace);
  EXPECT_EQ(address(ParameterKind::Marks), kWorkspace + 256);
  EXPECT_EQ(integer(ParameterKind::Tiles), 2 * 6 * 16);
  EXPECT_EQ(integer(ParameterKind::Heads), 6);
  EXPECT_EQ(integer(ParameterKind::Group), 3);
  EXPECT_EQ(integer(ParameterKind::QueryBlocks), 16);
  EXPECT_EQ(integer(ParameterKind::QueryLength), 1000);
  EXPECT_EQ(integer(ParameterKind::KeyLength), 700);
  EXPECT_EQ(integer(ParameterKind::QuerySizesStride), 16);
  EXPECT_EQ(integer(ParameterKind::KeySizesStride), 0);
  EXPECT_EQ(param<float>(ParameterKind::Scale), 0.25f);
}

TEST_F(LauncherTest, PassesTheDefaultScale) {
  AttendArguments a = makeArguments();
  a.scale = 0;
  launch(create(), a);
  EXPECT_EQ(param<float>(ParameterKind::Scale), 1 / std::sqrt(128.f));
}

TEST_F(LauncherTest, KeepsTheOrderOfTheRecord) {
  Entry entry = makeEntry();
  Parameter tiles{ParameterKind::Tiles, {}}, index{ParameterKind::Index, {}};
  entry.parameters = {tiles, index};
  fakeCuda().paramBytes = {4, 8};
  launch(create(entry), makeArguments());
  const auto &params = fakeCuda().launch.params;
  int32_t count = 0;
  uint64_t where = 0;
  std::memcpy(&count, params[0].data(), sizeof count);
  std::memcpy(&where, params[1].data(), sizeof where);
  EXPECT_EQ(count, 192);
  EXPECT_EQ(where, 0x50000000u);
}

TEST_F(LauncherTest, MapsPanelsOfContiguousTensors) {
  launch(create(), makeArguments());
  const FakeTensorMap &query = map(ParameterKind::QueryMap);
  EXPECT_EQ(query.address, std::bit_cast<void *>(uintptr_t(0x10000000)));
  EXPECT_EQ(query.type, driver::TensorMapType::BF16);
  EXPECT_EQ(query.dims, (Numbers{64, 1000, 2, 6, 2}));
  EXPECT_EQ(query.strideBytes, (Numbers{256, 128, 1000 * 256, 6 * 1000 * 256}));
  EXPECT_EQ(query.box, (std::vector<uint32_t>{64, 64, 2, 1, 1}));
  EXPECT_EQ(query.swizzle, driver::Swizzle::Bytes128);
  EXPECT_EQ(query.l2Promotion, driver::L2Promotion::None);
  const FakeTensorMap &value = map(ParameterKind::ValueMap);
  EXPECT_EQ(value.address, std::bit_cast<void *>(uintptr_t(0x30000000)));
  EXPECT_EQ(value.dims, (Numbers{64, 700, 2, 2, 2}));
  EXPECT_EQ(value.l2Promotion, driver::L2Promotion::Bytes256);
  EXPECT_EQ(map(ParameterKind::KeyMap).l2Promotion,
            driver::L2Promotion::Bytes256);
  EXPECT_EQ(map(ParameterKind::OutputMap).address,
            std::bit_cast<void *>(uintptr_t(0x40000000)));
}

TEST_F(LauncherTest, MapsBoxesAsTheRecordHasThem) {
  Entry entry = makeEntry();
  entry.parameters[1].box = {32, 16, 1, 32};
  entry.parameters[2].box = {128, 32, 4, 64};
  entry.parameters[3].box = {8, 128, 1, 0};
  launch(create(entry), makeArguments());
  const FakeTensorMap &key = map(ParameterKind::KeyMap);
  EXPECT_EQ(key.dims, (Numbers{16, 700, 8, 2, 2}));
  EXPECT_EQ(key.strideBytes[1], 32u);
  EXPECT_EQ(key.box, (std::vector<uint32_t>{16, 32, 1, 1, 1}));
  EXPECT_EQ(key.swizzle, driver::Swizzle::Bytes32);
  EXPECT_EQ(map(ParameterKind::ValueMap).swizzle, driver::Swizzle::Bytes64);
  const FakeTensorMap &output = map(ParameterKind::OutputMap);
  EXPECT_EQ(output.swizzle, driver::Swizzle::None);
  EXPECT_EQ(output.dims[0], 128u);
  EXPECT_EQ(output.dims[2], 1u);
}

TEST_F(LauncherTest, MapsStridedTensors) {
  AttendArguments a = makeArguments();
  // [B, S, H, D] in memory.
  a.query.strides[0] = 1000 * 6 * 128;
  a.query.strides[1] = 128;
  a.query.strides[2] = 6 * 128;
  launch(create(), a);
  EXPECT_EQ(map(ParameterKind::QueryMap).strideBytes,
            (Numbers{6 * 256, 128, 256, 1000 * 6 * 256}));
}

TEST_F(LauncherTest, MapsIgnoreStridesOfOneElement) {
  AttendArguments a = makeArguments();
  for (tessera_tensor *tensor : {&a.query, &a.key, &a.value, &a.output,
                                 &a.index, &a.count, &a.querySizes, &a.lse}) {
    tensor->dims[0] = 1;
    tensor->strides[0] = 7;
  }
  launch(create(), a);
  EXPECT_EQ(map(ParameterKind::QueryMap).strideBytes[3] % 16, 0u);
}

TEST_F(LauncherTest, MapsSomethingWhereThereAreNoKeys) {
  AttendArguments a = makeArguments();
  a.key = a.value = makeTensor(0, TESSERA_BF16, {2, 2, 0, 128});
  a.keySizes = makeTensor(0, TESSERA_I32, {0});
  launch(create(), a);
  EXPECT_EQ(map(ParameterKind::KeyMap).dims, (Numbers{64, 1, 2, 6, 2}));
  EXPECT_EQ(map(ParameterKind::KeyMap).address, a.query.data);
  EXPECT_EQ(integer(ParameterKind::KeyLength), 0);
}

TEST_F(LauncherTest, LaunchesResidentCtasAtMost) {
  AttendLauncher launcher = create();
  EXPECT_EQ(launcher.residentCtas(), 4 * (2048 / 512));
  launch(launcher, makeArguments()); // 192 tiles, 3 at a time
  const driver::LaunchConfig &config = fakeCuda().launch.config;
  EXPECT_EQ(config.gridX, 16u);
  EXPECT_EQ(config.gridY, 1u);
  EXPECT_EQ(config.blockX, 512u);
  EXPECT_EQ(config.dynamicSharedBytes, 200000u);
  EXPECT_EQ(config.stream, driver::fakeHandle<driver::StreamHandle>(5));
  EXPECT_EQ(fakeCuda().kernelAttributes[8], 200000);
  EXPECT_EQ(launcher.gridFor(0), 0);
  EXPECT_EQ(launcher.gridFor(1), 1);
  EXPECT_EQ(launcher.gridFor(3), 1);
  EXPECT_EQ(launcher.gridFor(4), 2);
  EXPECT_EQ(launcher.gridFor(48), 16);
  EXPECT_EQ(launcher.gridFor(49), 16);
}

TEST_F(LauncherTest, KeepsAWaitingGridResident) {
  launch(create(), makeArguments());
  EXPECT_FALSE(fakeCuda().launch.isCooperative);
  Entry entry = makeEntry();
  entry.wantsResidentGrid = true;
  launch(create(entry), makeArguments());
  EXPECT_TRUE(fakeCuda().launch.isCooperative);
}

TEST_F(LauncherTest, LaunchesAgainAndAgain) {
  AttendLauncher launcher = create();
  auto prepared = launcher.prepare(makeArguments(), kWorkspace);
  ASSERT_TRUE(prepared);
  EXPECT_EQ(prepared->tiles(), 192);
  EXPECT_EQ(prepared->ctas(), 16);
  driver::Current current(context.view());
  driver::takeCalls();
  std::vector<AttendLaunch> copies(2, *prepared);
  ASSERT_FALSE(prepared->enqueue(nullptr));
  ASSERT_FALSE(copies.back().enqueue(nullptr));
  EXPECT_EQ(driver::takeCalls(),
            (driver::Calls{"cuLaunchKernelEx #77", "cuLaunchKernelEx #77"}));
  EXPECT_EQ(integer(ParameterKind::Tiles), 192);
}

TEST_F(LauncherTest, LaunchesNothingWithoutTiles) {
  AttendLauncher launcher = create();
  AttendArguments a = makeArguments();
  a.query = a.output = makeTensor(0, TESSERA_BF16, {2, 6, 0, 128});
  a.index = makeTensor(0, TESSERA_I32, {2, 6, 0, 8});
  a.count = makeTensor(0, TESSERA_I32, {2, 6, 0});
  a.querySizes = makeTensor(0, TESSERA_I32, {2, 0});
  a.lse = makeTensor(0, TESSERA_F32, {2, 6, 0});
  driver::takeCalls();
  auto prepared = launcher.prepare(a, 0);
  ASSERT_TRUE(prepared) << prepared.error().message();
  ASSERT_FALSE(prepared->enqueue(nullptr));
  EXPECT_EQ(driver::takeCalls(), driver::Calls{});
}

TEST_F(LauncherTest, LaysTheWorkspaceOut) {
  AttendLauncher launcher = create();
  WorkspaceLayout layout = launcher.workspaceFor(192);
  EXPECT_EQ(layout.stateBytes, 20u);
  EXPECT_EQ(layout.marksOffset, 256u);
  EXPECT_EQ(layout.bytes, 256u + 192 * 4);
  // Planning needs no memory yet.
  AttendArguments a;
  a.query = makeTensor(0, TESSERA_BF16, {2, 6, 1000, 128});
  auto bytes = launcher.workspaceBytes(a);
  ASSERT_TRUE(bytes) << bytes.error().message();
  EXPECT_EQ(*bytes, layout.bytes);
}

TEST_F(LauncherTest, WantsNoWorkspaceWithoutStateAndMarks) {
  Entry entry = makeEntry();
  entry.stateWords = 0;
  std::erase_if(entry.parameters, [](const Parameter &p) {
    return p.kind == ParameterKind::Marks || p.kind == ParameterKind::State;
  });
  fakeCuda().paramBytes.erase(
      fakeCuda().paramBytes.begin() + int(ParameterKind::Marks),
      fakeCuda().paramBytes.begin() + int(ParameterKind::Tiles));
  AttendLauncher launcher = create(entry);
  EXPECT_EQ(launcher.workspaceFor(192).bytes, 0u);
  launch(launcher, makeArguments(), 0);
}

TEST_F(LauncherTest, KeepsMarksApartOnlyFromState) {
  Entry entry = makeEntry();
  entry.stateWords = 0;
  EXPECT_EQ(create(entry).workspaceFor(10).marksOffset, 0u);
  entry.stateWords = 64;
  EXPECT_EQ(create(entry).workspaceFor(10).marksOffset, 256u);
  entry.stateWords = 65;
  EXPECT_EQ(create(entry).workspaceFor(10).marksOffset, 512u);
}
