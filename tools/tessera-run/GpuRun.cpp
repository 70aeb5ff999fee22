// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run on a GPU: inputs go there, the kernel runs, results come back.
#include "../Gpu.h"
#include "../RuntimeErrors.h"
#include "Steps.h"
#include "tessera/Compiler/Signature.h"

#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;

namespace tessera {

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

/// Every op over blocks has a GPU kernel.
static Error checkOps(mlir::ModuleOp module) {
  std::string missing;
  module.walk([&](mlir::Operation *op) {
    if (isa<bsa::BsaDialect>(op->getDialect()) &&
        !isa<bsa::AttendOp, bsa::MapFromListsOp>(op))
      missing = op->getName().getStringRef();
  });
  if (missing.empty())
    return Error::success();
  std::string parts = missing == "bsa.attention"
                          ? " (it takes bsa.pool, bsa.coarse and bsa.select, "
                            "which are not there)"
                          : "";
  return createStringError("--target: '" + missing + "' has no GPU kernel yet" +
                           parts +
                           "; run --op attend on lists, or --target host");
}

static Expected<std::vector<program::Record>>
readRecords(mlir::ModuleOp module) {
  std::vector<program::Record> records;
  for (auto function : module.getOps<mlir::func::FuncOp>()) {
    if (!function.isPublic())
      continue;
    SmallVector<mlir::Value> computed;
    auto writer = readSignature(function, computed);
    if (failed(writer))
      return createStringError("'" + function.getSymName() +
                               "' cannot be called from outside");
    records.push_back(writer->write());
  }
  return records;
}

/// What compiled host code checks at each call, lists and sizes among it, which
/// kernels take on trust.
static tessera_error *checkCall(const program::Program &program,
                                ArrayRef<void *> args) {
  std::vector<tessera_tensor> tensors(program.params().size());
  return tessera_rt_check_call(&program.header(), args.data(), nullptr,
                               tensors.data());
}

//===----------------------------------------------------------------------===//
// The call
//===----------------------------------------------------------------------===//

/// Everything on the GPU. Outputs go there too, so that they are poisoned.
static Expected<launch::AttendArguments> uploadAll(const launch::Entry &entry,
                                                   ArrayRef<void *> args,
                                                   DeviceTensors &memory) {
  launch::AttendArguments arguments;
  for (const auto &[kinds, arg] : zip_equal(entry.arguments, args)) {
    if (kinds.front() == launch::ParameterKind::Scale) {
      arguments.scale = *static_cast<const float *>(arg);
      continue;
    }
    auto device = memory.upload(*static_cast<const tessera_tensor *>(arg));
    if (!device)
      return device.takeError();
    for (launch::ParameterKind kind : kinds)
      *launch::tensorOf(arguments, kind) = *device;
  }
  return arguments;
}

static Error downloadResults(const launch::Entry &entry, ArrayRef<void *> args,
                             launch::AttendArguments &arguments,
                             const DeviceTensors &memory) {
  for (const auto &[kinds, arg] : zip_equal(entry.arguments, args))
    if (kinds.front() == launch::ParameterKind::OutputMap ||
        kinds.front() == launch::ParameterKind::Lse)
      if (Error error =
              memory.download(*launch::tensorOf(arguments, kinds.front()),
                              static_cast<tessera_tensor *>(arg)->data))
        return error;
  return Error::success();
}

/// Seconds of each call, by the GPU's clock.
static Expected<std::vector<double>>
timeLaunches(const Gpu &gpu, const launch::AttendLaunch &launch,
             int64_t repeat) {
  auto start = asLLVM(driver::Event::create(gpu.context()));
  if (!start)
    return start.takeError();
  auto end = asLLVM(driver::Event::create(gpu.context()));
  if (!end)
    return end.takeError();
  std::vector<double> seconds;
  auto begin = std::chrono::steady_clock::now();
  for (int64_t call = 0; call < repeat; ++call) {
    if (Error error = asLLVM(start->record(gpu.stream())))
      return error;
    if (Error error = asLLVM(launch.enqueue(gpu.stream())))
      return error;
    if (Error error = asLLVM(end->record(gpu.stream())))
      return error;
    if (Error error = gpu.synchronize())
      return error;
    auto milliseconds = asLLVM(end->millisecondsSince(*start));
    if (!milliseconds)
      return milliseconds.takeError();
    seconds.push_back(*milliseconds * 1e-3);
    showProgress(call + 1, repeat, begin);
  }
  return seconds;
}

/// Compiles the kernel, or loads what was compiled before.
static Expected<LoadedAttend> prepareKernel(const Gpu &gpu,
                                            mlir::ModuleOp module,
                                            const RunRequest &request,
                                            const GpuOptions &options) {
  if (request.cubin.empty()) {
    auto assembler = chooseAssembler("", options.chip);
    if (!assembler)
      return assembler.takeError();
    auto loaded = compileAttend(gpu, module, options, *assembler);
    if (loaded)
      outs() << "kernel   " << loaded->launcher.entry().plan << ", "
             << assembler->describe() << '\n';
    return loaded;
  }
  auto file = MemoryBuffer::getFile(request.cubin, /*IsText=*/false,
                                    /*RequiresNullTerminator=*/false);
  if (!file)
    return createStringError("--cubin: cannot read '" + request.cubin +
                             "': " + file.getError().message());
  return loadAttend(gpu, module, options, (*file)->getBuffer());
}

/// Compiles, launches and brings the results back into the arguments.
static Error compute(const Gpu &gpu, mlir::ModuleOp module,
                     const RunRequest &request, Call &call) {
  GpuOptions options;
  options.plan = request.plan;
  for (auto [param, arg] : zip(call.program.params(), call.arguments.pack()))
    if (call.program.text(param.name) == StringRef("key"))
      options.keyLength = static_cast<tessera_tensor *>(arg)->dims[2];
  StageTimes times;
  auto loaded = measureStage(&times, "compile", [&] {
    return prepareKernel(gpu, module, request, options);
  });
  if (!loaded)
    return loaded.takeError();
  printCompileTime(times.rows().front().seconds);

  DeviceTensors memory(gpu);
  std::vector<void *> args = call.arguments.pack();
  auto tensors = uploadAll(loaded->launcher.entry(), args, memory);
  if (!tensors)
    return tensors.takeError();
  auto bytes = asLLVM(loaded->launcher.workspaceBytes(*tensors));
  if (!bytes)
    return bytes.takeError();
  auto workspace = memory.allocateZeros(*bytes);
  if (!workspace)
    return workspace.takeError();
  auto launch = asLLVM(loaded->launcher.prepare(*tensors, *workspace));
  if (!launch)
    return launch.takeError();
  auto seconds = timeLaunches(gpu, *launch, request.repeat);
  if (!seconds)
    return seconds.takeError();
  printTimes(std::move(*seconds));
  return downloadResults(loaded->launcher.entry(), args, *tensors, memory);
}

int runOnGpu(mlir::ModuleOp module, const RunRequest &request) {
  if (Error error = checkOps(module))
    return failUsage(std::move(error));
  auto records = readRecords(module);
  if (!records)
    return fail(toString(records.takeError()));
  auto call = Call::choose(*records, request);
  if (!call)
    return failUsage(call.takeError());
  if (tessera_error *error = checkCall(call->program, call->arguments.pack()))
    return refuse(error);
  auto gpu = Gpu::open(request.gpu);
  if (!gpu)
    return fail(toString(gpu.takeError()));
  if (Error error = compute(**gpu, module, request, *call))
    return fail(toString(std::move(error)));
  printDensity(call->arguments);
  printMemory();
  return writeResults(*call, request.results);
}

} // namespace tessera
