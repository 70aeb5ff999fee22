// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Output.h"

#include "mlir/IR/Diagnostics.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace tessera {

llvm::Expected<Emit> chooseGpuOutput(Emit what) {
  switch (what) {
  case Emit::Default:
    return Emit::Cubin;
  case Emit::Object:
  case Emit::Header:
    return llvm::createStringError("--emit: a GPU gives tile, mlir, llvm, ptx, "
                                   "cubin and bundle; objects are for --target "
                                   "host");
  default:
    return what;
  }
}

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

/// Without an assembler PTX alone: a driver can do with that.
static llvm::Expected<std::string>
emitBundle(ModuleOp module, const GpuOptions &options, llvm::raw_ostream &log) {
  std::optional<nvptx::Assembler> assembler;
  if (auto found = findAssembler(options.chip))
    assembler = std::move(*found);
  else
    log << "PTX alone, which the driver assembles: "
        << toString(found.takeError()) << '\n';
  llvm::Expected<GpuProgram> program =
      compileForGpu(module, options, assembler);
  if (!program)
    return program.takeError();
  if (program->functions.empty())
    return llvm::createStringError(
        "--emit: a bundle has a record for each public function, and the "
        "module has kernels alone; choose ptx or cubin");
  if (program->cubin)
    describe(log, *program->cubin, program->functions);
  program::BundleWriter bundle;
  addToBundle(std::move(*program), bundle);
  std::vector<std::byte> bytes = bundle.write();
  return std::string(reinterpret_cast<const char *>(bytes.data()),
                     bytes.size());
}

static llvm::Expected<std::string> emitText(Emit what, ModuleOp module,
                                            const GpuOptions &options,
                                            llvm::raw_ostream &log) {
  if (what == Emit::Bundle)
    return emitBundle(module, options, log);
  GpuCompiler compiler(options);
  if (llvm::Error error = compiler.buildTile(module))
    return error;
  if (what == Emit::Tile)
    return printModule(module);
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

llvm::Expected<Content> emitForGpu(Emit what, ModuleOp module,
                                   const GpuOptions &options,
                                   llvm::raw_ostream &log) {
  // Errors are told by who gets them; warnings, such as of a ring that nobody
  // can decide about, here.
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Warning)
          return failure();
        if (auto place =
                diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
          log << place.getFilename().getValue() << ':' << place.getLine() << ':'
              << place.getColumn() << ": ";
        log << "warning: " << diagnostic << '\n';
        return success();
      });
  llvm::Expected<std::string> text = emitText(what, module, options, log);
  if (!text)
    return text.takeError();
  return Content{std::move(*text), ""};
}

} // namespace tessera
