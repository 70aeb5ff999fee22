// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Calls that need more memory than there is: an error, nothing written, and the
// same function works again afterwards.
#include "CompiledCall.h"
#include "TestModule.h"

#include "tessera/Compiler/Compiler.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

using namespace tessera;
using namespace tessera::test;

// An allocation that is too large must return null, as the C library's does.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TESSERA_ASAN 1
extern "C" const char *__asan_default_options() {
  return "allocator_may_return_null=1";
}
#endif
#endif

namespace {

/// Keeps pooled keys and values between passes, and a row of scores a thread.
const char *const kAttention = R"mlir(
!x = tensor<?x?x?x32xf32>
func.func @attention(%query: !x, %key: !x, %value: !x, %topk: i32) -> !x {
  %o = bsa.attention query(%query : !x) key(%key : !x) value(%value : !x)
      top(%topk) block(8x8) select(#bsa.select<capacity = 4>) -> !x
  return %o : !x
})mlir";

/// Keeps all scores, [B, H, Nq, Nkv], between passes where nothing is fused.
const char *const kSelection = R"mlir(
!x = tensor<?x?x?x32xf32>
func.func @selection(%query: !x, %key: !x, %topk: i32)
    -> (tensor<?x?x?x4xi32>, tensor<?x?x?xi32>) {
  %s = bsa.coarse query(%query : !x) key(%key : !x) -> tensor<?x?x?x?xf32>
  %map = bsa.select %s : tensor<?x?x?x?xf32> top(%topk)
      policy(#bsa.select<capacity = 4>)
      -> !bsa.block_map<8x8, capacity = 4, ascending>
  %i, %n = bsa.map_to_lists %map : !bsa.block_map<8x8, capacity = 4, ascending>
      -> tensor<?x?x?x4xi32>, tensor<?x?x?xi32>
  return %i, %n : tensor<?x?x?x4xi32>, tensor<?x?x?xi32>
})mlir";

std::unique_ptr<host::HostJit> compileUnfused(const char *text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &testContext());
  CompileOptions options;
  options.fuse = false;
  return get(compileAndLoad(*module, options));
}

/// A tensor of f32 or i32 in C order.
tessera_tensor viewAt(void *data, tessera_dtype dtype,
                      std::vector<int64_t> dims) {
  tessera_tensor view = {};
  view.data = data;
  view.dtype = dtype;
  view.rank = int32_t(dims.size());
  int64_t stride = 1;
  for (size_t d = dims.size(); d-- > 0;) {
    view.dims[d] = dims[d];
    view.strides[d] = stride;
    stride *= dims[d];
  }
  return view;
}

/// An address for a tensor that is too large to exist. Up to 2^56 bytes lie
/// between one and the next.
void *nowhere(uintptr_t number) {
  return reinterpret_cast<void *>(number << 56); // NOLINT
}

struct Outcome {
  int32_t code;
  std::string message;
};

Outcome call(host::HostJit &jit, const char *function,
             std::vector<void *> arguments) {
  tessera_error *error = get(jit.lookupPacked(function))(arguments.data());
  int32_t code = tessera_error_code(error);
  return {code, message(error)};
}

void expectOutOfMemory(const Outcome &outcome, const std::string &start) {
  EXPECT_EQ(outcome.code, TESSERA_OUT_OF_MEMORY);
  EXPECT_EQ(outcome.message.substr(0, start.size()), start);
  EXPECT_NE(outcome.message.find(" bytes for intermediate results and scratch "
                                 "could not be had, nothing was computed"),
            std::string::npos)
      << outcome.message;
}

TEST(Memory, AnAbsurdLengthIsAnError) {
  std::unique_ptr<host::HostJit> jit = compile(kAttention);
  for (int32_t level : levelsHere()) {
    LevelLimit limit(level);
    std::vector<float> token(32, 1), outputs(32, -7);
    // The means of 2^45 key blocks take 2^52 bytes, and those of values.
    std::vector<int64_t> tooMany = {1, 1, int64_t(1) << 48, 32};
    tessera_tensor query = viewAt(token.data(), TESSERA_F32, {1, 1, 1, 32});
    tessera_tensor key = viewAt(nowhere(1), TESSERA_F32, tooMany);
    tessera_tensor value = viewAt(nowhere(2), TESSERA_F32, tooMany);
    tessera_tensor output = viewAt(outputs.data(), TESSERA_F32, {1, 1, 1, 32});
    int32_t topk = 1;
    expectOutOfMemory(
        call(*jit, "attention", {&query, &key, &value, &topk, &output}),
        "attention: ");
    EXPECT_EQ(outputs, std::vector<float>(32, -7));
  }
}

TEST(Memory, BytesDoNotWrapAround) {
  std::unique_ptr<host::HostJit> jit = compileUnfused(kSelection);
  // 2^40 times 2^40 scores of 4 bytes are 2^82 bytes: 0, were they to wrap.
  constexpr int64_t kBlocks = int64_t(1) << 40;
  tessera_tensor query = viewAt(nowhere(1), TESSERA_F32, {1, 1, kBlocks, 32});
  tessera_tensor key = viewAt(nowhere(2), TESSERA_F32, {1, 1, kBlocks, 32});
  tessera_tensor index = viewAt(nowhere(3), TESSERA_I32, {1, 1, kBlocks, 4});
  tessera_tensor count = viewAt(nowhere(4), TESSERA_I32, {1, 1, kBlocks});
  int32_t topk = 4;
  expectOutOfMemory(
      call(*jit, "selection", {&query, &key, &topk, &index, &count}),
      "selection: 72057594037927936 bytes");
}

std::vector<int32_t> selectWithThreads(host::HostJit &jit, int32_t threads) {
  EXPECT_EQ(message(tessera_set_num_threads(threads)), "");
  constexpr int64_t kQueries = 400, kKeys = 1500;
  std::vector<float> queries(kQueries * 32), keys(kKeys * 32);
  oracle::Random random(1);
  for (std::vector<float> *numbers : {&queries, &keys})
    for (float &number : *numbers)
      number = float(random.normal());
  std::vector<int32_t> ids(kQueries * 4, -7), counts(kQueries, -7);
  tessera_tensor query =
      viewAt(queries.data(), TESSERA_F32, {1, 1, kQueries, 32});
  tessera_tensor key = viewAt(keys.data(), TESSERA_F32, {1, 1, kKeys, 32});
  tessera_tensor index = viewAt(ids.data(), TESSERA_I32, {1, 1, kQueries, 4});
  tessera_tensor count = viewAt(counts.data(), TESSERA_I32, {1, 1, kQueries});
  int32_t topk = 4;
  Outcome outcome =
      call(jit, "selection", {&query, &key, &topk, &index, &count});
  EXPECT_EQ(outcome.message, "");
  EXPECT_EQ(message(tessera_set_num_threads(0)), "");
  return ids;
}

TEST(Memory, EveryThreadHasScratchOfItsOwn) {
  std::unique_ptr<host::HostJit> jit = compile(kSelection);
  std::vector<int32_t> alone = selectWithThreads(*jit, 1);
  for (int32_t threads : {2, 4, 7})
    EXPECT_EQ(selectWithThreads(*jit, threads), alone) << threads;
}

#ifndef TESSERA_ASAN // it needs terabytes of addresses itself

/// Lets this process have no more than `moreBytes` of new addresses.
class AddressLimit {
public:
  explicit AddressLimit(size_t moreBytes) {
    getrlimit(RLIMIT_AS, &before);
    size_t pages = 0; // of all mappings
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before;
    limit.rlim_cur = pages * size_t(sysconf(_SC_PAGESIZE)) + moreBytes;
    EXPECT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
  }
  ~AddressLimit() { setrlimit(RLIMIT_AS, &before); }
  AddressLimit(const AddressLimit &) = delete;
  AddressLimit &operator=(const AddressLimit &) = delete;

private:
  rlimit before;
};

TEST(Memory, WorksAgainOnceThereIsEnough) {
  std::unique_ptr<host::HostJit> jit = compileUnfused(kSelection);
  constexpr int64_t kBlocks = 4096; // whose scores are 64 MiB
  std::vector<float> tokens(kBlocks * 32, 1);
  std::vector<int32_t> ids(kBlocks * 4, -7), counts(kBlocks, -7);
  tessera_tensor query =
      viewAt(tokens.data(), TESSERA_F32, {1, 1, kBlocks, 32});
  tessera_tensor key = query;
  tessera_tensor index = viewAt(ids.data(), TESSERA_I32, {1, 1, kBlocks, 4});
  tessera_tensor count = viewAt(counts.data(), TESSERA_I32, {1, 1, kBlocks});
  int32_t topk = 3;
  std::vector<void *> arguments = {&query, &key, &topk, &index, &count};
  {
    AddressLimit limit(size_t(32) << 20);
    expectOutOfMemory(call(*jit, "selection", arguments), "selection: ");
  }
  EXPECT_EQ(ids, std::vector<int32_t>(kBlocks * 4, -7));
  EXPECT_EQ(counts, std::vector<int32_t>(kBlocks, -7));
  EXPECT_EQ(call(*jit, "selection", arguments).message, "");
  EXPECT_EQ(counts, std::vector<int32_t>(kBlocks, 3));
}

#endif

} // namespace
