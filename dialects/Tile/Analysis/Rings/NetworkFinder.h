// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who fills and who reads each lane of a kernel, and which agents belong together
// by that.
#ifndef TESSERA_DIALECTS_TILE_ANALYSIS_RINGS_NETWORKFINDER_H
#define TESSERA_DIALECTS_TILE_ANALYSIS_RINGS_NETWORKFINDER_H

#include "Program.h"
#include "llvm/ADT/EquivalenceClasses.h"

namespace tessera::tile::rings {

/// What has to be so for an agent to come to an operation, in the first rounds
/// of the loops around it; none if that is not known.
using Path = std::optional<llvm::SmallVector<Ref>>;

/// An operation that takes a stage, and the agent that carries it out.
struct Use {
  mlir::Operation *op;
  unsigned agent;
  Path path;
};

struct LaneUses {
  llvm::SmallVector<Use> fillings, readings;

  llvm::SmallVector<Use> all() const {
    llvm::SmallVector<Use> uses = fillings;
    llvm::append_range(uses, readings);
    return uses;
  }
};

class NetworkFinder {
public:
  NetworkFinder(const Program &program, llvm::SmallVector<Finding> &findings)
      : program(program), findings(findings) {}
  llvm::SmallVector<Network> run();

private:
  struct Place {
    unsigned network, agent;
  };

  Ref valueFor(unsigned agent, mlir::Value value, bool isFirstRound = false);
  Ref firstOf(unsigned agent, mlir::BlockArgument argument);
  Path into(unsigned agent, mlir::Region &region, const Path &path);
  void visit(unsigned agent, mlir::Region &region, const Path &path);
  void addUse(const Use &use, mlir::Value ring, mlir::Value lane,
              bool isFilling);
  bool canHappen(llvm::ArrayRef<Use> uses);
  bool canAnyHappen(llvm::ArrayRef<Use> uses);
  bool canShare(llvm::ArrayRef<Use> uses, size_t agentCount);
  bool checkHandles(mlir::Operation *op);
  void checkLane(MakeRingOp ring, int64_t lane, const LaneUses &uses);
  llvm::SmallVector<unsigned> agentsOf(llvm::ArrayRef<Use> uses);
  llvm::EquivalenceClasses<unsigned> groupAgents();
  llvm::SmallVector<std::optional<Place>>
  placeAgents(llvm::SmallVector<Network> &networks);
  void report(Verdict verdict, MakeRingOp ring, const llvm::Twine &text,
              llvm::ArrayRef<Use> at, llvm::StringRef what);
  void reportIf(bool happens, MakeRingOp ring, const llvm::Twine &text,
                llvm::ArrayRef<Use> at, llvm::StringRef what);

  const Program &program;
  llvm::SmallVector<Finding> &findings;
  llvm::SmallVector<Agent> agents;
  llvm::MapVector<MakeRingOp, std::map<int64_t, LaneUses>> lanes;
  llvm::DenseSet<mlir::Operation *> spoilt; ///< rings with a finding
  llvm::DenseSet<unsigned> lost;            ///< agents that take no known lane
};

} // namespace tessera::tile::rings

#endif // TESSERA_DIALECTS_TILE_ANALYSIS_RINGS_NETWORKFINDER_H
