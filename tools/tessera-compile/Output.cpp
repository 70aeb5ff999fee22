// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which targets and modules give what.
#include "Output.h"

#include "tessera/Compiler/HostBundle.h"
#include "tessera/Compiler/Object.h"

using namespace mlir;

namespace tessera {

static bool isOneOf(Emit what, ArrayRef<Emit> list) {
  return llvm::is_contained(list, what);
}

llvm::Expected<Emit> chooseOutput(Emit what, const Job &job) {
  bool isForGpuAlone = !job.forHost && job.chips.size() == 1;
  if (what == Emit::Default)
    return isForGpuAlone ? Emit::Cubin : Emit::Object;
  if (isOneOf(what, {Emit::Object, Emit::Bundle, Emit::Header}))
    return what;
  if (job.isForHostAlone() && !isOneOf(what, {Emit::MLIR, Emit::LLVM}))
    return llvm::createStringError(
        "--emit: the host gives mlir, llvm, object, bundle and header; add "
        "--target sm_90a for tile, ptx and cubin");
  if (job.isForHostAlone() || isForGpuAlone)
    return what;
  return llvm::createStringError(
      "--emit: several targets give object, bundle and header; choose one of "
      "these, or one target");
}

llvm::Error checkModules(const Job &job) {
  if (job.modules.size() == 1 || job.isForHostAlone() ||
      isOneOf(job.what, {Emit::Object, Emit::Header, Emit::Bundle}))
    return llvm::Error::success();
  return llvm::createStringError(
      "--emit: " + llvm::Twine(job.modules.size()) +
      " modules for a GPU give object, header and bundle; choose one of "
      "these, or compile them apart");
}

static llvm::Expected<Content> emitAny(Job &job, llvm::raw_ostream &log) {
  if (job.what == Emit::Bundle)
    return emitBundle(job, log);
  if (isOneOf(job.what, {Emit::Object, Emit::Header}))
    return emitObject(job, log);
  return job.forHost ? emitForHost(job) : emitForGpu(job, log);
}

llvm::Expected<Content> emit(Job &job, llvm::raw_ostream &log) {
  // Errors are told by who gets them; warnings, such as of a ring that nobody
  // can decide about, here.
  ScopedDiagnosticHandler handler(
      job.modules.front()->getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Warning)
          return failure();
        if (auto place =
                diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
          log << place.getFilename().getValue() << ':' << place.getLine() << ':'
              << place.getColumn() << ": ";
        log << "warning: " << diagnostic << '\n';
        return success();
      });
  return emitAny(job, log);
}

llvm::Expected<Content> emitObject(Job &job, llvm::raw_ostream &log) {
  // Merged before anything is changed.
  llvm::Expected<OwningOpRef<ModuleOp>> merged = mergeModules(job.modules);
  if (!merged)
    return merged.takeError();
  std::vector<std::byte> bundle;
  if (!job.chips.empty()) {
    program::BundleWriter writer;
    if (llvm::Error error = compileForChips(job, writer, log))
      return error;
    bundle = writer.write();
  }
  ModuleOp module = job.forHost ? **merged : ModuleOp();
  if (job.what == Emit::Header) {
    auto header = declareObject(module, bundle, job.host);
    if (!header)
      return header.takeError();
    return Content{std::move(*header), ""};
  }
  auto object = compileToObject(module, bundle, job.host);
  if (!object)
    return object.takeError();
  return Content{object->code->getBuffer().str(), std::move(object->header)};
}

llvm::Expected<Content> emitBundle(Job &job, llvm::raw_ostream &log) {
  llvm::Expected<OwningOpRef<ModuleOp>> merged = mergeModules(job.modules);
  if (!merged)
    return merged.takeError();
  program::BundleWriter bundle;
  if (llvm::Error error = compileForChips(job, bundle, log))
    return error;
  if (job.forHost) {
    HostCompiler compiler(job.host);
    if (llvm::Error error = compiler.prepare(**merged))
      return error;
    if (llvm::Error error = addToBundle(compiler, **merged, bundle))
      return error;
  }
  std::vector<std::byte> bytes = bundle.write();
  return Content{
      std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()),
      ""};
}

} // namespace tessera
