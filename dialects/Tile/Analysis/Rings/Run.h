// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Carries out what the agents of a network do to their rings.

#ifndef TILE_ANALYSIS_RINGS_RUN_H
#define TILE_ANALYSIS_RINGS_RUN_H

#include "State.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace tessera::tile::rings {

/// Something that was decided on the way, or happened there.
struct TraceEvent {
  std::shared_ptr<const TraceEvent> before;
  mlir::Operation *op;
  unsigned agent;
  std::string text;
};
using Trace = std::shared_ptr<const TraceEvent>;

/// A condition that an agent has come to, and what is to be decided first.
struct Question {
  Ref condition = nullptr, open = nullptr;
};

/// How an agent stopped.
enum class Stop { Ended, Waits, Asks, Failed };

class Runner {
public:
  Runner(const Program &program, const Network &network, State &state,
         Trace &trace)
      : program(program), network(network), terms(program.terms), state(state),
        trace(trace) {}

  /// Lets every agent go on until none can without a decision. Afterwards
  /// `finding` is set, or every agent has one of the other stops.
  void runAll();
  /// For when all agents have ended: what they have left.
  void checkEnd();
  /// For when all agents wait or have ended.
  void reportDeadlock();

  llvm::SmallVector<Stop> stops;     ///< by agent
  llvm::SmallVector<Question> asked; ///< by agent
  std::optional<Finding> finding;

private:
  /// Nothing has changed unless it is done.
  enum class Outcome { Done, Waits, Asks, Failed };

  Stop runAgent();
  Outcome step(mlir::Operation *op);
  Outcome endRole();

  // Control flow, Control.cpp.
  Outcome enter(mlir::Operation *op);
  Outcome enterFor(mlir::scf::ForOp op);
  Outcome enterIf(mlir::scf::IfOp op);
  Outcome enterWhile(mlir::scf::WhileOp op);
  Outcome leave(mlir::Operation *terminator);
  Outcome leaveFor(mlir::scf::ForOp op, mlir::Operation *terminator);
  Outcome decideWhile(mlir::scf::WhileOp op, mlir::scf::ConditionOp condition);
  Outcome repeatWhile(mlir::scf::WhileOp op, mlir::Operation *terminator);
  /// None, if the agent has to ask.
  std::optional<bool> decide(Ref condition);
  void push(mlir::Region &region, mlir::Operation *owner);
  void pop(mlir::ValueRange results,
           llvm::ArrayRef<std::optional<Cell>> values);
  int64_t depth() const;
  int64_t placeOf(int64_t lengthFactor, unsigned index) const;
  void countRound();
  void noteStraying(mlir::ValueRange carried,
                    llvm::ArrayRef<std::optional<Cell>> values);
  void beginRound(mlir::ValueRange carried,
                  llvm::ArrayRef<std::optional<Cell>> values);
  Cell begin(Cell cell, unsigned index);

  // Rings and products, Ops.cpp.
  Outcome acquire(AcquireOp op);
  Outcome fill(mlir::Operation *op, mlir::Value stage);
  Outcome wait(WaitOp op);
  Outcome read(mlir::Operation *op, StageRef stage);
  void finishReads(mlir::Operation *op);
  Outcome checkReads(ReleaseOp op, StageRef stage);
  Outcome readNote(NoteOp op);
  Outcome release(ReleaseOp op);
  Outcome multiply(MmaOp op);
  Outcome waitProduct(MmaWaitOp op);
  Outcome checkHeld(mlir::Operation *op, StageRef stage);
  Reading *readingOf(StageRef stage);
  void giveBack(StageRef stage);
  std::string waitingReason(unsigned agent) const;

  // Scalars and memory.
  Outcome compute(mlir::Operation *op);
  std::array<Ref, 3> choiceOf(mlir::Operation *op);
  void load(mlir::memref::LoadOp op);
  Ref valueStored(mlir::memref::StoreOp store);
  void addStore(mlir::Operation *op, bool isCertain);
  void makeUnknown(mlir::Operation *op);
  Ref freshUnknown() { return terms.unknown(state.unknowns++); }
  void learn(const Knowledge &known);
  Knowledge knowledge();

  std::optional<Cell> find(mlir::Value value) const;
  llvm::SmallVector<std::optional<Cell>> findAll(mlir::ValueRange values) const;
  Ref termOf(mlir::Value value);
  StageRef stageOf(mlir::Value value) const;
  void set(mlir::Value value, Cell cell);
  void give(mlir::ValueRange targets, llvm::ArrayRef<std::optional<Cell>> from);
  void forget(mlir::Operation *owner);

  AgentState &me() { return state.agents[current]; }
  Frame &frame() { return me().frames.back(); }
  void advance() { ++frame().next; }

  void addTrace(mlir::Operation *op, const llvm::Twine &text);
  Outcome fail(Verdict verdict, MakeRingOp ring, mlir::Operation *op,
               const llvm::Twine &text, const llvm::Twine &here);
  Outcome failAt(StageRef stage, mlir::Operation *op, const llvm::Twine &text,
                 const llvm::Twine &here);

  const Program &program;
  const Network &network;
  Terms &terms;
  State &state;
  Trace &trace;
  unsigned current = 0;
  Question asks; ///< of the agent that runs
};

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_RUN_H
