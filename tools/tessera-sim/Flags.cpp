// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Flags.h"

#include "../Assignments.h"

using namespace llvm;

namespace tessera {

Error Flags::read(SimRequest &request) const {
  request.seed = seed;
  request.interleavings = interleavings;
  request.resident = resident;
  request.trace = trace;
  request.grid = grid;
  request.plan = plan;
  request.multiprocessors = multiprocessors;
  request.l2Bytes = l2Bytes;
  request.workspaceBytes = workspaceBytes;
  request.call.function = function;
  KernelChoices &choices = request.kernel;
  if (Error error = joinErrors(
          joinErrors(parseTexts("input", inputs, choices.files),
                     parseOutputs("output", outputs, choices.results)),
          joinErrors(joinErrors(parseTexts("shape", shapes, choices.shapes),
                                parseNumbers("set", scalars, choices.scalars)),
                     parseNumbers("dim", dims, request.call.choices.dims))))
    return error;
  request.call.choices.files = choices.files;
  request.call.choices.scalars = choices.scalars;
  request.call.results = choices.results;
  for (const Number *number :
       {&interleavings, &grid, &resident, &multiprocessors, &l2Bytes})
    if (number->getNumOccurrences() > 0 && *number < 1)
      return createStringError("--" + number->ArgStr + " wants 1 or more");
  return Error::success();
}

Error Flags::check(bool isKernel) const {
  for (const auto &entry : cl::getRegisteredOptions()) {
    const cl::Option &option = *entry.second;
    const cl::OptionCategory &other = isKernel ? ofFunctions : ofKernels;
    if (option.getNumOccurrences() > 0 &&
        is_contained(option.Categories, &other))
      return createStringError(
          "--" + option.ArgStr +
          (isKernel
               ? ": is for functions, and what runs here is a tile.kernel; "
                 "drop it"
               : ": is for a tile.kernel alone; a function says it "
                 "itself, drop it, or choose a kernel with --kernel"));
  }
  return Error::success();
}

} // namespace tessera
