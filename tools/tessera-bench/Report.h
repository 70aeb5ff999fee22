// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rows of results: as a table, as JSON, beside those of others.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_REPORT_H
#define TESSERA_TOOLS_TESSERA_BENCH_REPORT_H

#include "Check.h"
#include "Timing.h"

#include "llvm/Support/raw_ostream.h"

namespace tessera::bench {

/// One kernel on one problem.
struct Row {
  std::string shape; ///< Problem::tag()
  std::string plan;  ///< as the compiler prints it
  std::optional<Timing> timing;
  double teraflops = 0;
  std::optional<Verdict> verdict;
  Limits limits;
  std::string gpu, assembler, lists, dtype;
  int32_t driver = 0;    ///< 12040 for CUDA 12.4
  int32_t registers = 0; ///< of a thread
};

/// Rows appear as they are made, so columns have fixed widths.
class Table {
public:
  Table(llvm::raw_ostream &out, size_t shapeWidth)
      : out(out), shapeWidth(std::max<size_t>(shapeWidth, 5)) {}
  void printHead();
  void print(const Row &row);

private:
  void printLine(llvm::ArrayRef<std::string> cells);

  llvm::raw_ostream &out;
  size_t shapeWidth;
};

/// A list of objects with shape, name ("tessera"), plan, ms, tflops and more;
/// what is not known is null.
llvm::Error writeJson(llvm::StringRef path, llvm::ArrayRef<Row> rows);

/// What tables of different programs have in common.
struct NamedRow {
  std::string shape, name;
  double milliseconds = 0, teraflops = 0;
};
std::vector<NamedRow> namesOf(llvm::ArrayRef<Row> rows);

/// Reads what writeJson() wrote, or a list of {"shape": "BxHxSxDxK/b64",
/// "name", "ms", "tflops"} from elsewhere, whose K counts blocks of 64 whatever
/// the block. Rows without a time, and backward passes, are left out.
llvm::Expected<std::vector<NamedRow>> readJson(const std::string &path);
/// The rows of all of them.
llvm::Expected<std::vector<NamedRow>>
readAllJson(llvm::ArrayRef<std::string> paths);

/// Shape by shape, ours and theirs, with how much faster our best is.
void printMerged(llvm::raw_ostream &out, llvm::ArrayRef<NamedRow> ours,
                 llvm::ArrayRef<NamedRow> theirs);

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_REPORT_H
