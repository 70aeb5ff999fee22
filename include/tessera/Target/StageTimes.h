// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How long each stage of a compilation took.
#ifndef TESSERA_TARGET_STAGETIMES_H
#define TESSERA_TARGET_STAGETIMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <chrono>
#include <string>

namespace tessera {

/// Stages in the order in which they first ran. A stage that runs several
/// times, once per CPU level for example, is one row.
class StageTimes {
public:
  struct Row {
    std::string stage;
    double seconds;
  };

  llvm::ArrayRef<Row> rows() const { return table; }

  void add(llvm::StringRef stage, double seconds) {
    auto *row = llvm::find_if(
        table, [&](const Row &row) { return row.stage == stage; });
    if (row == table.end())
      table.push_back({stage.str(), seconds});
    else
      row->seconds += seconds;
  }

private:
  llvm::SmallVector<Row, 8> table;
};

/// Runs `work` and adds its wall time to `times`, if there is one.
template <typename Work>
auto measureStage(StageTimes *times, llvm::StringRef stage, Work work) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point start = Clock::now();
  auto result = work();
  if (times)
    times->add(stage,
               std::chrono::duration<double>(Clock::now() - start).count());
  return result;
}

} // namespace tessera

#endif // TESSERA_TARGET_STAGETIMES_H
