// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The machine: CTAs, their agents and rings, and what is under way. An agent is
// an interpreter with a stack of its own, so that it can stop at any operation
// and go on later.
#ifndef TESSERA_LIB_SIMULATOR_MACHINE_H
#define TESSERA_LIB_SIMULATOR_MACHINE_H

#include "Value.h"

#include "Tile/Analysis/Reads.h"
#include "tessera/Oracle/Random.h"

#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/Twine.h"

#include <deque>
#include <map>

namespace tessera::sim {

class Agent;
class Machine;
struct Cta;

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

struct Stage {
  enum State { Empty, Acquired, Filling, Full };
  State state = Empty;
  int64_t filling = -1; ///< the latest
  mlir::Operation *acquiredBy = nullptr;
  llvm::SmallVector<int64_t> notes;
  std::vector<float> data; ///< NaN unless full
  int64_t releases = 0;    ///< readers that have left this filling

  void poison();
};

/// What one agent has met of a lane.
struct Reader {
  int64_t waits = 0;
  std::map<int64_t, mlir::Operation *> held; ///< filling: its wait
};

/// One of the independent rings of a ring.
struct Lane {
  Ring *ring = nullptr;
  int64_t number = 0, acquisitions = 0;
  Agent *filler = nullptr; ///< has acquired stages and not begun to fill them
  int64_t unfilled = 0;    ///< so many
  std::vector<Stage> stages;
  llvm::MapVector<Agent *, Reader> readers;

  Stage &stageOf(int64_t filling) { return stages[filling % stages.size()]; }
};

struct Ring {
  Ring(tile::MakeRingOp op);
  tile::MakeRingOp op;
  std::vector<Lane> lanes;
};

/// "stage 1 (filling 5) of lane 0 of the ring at FILE:LINE:COLUMN"
std::string describe(StageRef stage);

//===----------------------------------------------------------------------===//
// What is under way
//===----------------------------------------------------------------------===//

/// What the copy engine has been asked for.
struct Transfer {
  Agent *agent;
  mlir::Operation *op;
  const ArrayView *array; ///< in global memory
  int64_t batch, head, token;
  int64_t begin; ///< tick
  int64_t weight;
};

struct Copy : Transfer {
  StageRef stage;
};

struct Product {
  tile::MmaOp op;
  MatrixRef left, accumulator, result;
  llvm::SmallVector<StageRef, 2> reads; ///< the right matrix, then the left
  StageRef right() const { return reads.front(); }
  int64_t begin; ///< tick
  bool isWaitedFor = false;
};

/// A load from a stage into registers, which may take until something needs
/// what it gives.
struct Read {
  mlir::Operation *op;
  StageRef stage;
};

/// Rows on their way to global memory.
struct Store : Transfer {
  MatrixRef value;
};

/// Puts the tile in its stage, which is then full.
void land(const Copy &copy);
/// Writes the rows.
void land(const Store &store);
/// Computes the first product of the agent that has not been.
void retireNext(Agent &agent);

//===----------------------------------------------------------------------===//
// Agents
//===----------------------------------------------------------------------===//

enum class Outcome {
  Done,
  Blocked, ///< nothing was changed; the operation is tried again
  Failed   ///< a report was made
};

struct Frame {
  mlir::Block *block;
  mlir::Block::iterator next;
  mlir::Operation *owner = nullptr;                ///< whose region this is
  int64_t induction = 0, upperBound = 0, step = 1; ///< of a loop
};

class Agent {
public:
  Agent(Machine &machine, Cta &cta, AgentName name, mlir::Block *body)
      : machine(machine), cta(cta), name(std::move(name)) {
    enter(body, nullptr);
  }

  /// Until the first operation that others can see has been carried out, the
  /// agent is blocked, or it has ended.
  void run();

  const Cell &get(mlir::Value value) const;
  int64_t integer(mlir::Value value) const {
    return std::get<Number>(get(value)).integer;
  }
  void set(mlir::Value value, Cell cell) { cells[value] = std::move(cell); }
  /// Many at once, as the arguments of a block take what a terminator gives.
  void set(mlir::ValueRange targets, mlir::ValueRange sources);

  void enter(mlir::Block *block, mlir::Operation *owner) {
    frames.push_back({block, block->begin(), owner});
  }
  Frame &frame() { return frames.back(); }
  void leave() { frames.pop_back(); }

  Outcome fail(ReportKind kind, mlir::Operation *op, const llvm::Twine &text);
  /// `reason` is asked for only if somebody will read it.
  Outcome block(mlir::Operation *op, llvm::function_ref<std::string()> reason);
  void trace(llvm::StringRef what, int64_t begin, StageRef stage,
             bool isAsynchronous = false);
  void trace(llvm::StringRef what, int64_t begin, llvm::StringRef detail,
             bool isAsynchronous);
  mlir::Operation *lastStore = nullptr; ///< not waited for

  Machine &machine;
  Cta &cta;
  const AgentName name;
  std::deque<std::shared_ptr<Product>> products; ///< not waited for
  size_t retired = 0;            ///< of these, the first so many
  llvm::SmallVector<Read> reads; ///< that nothing has needed yet
  bool isBlocked = false, hasEnded = false;
  mlir::Operation *blockedAt = nullptr;
  std::string blockedBy;
  int64_t blockedSince = 0; ///< tick
  int64_t weight = 1;

private:
  void end();
  void finishReads(mlir::Operation *op);

  std::vector<Frame> frames;
  llvm::DenseMap<mlir::Value, Cell> cells;
};

/// A CTA that runs. Agents are kept where they are, since lanes point at them.
struct Cta {
  int64_t number;
  std::unique_ptr<Agent> prologue; ///< what is before the roles
  std::deque<Ring> rings;
  std::vector<std::unique_ptr<Agent>> agents;
  std::vector<Copy> copies;
  std::vector<Store> stores;
  /// Who stores through a lane of staging, which only it may.
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, const Agent *> stagingOwners;

  /// Whether the agent has started a store that is not written.
  bool isStoring(const Agent &agent) const {
    return llvm::any_of(
        stores, [&](const Store &store) { return store.agent == &agent; });
  }
  void unblock();
};

/// Reports unless 64 rows from `row` on are in the stage.
Outcome checkRows(Agent &agent, mlir::Operation *op, StageRef stage,
                  mlir::Value row);
/// 64 rows of what a full stage holds, from `row` on if there is one.
MatrixRef rowsFrom(Agent &agent, StageRef stage, mlir::Value row);

/// Reports unless the agent holds that filling of the stage, full.
Outcome checkHeld(Agent &agent, mlir::Operation *op, StageRef stage);

//===----------------------------------------------------------------------===//
// The machine
//===----------------------------------------------------------------------===//

class Machine {
public:
  Machine(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments,
          int64_t grid, const Options &options)
      : kernel(kernel), arguments(arguments), grid(grid), options(options),
        readUses(kernel), wantsReasons(options.trace), random(options.seed) {}

  SimulationResult run();

  int64_t drawWeight();
  /// A number that CTAs share has changed.
  void unblockAll();
  bool countOperation() { return ++operations <= options.maxOperations; }

  tile::KernelOp kernel;
  llvm::ArrayRef<Argument> arguments;
  const int64_t grid;
  const Options &options;
  const tile::ReadUses readUses;
  SimulationResult result;
  bool wantsReasons; ///< for waiting

private:
  bool bindArguments();
  void startCta();
  bool choose();
  void reportDeadlock();
  void checkLeftovers(Cta &cta);

  oracle::Random random;
  int64_t nextCta = 0, operations = 0;
  std::vector<std::unique_ptr<Cta>> ctas;
};

/// What a load or a store asks for, from now on.
template <typename Op>
Transfer beginTransfer(Agent &agent, Op op) {
  return {&agent,
          op,
          std::get<const ArrayView *>(agent.get(op.getMap())),
          agent.integer(op.getBatch()),
          agent.integer(op.getHead()),
          agent.integer(op.getToken()),
          agent.machine.result.ticks,
          agent.machine.drawWeight()};
}

} // namespace tessera::sim

#endif // TESSERA_LIB_SIMULATOR_MACHINE_H
