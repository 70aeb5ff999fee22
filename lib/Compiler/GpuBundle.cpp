// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/GpuBundle.h"

#include "GpuFacts.h"

using namespace tessera;

static std::span<const std::byte> bytesOf(llvm::StringRef text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

void tessera::addToBundle(GpuProgram program, program::BundleWriter &bundle) {
  const nvptx::Chip &chip = llvm::cantFail(nvptx::findChip(program.chip));
  GpuImages images;
  if (program.cubin)
    images.cubin = bundle.addImage(
        program::ImageKind::Cubin, bytesOf(program.cubin->elf->getBuffer()),
        leastDriverOfCubin(program.cubin->assembler));
  images.ptx = bundle.addImage(program::ImageKind::Ptx, bytesOf(program.ptx),
                               leastDriverOfPtx(chip));
  for (GpuFunction &function : program.functions) {
    addCode(images, program.cubin, function.writer);
    bundle.addProgram(function.writer.write());
  }
}

llvm::Expected<std::vector<std::byte>>
tessera::compileToBundle(mlir::ModuleOp module, const GpuOptions &options,
                         const std::optional<nvptx::Assembler> &assembler) {
  llvm::Expected<GpuProgram> program =
      compileForGpu(module, options, assembler);
  if (!program)
    return program.takeError();
  program::BundleWriter bundle;
  addToBundle(std::move(*program), bundle);
  return bundle.write();
}
