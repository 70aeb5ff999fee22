// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the LLVM dialect to an optimised LLVM module and an object.
#include "tessera/Target/Host/Program.h"

#include "EmitImage.h"
#include "EmitObject.h"
#include "ObjectSymbols.h"
#include "tessera/Target/Host/Passes.h"

#include "mlir/Pass/PassManager.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SmallVectorMemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace llvm;

namespace tessera::host {

/// Entries must run on every x86-64, to say that a CPU is not supported.
static constexpr StringLiteral kBaseCpu = "x86-64";
static constexpr StringLiteral kTriple = "x86_64-unknown-linux-gnu";

static Error internalError(const Twine &what) {
  return createStringError(inconvertibleErrorCode(),
                           "internal: " + what + "; please report this");
}

HostProgram::HostProgram() = default;
HostProgram::HostProgram(HostProgram &&) = default;
HostProgram::~HostProgram() = default;

HostProgram &HostProgram::operator=(HostProgram &&other) {
  // A module must go before its context.
  module = std::move(other.module);
  machine = std::move(other.machine);
  context = std::move(other.context);
  levels = std::move(other.levels);
  return *this;
}

static Expected<std::unique_ptr<TargetMachine>> createMachine() {
  static std::once_flag once;
  std::call_once(once, [] {
    InitializeNativeTarget();
    InitializeNativeTargetAsmPrinter();
  });
  // A section for each, so that a linker can leave out what nobody calls.
  TargetOptions options;
  options.FunctionSections = options.DataSections = true;
  std::string error;
  Triple triple(kTriple);
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return createStringError(inconvertibleErrorCode(),
                             "this LLVM cannot compile for " + kTriple + ": " +
                                 error + "; use one built with the X86 target");
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, kBaseCpu, /*Features=*/"", options, Reloc::PIC_, CodeModel::Small,
      CodeGenOptLevel::Aggressive));
}

Expected<HostProgram> HostProgram::create() {
  HostProgram program;
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine();
  if (!machine)
    return machine.takeError();
  program.machine = std::move(*machine);
  program.context = std::make_unique<LLVMContext>();
  program.module = std::make_unique<Module>("tessera", *program.context);
  program.module->setTargetTriple(program.machine->getTargetTriple());
  program.module->setDataLayout(program.machine->createDataLayout());
  return program;
}

static void specialize(Function &function, const CpuLevel &level) {
  function.setName(function.getName() + level.suffix());
  function.addFnAttr(Attribute::NoUnwind);
  function.addFnAttr("target-cpu", level.cpu);
  function.addFnAttr("tune-cpu", level.cpu);
  // Left to itself LLVM prefers 256 bits on some processors of level 4.
  function.addFnAttr("prefer-vector-width", std::to_string(level.vectorBits));
  function.addFnAttr("min-legal-vector-width",
                     std::to_string(level.vectorBits));
  // Scratch may exceed the guard page of a thread's stack.
  function.addFnAttr("probe-stack", "inline-asm");
}

Error HostProgram::addLevel(mlir::ModuleOp source, const CpuLevel &level) {
  mlir::registerBuiltinDialectTranslation(*source.getContext());
  mlir::registerLLVMDialectTranslation(*source.getContext());
  std::unique_ptr<Module> code =
      mlir::translateModuleToLLVMIR(source, *context, level.suffix());
  if (!code)
    return internalError("the LLVM dialect did not become LLVM IR");
  code->setTargetTriple(module->getTargetTriple());
  code->setDataLayout(module->getDataLayout());
  for (Function &function : *code)
    if (!function.isDeclaration())
      specialize(function, level);
  if (Linker::linkModules(*module, std::move(code)))
    return internalError("the levels could not be merged");
  levels.push_back(&level);
  sort(levels, [](const CpuLevel *a, const CpuLevel *b) {
    return a->level > b->level;
  });
  return Error::success();
}

Error HostProgram::addEntries(ArrayRef<program::Record> records,
                              std::optional<Linked> linked) {
  if (levels.empty() && !records.empty())
    return internalError("entries were asked for before any function");
  // Not earlier: the linker drops internal functions that nobody calls yet.
  for (Function &function : *module)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  SmallVector<HostEntry> entries;
  for (const program::Record &record : records) {
    auto entry = emitPackedEntry(*module, record.program(), levels);
    if (!entry)
      return entry.takeError();
    entries.push_back(*entry);
  }
  if (linked)
    if (Error error = emitObjectEntries(*module, entries, linked->gpu))
      return error;
  std::string report;
  raw_string_ostream stream(report);
  if (verifyModule(*module, &stream))
    return internalError("the entries are not valid LLVM IR: " + report);
  return Error::success();
}

void HostProgram::makeImage(ArrayRef<program::Record> records) {
  emitImageTable(*module, records);
}

Error HostProgram::optimize() {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  // The recipes are vector code; of what they leave scalar, no loop is long.
  // With the vectorisers attend is as fast, larger, and takes longer to
  // compile.
  PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  PassBuilder builder(machine.get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3)
      .run(*module, modules);
  return Error::success();
}

std::string HostProgram::printLLVM() const {
  std::string text;
  raw_string_ostream(text) << *module;
  return text;
}

static Expected<std::unique_ptr<MemoryBuffer>>
emitCode(TargetMachine &machine, Module &module, Form form) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream stream(bytes);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  CodeGenFileType::ObjectFile))
    return internalError("this LLVM cannot write ELF objects");
  passes.run(module);
  auto object = std::make_unique<SmallVectorMemoryBuffer>(
      std::move(bytes), "tessera", /*RequiresNullTerminator=*/false);
  if (Error error = checkUndefinedSymbols(*object, form))
    return internalError(toString(std::move(error)));
  return object;
}

Expected<std::unique_ptr<MemoryBuffer>> HostProgram::emitObject() {
  return emitCode(*machine, *module, Form::Object);
}

Expected<std::unique_ptr<MemoryBuffer>> HostProgram::emitImage() {
  auto object = emitCode(*machine, *module, Form::Image);
  if (!object)
    return object;
  return linkImage(**object);
}

static Error lowerToLLVM(mlir::ModuleOp module) {
  mlir::PassManager lowering(module.getContext());
  buildLowerToLLVMPipeline(lowering);
  if (failed(lowering.run(module)))
    return internalError("the module did not become LLVM dialect");
  return Error::success();
}

static Error addLevels(HostProgram &program, ArrayRef<LevelModule> modules,
                       StageTimes *times) {
  for (auto [level, code] : modules) {
    if (Error error = measureStage(times, "LLVM dialect",
                                   [&] { return lowerToLLVM(code); }))
      return error;
    if (Error error = measureStage(
            times, "LLVM IR", [&] { return program.addLevel(code, *level); }))
      return error;
  }
  return Error::success();
}

Expected<HostProgram> buildProgram(ArrayRef<LevelModule> modules,
                                   ArrayRef<program::Record> records,
                                   StageTimes *times,
                                   std::optional<Linked> linked, Form form) {
  Expected<HostProgram> program = HostProgram::create();
  if (!program)
    return program.takeError();
  if (Error error = addLevels(*program, modules, times))
    return error;
  if (Error error = program->addEntries(records, linked))
    return error;
  if (form == Form::Image)
    program->makeImage(records);
  if (Error error =
          measureStage(times, "optimise", [&] { return program->optimize(); }))
    return error;
  return program;
}

} // namespace tessera::host
