// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the llvm and nvvm dialects to an optimised LLVM module and to PTX.
#include "tessera/Target/NVPTX/Program.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/DiagnosticHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

#include <mutex>

using namespace llvm;

namespace tessera::nvptx {

static constexpr StringLiteral kTriple = "nvptx64-nvidia-cuda";

Expected<const Chip &> findChip(StringRef name) {
  std::string names;
  for (const Chip &chip : kChips) {
    if (chip.name == name)
      return chip;
    names += (names.empty() ? "" : ", ") + chip.name.str();
  }
  return createStringError("'" + name + "' is no GPU known here; use one of " +
                           names);
}

void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::LLVM::LLVMDialect, mlir::NVVM::NVVMDialect>();
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  mlir::registerNVVMDialectTranslation(registry);
}

namespace {

/// LLVM's own handler prints errors and ends the program.
class ErrorCollector : public DiagnosticHandler {
public:
  explicit ErrorCollector(std::string &text) : text(text) {}

  bool handleDiagnostics(const DiagnosticInfo &info) override {
    if (info.getSeverity() != DS_Error)
      return false;
    raw_string_ostream stream(text);
    DiagnosticPrinterRawOStream printer(stream);
    stream << (text.empty() ? "" : "; ");
    info.print(printer);
    return true;
  }

private:
  std::string &text;
};

} // namespace

/// Runs `work` and turns the errors LLVM reports meanwhile into one.
static Error collectErrors(LLVMContext &context, function_ref<void()> work) {
  std::string text;
  context.setDiagnosticHandler(std::make_unique<ErrorCollector>(text));
  work();
  context.setDiagnosticHandler(std::make_unique<DiagnosticHandler>());
  if (text.empty())
    return Error::success();
  return createStringError("LLVM cannot make PTX of the kernels: " + text);
}

PtxProgram::PtxProgram() = default;
PtxProgram::PtxProgram(PtxProgram &&) = default;
PtxProgram::~PtxProgram() = default;

PtxProgram &PtxProgram::operator=(PtxProgram &&other) {
  // A module must go before its context.
  module = std::move(other.module);
  machine = std::move(other.machine);
  context = std::move(other.context);
  return *this;
}

static Expected<std::unique_ptr<TargetMachine>>
createMachine(const Chip &chip) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  std::string error;
  Triple triple(kTriple);
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return createStringError("this LLVM cannot compile for " + kTriple + ": " +
                             error + "; use one built with the NVPTX target");
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(
      triple, chip.name, "+ptx" + std::to_string(chip.ptxVersion),
      TargetOptions(), std::nullopt, std::nullopt,
      CodeGenOptLevel::Aggressive));
}

/// Whether there is a kernel. What is none can only be called by one, so it
/// may go once it is inlined.
static bool hideFunctions(Module &module) {
  bool anyKernel = false;
  for (Function &function : module)
    if (function.getCallingConv() == CallingConv::PTX_Kernel)
      anyKernel = true;
    else if (!function.isDeclaration())
      function.setLinkage(GlobalValue::InternalLinkage);
  return anyKernel;
}

/// Instructions that all threads of a warp must carry out together are written
/// as assembly text, which the llvm dialect cannot call convergent. Without
/// that a barrier between two equal branches is copied into both. They all have
/// side effects; text that has none may be copied.
static void keepAssemblyTogether(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : instructions(function))
      if (auto *call = dyn_cast<CallBase>(&instruction))
        if (auto *text = dyn_cast<InlineAsm>(call->getCalledOperand());
            text && text->hasSideEffects())
          call->setConvergent();
}

Expected<PtxProgram> PtxProgram::translate(mlir::ModuleOp source,
                                           const Chip &chip) {
  PtxProgram program;
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(chip);
  if (!machine)
    return machine.takeError();
  program.machine = std::move(*machine);
  program.context = std::make_unique<LLVMContext>();

  mlir::DialectRegistry registry;
  registerDialects(registry);
  source.getContext()->appendDialectRegistry(registry);
  program.module =
      mlir::translateModuleToLLVMIR(source, *program.context, "tessera");
  if (!program.module)
    return createStringError(
        "the module did not become LLVM IR; its functions may "
        "hold ops of the llvm and nvvm dialects alone, and the "
        "diagnostics name the one at fault");
  program.module->setTargetTriple(program.machine->getTargetTriple());
  program.module->setDataLayout(program.machine->createDataLayout());
  keepAssemblyTogether(*program.module);
  if (!hideFunctions(*program.module))
    return createStringError(
        "the module has no kernel; give one of its functions the "
        "attribute nvvm.kernel");
  return program;
}

Error PtxProgram::optimize() {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager sccs;
  ModuleAnalysisManager modules;
  PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false; // but where it is asked for
  tuning.LoopInterleaving = false;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  PassBuilder builder(machine.get(), tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(sccs);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, sccs, modules);
  ModulePassManager passes =
      builder.buildPerModuleDefaultPipeline(OptimizationLevel::O3);
  return collectErrors(*context, [&] { passes.run(*module, modules); });
}

std::string PtxProgram::printLLVM() const {
  std::string text;
  raw_string_ostream(text) << *module;
  return text;
}

static Expected<std::string> selectInstructions(Module &module,
                                                TargetMachine &machine) {
  SmallString<0> text;
  raw_svector_ostream stream(text);
  legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr,
                                  CodeGenFileType::AssemblyFile))
    return createStringError(
        "this LLVM cannot write PTX; use one built with the NVPTX "
        "target");
  if (Error error =
          collectErrors(module.getContext(), [&] { passes.run(module); }))
    return error;
  return text.str().str();
}

Expected<std::string> PtxProgram::emitPtx(StageTimes *times) {
  return measureStage(times, "PTX",
                      [&] { return selectInstructions(*module, *machine); });
}

Expected<PtxProgram> buildProgram(mlir::ModuleOp module, const Chip &chip,
                                  StageTimes *times) {
  Expected<PtxProgram> program = measureStage(
      times, "LLVM IR", [&] { return PtxProgram::translate(module, chip); });
  if (!program)
    return program.takeError();
  if (Error error =
          measureStage(times, "optimise", [&] { return program->optimize(); }))
    return error;
  return program;
}

} // namespace tessera::nvptx
