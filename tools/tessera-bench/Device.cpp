// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

#include "../RuntimeErrors.h"

#include "tessera/Program/Bundle.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"

using namespace llvm;

namespace tessera::bench {

Expected<DeviceProblem>
DeviceProblem::create(const Gpu &gpu, const Inputs &inputs, bool withLse) {
  DeviceProblem made(gpu);
  AttendTensors &a = made.tensors;
  const struct {
    const tessera_tensor &host;
    tessera_tensor &device;
    bool isResult;
  } rows[] = {
      {inputs.queryView, a.query, false},
      {inputs.keyView, a.key, false},
      {inputs.valueView, a.value, false},
      {inputs.indexView, a.index, false},
      {inputs.countView, a.count, false},
      {inputs.querySizesView, a.querySizes, false},
      {inputs.keySizesView, a.keySizes, false},
      {inputs.outputView, a.output, true},
      {inputs.lseView, a.lse, true},
  };
  for (const auto &row : rows) {
    if (row.host.rank == 0 || (&row.device == &a.lse && !withLse))
      continue;
    auto tensor = row.isResult ? made.memory.allocate(row.host)
                               : made.memory.upload(row.host);
    if (!tensor)
      return tensor.takeError();
    row.device = *tensor;
  }
  return made;
}

Error DeviceProblem::poison() const {
  for (const tessera_tensor *result : {&tensors.output, &tensors.lse})
    if (result->rank != 0)
      if (Error error = memory.fill(*result, std::byte(0xff)))
        return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

/// The arguments of the only program of a bundle, by their names.
static Expected<std::vector<void *>>
pack(ArrayRef<std::byte> bytes, const AttendTensors &tensors, float &scale) {
  auto bundle = asLLVM(program::Bundle::open({bytes.data(), bytes.size()}));
  if (!bundle)
    return bundle.takeError();
  auto program = asLLVM(program::Program::open(bundle->record(0)));
  if (!program)
    return program.takeError();
  const struct {
    StringRef name;
    const void *argument;
  } rows[] = {
      {"query", &tensors.query},        {"key", &tensors.key},
      {"value", &tensors.value},        {"index", &tensors.index},
      {"count", &tensors.count},        {"query_sizes", &tensors.querySizes},
      {"key_sizes", &tensors.keySizes}, {"scale", &scale},
      {"output", &tensors.output},      {"lse", &tensors.lse}};
  std::vector<void *> args;
  for (const program::Param &param : program->params()) {
    auto row = find_if(rows, [&](const auto &each) {
      return each.name == program->text(param.name);
    });
    if (row == std::end(rows))
      return createStringError(Twine("no problem has an argument '") +
                               program->text(param.name) + "'");
    args.push_back(const_cast<void *>(row->argument));
  }
  return args;
}

Error PreparedProgram::prepare(float scale) {
  auto args = pack(bytes, problem->arguments(), scale);
  if (!args)
    return args.takeError();
  const Gpu &gpu = problem->gpu();
  auto opened = asLLVM(Context::gpu(gpu.context().view().ordinal));
  if (!opened)
    return opened.takeError();
  context = std::move(*opened);
  auto programs = asLLVM(Library::openBytes(bytes));
  if (!programs)
    return programs.takeError();
  library = std::move(*programs);
  auto program = asLLVM(library->find(*context, {}));
  if (!program)
    return program.takeError();
  auto prepared =
      asLLVM(Launches::prepare(*program, *args, /*flags=*/0, gpu.stream()));
  if (!prepared)
    return prepared.takeError();
  launches = std::move(*prepared);
  workspaceBytes = size_t(launches->workspace().best);
  // What no kernel should read before it is written.
  auto allocated = memory.allocateFilled(workspaceBytes, std::byte(0xff));
  if (!allocated)
    return allocated.takeError();
  workspace = *allocated;
  return readChoice(*program);
}

/// From what the runtime says: the kernel of the last step.
Error PreparedProgram::readChoice(tessera_program *program) {
  char *text = nullptr;
  if (rt::Error error(tessera_program_explain(program, launches->get(),
                                              TESSERA_JSON, &text));
      error)
    return asLLVM(error);
  auto said = json::parse(text);
  tessera_text_destroy(text);
  if (!said)
    return said.takeError();
  const json::Object &all = *said->getAsObject();
  const json::Array &steps = *all.getObject("call")->getArray("steps");
  auto chosen = steps.back().getAsObject()->getString("kernel");
  for (const json::Value &value : *all.getArray("kernels")) {
    const json::Object &kernel = *value.getAsObject();
    if (kernel.getString("name") != chosen)
      continue;
    chosenPlan = kernel.getString("plan").value_or("").str();
    chosenRegisters = kernel.getInteger("registers").value_or(0);
  }
  return Error::success();
}

Expected<std::unique_ptr<PreparedProgram>>
PreparedProgram::create(std::vector<std::byte> bundle,
                        const DeviceProblem &problem, float scale) {
  std::unique_ptr<PreparedProgram> made(
      new PreparedProgram(problem, std::move(bundle)));
  if (Error error = made->prepare(scale))
    return error;
  return made;
}

PreparedKernel PreparedProgram::kernel() {
  return {problem->gpu(), [this] {
            return asLLVM(launches->run(problem->gpu().stream(),
                                        llvm::bit_cast<void *>(workspace),
                                        workspaceBytes));
          }};
}

} // namespace tessera::bench
