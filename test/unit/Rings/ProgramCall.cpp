// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RandomProgram.h"

#include "llvm/Support/FormatVariadic.h"

using llvm::formatv;
using tessera::oracle::Random;

namespace tessera::test {

std::vector<sim::Argument> ProgramCall::arguments() {
  return {natural,
          number,
          flags[0],
          flags[1],
          sim::rowMajor(loads, {kLoads}),
          sim::rowMajor(marks, {kMarks})};
}

std::string ProgramCall::describe() const {
  return formatv("natural {0}, number {1}, flags {2} {3}, loads {4} {5}, "
                 "marks {6} {7}",
                 natural, number, flags[0], flags[1], loads[0], loads[1],
                 marks[0], marks[1])
      .str();
}

ProgramCall drawCall(Random &random, int64_t most) {
  ProgramCall call;
  call.natural = random.integer(0, most);
  call.number = random.integer(-most, most);
  for (int64_t &flag : call.flags)
    flag = random.integer(0, 1);
  for (int32_t &load : call.loads)
    load = int32_t(random.integer(0, most));
  for (int32_t &mark : call.marks)
    mark = int32_t(random.integer(-most, most));
  return call;
}

} // namespace tessera::test
