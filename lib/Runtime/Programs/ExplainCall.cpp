// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ExplainCall.h"

#include "tessera/Runtime/Dtype.h"

#include <algorithm>
#include <cstdio>

using namespace tessera;
using namespace tessera::rt;
using program::Constraint;
using program::ConstraintKind;
using program::Index;
using program::kNone;
using program::Program;

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

/// What tensors hold is not looked at: it may be on a GPU.
static void addLists(Report &report, const tessera_launches &launches,
                     const Constraint &lists) {
  Program record = launches.record();
  program::Value blocks = launches.values[size_t(lists.value)];
  int64_t most = launches.tensors[size_t(lists.param)].dims[3];
  report.open("lists");
  report.add("of", record.text(record.params()[size_t(lists.param)].name));
  report.add("capacity", most);
  if (blocks && blocks.number < program::kUnknownBlocks) {
    report.add("key blocks", blocks.number);
    most = std::min(most, blocks.number);
  }
  if (lists.other != kNone) {
    report.add("largest effective k", most);
  } else {
    if (lists.target != kNone)
      if (program::Value count = launches.values[size_t(lists.target)])
        most = std::min(most, count.number);
    report.add("effective k", most);
  }
  report.close();
}

static void addSizes(Report &report, const tessera_launches &launches,
                     const Constraint &sizes) {
  Program record = launches.record();
  program::Value rows = launches.values[size_t(sizes.value)];
  bool isKnown = rows && rows.number != INT64_MAX &&
                 sizes.maximum != INT32_MAX && sizes.maximum != 0;
  if (!isKnown)
    return;
  const tessera_tensor &tensor = launches.tensors[size_t(sizes.param)];
  int64_t blocks = tensor.dims[tensor.rank - 1];
  report.open("sizes");
  report.add("of", record.text(record.params()[size_t(sizes.param)].name));
  report.add("block", sizes.maximum);
  report.add("rows", rows.number);
  report.add("rows of padding in the last block",
             blocks * sizes.maximum - rows.number);
  report.close();
}

static void addBlocks(Report &report, const tessera_launches &launches) {
  report.openList("blocks");
  for (const Constraint &constraint : launches.record().constraints()) {
    if (constraint.kind == ConstraintKind::Lists)
      addLists(report, launches, constraint);
    if (constraint.kind == ConstraintKind::Sizes)
      addSizes(report, launches, constraint);
  }
  report.close();
}

static int64_t tensorBytes(const tessera_launches &launches) {
  Program record = launches.record();
  int64_t bytes = 0;
  for (size_t i = 0, end = record.argumentCount(); i < end; ++i) {
    if (!isTensor(record.params()[i]))
      continue;
    const tessera_tensor &tensor = launches.given[i];
    int64_t elements = 1;
    for (int32_t d = 0; d < tensor.rank; ++d)
      elements *= tensor.dims[d];
    bytes += elements * dtypeBytes(tensor.dtype);
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static void addStep(Report &report, const tessera_launches &launches,
                    size_t number) {
  Program record = launches.record();
  const program::Step &step = record.steps()[number];
  const BoundStep &bound = launches.steps[number];
  const char *name = record.text(step.name);
  report.open("step");
  if (*name)
    report.add("name", name);
  if (bound.action == kNone) {
    report.add("does", "nothing");
    report.close();
    return;
  }
  const program::Action &action = record.actions()[size_t(bound.action)];
  if (step.actions.count > 1)
    report.add("alternative",
               int64_t(bound.action) - int64_t(step.actions.first));
  if (action.kind == program::ActionKind::Launch) {
    report.add("kernel",
               record.text(record.kernels()[size_t(action.kernel)].name));
    char grid[64];
    std::snprintf(grid, sizeof(grid), "%u x %u x %u", bound.grid[0],
                  bound.grid[1], bound.grid[2]);
    report.add("grid", grid);
    report.add("threads", int64_t(bound.threads));
    report.add("shared bytes", int64_t(bound.sharedBytes));
  } else {
    report.add("does",
               action.kind == program::ActionKind::Zero ? "zero" : "copy");
    report.add("bytes", int64_t(bound.bytes));
  }
  report.close();
}

void rt::addCall(Report &report, const tessera_launches &launches) {
  Program record = launches.record();
  report.open("call");
  report.open("numbers");
  for (size_t i = 0; i < launches.symbols.size(); ++i)
    if (program::Value value = launches.symbols[i].value)
      report.add(record.text(record.symbols()[i].name), value.number);
  report.close();
  addBlocks(report, launches);
  report.add("tensor bytes", tensorBytes(launches));
  report.add("least workspace", launches.least);
  report.add("best workspace", launches.best);
  if (launches.isBound) {
    report.openList("steps");
    for (size_t i = 0; i < launches.steps.size(); ++i)
      addStep(report, launches, i);
    report.close();
  }
  report.close();
}
