// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A run on a GPU: inputs go there, the program runs, results come back.
#include "../Gpu.h"
#include "../RuntimeErrors.h"
#include "Steps.h"
#include "tessera/Compiler/GpuBundle.h"
#include "tessera/Compiler/Signature.h"

#include "Bsa/IR/Bsa.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"

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

namespace {

/// The arguments of a call, tensors in the GPU's memory. Outputs go there too,
/// so that they are poisoned.
class DeviceArguments {
public:
  DeviceArguments(const Gpu &gpu, const program::Program &program,
                  ArrayRef<void *> host)
      : memory(gpu), params(program.params().data(), host.size()), host(host),
        tensors(host.size()) {}

  Error upload();
  Error download() const;
  std::vector<void *> pack();

private:
  DeviceTensors memory;
  ArrayRef<program::Param> params;
  ArrayRef<void *> host;
  std::vector<tessera_tensor> tensors;
};

} // namespace

Error DeviceArguments::upload() {
  for (auto [param, arg, tensor] : zip_equal(params, host, tensors)) {
    if (!isTensor(param))
      continue;
    auto device = memory.upload(*static_cast<const tessera_tensor *>(arg));
    if (!device)
      return device.takeError();
    tensor = *device;
  }
  return Error::success();
}

Error DeviceArguments::download() const {
  for (auto [param, arg, tensor] : zip_equal(params, host, tensors))
    if (param.kind == program::ParamKind::Output)
      if (Error error =
              memory.download(tensor, static_cast<tessera_tensor *>(arg)->data))
        return error;
  return Error::success();
}

std::vector<void *> DeviceArguments::pack() {
  std::vector<void *> args(host.begin(), host.end());
  for (auto [param, arg, tensor] : zip_equal(params, args, tensors))
    if (isTensor(param))
      arg = &tensor;
  return args;
}

/// Seconds of each call, by the GPU's clock.
static Expected<std::vector<double>>
timeRuns(const Gpu &gpu, function_ref<Error()> enqueue, int64_t repeat) {
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
    if (Error error = enqueue())
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

static Error run(const Gpu &gpu, const Context &context,
                 tessera_program *program, const RunRequest &request,
                 Call &call) {
  std::vector<void *> host = call.arguments.pack();
  DeviceArguments arguments(gpu, call.program, host);
  if (Error error = arguments.upload())
    return error;
  auto launches =
      asLLVM(Launches::prepare(program, arguments.pack(), 0, gpu.stream()));
  if (!launches)
    return launches.takeError();
  if (request.explain)
    if (Error error = printExplanation(program, *launches))
      return error;
  size_t bytes = size_t(launches->workspace().best);
  DeviceTensors memory(gpu);
  // What no kernel should read before it is written.
  auto workspace = memory.allocateFilled(bytes, std::byte(0xff));
  if (!workspace)
    return workspace.takeError();
  auto seconds = timeRuns(
      gpu,
      [&] {
        return asLLVM(launches->run(gpu.stream(),
                                    llvm::bit_cast<void *>(*workspace), bytes));
      },
      request.repeat);
  if (!seconds)
    return seconds.takeError();
  if (Error error = asLLVM(context.status(gpu.stream())))
    return error;
  printTimes(std::move(*seconds));
  return arguments.download();
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

static Expected<std::vector<std::byte>> compile(mlir::ModuleOp module,
                                                const RunRequest &request) {
  GpuOptions options;
  options.plan = request.plan;
  auto choice = chooseAssembler("", options.chip);
  if (!choice)
    return choice.takeError();
  StageTimes times;
  auto bundle = measureStage(&times, "compile", [&] {
    return compileToBundle(module, options, choice->assembler);
  });
  if (!bundle)
    return bundle.takeError();
  outs() << "code     " << choice->describe() << '\n';
  printCompileTime(times.rows().front().seconds);
  return bundle;
}

/// Everything that takes a GPU.
static Error compute(std::span<const std::byte> bundle,
                     const RunRequest &request, const Gpu &gpu, Call &call) {
  auto context = asLLVM(Context::gpu(int32_t(request.gpu)));
  if (!context)
    return context.takeError();
  auto library = asLLVM(Library::openBytes(bundle));
  if (!library)
    return library.takeError();
  auto program = asLLVM(library->find(*context, {call.program.function(), {}}));
  if (!program)
    return program.takeError();
  return run(gpu, *context, *program, request, call);
}

/// `bundle`: what was compiled before; empty: `module` is compiled.
static int runPrograms(mlir::ModuleOp module, std::vector<std::byte> bundle,
                       ArrayRef<program::Record> records,
                       const RunRequest &request) {
  auto call = Call::choose(records, request);
  if (!call)
    return failUsage(call.takeError());
  if (tessera_error *error = checkCall(call->program, call->arguments.pack()))
    return refuse(error);
  auto gpu = Gpu::open(request.gpu);
  if (!gpu)
    return fail(toString(gpu.takeError()));
  if (bundle.empty()) {
    auto compiled = compile(module, request);
    if (!compiled)
      return fail(toString(compiled.takeError()));
    bundle = std::move(*compiled);
  }
  if (Error error = compute(bundle, request, **gpu, *call))
    return fail(toString(std::move(error)));
  printDensity(call->arguments);
  printMemory();
  return writeResults(*call, request.results);
}

int runBundleOnGpu(const RunRequest &request) {
  auto bundle = readBundle(request.bundle);
  if (!bundle)
    return failUsage(bundle.takeError());
  auto records = readRecords(*bundle, /*isForHost=*/false);
  if (!records)
    return failUsage(records.takeError());
  return runPrograms({}, std::move(*bundle), *records, request);
}

int runOnGpu(mlir::ModuleOp module, const RunRequest &request) {
  if (Error error = checkOps(module))
    return failUsage(std::move(error));
  auto records = readRecords(module);
  if (!records)
    return fail(toString(records.takeError()));
  return runPrograms(module, {}, *records, request);
}

} // namespace tessera
