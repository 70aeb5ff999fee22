// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Output.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace tessera {

static std::string printModule(ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream out(text);
  module.print(out, OpPrintingFlags().printNameLocAsPrefix());
  out << '\n';
  return text;
}

/// What the record says of the kernel, if it has it.
static void describeLaunch(llvm::raw_ostream &log, StringRef kernel,
                           const program::Writer &record) {
  for (const program::Action &action : record.actions) {
    if (action.kind != program::ActionKind::Launch)
      continue;
    const program::Kernel &launched = record.kernels[size_t(action.kernel)];
    if (StringRef(record.read(launched.name)) != kernel)
      continue;
    auto number = [&](program::Index expression) {
      return record.expression(expression).value;
    };
    log << llvm::formatv("  {0} threads, {1} bytes of dynamic shared memory, "
                         "plan {2}\n",
                         number(action.threads), number(action.sharedBytes),
                         record.read(launched.plan));
  }
}

static void describe(llvm::raw_ostream &log, const nvptx::Cubin &cubin,
                     ArrayRef<GpuFunction> functions) {
  log << "assembled by " << cubin.assembler.describe() << '\n';
  for (const nvptx::KernelResources &kernel : cubin.kernels) {
    log << kernel.print() << '\n';
    // Kernels that were tile programs to begin with have no record.
    for (const GpuFunction &function : functions)
      describeLaunch(log, kernel.kernel, function.writer);
  }
}

static llvm::Expected<nvptx::Assembler> findAssembler(StringRef name) {
  llvm::Expected<const nvptx::Chip &> chip = nvptx::findChip(name);
  if (!chip)
    return chip.takeError();
  return nvptx::findAssembler(
      nvptx::assemblerPlaces("", nvptx::sitePackagesHere()), *chip);
}

static llvm::Expected<std::string> emitCubin(GpuCompiler &compiler,
                                             const GpuOptions &options,
                                             StringRef ptx,
                                             llvm::raw_ostream &log) {
  llvm::Expected<nvptx::Assembler> assembler = findAssembler(options.chip);
  if (!assembler)
    return assembler.takeError();
  llvm::Expected<nvptx::Cubin> cubin = compiler.assemble(ptx, *assembler);
  if (!cubin)
    return cubin.takeError();
  describe(log, *cubin, compiler.takeFunctions());
  return cubin->elf->getBuffer().str();
}

std::string nextTileFile(const Job &job) {
  if (job.tileStem.empty())
    return "";
  bool isOnlyOne = job.modules.size() * job.chips.size() == 1;
  std::string number = "." + std::to_string(job.tiles.size());
  return job.tileStem + (isOnlyOne ? "" : number) + ".tile.mlir";
}

static llvm::Error compileForChip(Job &job, GpuOptions options,
                                  const std::optional<nvptx::Assembler> &by,
                                  program::BundleWriter &bundle,
                                  llvm::raw_ostream &log) {
  for (const OwningOpRef<ModuleOp> &module : job.modules) {
    OwningOpRef<ModuleOp> copy = module.get().clone();
    options.tileFile = nextTileFile(job);
    llvm::Expected<GpuProgram> program = compileForGpu(*copy, options, by);
    if (!program)
      return program.takeError();
    if (program->functions.empty())
      return llvm::createStringError(
          "--emit: a bundle or an object has a record for each public "
          "function, and the module has kernels alone; choose ptx or cubin");
    if (program->cubin)
      describe(log, *program->cubin, program->functions);
    if (!options.tileFile.empty())
      job.tiles.push_back({options.tileFile, program->tile});
    addToBundle(std::move(*program), bundle);
  }
  return llvm::Error::success();
}

/// Without an assembler PTX alone: a driver can do with that.
llvm::Error compileForChips(Job &job, program::BundleWriter &bundle,
                            llvm::raw_ostream &log) {
  for (const std::string &chip : job.chips) {
    GpuOptions options = job.gpu;
    options.chip = chip;
    std::optional<nvptx::Assembler> assembler;
    if (auto found = findAssembler(chip))
      assembler = std::move(*found);
    else
      log << "PTX alone, which the driver assembles: "
          << toString(found.takeError()) << '\n';
    if (llvm::Error error =
            compileForChip(job, options, assembler, bundle, log))
      return error;
  }
  return llvm::Error::success();
}

static llvm::Expected<std::string> emitText(Job &job, const GpuOptions &options,
                                            llvm::raw_ostream &log) {
  Emit what = job.what;
  ModuleOp module = *job.modules.front();
  GpuCompiler compiler(options);
  if (llvm::Error error = compiler.buildTile(module))
    return error;
  if (what == Emit::Tile)
    return printModule(module);
  if (!options.tileFile.empty())
    job.tiles.push_back({options.tileFile, compiler.tileText()});
  if (llvm::Error error = compiler.lower(module))
    return error;
  if (what == Emit::MLIR)
    return printModule(module);
  llvm::Expected<nvptx::PtxProgram> program = compiler.build(module);
  if (!program)
    return program.takeError();
  if (what == Emit::LLVM)
    return program->printLLVM();
  llvm::Expected<std::string> ptx = program->emitPtx(options.times);
  if (!ptx || what == Emit::PTX)
    return ptx;
  return emitCubin(compiler, options, *ptx, log);
}

llvm::Expected<Content> emitForGpu(Job &job, llvm::raw_ostream &log) {
  GpuOptions options = job.gpu;
  options.chip = job.chips.front();
  options.tileFile = nextTileFile(job);
  llvm::Expected<std::string> text = emitText(job, options, log);
  if (!text)
    return text.takeError();
  return Content{std::move(*text), ""};
}

} // namespace tessera
