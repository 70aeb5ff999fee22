// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled bundles in the runtime, on the fake driver: what is launched, and
// with what.
#include "DriverFixture.h"

#include "tessera/Compiler/GpuBundle.h"
#include "tessera/Compiler/Registration.h"
#include "tessera/Compiler/Spec.h"
#include "tessera/Kernels/AttendPlan.h"
#include "tessera/Program/Bundle.h"
#include "tessera/Runtime/Program.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace mlir;
using namespace tessera;
using driver::fakeCuda;
using driver::FakeLaunch;
using driver::FakeTensorMap;
using driver::takeCalls;

namespace {

/// The driver is asked for its version when it is opened, once: let it be new
/// enough for PTX.
[[maybe_unused]] const bool isOpen = [] {
  fakeCuda().cudaVersion = 12080;
  return bool(driver::Driver::open());
}();

constexpr int64_t kBatch = 2, kHeads = 6, kKeyHeads = 2, kRows = 1000;
constexpr int64_t kL2 = 50 << 20;

/// Contiguous, at an address that nobody reads.
tessera_tensor makeTensor(uintptr_t address, tessera_dtype dtype,
                          ArrayRef<int64_t> dims) {
  tessera_tensor tensor{};
  tensor.data = std::bit_cast<void *>(address);
  tensor.dtype = dtype;
  tensor.rank = int32_t(dims.size());
  llvm::copy(dims, tensor.dims);
  int64_t stride = 1;
  for (size_t d = dims.size(); d-- > 0; stride *= dims[d])
    tensor.strides[d] = stride;
  return tensor;
}

struct Case {
  int64_t headDim, queryBlock, keyBlock;
  SpecElement element;
  const char *plan;
};

std::string nameOf(const Case &row) {
  std::string name = llvm::formatv(
      "{0}_{1}x{2}_{3}_{4}", row.headDim, row.queryBlock, row.keyBlock,
      row.element == SpecElement::BF16 ? "bf16" : "f16", row.plan);
  llvm::replace(name, '=', '_');
  return name;
}

class BundleTest : public driver::DriverTest,
                   public testing::WithParamInterface<Case> {
protected:
  BundleTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    fakeCuda().deviceAttributes = {
        {16, 132}, {38, int(kL2)}, {75, 9}, {76, 0}, {97, 232448}};
  }

  Spec spec(const Case &row) {
    Spec made;
    made.op = SpecOp::Attend;
    made.headDim = row.headDim;
    made.queryBlock = row.queryBlock, made.keyBlock = row.keyBlock;
    made.element = row.element;
    made.capacity = 4;
    made.sizes = made.scale = made.lse = true;
    return made;
  }

  /// For a call of `keys` tokens.
  void makeArguments(const Case &row, int64_t keys) {
    tessera_dtype dtype =
        row.element == SpecElement::BF16 ? TESSERA_BF16 : TESSERA_F16;
    int64_t blocks = (kRows + row.queryBlock - 1) / row.queryBlock;
    int64_t keyBlocks = (keys + row.keyBlock - 1) / row.keyBlock;
    auto &a = arguments;
    a.query =
        makeTensor(0x10000000, dtype, {kBatch, kHeads, kRows, row.headDim});
    a.key =
        makeTensor(0x20000000, dtype, {kBatch, kKeyHeads, keys, row.headDim});
    a.value = a.key,
    a.value.data = std::bit_cast<void *>(uintptr_t(0x30000000));
    // Rows of a head lie apart, as in [B, S, H, D].
    a.value.strides[1] = row.headDim,
    a.value.strides[2] = kKeyHeads * row.headDim;
    a.output = a.query,
    a.output.data = std::bit_cast<void *>(uintptr_t(0x40000000));
    a.index = makeTensor(0x50000000, TESSERA_I32, {kBatch, kHeads, blocks, 4});
    a.count = makeTensor(0x60000000, TESSERA_I32, {kBatch, kHeads, blocks});
    a.querySizes = makeTensor(0x70000000, TESSERA_I32, {kBatch, blocks});
    a.keySizes = makeTensor(0x80000000, TESSERA_I32, {keyBlocks});
    a.lse = makeTensor(0x90000000, TESSERA_F32, {kBatch, kHeads, kRows});
    a.scale = 0.25f;
    tiles = kBatch * kHeads * blocks;
  }

  void open(const Case &row) {
    auto module = buildModule(context, spec(row));
    ASSERT_TRUE(bool(module)) << toString(module.takeError());
    GpuOptions options;
    options.plan = row.plan;
    auto bundle = compileToBundle(**module, options, std::nullopt);
    ASSERT_TRUE(bool(bundle)) << toString(bundle.takeError());
    bytes = std::move(*bundle);
    library = Library::openBytes(bytes);
    ASSERT_TRUE(library) << library.error().message();
    describeKernels();
  }

  /// The driver knows kernels by handles from 101 on, and what they take.
  void describeKernels() {
    auto bundle = program::Bundle::open(bytes);
    ASSERT_TRUE(bundle);
    auto opened = program::Program::open(bundle->record(0));
    ASSERT_TRUE(opened) << opened.error().message();
    record = *opened;
    uintptr_t handle = 100;
    for (const program::Kernel &kernel : record->kernels())
      fakeCuda().kernels[record->text(kernel.name)] = ++handle;
    for (const program::Action &action : record->actions())
      if (action.kind == program::ActionKind::Launch)
        for (const program::Operand &operand : operandsOf(action))
          fakeCuda().paramBytesOf[101 + action.kernel].push_back(
              operand.kind == program::OperandKind::Map       ? 128
              : operand.kind == program::OperandKind::Address ? 8
                                                              : 4);
  }

  std::span<const program::Operand> operandsOf(const program::Action &action) {
    return record->operands().subspan(action.operands.first,
                                      action.operands.count);
  }

  /// Runs what the runtime finds; the launch.
  FakeLaunch run() {
    auto &a = arguments;
    void *args[] = {&a.query,      &a.key,      &a.value, &a.index,  &a.count,
                    &a.querySizes, &a.keySizes, &a.scale, &a.output, &a.lse};
    auto gpu = Context::gpu(0);
    EXPECT_TRUE(gpu) << gpu.error().message();
    constexpr tessera_fact kHasLse{"lse", nullptr, 1};
    auto found = library->find(*gpu, {"tessera_attend", {&kHasLse, 1}});
    EXPECT_TRUE(found) << found.error().message();
    auto launches = Launches::prepare(*found, args);
    EXPECT_TRUE(launches) << launches.error().message();
    workspaceBytes = size_t(launches->workspace().best);
    EXPECT_LE(workspaceBytes, sizeof(workspace));
    std::memset(workspace, 7, sizeof(workspace));
    takeCalls();
    fakeCuda().launches.clear();
    rt::Error error = launches->run(nullptr, workspace, workspaceBytes);
    EXPECT_FALSE(error) << error.message();
    EXPECT_EQ(fakeCuda().launches.size(), 1u);
    return fakeCuda().launch;
  }

  /// An address, where a part may begin.
  bool isInWorkspace(const std::string &address) {
    uint64_t value = 0;
    std::memcpy(&value, address.data(), sizeof(value));
    uint64_t offset = value - std::bit_cast<uint64_t>(&workspace[0]);
    return offset < workspaceBytes && offset % 256 == 0;
  }

  const program::Action &actionOf(const FakeLaunch &launch) {
    auto handle = int64_t(std::bit_cast<uintptr_t>(launch.function));
    return *llvm::find_if(record->actions(), [&](const auto &action) {
      return action.kind == program::ActionKind::Launch &&
             action.kernel == handle - 101;
    });
  }
  std::string kernelOf(const FakeLaunch &launch) {
    return record->text(
        record->kernels()[size_t(actionOf(launch).kernel)].name);
  }

  const program::Kernel &recordOf(const FakeLaunch &launch) {
    return record->kernels()[size_t(actionOf(launch).kernel)];
  }
  AttendPlan planOf(const FakeLaunch &launch) {
    return llvm::cantFail(parsePlan(record->text(recordOf(launch).plan)));
  }

  /// What the call has for an operand that is a number; none: it is no number.
  std::optional<int64_t> numberOf(StringRef name);
  /// The tensor that an operand is the address of, or a map over.
  const tessera_tensor *tensorOf(StringRef name);

  MLIRContext context;
  std::vector<std::byte> bytes;
  rt::Expected<Library> library = rt::makeError(TESSERA_INTERNAL, "none yet");
  std::optional<program::Program> record;
  struct {
    tessera_tensor query, key, value, output, index, count, querySizes,
        keySizes, lse;
    float scale;
  } arguments;
  int64_t tiles = 0;
  size_t workspaceBytes = 0;
  alignas(256) unsigned char workspace[8192];
};

/// Of a parameter that is one.
FakeTensorMap mapOf(const std::string &bytes) {
  uint64_t number = 0;
  std::memcpy(&number, bytes.data(), sizeof(number));
  return fakeCuda().tensorMaps[number - 1];
}

std::optional<int64_t> BundleTest::numberOf(StringRef name) {
  const auto &a = arguments;
  int64_t queryBlocks = a.querySizes.dims[1];
  return llvm::StringSwitch<std::optional<int64_t>>(name)
      .Case("tiles", tiles)
      .Case("heads", kHeads)
      .Case("group", kHeads / kKeyHeads)
      .Case("query_blocks", queryBlocks)
      .Case("query_length", kRows)
      .Case("key_length", a.key.dims[2])
      .Case("query_sizes_stride", queryBlocks)
      .Case("key_sizes_stride", 0) // all batch entries share them
      .Default(std::nullopt);
}

const tessera_tensor *BundleTest::tensorOf(StringRef name) {
  const auto &a = arguments;
  return llvm::StringSwitch<const tessera_tensor *>(name)
      .Case("query", &a.query)
      .Case("key", &a.key)
      .Case("value", &a.value)
      .Case("output", &a.output)
      .Case("index", &a.index)
      .Case("count", &a.count)
      .Case("query_sizes", &a.querySizes)
      .Case("key_sizes", &a.keySizes)
      .Case("lse", &a.lse)
      .Default(nullptr);
}

template <typename T>
T valueOf(const std::string &bytes) {
  T value{};
  EXPECT_EQ(bytes.size(), sizeof(value));
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof(value)));
  return value;
}

/// Innermost first: column of a panel, token, panel, head, batch entry.
void expectMap(const FakeTensorMap &map, const tessera_tensor &tensor,
               bool isShared) {
  int64_t headDim = tensor.dims[3];
  uint64_t columns = map.dims[0];
  EXPECT_EQ(map.address, tensor.data);
  ASSERT_EQ(map.dims.size(), 5u);
  EXPECT_EQ(map.dims, (std::vector<uint64_t>{columns, uint64_t(tensor.dims[2]),
                                             uint64_t(headDim) / columns,
                                             uint64_t(tensor.dims[1]),
                                             uint64_t(tensor.dims[0])}));
  auto stride = [&](int d) { return uint64_t(tensor.strides[d]) * 2; };
  EXPECT_EQ(map.strideBytes[0], stride(2));
  if (map.dims[2] > 1)
    EXPECT_EQ(map.strideBytes[1], columns * 2);
  EXPECT_EQ(map.strideBytes[2], stride(1));
  EXPECT_EQ(map.strideBytes[3], stride(0));
  EXPECT_EQ(map.box[0], columns);
  EXPECT_EQ(map.box[3] * map.box[4], 1u);
  EXPECT_EQ(map.steps, (std::vector<uint32_t>(5, 1)));
  // Key and value blocks are read whole and by many tiles.
  EXPECT_EQ(map.l2Promotion, isShared ? driver::L2Promotion::Bytes256
                                      : driver::L2Promotion::None);
}

TEST_P(BundleTest, LaunchesWhatTheCallAsksFor) {
  open(GetParam());
  makeArguments(GetParam(), /*keys=*/700);
  FakeLaunch launch = run();
  const program::Action &action = actionOf(launch);
  AttendPlan plan = planOf(launch);
  // As many CTAs as are resident, at the most: the fake driver counts threads.
  EXPECT_EQ(launch.config.gridX,
            std::min<uint64_t>(132 * (2048 / launch.config.blockX),
                               llvm::divideCeil(tiles, plan.tiles)));
  EXPECT_EQ(launch.config.gridY * launch.config.gridZ, 1u);
  EXPECT_EQ(launch.config.blockX % 128, 0u);
  EXPECT_GE(launch.config.blockX, 256u);
  EXPECT_EQ(launch.isCooperative, plan.order == WorkOrder::Wave);
  ASSERT_EQ(launch.params.size(), operandsOf(action).size());
  std::set<std::string> seen;
  for (auto [operand, bytes] :
       llvm::zip_equal(operandsOf(action), launch.params)) {
    std::string name = record->text(operand.name);
    SCOPED_TRACE(name);
    seen.insert(name);
    const tessera_tensor *tensor = tensorOf(name);
    if (operand.kind == program::OperandKind::Map) {
      ASSERT_NE(tensor, nullptr);
      expectMap(mapOf(bytes), *tensor, name == "key" || name == "value");
    } else if (name == "scale")
      EXPECT_EQ(valueOf<float>(bytes), arguments.scale);
    else if (auto number = numberOf(name))
      EXPECT_EQ(valueOf<int32_t>(bytes), *number);
    else if (tensor)
      EXPECT_EQ(valueOf<void *>(bytes), tensor->data);
    else // marks and the state
      EXPECT_TRUE(isInWorkspace(bytes));
  }
  for (const char *name : {"query", "key", "value", "output", "index", "count",
                           "query_sizes", "key_sizes", "scale", "lse", "tiles"})
    EXPECT_TRUE(seen.contains(name)) << name;
}

TEST_P(BundleTest, ZeroesWhatKernelsCountIn) {
  open(GetParam());
  makeArguments(GetParam(), 700);
  FakeLaunch launch = run();
  size_t words = planOf(launch).order == WorkOrder::Static ? 0 : 1;
  EXPECT_EQ(llvm::count(workspace, 0), words * sizeof(int32_t));
  EXPECT_EQ(std::count(workspace, workspace + words * sizeof(int32_t), 0),
            int64_t(words * sizeof(int32_t)));
}

INSTANTIATE_TEST_SUITE_P(
    Attend, BundleTest,
    testing::Values(Case{128, 64, 64, SpecElement::BF16, ""},
                    Case{128, 64, 64, SpecElement::F16, "order=static"},
                    Case{128, 64, 64, SpecElement::BF16, "order=ticket"},
                    Case{128, 64, 64, SpecElement::BF16, "order=wave"},
                    Case{64, 64, 64, SpecElement::BF16, ""},
                    Case{96, 64, 64, SpecElement::F16, ""},
                    Case{192, 64, 64, SpecElement::BF16, "order=wave"},
                    Case{256, 64, 64, SpecElement::BF16, ""},
                    Case{128, 128, 128, SpecElement::BF16, ""}),
    [](const auto &info) { return nameOf(info.param); });

using OrderTest = BundleTest;

TEST_F(OrderTest, IsChosenByKeysAndCache) {
  constexpr Case kCase{128, 64, 64, SpecElement::BF16, ""};
  open(kCase);
  std::set<std::string> seen;
  for (int64_t keys : {700, 20000, 40000, 60000, 80000, 200000}) {
    makeArguments(kCase, keys);
    std::string kernel = kernelOf(run());
    AttendShape shape{Float16Type::get(&context), 128, 64, 64, 4};
    size_t which = *orderAt(shape, keys, kL2).constant();
    EXPECT_EQ(kernel,
              "tessera_attend_attend_" + nameOf(ordersFor(shape)[which]).str())
        << keys;
    seen.insert(kernel);
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST_F(OrderTest, FillsFirst) {
  constexpr Case kCase{128, 64, 64, SpecElement::BF16, "order=ticket"};
  open(kCase);
  makeArguments(kCase, 700);
  run();
  EXPECT_EQ(takeCalls(),
            (driver::Calls{"cuCtxSetCurrent #1", "cuMemsetD32Async #0",
                           "cuLaunchKernelEx #101", "cuCtxSetCurrent #0"}));
}

TEST_F(OrderTest, WrongCallsAreRefused) {
  constexpr Case kCase{128, 64, 64, SpecElement::BF16, "order=ticket"};
  open(kCase);
  makeArguments(kCase, 700);
  auto gpu = Context::gpu(0);
  ASSERT_TRUE(gpu);
  constexpr tessera_fact kOther{"head_dim", nullptr, 64};
  auto none = library->find(*gpu, {nullptr, {&kOther, 1}});
  ASSERT_FALSE(none);
  EXPECT_NE(std::string(none.error().message()).find("head_dim is 128, not 64"),
            std::string::npos)
      << none.error().message();
}

} // namespace
