// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/GpuBundle.h"

#include "CollectErrors.h"
#include "GpuFacts.h"
#include "GpuStages.h"
#include "tessera/Compiler/ReadSteps.h"
#include "tessera/Compiler/Signature.h"
#include "tessera/Conversion/BsaToTile/Passes.h"
#include "tessera/Conversion/TileToNVVM/Passes.h"
#include "tessera/Program/BundleWriter.h"

#include "Bsa/Transforms/Passes.h"
#include "Tile/IR/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;
using namespace tessera;

namespace {

class BundleCompiler {
public:
  BundleCompiler(ModuleOp module, const GpuOptions &options,
                 const nvptx::Chip &chip)
      : module(module), options(options), chip(chip) {}

  llvm::Expected<GpuBundle>
  compile(const std::optional<nvptx::Assembler> &assembler);

private:
  /// A function and what has been written of it.
  struct Program {
    std::string name;
    program::Writer writer;
  };

  LogicalResult readSignatures();
  LogicalResult expand();
  LogicalResult buildKernels();
  LogicalResult readPrograms();
  LogicalResult buildTile();
  llvm::Expected<std::string> emitPtx();
  std::vector<std::byte> write(StringRef ptx,
                               const std::optional<nvptx::Cubin> &cubin);

  func::FuncOp functionOf(const Program &program) {
    return module.lookupSymbol<func::FuncOp>(program.name);
  }

  ModuleOp module;
  const GpuOptions &options;
  const nvptx::Chip &chip;
  std::vector<Program> programs;
};

} // namespace

//===----------------------------------------------------------------------===//
// Records
//===----------------------------------------------------------------------===//

/// On the host a function may compute first what its calls are checked with.
static LogicalResult refuseComputed(ArrayRef<Value> computed) {
  if (computed.empty())
    return success();
  return emitError(computed.front().getLoc(),
                   "calls are checked with this number, which integer "
                   "arithmetic does not give; on a GPU it is an argument: "
                   "compute it before the call");
}

/// Before any pass, while the user's own ops name the dimensions.
LogicalResult BundleCompiler::readSignatures() {
  for (auto function : module.getOps<func::FuncOp>()) {
    if (!function.isPublic() || function.isExternal())
      continue;
    SmallVector<Value> computed;
    FailureOr<program::Writer> writer = readSignature(function, computed);
    if (failed(writer) || failed(refuseComputed(computed)))
      return failure();
    writer->head.chip = writer->text(std::string_view(chip.name));
    programs.push_back({function.getName().str(), std::move(*writer)});
  }
  if (!programs.empty())
    return success();
  return module.emitError() << "the module has no public function to compile; "
                               "make one of its functions public";
}

LogicalResult BundleCompiler::expand() {
  PassManager passes(module.getContext());
  passes.addPass(bsa::createRefineShapesPass());
  passes.addNestedPass<func::FuncOp>(bsa::createExpandPass());
  return passes.run(module);
}

LogicalResult BundleCompiler::buildKernels() {
  for (Program &program : programs) {
    func::FuncOp function = functionOf(program);
    addKey(function, chip.name, program.writer);
    if (failed(convertBsaToTile(function, chip.name, options.plan)))
      return failure();
  }
  return tidyKernels(module);
}

LogicalResult BundleCompiler::readPrograms() {
  for (Program &program : programs)
    if (failed(readSteps(functionOf(program), program.writer,
                         options.threadReleases)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

LogicalResult BundleCompiler::buildTile() {
  LogicalResult built = measureStage(options.times, "tile", [&] {
    return success(succeeded(checkNames(module)) &&
                   succeeded(readSignatures()) &&
                   succeeded(dropUnused(module)) && succeeded(expand()) &&
                   succeeded(buildKernels()));
  });
  if (failed(built))
    return failure();
  return measureStage(options.times, "rings", [&] {
    return success(succeeded(checkRings(module)) && succeeded(readPrograms()));
  });
}

llvm::Expected<std::string> BundleCompiler::emitPtx() {
  if (llvm::Error error = collectErrors(module.getContext(), [&] {
        return measureStage(options.times, "nvvm", [&] {
          PassManager passes(module.getContext());
          buildTileToNVVMPipeline(passes, {options.threadReleases});
          return passes.run(module);
        });
      }))
    return error;
  auto program = nvptx::buildProgram(module, chip, options.times);
  if (!program)
    return program.takeError();
  return program->emitPtx(options.times);
}

static std::span<const std::byte> bytesOf(StringRef text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::vector<std::byte>
BundleCompiler::write(StringRef ptx, const std::optional<nvptx::Cubin> &cubin) {
  program::BundleWriter bundle;
  GpuImages images;
  if (cubin)
    images.cubin = bundle.addImage(program::ImageKind::Cubin,
                                   bytesOf(cubin->elf->getBuffer()),
                                   leastDriverOfCubin(cubin->assembler));
  images.ptx = bundle.addImage(program::ImageKind::Ptx, bytesOf(ptx),
                               leastDriverOfPtx(chip));
  for (Program &program : programs) {
    addCode(images, cubin, program.writer);
    bundle.addProgram(program.writer.write());
  }
  return bundle.write();
}

llvm::Expected<GpuBundle>
BundleCompiler::compile(const std::optional<nvptx::Assembler> &assembler) {
  if (llvm::Error error =
          collectErrors(module.getContext(), [&] { return buildTile(); }))
    return error;
  llvm::Expected<std::string> ptx = emitPtx();
  if (!ptx)
    return ptx.takeError();
  GpuBundle made;
  if (assembler) {
    auto cubin = nvptx::assemble(*ptx, chip, *assembler, options.times);
    if (!cubin)
      return cubin.takeError();
    made.cubin = std::move(*cubin);
  }
  made.bytes = write(*ptx, made.cubin);
  return made;
}

llvm::Expected<GpuBundle>
tessera::compileToBundle(ModuleOp module, const GpuOptions &options,
                         const std::optional<nvptx::Assembler> &assembler) {
  llvm::Expected<const nvptx::Chip &> chip = nvptx::findChip(options.chip);
  if (!chip)
    return chip.takeError();
  module.getContext()
      ->loadDialect<arith::ArithDialect, math::MathDialect,
                    memref::MemRefDialect, scf::SCFDialect,
                    tile::TileDialect>();
  return BundleCompiler(module, options, *chip).compile(assembler);
}
