// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is refused, and in which words.
#include "LaunchFixture.h"

#include <cmath>

using namespace tessera;
using namespace tessera::launch;
using driver::fakeCuda;

namespace {

class RefusalTest : public LaunchTest {
protected:
  /// What prepare() says after `change`, "" if it accepts.
  template <typename Change>
  std::string complaint(Change change, Entry entry = makeEntry()) {
    AttendArguments arguments = makeArguments();
    change(arguments);
    auto prepared = create(std::move(entry)).prepare(arguments, kWorkspace);
    return prepared ? "" : prepared.error().message();
  }

  /// What create() says after `change`.
  template <typename Change>
  std::string defect(Change change) {
    Entry entry = makeEntry();
    change(entry);
    auto launcher = tryCreate(entry);
    return launcher ? "" : launcher.error().message();
  }
};

} // namespace

TEST_F(RefusalTest, AcceptsWhatIsRight) {
  EXPECT_EQ(complaint([](auto &) {}), "");
}

//===----------------------------------------------------------------------===//
// Types and shapes
//===----------------------------------------------------------------------===//

TEST_F(RefusalTest, Types) {
  EXPECT_EQ(complaint([](auto &a) { a.value.dtype = TESSERA_F16; }),
            "attend: 'value' holds f16, bf16 is accepted; convert it, or "
            "compile the function for its type");
  EXPECT_EQ(complaint([](auto &a) { a.lse.dtype = TESSERA_BF16; }),
            "attend: 'lse' holds bf16, f32 is accepted; convert it, or "
            "compile the function for its type");
}

TEST_F(RefusalTest, Ranks) {
  EXPECT_EQ(complaint([](auto &a) { a.query.rank = 3; }),
            "attend: 'query' has 3 dimensions, 4 are accepted; pass [B, H, "
            "Sq, 128]");
  EXPECT_EQ(complaint([](auto &a) { a.keySizes.rank = 3; }),
            "attend: 'key_sizes' has 3 dimensions, 1 or 2 are accepted; pass "
            "[B, Nkv]");
}

TEST_F(RefusalTest, Extents) {
  EXPECT_EQ(complaint([](auto &a) { a.query.dims[3] = 64; }),
            "attend: 'query' has 64 in dim 3 of [B, H, Sq, 128], 128 is "
            "accepted; pass another tensor, or compile the function for it");
  EXPECT_EQ(complaint([](auto &a) { a.index.dims[3] = 7; }),
            "attend: 'index' has 7 in dim 3 of [B, H, Nq, 8], 8 is accepted; "
            "pass another tensor, or compile the function for it");
  EXPECT_EQ(complaint([](auto &a) { a.key.dims[0] = 1; }),
            "attend: 'key' has 1 batch entries (dim 0, B) but 'query' has 2; "
            "make them equal");
  EXPECT_EQ(complaint([](auto &a) { a.value.dims[2] = 699; }),
            "attend: 'value' has 699 rows (dim 2, Skv) but 'key' has 700; "
            "make them equal");
  EXPECT_EQ(complaint([](auto &a) { a.output.dims[1] = 5; }),
            "attend: 'output' has 5 query heads (dim 1, H) but 'query' has 6; "
            "make them equal");
}

TEST_F(RefusalTest, OtherExtentsThanWereCompiled) {
  Entry fixed = makeEntry();
  fixed.heads = 4;
  EXPECT_EQ(complaint([](auto &) {}, fixed),
            "attend: the call has 6 query heads, the kernel was compiled for "
            "4; compile it for this call, or for any");
  fixed.heads = 6;
  EXPECT_EQ(complaint([](auto &) {}, fixed), "");
  Entry shared = makeEntry();
  std::erase_if(shared.parameters, [](const Parameter &p) {
    return p.kind == ParameterKind::QuerySizesStride;
  });
  EXPECT_EQ(complaint([](auto &) {}, shared),
            "attend: sizes differ by batch entry, the kernel was compiled for "
            "sizes of rank 1; compile it for [B, N]");
}

TEST_F(RefusalTest, HeadsThatDoNotDivide) {
  EXPECT_EQ(complaint([](auto &a) {
              a.key = makeTensor(0x20000000, TESSERA_BF16, {2, 4, 700, 128});
              a.value = makeTensor(0x30000000, TESSERA_BF16, {2, 4, 700, 128});
            }),
            "attend: 6 query heads ('query' dim 1) are not a multiple of 4 "
            "key/value heads ('key' dim 1); pass a number of key/value heads "
            "that divides the query heads");
}

TEST_F(RefusalTest, BlocksThatDoNotCover) {
  EXPECT_EQ(complaint([](auto &a) {
              a.index = makeTensor(0x50000000, TESSERA_I32, {2, 6, 15, 8});
              a.count = makeTensor(0x60000000, TESSERA_I32, {2, 6, 15});
              a.querySizes = makeTensor(0x70000000, TESSERA_I32, {2, 15});
            }),
            "attend: 15 query blocks ('index' dim 2) do not match 1000 rows "
            "('query' dim 2): in blocks of 64 these make 16; pass 16");
  EXPECT_EQ(complaint([](auto &a) {
              a.keySizes = makeTensor(0x80000000, TESSERA_I32, {12});
            }),
            "attend: 12 key blocks ('key_sizes' dim 0) do not match 700 rows "
            "('key' dim 2): in blocks of 64 these make 11; pass 11");
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

TEST_F(RefusalTest, Addresses) {
  EXPECT_EQ(complaint([](auto &a) { a.key.data = nullptr; }),
            "attend: 'key' has no data; pass a pointer to its elements");
  EXPECT_EQ(complaint([](auto &a) {
              a.output.data = std::bit_cast<void *>(uintptr_t(0x40000008));
            }),
            "attend: 'output' lies at address 0x40000008, no multiple of 16; "
            "pass an aligned copy");
  EXPECT_EQ(complaint([](auto &a) { a.output.data = a.query.data; }),
            "attend: 'output' is written and overlaps the memory of 'query' "
            "(first to last byte, gaps included); pass an output with memory "
            "of its own");
}

TEST_F(RefusalTest, Strides) {
  EXPECT_EQ(complaint([](auto &a) { a.query.strides[3] = 2; }),
            "attend: 'query' has stride 2 in dim 3, 1 is accepted; pass a "
            "contiguous copy");
  EXPECT_EQ(complaint([](auto &a) {
              a.value.strides[2] = 132;
              a.value.strides[1] = 132 * 700;
              a.value.strides[0] = 132 * 1400;
            }),
            "attend: 'value' has stride 132 in dim 2, a multiple of 8 elements "
            "(16 bytes) is accepted; pass a copy with longer rows");
  EXPECT_EQ(complaint([](auto &a) { a.count.strides[1] = 17; }),
            "attend: 'count' has stride 17 in dim 1, 16 is accepted; pass a "
            "contiguous copy");
  EXPECT_EQ(complaint([](auto &a) { a.querySizes.strides[0] = 32; }),
            "attend: 'query_sizes' has stride 32 in dim 0, 16 is accepted; "
            "pass a contiguous copy");
  EXPECT_EQ(complaint([](auto &a) {
              a.lse.strides[1] = 1008;
              a.lse.strides[0] = 6 * 1008;
            }),
            "attend: 'lse' has stride 1008 in dim 1, 1000 is accepted; pass a "
            "contiguous copy");
}

TEST_F(RefusalTest, MoreThan31Bits) {
  auto grow = [](AttendArguments &a, int64_t batch, int64_t heads) {
    // Far apart: what overlaps is refused first.
    uintptr_t gap = uintptr_t(1) << 50, at = gap;
    auto make = [&](tessera_dtype dtype, std::initializer_list<int64_t> dims) {
      return makeTensor(at += gap, dtype, dims);
    };
    a.query = make(TESSERA_BF16, {batch, heads, 1000, 128});
    a.key = make(TESSERA_BF16, {batch, 2, 700, 128});
    a.value = make(TESSERA_BF16, {batch, 2, 700, 128});
    a.output = make(TESSERA_BF16, {batch, heads, 1000, 128});
    a.index = make(TESSERA_I32, {batch, heads, 16, 8});
    a.count = make(TESSERA_I32, {batch, heads, 16});
    a.querySizes = make(TESSERA_I32, {16});
    a.lse = make(TESSERA_F32, {batch, heads, 1000});
  };
  EXPECT_EQ(complaint([&](auto &a) { grow(a, 1 << 14, 1 << 10); }),
            "attend: 'index' has 2^31 elements or more; pass fewer batch "
            "entries or heads at a time");
  EXPECT_EQ(complaint([&](auto &a) { grow(a, 1 << 12, 1 << 10); }),
            "attend: 'lse' has 2^31 elements or more; pass fewer batch entries "
            "or heads at a time");
  EXPECT_EQ(complaint([&](auto &a) { grow(a, 1 << 11, 1 << 10); }), "");
}

TEST_F(RefusalTest, Workspaces) {
  AttendLauncher launcher = create();
  for (driver::DevicePointer address : {uint64_t(0), kWorkspace + 128}) {
    auto prepared = launcher.prepare(makeArguments(), address);
    ASSERT_FALSE(prepared);
    EXPECT_EQ(prepared.error().code(), TESSERA_INVALID_ARGUMENT);
  }
  EXPECT_STREQ(
      launcher.prepare(makeArguments(), 0x10).error().message(),
      "attend: the workspace lies at address 0x10; pass 1024 bytes of the "
      "device's memory at a multiple of 256");
  AttendArguments a = makeArguments();
  a.query.dims[3] = 64;
  EXPECT_FALSE(launcher.workspaceBytes(a));
  a.query = makeTensor(0x100, TESSERA_BF16, {1 << 20, 1 << 20, 64, 128});
  EXPECT_STREQ(launcher.workspaceBytes(a).error().message(),
               "attend: 'query' makes 2^31 query blocks or more; pass fewer "
               "batch entries or heads at a time");
}

//===----------------------------------------------------------------------===//
// What the kernel takes
//===----------------------------------------------------------------------===//

TEST_F(RefusalTest, ArgumentsThatAreNotTaken) {
  Entry bare = makeEntry();
  bare.hasLse = bare.hasQuerySizes = bare.hasKeySizes = bare.hasScale = false;
  EXPECT_EQ(complaint([](auto &) {}, bare),
            "attend: 'query_sizes' is given and not taken; leave it out, or "
            "compile with --sizes");
  auto dropSizes = [](AttendArguments &a) {
    a.querySizes = a.keySizes = tessera_tensor{};
  };
  EXPECT_EQ(complaint(dropSizes, bare),
            "attend: 'lse' is given and not taken; leave it out, or compile "
            "with --lse");
  EXPECT_EQ(complaint(
                [&](auto &a) {
                  dropSizes(a);
                  a.lse = tessera_tensor{};
                },
                bare),
            "attend: 'scale' is 0.25 and not taken: the kernel uses "
            "1/sqrt(128); pass 0, or compile with --scale");
  EXPECT_EQ(complaint(
                [&](auto &a) {
                  dropSizes(a);
                  a.lse = tessera_tensor{};
                  a.scale = 0;
                },
                bare),
            "");
}

TEST_F(RefusalTest, ArgumentsThatAreMissing) {
  EXPECT_EQ(complaint([](auto &a) { a.keySizes = tessera_tensor{}; }),
            "attend: 'key_sizes' is not given; pass it, or compile without "
            "--sizes");
  EXPECT_EQ(complaint([](auto &a) { a.lse = tessera_tensor{}; }),
            "attend: 'lse' is not given; pass it, or compile without --lse");
  EXPECT_EQ(complaint([](auto &a) { a.count = tessera_tensor{}; }),
            "attend: 'count' holds f32, i32 is accepted; convert it, or "
            "compile the function for its type");
}

TEST_F(RefusalTest, Scales) {
  for (float scale : {-1.f, INFINITY, NAN})
    EXPECT_NE(complaint([&](auto &a) { a.scale = scale; }), "") << scale;
  EXPECT_EQ(complaint([](auto &a) { a.scale = -1; }),
            "attend: 'scale' is -1, a finite number above 0 is accepted; pass "
            "0 for 1/sqrt(128)");
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

TEST_F(RefusalTest, KernelsThatDoNotFit) {
  EXPECT_EQ(defect([](auto &e) { e.threads = 4096; }),
            "attend: no CTA of 4096 threads and 200000 bytes of shared memory "
            "fits a multiprocessor of GPU 0; compile with a plan of fewer "
            "stages or consumers");
  EXPECT_EQ(defect([](auto &e) { e.sharedBytes = 300000; }),
            "kernel 'attend' wants 300000 bytes of dynamic shared memory; GPU "
            "0 has 0 to 232448 for it, 232448 a block less 0 static: use fewer "
            "or smaller stages");
}

TEST_F(RefusalTest, KernelsThatAreNotThere) {
  fakeCuda().failures["cuModuleGetFunction"] = driver::Result::NotFound;
  EXPECT_NE(defect([](auto &) {}).find("looking for kernel 'attend'"),
            std::string::npos);
  auto launcher = AttendLauncher::create(context, makeEntry(), {}, false);
  ASSERT_FALSE(launcher);
  EXPECT_NE(std::string(launcher.error().message()).find("load a cubin"),
            std::string::npos);
}

TEST_F(RefusalTest, DamagedRecords) {
  std::string rest = "; compile it again with the compiler that belongs to "
                     "this launcher";
  std::string start = "attend: the record of this kernel ";
  EXPECT_EQ(defect([](auto &e) { e.parameters[4].kind = ParameterKind::End; }),
            start + "has a parameter of no kind" + rest);
  EXPECT_EQ(defect([](auto &e) { e.parameters[4].kind = ParameterKind::Lse; }),
            start + "has a parameter twice" + rest);
  for (int32_t columns : {0, 48})
    EXPECT_EQ(defect([&](auto &e) { e.parameters[1].box.columns = columns; }),
              start + "has a map whose panels do not fill a head" + rest);
  EXPECT_EQ(defect([](auto &e) { e.parameters[1].box.swizzleBytes = 256; }),
            start + "has a map with an unknown swizzle" + rest);
  EXPECT_EQ(defect([](auto &e) { e.tilesPerCta = 0; }),
            start + "has a number out of its range" + rest);
}
