// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Call.h"

#include "Assignments.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace tessera {

static Expected<program::Program>
pickFunction(ArrayRef<program::Record> functions, StringRef wanted) {
  std::string names;
  for (const program::Record &record : functions) {
    program::Program program = record.program();
    if (program.function() == wanted ||
        (wanted.empty() && functions.size() == 1))
      return program;
    names += names.empty() ? "" : ", ";
    names += program.function();
  }
  return createStringError("--function: " +
                           (wanted.empty()
                                ? std::string("name one of several")
                                : "there is no '" + wanted.str() + "'") +
                           ": " + names);
}

/// Every result to write is a tensor of the function.
static Error checkResults(const program::Program &program,
                          const StringMap<std::string> &results) {
  std::vector<std::string> names;
  for (const program::Param &param : program.params())
    if (param.kind == program::ParamKind::Output)
      names.emplace_back(program.text(param.name));
  for (const auto &entry : results) {
    bool known = any_of(program.params(), [&](const program::Param &param) {
      return program.text(param.name) == entry.getKey() && isTensor(param);
    });
    if (!known)
      return unknownName("result", entry.getKey(), names);
  }
  return Error::success();
}

Expected<Call> Call::choose(ArrayRef<program::Record> functions,
                            const CallRequest &request) {
  auto program = pickFunction(functions, request.function);
  if (!program)
    return program.takeError();
  if (Error error = checkResults(*program, request.results))
    return error;
  auto arguments = Arguments::create(*program, request.choices);
  if (!arguments)
    return arguments.takeError();
  return Call{*program, std::move(*arguments)};
}

Error Call::writeResults(const StringMap<std::string> &results) const {
  for (auto [index, param] : enumerate(program.params())) {
    auto path = results.find(program.text(param.name));
    if (path == results.end())
      continue;
    if (rt::Error error =
            npy::write(path->getValue(), arguments.array(index).view()))
      return createStringError(error.message());
  }
  return Error::success();
}

} // namespace tessera
