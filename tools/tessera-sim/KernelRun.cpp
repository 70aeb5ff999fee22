// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A kernel alone: its arguments are what flags say.
#include "Runs.h"

#include <optional>

using namespace llvm;

namespace tessera {

int runKernel(const KernelSource &source, const SimRequest &request) {
  auto arguments = KernelArguments::create(source, request.kernel);
  if (!arguments)
    return failUsage(arguments.takeError());
  std::optional<KernelArguments> first;
  int code = runAll(
      request, std::max<int64_t>(request.resident, 1),
      [&](const sim::Options &options) {
        return rt::Expected(sim::simulate(source.kernel, arguments->renew(),
                                          request.grid, options));
      },
      [&] {
        if (first)
          return arguments->sameArrays(*first);
        first = *arguments;
        return true;
      });
  if (Error error = arguments->write(request.kernel.results))
    return fail(toString(std::move(error)));
  return code;
}

} // namespace tessera
