// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What of a kernel concerns its rings: the operations on them, the control flow
// around these, and the scalars that steer it. And which agents meet at which
// lanes.

#ifndef TILE_ANALYSIS_RINGS_PROGRAM_H
#define TILE_ANALYSIS_RINGS_PROGRAM_H

#include "Rings.h"
#include "Terms.h"
#include "Tile/Analysis/Reads.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SetVector.h"

namespace tessera::tile::rings {

struct Agent {
  RoleOp role;
  int64_t number;
  std::string name() const;
};

/// One lane of a ring, between agents given by their index in the network.
struct Lane {
  MakeRingOp ring;
  int64_t number;
  unsigned filler;
  llvm::SmallVector<unsigned> readers;
  std::string name() const;
};

/// Agents that depend on each other through lanes, and on nobody else.
struct Network {
  llvm::SmallVector<Agent> agents;
  llvm::SmallVector<Lane> lanes;
  /// By an operation on a ring and the agent that carries it out.
  llvm::DenseMap<std::pair<mlir::Operation *, unsigned>, unsigned> laneOf;
};

class Program {
public:
  Program(KernelOp kernel, Terms &terms);

  /// Whether it has to be carried out to know what happens to the rings.
  bool matters(mlir::Operation *op) const { return needed.contains(op); }
  /// Whether a ring or a product is touched, by it or within it.
  bool touchesRings(mlir::Operation *op) const { return touching.contains(op); }
  bool isNeeded(mlir::Value value) const { return numbers.contains(value); }
  /// Values in the order of the text, so that those of a region are
  /// consecutive.
  unsigned numberOf(mlir::Value value) const { return numbers.lookup(value); }
  mlir::Value valueOf(unsigned number) const { return values[number]; }
  std::pair<unsigned, unsigned> numbersWithin(mlir::Region &region) const {
    return ranges.lookup(&region);
  }
  /// Memory that the kernel writes, and reads to decide something. It is named
  /// by what all views on it come from.
  bool isShared(mlir::Value memory) const { return shared.contains(memory); }
  static mlir::Value rootOf(mlir::Value memory);
  llvm::SmallVector<mlir::Value> memoryWrittenBy(mlir::Operation *op) const;
  /// Stores to it within an operation, itself among them.
  llvm::SmallVector<mlir::Operation *> storesWithin(mlir::Operation *op) const;

  /// What is known before the roles begin.
  const llvm::MapVector<mlir::Value, Ref> &getGlobals() const {
    return globals;
  }

  /// What a load gives: of memory that is written, after the store `version`,
  /// or 0 before the first; of other memory that is null.
  Ref termOfLoad(mlir::memref::LoadOp load, Ref version,
                 llvm::ArrayRef<Ref> operands) const;

  /// The networks of the kernel, without lanes for which something was found.
  llvm::SmallVector<Network>
  findNetworks(llvm::SmallVector<Finding> &findings) const;

  KernelOp kernel;
  Terms &terms;
  const ReadUses readUses;

private:
  void findTouching();
  void findNeeded();
  void need(mlir::Value value);
  void needFeeders(mlir::Value value);
  void needNote(NoteOp note);
  void needOperands(mlir::Operation *op);
  void needMemory(mlir::Value memory);
  void numberValues();
  Ref evaluateGlobal(mlir::Operation *op);
  void findGlobals();

  llvm::DenseSet<mlir::Operation *> needed, touching;
  llvm::SetVector<mlir::Value> neededValues;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  llvm::SmallVector<mlir::Value> values; ///< by number
  llvm::DenseMap<mlir::Region *, std::pair<unsigned, unsigned>> ranges;
  llvm::DenseSet<mlir::Value> shared;
  llvm::MapVector<mlir::Value, Ref> globals;
};

/// Acquires, fillings, waits, releases, products, reads of stages.
bool isRingOp(mlir::Operation *op);
/// Whether both sides give the same stages back and do nothing else to rings,
/// so that it need not be known which is taken.
bool sidesAgree(mlir::scf::IfOp branch);
/// A stage or a product.
bool isHandle(mlir::Type type);
} // namespace tessera::tile::rings

#endif // TILE_ANALYSIS_RINGS_PROGRAM_H
