// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See TestKernels.h.
#include "TestKernels.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace tessera::nvptx;
using llvm::formatv;
using llvm::StringRef;

namespace tessera::test {

const char *const kScaleKernel = R"mlir(
llvm.func @thread() -> i32 {
  %block = nvvm.read.ptx.sreg.ctaid.x : i32
  %size = nvvm.read.ptx.sreg.ntid.x : i32
  %lane = nvvm.read.ptx.sreg.tid.x : i32
  %first = llvm.mul %block, %size : i32
  %thread = llvm.add %first, %lane : i32
  llvm.return %thread : i32
}
llvm.func @scale(%x: !llvm.ptr<1>, %scale: f32) attributes {nvvm.kernel,
    nvvm.maxntid = array<i32: 64, 2>, nvvm.minctasm = 2 : i32} {
  %thread = llvm.call @thread() : () -> i32
  %address = llvm.getelementptr %x[%thread] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
  %old = llvm.load %address : !llvm.ptr<1> -> f32
  %new = llvm.fmul %old, %scale : f32
  llvm.store %new, %address : f32, !llvm.ptr<1>
  llvm.return
})mlir";

/// `make(0), make(1), ..`, `count` of them.
static std::string list(int count, llvm::function_ref<std::string(int)> make,
                        StringRef separator = ", ") {
  std::string text;
  for (int index = 0; index < count; ++index) {
    if (index > 0)
      text += separator;
    text += make(index);
  }
  return text;
}

std::string manyLiveValues(int values, StringRef limit) {
  std::string text = formatv(
      "llvm.func @crowd(%x: !llvm.ptr<1>) attributes {{nvvm.kernel, {0}} {{\n"
      "  %zero = llvm.mlir.constant(0.0 : f32) : f32\n",
      limit);
  // Volatile, or the loads would sink to their uses.
  text += list(
      values,
      [](int i) {
        return formatv("  %p{0} = llvm.getelementptr %x[{0}] : "
                       "(!llvm.ptr<1>) -> !llvm.ptr<1>, f32\n"
                       "  %v{0} = llvm.load volatile %p{0} : !llvm.ptr<1> -> "
                       "f32\n",
                       i)
            .str();
      },
      "");
  for (int i = values - 1; i >= 0; --i)
    text += formatv("  llvm.store volatile %v{0}, %p{1} : f32, !llvm.ptr<1>\n",
                    i, values - 1 - i);
  return text + "  llvm.return\n}\n";
}

std::string setMaxRegisters(StringRef launch) {
  return formatv(R"mlir(
llvm.func @roles() attributes {{nvvm.kernel{0}} {{
  nvvm.setmaxregister decrease 40
  nvvm.barrier0
  llvm.return
})mlir",
                 launch);
}

/// Registers 0 to 63 are the accumulators, 64 to 67 A, 68 the descriptor of B.
static std::string productAssembly() {
  std::string accumulators =
      list(64, [](int i) { return "$" + std::to_string(i); });
  std::string text = "wgmma.fence.sync.aligned;\\0A";
  for (int step = 0; step < 4; ++step)
    text += formatv("{{ .reg .b64 d; add.s64 d, $68, {0}; "
                    "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 "
                    "{{{1}}, {{$64, $65, $66, $67}, d, 1, 1, 1, 0; }\\0A",
                    step * 128, accumulators);
  return text + "wgmma.commit_group.sync.aligned;";
}

std::string productLoop(StringRef wait) {
  auto each = [](const char *format) {
    return list(64, [format](int i) {
      return formatv(/*Validate=*/false, format, i).str();
    });
  };
  std::string floats = each("f32");
  std::string constraints = list(64, [](int) { return "=f"; }, ",");
  std::string tied = list(64, [](int i) { return std::to_string(i); }, ",");
  std::string text = formatv(
      R"mlir(
llvm.func @product(%out: !llvm.ptr<1>, %b: i64, %turns: i32)
    attributes {{nvvm.kernel, {0}} {{
  %zero = llvm.mlir.constant(0.0 : f32) : f32
  %c0 = llvm.mlir.constant(0 : i32) : i32
  %c1 = llvm.mlir.constant(1 : i32) : i32
  %a = nvvm.read.ptx.sreg.tid.x : i32
  llvm.br ^loop(%c0, {1} : i32, {2})
^loop(%turn: i32, {3}):
)mlir",
      kLaunch, each("%zero"), floats, each("%acc{0}: f32"));
  text +=
      formatv("  %s = llvm.inline_asm has_side_effects \"{0}\", "
              "\"{1},r,r,r,r,l,{2}\" %a, %a, %a, %a, %b, {3} : "
              "(i32, i32, i32, i32, i64, {4}) -> !llvm.struct<({4})>\n",
              productAssembly(), constraints, tied, each("%acc{0}"), floats);
  auto unpack = [&](StringRef name) {
    return list(
        64,
        [&](int i) {
          return formatv("  %{0}{1} = llvm.extractvalue %{0}[{1}] : "
                         "!llvm.struct<({2})>\n",
                         name, i, floats)
              .str();
        },
        "");
  };
  text += unpack("s");
  text += formatv("  %w = llvm.inline_asm has_side_effects \"{0}\", "
                  "\"{1},{2}\" {3} : ({4}) -> !llvm.struct<({4})>\n",
                  wait, constraints, tied, each("%s{0}"), floats);
  text += unpack("w");
  text += formatv("  %next = llvm.add %turn, %c1 : i32\n"
                  "  %more = llvm.icmp \"slt\" %next, %turns : i32\n"
                  "  llvm.cond_br %more, ^loop(%next, {0} : i32, {1}), ^done\n"
                  "^done:\n",
                  each("%w{0}"), floats);
  for (int i = 0; i < 64; ++i)
    text += formatv("  %p{0} = llvm.getelementptr %out[%a, {0}] : "
                    "(!llvm.ptr<1>, i32) -> !llvm.ptr<1>, !llvm.array<64 x "
                    "f32>\n  llvm.store %w{0}, %p{0} : f32, !llvm.ptr<1>\n",
                    i);
  return text + "  llvm.return\n}\n";
}

testing::AssertionResult has(StringRef text, StringRef part) {
  if (text.contains(part))
    return testing::AssertionSuccess() << text.str();
  return testing::AssertionFailure()
         << "no '" << part.str() << "' in: " << text.str();
}

const Chip &testChip() { return kChips[0]; }

const Assembler &testAssembler() {
  static const Assembler assembler = get(findAssembler(
      assemblerPlaces("", sitePackagesOf(TEST_PYTHON)), testChip()));
  return assembler;
}

llvm::Expected<PtxProgram> build(StringRef text, StageTimes *times) {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    llvm::report_fatal_error("a kernel of the tests is not valid MLIR");
  return buildProgram(*module, testChip(), times);
}

std::string compile(StringRef text) {
  PtxProgram program = get(build(text));
  return get(program.emitPtx());
}

Cubin assembleKernel(StringRef text) {
  return get(assemble(compile(text), testChip(), testAssembler()));
}

} // namespace tessera::test
