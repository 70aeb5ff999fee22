// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How agents, stages and reports are told to people.
#include "Machine.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

StringRef sim::nameOf(ReportKind kind) {
  switch (kind) {
  case ReportKind::BadArgument:
    return "bad-argument";
  case ReportKind::Deadlock:
    return "deadlock";
  case ReportKind::Divergence:
    return "divergence";
  case ReportKind::DroppedWork:
    return "dropped-work";
  case ReportKind::Endless:
    return "endless";
  case ReportKind::NoNote:
    return "no-note";
  case ReportKind::NotFull:
    return "not-full";
  case ReportKind::OutOfBounds:
    return "out-of-bounds";
  case ReportKind::Overwrite:
    return "overwrite";
  case ReportKind::ReleasedEarly:
    return "released-early";
  case ReportKind::ReleasedTwice:
    return "released-twice";
  case ReportKind::Undefined:
    return "undefined";
  case ReportKind::Unfilled:
    return "unfilled";
  case ReportKind::Unread:
    return "unread";
  case ReportKind::Unreleased:
    return "unreleased";
  case ReportKind::Unsupported:
    return "unsupported";
  }
  llvm_unreachable("no such kind");
}

std::string sim::describe(const AgentName &agent) {
  std::string who =
      agent.role.empty()
          ? ""
          : llvm::formatv("@{0} {1} of ", agent.role, agent.number).str();
  return who + "CTA " + std::to_string(agent.cta);
}

/// "FILE:LINE:COLUMN", the file without its folders.
static std::string describe(Location location) {
  if (auto place = location->findInstanceOf<FileLineColRange>())
    return llvm::formatv("{0}:{1}:{2}",
                         llvm::sys::path::filename(place.getFilename()),
                         place.getStartLine(), place.getStartColumn());
  return "unknown place";
}

std::string sim::describe(StageRef stage) {
  return llvm::formatv("stage {0} (filling {1}) of lane {2} of the ring at {3}",
                       stage.filling % stage.lane->stages.size(), stage.filling,
                       stage.lane->number,
                       ::describe(stage.lane->ring->op.getLoc()));
}

void sim::print(llvm::raw_ostream &os, const Report &report) {
  os << ::describe(report.location) << ": " << describe(report.agent) << ": "
     << report.text << " [" << nameOf(report.kind) << "]\n";
}
