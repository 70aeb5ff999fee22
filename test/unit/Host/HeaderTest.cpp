// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers of compiled functions: what they say, and that C accepts them.
#include "TestModule.h"

#include "tessera/Target/Host/Header.h"

#include "gtest/gtest.h"

using tessera::host::emitHeader;
using namespace tessera::program;
using namespace tessera::test;

namespace {

/// Every kind of parameter and constraint once.
Record everything() {
  Writer w = hostWriter("attend_lists");
  Index b = w.addSymbol("B", "batch entries"), sq = w.addSymbol("Sq", "rows"),
        nq = w.addSymbol("Nq", "query blocks"),
        nkv = w.addSymbol("Nkv", "key blocks"), t = w.addSymbol("T", "frames");
  Index heads = w.constant(12), features = w.constant(128);
  addParam(w, "query", ParamKind::Input, TESSERA_BF16, {b, heads, sq, features})
      .broadcast = 1;
  addParam(w, "index", ParamKind::Input, TESSERA_I32,
           {b, heads, nq, w.constant(32)});
  addParam(w, "count", ParamKind::Input, TESSERA_I32, {b, heads, nq});
  Param &sizes = addParam(w, "sizes", ParamKind::Input, TESSERA_I32, {b, nq});
  sizes.broadcast = 1;
  sizes.flags = kMayLackFirstDim;
  addParam(w, "topk", ParamKind::ScalarI32).maximum = 32;
  addParam(w, "int", ParamKind::ScalarF32).flags = kPositive;
  addParam(w, "output", ParamKind::Output, TESSERA_F32,
           {b, heads, sq, features});
  w.addBlocks(nq, sq, 64);
  w.addProduct(sq, nq, 64);
  Writer::Grid grid{
      w.constant(0), t, w.constant(30), w.constant(52), {4, 4, 4}};
  w.addVolume(sq, grid);
  w.addCubes(nq, grid);
  Constraint multiple = Writer::constraint(ConstraintKind::Multiple);
  multiple.target = heads;
  multiple.value = w.constant(4);
  w.add(multiple);
  Constraint valid = Writer::constraint(ConstraintKind::Sizes);
  valid.param = 3;
  valid.value = sq;
  valid.maximum = 64;
  w.add(valid);
  Constraint lists = Writer::constraint(ConstraintKind::Lists);
  lists.flags = kAscending;
  lists.param = 1;
  lists.other = 2;
  lists.value = nkv;
  w.add(lists);
  Constraint gate = Writer::constraint(ConstraintKind::Broadcast);
  gate.param = 0;
  gate.dim = 2;
  gate.value = nkv;
  w.add(gate);
  return w.write();
}

TEST(Header, SaysEveryThingACallIsCheckedFor) {
  std::string header = get(emitHeader(everything(), "attend-lists"));
  for (const char *expected :
       {"#ifndef ATTEND_LISTS_H",
        "extern \"C\"",
        " * query   input, bf16 [B or 1, 12, Sq, 128]\n",
        " * index   input, i32 [B, 12, Nq, 32]\n",
        " * topk    int32, 0 .. 32\n",
        " * int_    f32, finite and > 0\n",
        " * output  output, f32 [B, 12, Sq, 128]\n",
        " * Nq: query blocks\n",
        " * Nq = ceil(Sq / 64)\n",
        " * Sq = Nq * 64\n",
        " * 12 is a multiple of 4\n",
        (" * sizes counts the valid rows of each block: 0 .. 64, and no more "
         "than exist\n"),
        (" * index holds lists of key blocks: the first count entries of a "
         "list are\n *   distinct, 0 .. Nkv - 1, ascending\n"),
        " * sizes   input, i32 [B or 1, Nq] or [Nq]\n",
        " * Sq = 0 + T * 30 * 52\n",
        " * Nq = ceil(0 / 64) + ceil(T / 4) * ceil(30 / 4) * ceil(52 / 4)\n",
        " * query has 1 or Nkv in dim 2\n",
        "    const tessera_tensor *query,\n",
        "    int32_t topk,\n",
        "    float int_,\n",
        "tessera_error *attend_lists__packed(void *const *args);\n"})
    EXPECT_NE(header.find(expected), std::string::npos)
        << "not found: " << expected << "\nin:\n"
        << header;
}

TEST(Header, GivesEachParameterANameOfItsOwn) {
  Writer writer = hostWriter("f");
  for (const char *name : {"a-b", "a.b", "2d"})
    addParam(writer, name, ParamKind::ScalarF32);
  std::string header = get(emitHeader(writer.write(), "f"));
  for (const char *expected : {"float a_b,", "float a_b_1,", "float _2d_)"})
    EXPECT_NE(header.find(expected), std::string::npos)
        << "not found: " << expected << "\nin:\n"
        << header;
}

TEST(Header, RefusesAFunctionThatCCannotName) {
  llvm::Expected<std::string> header =
      emitHeader(hostWriter("video.attention").write(), "x");
  ASSERT_FALSE(bool(header));
  EXPECT_EQ(llvm::toString(header.takeError()),
            "the function 'video.attention' cannot be called from C by this "
            "name; use letters, digits and '_'");
}

} // namespace
