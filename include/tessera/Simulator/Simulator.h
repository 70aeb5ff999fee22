// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs a `tile.kernel` on the CPU: what it computes, and whether its roles keep
// to the rules of rings and products, whatever the order in which things
// happen.
#ifndef TESSERA_SIMULATOR_SIMULATOR_H
#define TESSERA_SIMULATOR_SIMULATOR_H

#include "Tile/IR/Tile.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tessera::sim {

/// A tensor in the caller's memory, with elements of the parameter's type and
/// strides in elements. For a `!tile.map`: [batch, head, token, feature].
struct ArrayView {
  void *data = nullptr;
  llvm::SmallVector<int64_t, 4> dims, strides;
};
/// The same in C order.
ArrayView rowMajor(void *data, llvm::ArrayRef<int64_t> dims);

/// For a parameter of integer or index, of float, of memref or map.
using Argument = std::variant<int64_t, double, ArrayView>;

struct Options {
  /// Chooses the order of events. A seed and a program give one run.
  uint64_t seed = 0;
  bool trace = false;
  /// CTAs that run at a time; the next begins when one ends.
  int64_t residentCtas = 1;
  /// Operations carried out before a program is said not to end.
  int64_t maxOperations = int64_t(1) << 28;
};

enum class ReportKind {
  BadArgument,   ///< an argument does not fit its parameter
  Deadlock,      ///< an agent waits, and nothing is left that could help
  Divergence,    ///< more agents fill or read a lane than its ring allows
  DroppedWork,   ///< a product that nobody waited for
  Endless,       ///< more operations than the caller allows
  NoNote,        ///< a note read that was not given
  NotFull,       ///< a stage read that is not full
  OutOfBounds,   ///< no such element, tile or lane
  Overwrite,     ///< a stage filled that is not empty
  ReleasedEarly, ///< a stage released that a product may still read
  ReleasedTwice, ///< a stage released that the agent does not hold
  Undefined,     ///< division by 0, a loop with step 0
  Unfilled,      ///< a stage acquired and never filled
  Unread,        ///< a full stage left over
  Unreleased,    ///< a stage read and kept
  Unsupported    ///< an operation the simulator does not know
};
llvm::StringRef nameOf(ReportKind kind);

/// Who did it. Before the roles begin there is only the CTA, without a role.
struct AgentName {
  int64_t cta = 0;
  std::string role;
  int64_t number = 0;
};
/// "@load 1 of CTA 0"
std::string describe(const AgentName &agent);

struct Report {
  ReportKind kind;
  mlir::Location location;
  AgentName agent;
  std::string text;
};
/// "FILE:LINE:COLUMN: @load 1 of CTA 0: TEXT [kind]"
void print(llvm::raw_ostream &os, const Report &report);

/// What an agent, a copy or a product did from one tick to another. A tick is
/// one choice of who goes on.
struct TraceEvent {
  AgentName agent;
  std::string what; ///< "wait", "load", ..
  std::string detail;
  int64_t begin = 0, end = 0;
  bool isAsynchronous = false; ///< the agent goes on meanwhile
};

struct SimulationResult {
  /// The first thing that goes wrong ends the run. What is left over at the end
  /// of a CTA, and all that wait in a deadlock, are reported together.
  std::vector<Report> reports;
  std::vector<TraceEvent> trace; ///< by their end
  int64_t ticks = 0;

  bool isClean() const { return reports.empty(); }
};

/// Runs the program of each of `grid` CTAs. Agents go on, copies land and
/// products retire in an order drawn from the seed: copies in any, products of
/// one agent as they were started.
SimulationResult simulate(tile::KernelOp kernel,
                          llvm::ArrayRef<Argument> arguments, int64_t grid,
                          const Options &options = {});

/// A line an event: its ticks, who, what.
void printTrace(llvm::raw_ostream &os, llvm::ArrayRef<TraceEvent> trace);
/// For chrome://tracing or ui.perfetto.dev: a process a CTA, a thread an agent,
/// a tick a microsecond.
void printChromeTrace(llvm::raw_ostream &os, llvm::ArrayRef<TraceEvent> trace);

} // namespace tessera::sim

#endif // TESSERA_SIMULATOR_SIMULATOR_H
