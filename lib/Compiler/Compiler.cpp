// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Compiler/Compiler.h"

#include "CollectErrors.h"
#include "Facts.h"
#include "OutlineScalars.h"
#include "tessera/Compiler/Signature.h"

#include "tessera-c/Runtime.h"
#include "tessera/Target/Host/Header.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

namespace tessera {

HostCompiler::HostCompiler(CompileOptions given) : options(std::move(given)) {
  if (options.levels.empty())
    for (const host::CpuLevel &level : host::kCpuLevels)
      options.levels.push_back(&level);
}

/// The record of a function that is called as a whole: one step.
static void finishForHost(program::Writer &writer, int32_t leastCpuLevel) {
  writer.head.chip = writer.text("host");
  writer.head.leastCpuLevel = leastCpuLevel;
  writer.head.leastWorkspace = writer.head.bestWorkspace = writer.constant(0);
  program::Action call{};
  call.kind = program::ActionKind::Call;
  writer.actions.push_back(call);
  program::Step step{};
  step.name = writer.head.function;
  step.actions = {0, 1};
  step.choice = program::kNone;
  writer.steps.push_back(step);
}

LogicalResult HostCompiler::readFunctions(ModuleOp module) {
  functions.clear();
  writers.clear();
  for (auto function :
       llvm::make_early_inc_range(module.getOps<func::FuncOp>())) {
    if (!function.isPublic() || function.isExternal())
      continue;
    std::string why = host::whyNotCallable(function.getName());
    if (!why.empty())
      return function.emitError() << why;
    SmallVector<Value> computed;
    FailureOr<program::Writer> writer = readSignature(function, computed);
    if (failed(writer) ||
        (!computed.empty() && failed(outlineScalars(function, computed))))
      return failure();
    addKey(function, *writer);
    finishForHost(*writer, options.levels.back()->level);
    functions.push_back(writer->write());
    writers.push_back(std::move(*writer));
  }
  if (!functions.empty())
    return success();
  return module.emitError() << "the module has no public function to compile; "
                               "make one of its functions public";
}

/// Nobody can call them, so whether they can be compiled does not matter.
static LogicalResult dropUnused(ModuleOp module) {
  PassManager passes(module.getContext());
  passes.addPass(createSymbolDCEPass());
  return passes.run(module);
}

llvm::Error HostCompiler::prepare(ModuleOp module) {
  return collectErrors(module.getContext(), [&] {
    // Before any other pass, while the user's own ops name the dimensions; and
    // what is read may add functions that nobody calls yet.
    if (failed(dropUnused(module)) || failed(readFunctions(module)))
      return failure();
    PassManager passes(module.getContext());
    buildBsaPipeline(passes, options.fuse);
    return measureStage(options.times, "expand and fuse",
                        [&] { return passes.run(module); });
  });
}

static LogicalResult lowerLevel(ModuleOp module, const host::CpuLevel &level) {
  PassManager passes(module.getContext());
  buildLevelPipeline(passes, level);
  return passes.run(module);
}

llvm::Expected<std::vector<LoweredLevel>>
HostCompiler::lower(ModuleOp prepared) {
  std::vector<LoweredLevel> lowered;
  for (const host::CpuLevel *level : options.levels) {
    OwningOpRef<ModuleOp> module = prepared.clone();
    if (llvm::Error error = collectErrors(prepared.getContext(), [&] {
          return measureStage(options.times, "loops and vectors",
                              [&] { return lowerLevel(*module, *level); });
        }))
      return error;
    lowered.push_back({level, std::move(module)});
  }
  return lowered;
}

llvm::Expected<host::HostProgram>
HostCompiler::build(ModuleOp prepared, std::optional<host::Linked> linked,
                    host::Form form) {
  llvm::Expected<std::vector<LoweredLevel>> lowered = lower(prepared);
  if (!lowered)
    return lowered.takeError();
  std::vector<host::LevelModule> modules;
  for (LoweredLevel &level : *lowered)
    modules.push_back({level.level, *level.module});
  return host::buildProgram(modules, functions, options.times, linked, form);
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
HostCompiler::buildObject(ModuleOp prepared,
                          std::optional<host::Linked> linked) {
  llvm::Expected<host::HostProgram> program = build(prepared, linked);
  if (!program)
    return program.takeError();
  return measureStage(options.times, "machine code",
                      [&] { return program->emitObject(); });
}

llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>>
HostCompiler::buildImage(ModuleOp prepared) {
  llvm::Expected<host::HostProgram> program =
      build(prepared, std::nullopt, host::Form::Image);
  if (!program)
    return program.takeError();
  return measureStage(options.times, "machine code",
                      [&] { return program->emitImage(); });
}

llvm::Expected<std::unique_ptr<host::HostJit>>
compileAndLoad(ModuleOp module, const CompileOptions &options) {
  HostCompiler compiler(options);
  if (llvm::Error error = compiler.prepare(module))
    return error;
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> object =
      compiler.buildObject(module);
  if (!object)
    return object.takeError();
  return measureStage(options.times, "load",
                      [&] { return host::HostJit::create(**object); });
}

llvm::Expected<std::vector<const host::CpuLevel *>>
parseCpuLevels(llvm::StringRef text) {
  std::vector<const host::CpuLevel *> levels;
  std::string names;
  for (const host::CpuLevel &level : host::kCpuLevels) {
    names += (", " + level.cpu).str();
    bool best = text == "host" && level.level <= tessera_cpu_level();
    if (text == "all" || text == level.cpu || (best && levels.empty()))
      levels.push_back(&level);
  }
  if (!levels.empty())
    return levels;
  return llvm::createStringError(
      llvm::inconvertibleErrorCode(),
      text == "host"
          ? "this machine has neither AVX2 nor AVX-512; name a level"
            " to compile for another: all" +
                names
          : ("'" + text + "' is no CPU level; use host, all" + names).str());
}

} // namespace tessera
