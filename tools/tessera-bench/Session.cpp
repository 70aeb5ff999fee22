// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Session.h"

#include "../RuntimeErrors.h"
#include "tessera/Runtime/Dtype.h"

#include <cmath>

using namespace llvm;

namespace tessera::bench {

static constexpr size_t kSampledRows = 768;

Session::Session(const Gpu &gpu, const AssemblerChoice &assembler,
                 const Plan &plan, mlir::MLIRContext &context)
    : gpu(gpu), assembler(assembler), plan(plan), context(context),
      nvml(Nvml::open(gpu.context().view())) {}

/// The function that computes `problem`.
static Spec specOf(const Spec &spec, const Problem &problem) {
  Spec made = spec;
  made.headDim = problem.headDim;
  made.capacity = problem.topk;
  made.sizes |= !problem.querySizes.empty();
  // One kernel serves any extents.
  made.batch = made.heads = made.keyHeads = 0;
  made.queryLength = made.keyLength = 0;
  return made;
}

Error checkProblems(const Plan &plan, mlir::MLIRContext &context) {
  for (const Problem &problem : plan.problems) {
    auto module = buildModule(context, specOf(plan.spec, problem));
    if (!module)
      return createStringError(problem.tag() + ": " +
                               toString(module.takeError()));
  }
  return Error::success();
}

void Session::complain(const Twine &about, const Twine &message) {
  right = false;
  errs() << "tessera-bench: " << about << ": " << message << '\n';
}

Expected<GpuProgram> Session::compile(const Problem &problem,
                                      StringRef planText) {
  auto module = buildModule(context, specOf(plan.spec, problem));
  if (!module)
    return module.takeError();
  GpuOptions options;
  options.plan = planText;
  options.threadReleases = plan.threadReleases;
  return compileForGpu(**module, options, assembler.assembler);
}

static double scaleOf(const Problem &problem) {
  return 1 / std::sqrt(double(problem.headDim));
}

/// What the assembler has to say about kernels that it could not make well.
static void complainOfHazards(const GpuProgram &program) {
  if (!program.cubin)
    return;
  for (const nvptx::KernelResources &kernel : program.cubin->kernels)
    if (kernel.hasHazard())
      errs() << "tessera-bench: slow kernel: " << kernel.print() << '\n';
}

Expected<Row> Session::runKernel(const Problem &problem, const Inputs &inputs,
                                 const DeviceProblem &device,
                                 ArrayRef<ReferenceRow> reference,
                                 StringRef planText) {
  auto compiled = compile(problem, planText);
  if (!compiled)
    return compiled.takeError();
  complainOfHazards(*compiled);
  program::BundleWriter bundle;
  addToBundle(std::move(*compiled), bundle);
  auto program =
      PreparedProgram::create(bundle.write(), device, scaleOf(problem));
  if (!program)
    return program.takeError();
  PreparedKernel kernel = (*program)->kernel();

  Row row;
  row.shape = problem.tag();
  row.plan = (*program)->plan();
  row.registers = (*program)->registers();
  if (plan.withCheck) {
    auto verdict = check(kernel, device, inputs, reference);
    if (!verdict)
      return verdict.takeError();
    row.verdict = *verdict;
    if (!verdict->passes())
      complain(row.shape + " " + row.plan, verdict->describe());
  }
  if (plan.bitwiseLaunches > 0) {
    auto others = countOtherBits(kernel, device, plan.bitwiseLaunches);
    if (!others)
      return others.takeError();
    if (*others > 0)
      complain(row.shape + " " + row.plan,
               Twine(*others) + " of " + Twine(plan.bitwiseLaunches) +
                   " launches gave other bits than the first");
  }
  if (!plan.withTiming)
    return row;
  auto timing = measure(kernel, nvml, plan.timing);
  if (!timing)
    return timing.takeError();
  Work work = workOf(problem, inputs.lists, plan.spec.lse);
  row.timing = *timing;
  row.teraflops = work.flops / timing->milliseconds * 1e-9;
  row.limits = limitsOf(work, *timing, gpu.properties(),
                        nvml ? nvml->powerLimitWatts() : std::nullopt);
  return row;
}

Error Session::runProblem(const Problem &problem, Table &table,
                          function_ref<Error(ArrayRef<Row>)> keep) {
  InputOptions options = plan.inputs;
  Inputs inputs = makeInputs(problem, options);
  auto device = DeviceProblem::create(gpu, inputs, plan.spec.lse);
  if (!device)
    return device.takeError();
  std::vector<ReferenceRow> reference;
  if (plan.withCheck) {
    auto rows =
        sampleRows(problem, inputs.lists, kSampledRows, options.seed + 1);
    reference = computeReference(problem, inputs, scaleOf(problem), rows);
  }
  for (StringRef planText : plan.plans) {
    auto row = runKernel(problem, inputs, *device, reference, planText);
    if (!row) {
      complain(problem.tag() + (planText.empty() ? "" : " ") + planText,
               toString(row.takeError()));
      continue;
    }
    row->gpu = gpu.properties().name;
    row->driver = gpu.properties().driverVersion;
    row->assembler = assembler.describe();
    row->dtype = rt::dtypeName(options.dtype);
    row->lists = options.lists.kind.text;
    table.print(*row);
    results.push_back(std::move(*row));
    if (Error error = keep(results))
      return error;
  }
  return Error::success();
}

void Session::run(raw_ostream &out, function_ref<Error(ArrayRef<Row>)> keep) {
  size_t width = 0;
  for (const Problem &problem : plan.problems)
    width = std::max(width, problem.tag().size());
  Table table(out, width);
  table.printHead();
  for (const Problem &problem : plan.problems)
    if (Error error = runProblem(problem, table, keep))
      complain(problem.tag(), toString(std::move(error)));
}

} // namespace tessera::bench
