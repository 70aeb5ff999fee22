// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Headers of compiled functions: what they say, and that C accepts them.
#include "TestModule.h"

#include "tessera/Target/Host/Header.h"

#include "llvm/Object/Archive.h"
#include "llvm/Object/Binary.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include "gtest/gtest.h"

using tessera::host::emitHeader;
using tessera::host::isEmittedHeader;
using tessera::host::whyNotCallable;
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
  std::string header = get(emitHeader(everything()));
  for (const char *expected :
       {"#ifndef TESSERA_",
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
        " * For host.\n",
        ("tessera_error *attend_lists(\n    tessera_context *context, void "
         "*stream, void *workspace,\n    size_t workspace_bytes,\n    const "
         "tessera_tensor *query,\n"),
        ("tessera_error *attend_lists_workspace(\n    tessera_context "
         "*context,\n    const tessera_tensor *query,\n"),
        "    const tessera_tensor *output,\n    int64_t *least, int64_t "
        "*best);",
        "    int32_t topk,\n",
        "    float int_,\n",
        "tessera_error *attend_lists__packed(void *const *args);\n"})
    EXPECT_NE(header.find(expected), std::string::npos)
        << "not found: " << expected << "\nin:\n"
        << header;
}

TEST(Header, GivesEachParameterANameOfItsOwn) {
  Writer writer = hostWriter("f");
  for (const char *name : {"a-b", "a.b", "2d", "least", "context"})
    addParam(writer, name, ParamKind::ScalarF32);
  std::string header = get(emitHeader(writer.write()));
  for (const char *expected : {"float a_b,", "float a_b_1,", "float _2d,",
                               "float least_3,", "float context_4)"})
    EXPECT_NE(header.find(expected), std::string::npos)
        << "not found: " << expected << "\nin:\n"
        << header;
}

TEST(Header, SaysWhatATargetAsksBesides) {
  Writer host = hostWriter("f"), gpu = hostWriter("f"), other = hostWriter("g");
  gpu.head.chip = gpu.text("sm_90a");
  other.head.chip = other.text("sm_90a");
  for (Writer *writer : {&host, &gpu, &other}) {
    Index rows = writer->addSymbol("N", "rows");
    addParam(*writer, "x", ParamKind::Input, TESSERA_F32, {rows});
  }
  Constraint dense = Writer::constraint(ConstraintKind::Dense);
  dense.param = 0;
  gpu.add(dense);
  const Record records[] = {host.write(), gpu.write(), other.write()};
  std::string header = get(emitHeader(records));
  for (const char *expected :
       {"#include \"tessera-c/Gpu.h\"\n",
        "/*\n * For host, sm_90a.\n *\n * x  input, f32 [N]\n *\n * N: rows\n"
        " * sm_90a: x has no gaps",
        "/*\n * For sm_90a.\n", "tessera_error *f__packed("})
    EXPECT_NE(header.find(expected), std::string::npos)
        << "not found: " << expected << "\nin:\n"
        << header;
  EXPECT_EQ(header.find("g__packed"), std::string::npos) << header;
}

TEST(Header, IsKnownByItsFirstWords) {
  EXPECT_TRUE(isEmittedHeader(get(emitHeader(everything()))));
  EXPECT_FALSE(isEmittedHeader("/* By hand. */\n"));
  EXPECT_FALSE(isEmittedHeader(""));
}

TEST(Header, RefusesAFunctionThatCCannotName) {
  llvm::Expected<std::string> header =
      emitHeader(hostWriter("video.attention").write());
  ASSERT_FALSE(bool(header));
  EXPECT_EQ(llvm::toString(header.takeError()),
            "the function 'video.attention' cannot be called from C by this "
            "name; use letters, digits and '_'");
}

TEST(FunctionNames, OfUsersAreTaken) {
  for (const char *name : {"f", "attend", "tessera_attend", "pool", "select",
                           "a9", "F", "VSA_forward", "x_v3"})
    EXPECT_EQ(whyNotCallable(name), "");
}

TEST(FunctionNames, ThatMeanSomethingElseAreRefused) {
  for (const char *name : {"requires", "explicit",       "asm",
                           "concept",  "typeof",         "main",
                           "int32_t",  "INT32_MAX",      "SIZE_MAX",
                           "UINT64_C", "INT8_WIDTH",     "linux",
                           "unix",     "and_eq",         "char8_t",
                           "co_yield", "nullptr",        "constexpr",
                           "alignas",  "typeof_unqual",  "thread_local",
                           "std",      "contract_assert"})
    EXPECT_EQ(whyNotCallable(name),
              std::string("the function '") + name +
                  "' has a name that C, C++ or tessera-c/Runtime.h use for "
                  "something else; choose another");
}

TEST(FunctionNames, OfCompilersAreRefused) {
  for (const char *name : {"foo__v3", "foo__packed", "foo__kernel0", "_Bool",
                           "_foo", "__asm__", "foo__"})
    EXPECT_EQ(whyNotCallable(name),
              std::string("the function '") + name +
                  "' has a name of those that belong to compilers, and to what "
                  "this one makes of functions, such as f__packed; begin with "
                  "a letter and use no '__'");
}

TEST(FunctionNames, OfTheCLibraryAreRefused) {
  for (const char *name : {"free", "malloc", "memcpy", "aligned_alloc", "exp2f",
                           "printf", "pthread_create", "sysconf"})
    EXPECT_EQ(whyNotCallable(name),
              std::string("the function '") + name +
                  "' would take the place of that of the C library; choose "
                  "another name");
}

/// What the archive needs, and names like those it declares.
TEST(FunctionNames, ThatTheRuntimeNeedsOrDeclaresAreRefused) {
  auto archive = llvm::object::createBinary(TEST_RUNTIME);
  ASSERT_TRUE(bool(archive)) << toString(archive.takeError());
  llvm::Error error = llvm::Error::success();
  int64_t found = 0;
  for (const auto &child :
       llvm::cast<llvm::object::Archive>(archive->getBinary())
           ->children(error)) {
    auto binary = get(child.getAsBinary());
    for (const llvm::object::SymbolRef &symbol :
         llvm::cast<llvm::object::ObjectFile>(*binary).symbols()) {
      if (!(get(symbol.getFlags()) & llvm::object::SymbolRef::SF_Global))
        continue;
      std::string name = get(symbol.getName()).str();
      ++found;
      EXPECT_NE(whyNotCallable(name), "") << name;
    }
  }
  EXPECT_FALSE(bool(error)) << toString(std::move(error));
  EXPECT_GT(found, 20);

  for (const char *file : {"Runtime.h", "Program.h", "Gpu.h"}) {
    auto header = llvm::MemoryBuffer::getFile(std::string(TEST_INCLUDE_DIR) +
                                              "/tessera-c/" + file);
    ASSERT_TRUE(bool(header)) << file;
    llvm::StringRef text = (*header)->getBuffer();
    llvm::Regex word("(tessera|TESSERA)_[A-Za-z0-9_]+");
    llvm::SmallVector<llvm::StringRef> match;
    for (; word.match(text, &match);
         text = text.substr(match[0].end() - text.begin()))
      EXPECT_NE(whyNotCallable(match[0]), "") << match[0].str();
  }
}

} // namespace
