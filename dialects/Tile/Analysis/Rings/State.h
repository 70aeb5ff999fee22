// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where the agents of a network stand, what they hold, and what the lanes hold.

#ifndef TILE_ANALYSIS_RINGS_STATE_H
#define TILE_ANALYSIS_RINGS_STATE_H

#include "Facts.h"
#include "Program.h"

#include <map>
#include <variant>

namespace tessera::tile::rings {

struct StageRef {
  unsigned lane = 0;
  int64_t filling = 0; ///< acquisitions of the lane before

  bool operator==(const StageRef &) const = default;
};
struct ProductRef {
  int64_t number = 0; ///< products of the agent before
};
using Cell = std::variant<Ref, StageRef, ProductRef>;

struct Frame {
  mlir::Block *block;
  mlir::Block::iterator next;
  mlir::Operation *owner; ///< whose region this is; null for the role's own
  unsigned rounds = 0;    ///< of a loop, that have ended
  /// Of what the loop carries, what the last round did not step on by something
  /// that is the same in every round.
  llvm::SmallVector<mlir::Value, 2> straying;
};

struct Product {
  mlir::Operation *op;
  llvm::SmallVector<StageRef, 2> stages; ///< that it reads
};

/// A load of a stage into registers that nothing has needed yet.
struct Read {
  mlir::Operation *op;
  StageRef stage;
  /// Something may have that is not followed.
  bool isDoubtful = false;
};

/// Stores that an agent knows to have happened, by their versions.
using Knowledge = llvm::SmallVector<Ref, 2>;

struct AgentState {
  llvm::SmallVector<Frame, 4> frames;     ///< none once it has ended
  std::map<unsigned, Cell> cells;         ///< by the value's number
  llvm::SmallVector<Product, 2> products; ///< not waited for
  int64_t productsBefore = 0;             ///< waited for
  llvm::SmallVector<Read, 2> reads;
  uint64_t steps = 0;
  /// Rounds of loops begun at each depth, since the last at the depth before.
  llvm::SmallVector<uint64_t, 4> rounds;
  mlir::Operation *standsAt = nullptr; ///< when it stopped
  Knowledge knows;
};

enum class Reading : uint8_t { Ahead, Held, Released };

struct Filling {
  mlir::Operation *acquiredBy;
  bool isFull = false;
  llvm::SmallVector<Ref, 2> notes; ///< null: a note that decides nothing
  llvm::SmallVector<Reading, 2> readers;
  Knowledge told, returned; ///< by the filler, by the readers
};

struct LaneState {
  int64_t first = 0; ///< number of the oldest filling
  llvm::SmallVector<Filling, 4> fillings;
  llvm::SmallVector<int64_t, 2> waits; ///< of each reader
  /// What readers knew when they gave back stages nobody has acquired since.
  llvm::SmallVector<Knowledge, 4> freed;

  Filling *find(int64_t filling) {
    return filling < first ? nullptr : &fillings[filling - first];
  }
};

/// A store to memory that is read to decide something.
struct Store {
  Ref memory;
  llvm::SmallVector<Ref, 2> indices; ///< empty: anywhere
  /// Stands also for stores at smaller first indices.
  bool isOrBelow = false;
  Ref version; ///< an unknown, new with each store
  /// Null if it is not known. States that are generalised know none.
  Ref value = nullptr;
  unsigned agent = 0;
  unsigned age = 0; ///< generalisations since
};

struct State {
  std::vector<AgentState> agents;
  std::vector<LaneState> lanes;
  llvm::SmallVector<Store, 4> stores; ///< in the order they happen
  Facts facts;
  int64_t unknowns = 0;
  /// The condition to decide next, and the one that an agent has of it.
  Ref open = nullptr, asked = nullptr;
  /// Unknowns, and the operations that are the reason.
  llvm::SmallVector<std::pair<Ref, mlir::Operation *>, 2> notUnderstood;
  llvm::SmallVector<Ref, 2> drawn; ///< unknowns that other CTAs have a part in

  State() = default;
  State(const Program &program, const Network &network);
};

/// Replaces what loops carry from round to round by unknowns, once a loop has
/// gone `delay` times, and gives unknowns new numbers. So states that differ
/// only in how often loops have gone become one. What was known of a value is
/// kept in how terms share unknowns and in facts; all else is forgotten.
void generalise(State &state, const Program &program, unsigned delay);

/// What a loop gives from one round to the next, as known at any point of a
/// round; nothing for other frames.
mlir::ValueRange carriedBy(const Frame &frame);

/// All terms of a state, in an order that equal states share; those of facts
/// are not among them.
void forEachTerm(State &state, llvm::function_ref<void(Ref &)> visit);
/// These, and all within them.
llvm::DenseSet<Ref> termsWithin(State &state);

/// Equal for states that differ in facts alone.
std::string keyOf(const State &state, unsigned delay);

/// Whether two stores or loads may mean the same place.
bool mayMeet(const State &state, Terms &terms, const Store &store, Ref memory,
             llvm::ArrayRef<Ref> indices);

} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_STATE_H
