// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts, libraries, and which program is found.
#include "ProgramFixture.h"

#include <cstdio>
#include <unistd.h>

using namespace tessera;
using driver::Calls;
using driver::ContextHandle;
using driver::fakeHandle;
using driver::Result;

namespace {

class FindTest : public ProgramTest {
protected:
  std::string reason(const Query &query) {
    auto found = library->find(*context, query);
    if (found)
      return "";
    EXPECT_EQ(found.error().code(), TESSERA_NOT_FOUND);
    return found.error().message();
  }
};

} // namespace

TEST_F(FindTest, KnowsWhatAContextHas) {
  EXPECT_STREQ(context->name(), "Fake 70");
  EXPECT_EQ(context->multiprocessors(), 132);
  fakeCuda().contextMultiprocessors = 16; // a green context's, say
  EXPECT_EQ(Context::gpu(0)->multiprocessors(), 16);
  fakeCuda().failures["cuCtxGetDevResource"] = Result::InvalidValue;
  EXPECT_EQ(Context::gpu(0)->multiprocessors(), 132);
  fakeCuda().affinityMultiprocessors = 66; // half of it, by MPS
  EXPECT_EQ(Context::gpu(0)->multiprocessors(), 66);
  auto none = Context::gpu(2);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), TESSERA_INVALID_ARGUMENT);
}

TEST_F(FindTest, TakesTheContextThatIsCurrent) {
  EXPECT_STREQ(Context::current().error().message(),
               "no CUDA context is current in this thread; make one current, "
               "or call tessera_context_gpu()");
  fakeCuda().current = fakeHandle<ContextHandle>(5);
  takeCalls();
  {
    auto current = Context::current();
    ASSERT_TRUE(current) << current.error().message();
    EXPECT_STREQ(current->name(), "Fake 71");
  }
  EXPECT_EQ(takeCalls(), Calls{}) << "it is neither retained nor released";
}

TEST_F(FindTest, ReleasesAContextOnceItsProgramsAreGone) {
  open({Recipe()});
  find();
  takeCalls();
  context = rt::makeError(TESSERA_INTERNAL, "destroyed");
  EXPECT_EQ(takeCalls(), Calls{}) << "a program has it";
  library = rt::makeError(TESSERA_INTERNAL, "closed");
  EXPECT_EQ(takeCalls(), Calls{"cuDevicePrimaryCtxRelease_v2"});
}

TEST_F(FindTest, FindsByFactsOfTheKey) {
  open({Recipe(), {.dtype = "f16"}});
  const tessera_fact facts[] = {{"dtype", "f16", 0}, {"head_dim", nullptr, 64}};
  tessera_program *f16 = find({"f", facts}), *first = find();
  EXPECT_NE(f16, first);
  EXPECT_EQ(f16, find({nullptr, facts})) << "the same each time";
  context = Context::gpu(0);
  EXPECT_NE(find(), first) << "one a context";
}

TEST_F(FindTest, QuotesTheReasonOfEach) {
  open({Recipe(), {.chip = "sm_100a"}, {.chip = "host"}, {.chip = "sm_91"}});
  const tessera_fact f32[] = {{"dtype", "f32", 0}};
  EXPECT_EQ(reason({"f", f32}),
            "none of 4 programs fits; f for sm_90a: dtype is bf16, not f32; f "
            "for sm_100a: dtype is bf16, not f32; f for host: dtype is bf16, "
            "not f32; f for sm_91: dtype is bf16, not f32; compile one that "
            "does, or ask for one of these");
  fakeCuda().deviceAttributes[76] = 3;
  context = Context::gpu(0);
  EXPECT_TRUE(library->find(*context, {"f", {}})) << "9.1's code runs on 9.3";
  fakeCuda().deviceAttributes[75] = 8;
  context = Context::gpu(0);
  EXPECT_EQ(reason({"f", {}}),
            "none of 4 programs fits; f for sm_90a: is for sm_90a, GPU 0 is "
            "sm_83; f for sm_100a: is for sm_100a, GPU 0 is sm_83; f for host: "
            "is for host, GPU 0 is sm_83; f for sm_91: is for sm_91, GPU 0 is "
            "sm_83; compile one that does, or ask for one of these");
}

TEST_F(FindTest, SaysWhatAKeyLacks) {
  open({Recipe()});
  const tessera_fact numbers[] = {{"head_dim", nullptr, 128}};
  EXPECT_NE(reason({"f", numbers}).find("head_dim is 64, not 128"),
            std::string::npos);
  const tessera_fact words[] = {{"head_dim", "64", 0}};
  EXPECT_NE(reason({"f", words}).find("head_dim is 64, not 64"),
            std::string::npos)
      << "a word is no number";
  const tessera_fact unknown[] = {{"colour", "red", 0}};
  EXPECT_NE(reason({"f", unknown}).find("its key has no colour"),
            std::string::npos);
  EXPECT_NE(reason({"g", {}}).find("f for sm_90a: is not 'g'"),
            std::string::npos);
}

TEST_F(FindTest, NeedsADriverThatTakesTheCode) {
  open({{.cubinDriver = 13000, .ptxDriver = 12080}});
  EXPECT_NE(reason({"f", {}}).find(
                "f for sm_90a: f: kernel 'pool' needs a driver for CUDA "
                "12.8, this one is for 12.4; install a newer NVIDIA "
                "driver"),
            std::string::npos);
  open({{.cubinDriver = 13000}});
  EXPECT_NE(find(), nullptr) << "the driver takes the PTX";
}

TEST_F(FindTest, RefusesStructuresOfAnotherSize) {
  open({Recipe()});
  tessera_query query{};
  tessera_program *program = nullptr;
  rt::Error error(
      tessera_library_find(library->get(), context->get(), &query, &program));
  EXPECT_STREQ(error.message(),
               "tessera_query has 0 bytes, 32 are accepted; set struct_size, "
               "and compile with the library's header");
  tessera_call call{};
  tessera_launches *launches = nullptr;
  error = rt::Error(tessera_program_prepare(find(), &call, &launches));
  EXPECT_STREQ(error.message(),
               "tessera_call has 0 bytes, 40 are accepted; set struct_size, "
               "and compile with the library's header");
  tessera_object_table table{};
  EXPECT_STREQ(Library::openTable(table).error().message(),
               "the table of an object has 0 and 0 bytes, 32 and 48 at least "
               "are accepted; compile the object again");
}

TEST_F(FindTest, OpensFiles) {
  EXPECT_STREQ(Library::open("/no/such/file").error().message(),
               "/no/such/file cannot be opened: No such file or directory; "
               "pass the path of a bundle");
  EXPECT_STREQ(Library::open("/").error().message(),
               "/ cannot be opened: it is no file; pass the path of a bundle");
  program::BundleWriter writer;
  Recipe recipe;
  RecordBuilder(writer, recipe).build();
  std::vector<std::byte> bytes = writer.write();
  std::string path =
      testing::TempDir() + "tessera-" + std::to_string(getpid()) + ".bundle";
  auto write = [&](size_t size) {
    std::FILE *file = std::fopen(path.c_str(), "wb");
    std::fwrite(bytes.data(), 1, size, file);
    std::fclose(file);
  };
  write(bytes.size());
  auto opened = Library::open(path.c_str());
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_TRUE(opened->find(*context, {"f", {}}));
  write(10);
  EXPECT_EQ(std::string(Library::open(path.c_str()).error().message()),
            path + ": a bundle ends within its header; make it again, or copy "
                   "it whole");
  write(0);
  EXPECT_EQ(std::string(Library::open(path.c_str()).error().message()),
            path + " cannot be opened: it is empty; pass the path of a bundle");
  std::remove(path.c_str());
}

TEST_F(FindTest, RefusesCodeThatIsNotTheRecords) {
  open({Recipe()});
  // The last byte of the cubin.
  auto bytes = std::as_writable_bytes(std::span(bundle));
  std::vector<std::byte> cubin = elfBytes('c');
  auto at = std::search(bytes.begin(), bytes.end(), cubin.begin(), cubin.end());
  ASSERT_NE(at, bytes.end());
  at[63] ^= std::byte(1);
  setRows(64);
  std::string why = refusal();
  EXPECT_NE(why.find("f: its code is 64 bytes with hash "), std::string::npos)
      << why;
  EXPECT_EQ(rt::Error(tessera_program_warm(find())).code(), TESSERA_DAMAGED);
}

TEST_F(FindTest, ExplainsInWordsAndJson) {
  open({Recipe(), {.chip = "sm_100a"}});
  setRows(100);
  Launches launches = prepared();
  char *text = nullptr;
  ASSERT_EQ(
      tessera_program_explain(find(), launches.get(), TESSERA_WORDS, &text),
      nullptr);
  EXPECT_STREQ(text, R"(function: f
chip: sm_90a
device: Fake 70
multiprocessors: 132
driver: 12.4
key:
  dtype: bf16
  head_dim: 64
refused:
  pooled: needs blocks of 32
kernels:
  kernel:
    name: pool
    plan: tile=64
    facts:
      spills: 0
    code: cubin
    least driver: 12.4
    loaded: yes
    registers: 168
    local bytes: 0
    resident CTAs: 2112
  kernel:
    name: small
    plan: tile=64
    facts:
      spills: 0
    code: cubin
    least driver: 12.4
    loaded: yes
    registers: 168
    local bytes: 0
    resident CTAs: 2112
  kernel:
    name: large
    plan: tile=64
    facts:
      spills: 0
    code: cubin
    least driver: 12.4
    loaded: no
other programs:
  for: sm_100a
call:
  numbers:
    Sq: 100
    Nq: 2
  blocks:
  tensor bytes: 13312
  least workspace: 512
  best workspace: 1536
  steps:
    step:
      name: clear
      does: zero
      bytes: 8
    step:
      name: pool
      kernel: pool
      grid: 2 x 1 x 1
      threads: 128
      shared bytes: 1000
    step:
      name: attend
      alternative: 0
      kernel: small
      grid: 2 x 1 x 1
      threads: 128
      shared bytes: 2000
)");
  tessera_text_destroy(text);
  ASSERT_EQ(tessera_program_explain(find(), nullptr, TESSERA_JSON, &text),
            nullptr);
  std::string json = text;
  tessera_text_destroy(text);
  EXPECT_EQ(json.substr(0, 51),
            "{\n  \"function\": \"f\",\n  \"chip\": \"sm_90a\",\n"
            "  \"device\"");
  EXPECT_NE(json.find("  \"other programs\": [\n    \"sm_100a\"]\n}\n"),
            std::string::npos)
      << json;
}
