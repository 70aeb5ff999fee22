// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels in MLIR text, and the way to their PTX and cubins.
#ifndef TESSERA_TEST_NVPTX_TESTKERNELS_H
#define TESSERA_TEST_NVPTX_TESTKERNELS_H

#include "tessera/Target/NVPTX/Assembler.h"
#include "tessera/Target/NVPTX/Program.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/ErrorHandling.h"
#include "gtest/gtest.h"

#include <string>

namespace tessera::test {

/// The attributes of a kernel that states its launch: what setmaxnreg needs.
inline constexpr llvm::StringLiteral kLaunch =
    "nvvm.reqntid = array<i32: 128>, nvvm.minctasm = 1 : i32";

/// x[thread] *= scale, with the thread's number from a function of its own.
extern const char *const kScaleKernel;

/// Adds up `values` floats that are all alive at once; `limit` holds further
/// attributes.
std::string manyLiveValues(int values, llvm::StringRef limit);

/// Gives registers back, as a producer warpgroup does.
std::string setMaxRegisters(llvm::StringRef launch);

/// A loop of one product [64 x 128] += [64 x 64] [64 x 128] a turn: four wgmma
/// in one block of assembly, accumulators tied. `wait` is what ends a turn.
std::string productLoop(llvm::StringRef wait);

/// The value; prints the error and ends the program if there is none.
template <typename T>
T get(llvm::Expected<T> value) {
  if (!value)
    llvm::report_fatal_error(value.takeError());
  return std::move(*value);
}

/// Whether `part` is in `text`; a failure prints the text.
testing::AssertionResult has(llvm::StringRef text, llvm::StringRef part);

const nvptx::Chip &testChip();

/// What the tests assemble with: the ptxas of this machine, or the one of the
/// Python that runs the tests.
const nvptx::Assembler &testAssembler();

llvm::Expected<nvptx::PtxProgram> build(llvm::StringRef text,
                                        StageTimes *times = nullptr);

std::string compile(llvm::StringRef text);

nvptx::Cubin assembleKernel(llvm::StringRef text);

} // namespace tessera::test

#endif // TESSERA_TEST_NVPTX_TESTKERNELS_H
