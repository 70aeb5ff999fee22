// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a plan on a GPU.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_SESSION_H
#define TESSERA_TOOLS_TESSERA_BENCH_SESSION_H

#include "Flags.h"
#include "Report.h"

namespace tessera::bench {

class Session {
public:
  /// All must outlive it. `context` has our dialects registered.
  Session(const Gpu &gpu, const AssemblerChoice &assembler, const Plan &plan,
          mlir::MLIRContext &context);

  /// Prints a row for each problem and plan, and to standard error what went
  /// wrong with which. Calls keep(rows so far) after each: a run may be cut
  /// short.
  void run(llvm::raw_ostream &out,
           llvm::function_ref<llvm::Error(llvm::ArrayRef<Row>)> keep);

  llvm::ArrayRef<Row> rows() const { return results; }
  /// Everything was computed, and right as far as it was checked.
  bool isRight() const { return right; }

private:
  llvm::Error
  runProblem(const Problem &problem, Table &table,
             llvm::function_ref<llvm::Error(llvm::ArrayRef<Row>)> keep);
  llvm::Expected<Row> runKernel(const Problem &problem, const Inputs &inputs,
                                const DeviceProblem &device,
                                llvm::ArrayRef<ReferenceRow> reference,
                                llvm::StringRef planText);
  llvm::Expected<GpuProgram> compile(const Problem &problem,
                                     llvm::StringRef planText);
  void complain(const llvm::Twine &about, const llvm::Twine &message);

  const Gpu &gpu;
  const AssemblerChoice &assembler;
  const Plan &plan;
  mlir::MLIRContext &context;
  std::optional<Nvml> nvml;
  std::vector<Row> results;
  bool right = true;
};

/// Whether a function can be built for each problem; an error is wrong usage.
llvm::Error checkProblems(const Plan &plan, mlir::MLIRContext &context);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_SESSION_H
