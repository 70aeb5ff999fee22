// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who goes on, and what must be true in the end.
#include "Machine.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

SimulationResult sim::simulate(tile::KernelOp kernel,
                               ArrayRef<Argument> arguments, int64_t grid,
                               const Options &options) {
  return Machine(kernel, arguments, grid, options).run();
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

/// What is wrong with an array for a memref or map; "" if nothing.
static std::string mismatch(const ArrayView &view, Type type) {
  auto memory = dyn_cast<MemRefType>(type);
  size_t rank = memory ? memory.getRank() : 4;
  if (view.dims.size() != rank || view.strides.size() != rank)
    return llvm::formatv("has {0} dimensions; expected {1}", view.dims.size(),
                         rank);
  if (!memory) {
    int64_t columns = cast<tile::MapType>(type).getTile().getColumns();
    if (view.dims.back() != columns)
      return llvm::formatv("has {0} features; expected {1}", view.dims.back(),
                           columns);
    return "";
  }
  auto [strides, offset] = memory.getStridesAndOffset();
  for (size_t dim = 0; dim < rank; ++dim) {
    auto agrees = [](int64_t given, int64_t wanted) {
      return ShapedType::isDynamic(wanted) || given == wanted;
    };
    bool isKnown = !memory.getLayout().isIdentity();
    if (!agrees(view.dims[dim], memory.getDimSize(dim)) ||
        (isKnown && !agrees(view.strides[dim], strides[dim])))
      return llvm::formatv("has extent {0} and stride {1} in dimension {2}; "
                           "expected them as in {3}",
                           view.dims[dim], view.strides[dim], dim, type);
  }
  return "";
}

static std::string mismatch(const Argument &argument, Type type) {
  bool isArray = isa<MemRefType, tile::MapType>(type);
  bool isReal = isa<FloatType>(type);
  size_t wanted = isArray ? 2 : isReal ? 1 : 0;
  if (argument.index() != wanted)
    return llvm::formatv("is of the wrong kind for {0}", type);
  return isArray ? mismatch(std::get<ArrayView>(argument), type) : "";
}

bool Machine::bindArguments() {
  auto refuse = [&](const Twine &text) {
    result.reports.push_back(
        {ReportKind::BadArgument, kernel.getLoc(), {}, text.str()});
  };
  ArrayRef<Type> types = kernel.getArgumentTypes();
  if (types.size() != arguments.size())
    refuse(Twine(arguments.size()) + " arguments for " + Twine(types.size()) +
           " parameters");
  if (grid < 1 || options.residentCtas < 1)
    refuse("a grid of " + Twine(grid) + " CTAs, " +
           Twine(options.residentCtas) +
           " of them at a time; expected at least 1");
  for (auto [index, argument, type] :
       llvm::zip_first(llvm::seq(arguments.size()), arguments, types))
    if (std::string why = mismatch(argument, type); !why.empty())
      refuse("argument " + Twine(index) + " " + why);
  return result.reports.empty();
}

static Cell argumentCell(const Argument &argument, Type type) {
  if (auto *view = std::get_if<ArrayView>(&argument))
    return view;
  if (auto *real = std::get_if<double>(&argument))
    return Format::of(type)->round(realNumber(*real));
  return Format::of(type)->round(integerNumber(std::get<int64_t>(argument)));
}

//===----------------------------------------------------------------------===//
// Choosing
//===----------------------------------------------------------------------===//

/// Some things are much slower than others, so that one side of a ring runs far
/// ahead of the other.
int64_t Machine::drawWeight() {
  static constexpr int64_t kWeights[] = {1, 8, 64};
  return kWeights[random.integer(0, 2)];
}

void Machine::startCta() {
  auto cta = std::make_unique<Cta>();
  cta->number = nextCta++;
  AgentName name{cta->number, "", 0};
  cta->prologue =
      std::make_unique<Agent>(*this, *cta, name, &kernel.getBody().front());
  for (auto [parameter, argument] :
       llvm::zip_equal(kernel.getBody().getArguments(), arguments))
    cta->prologue->set(parameter, argumentCell(argument, parameter.getType()));
  Agent &prologue = *cta->prologue;
  while (result.reports.empty() && !prologue.hasEnded) {
    prologue.run();
    if (prologue.isBlocked)
      prologue.fail(ReportKind::Deadlock, prologue.blockedAt,
                    "waits before the roles begin");
  }
  for (auto &agent : cta->agents)
    agent->weight = drawWeight();
  ctas.push_back(std::move(cta));
}

void Cta::unblock() {
  for (auto &agent : agents)
    agent->isBlocked = false;
}

void Machine::unblockAll() {
  for (auto &cta : ctas)
    cta->unblock();
}

namespace {
/// One thing that could happen next.
struct Candidate {
  enum Kind { RunAgent, LandCopy, LandStore, RetireProduct };
  Kind kind;
  Cta *cta;
  size_t index;
  int64_t weights; ///< its own and those of the candidates before
};

class Candidates {
public:
  void collect(Cta &cta);
  bool empty() const { return list.empty(); }
  Candidate draw(oracle::Random &random) const {
    int64_t drawn = random.integer(0, list.back().weights - 1);
    return *llvm::partition_point(list, [&](const Candidate &candidate) {
      return candidate.weights <= drawn;
    });
  }

private:
  void add(Candidate::Kind kind, Cta &cta, size_t index, int64_t weight) {
    int64_t before = list.empty() ? 0 : list.back().weights;
    list.push_back({kind, &cta, index, before + weight});
  }

  SmallVector<Candidate> list;
};
} // namespace

void Candidates::collect(Cta &cta) {
  for (auto [index, agent] : llvm::enumerate(cta.agents)) {
    if (!agent->hasEnded && !agent->isBlocked)
      add(Candidate::RunAgent, cta, index, agent->weight);
    if (agent->retired < agent->products.size())
      add(Candidate::RetireProduct, cta, index, agent->weight);
  }
  for (auto [index, copy] : llvm::enumerate(cta.copies))
    add(Candidate::LandCopy, cta, index, copy.weight);
  for (auto [index, store] : llvm::enumerate(cta.stores))
    add(Candidate::LandStore, cta, index, store.weight);
}

template <typename Transfer>
static void landOne(std::vector<Transfer> &transfers, size_t index) {
  Transfer transfer = std::move(transfers[index]);
  transfers.erase(transfers.begin() + static_cast<ptrdiff_t>(index));
  land(transfer);
}

/// Lets one thing happen; false if there is none left.
bool Machine::choose() {
  Candidates candidates;
  for (auto &cta : ctas)
    candidates.collect(*cta);
  if (candidates.empty())
    return false;
  Candidate chosen = candidates.draw(random);

  ++result.ticks;
  Cta &cta = *chosen.cta;
  if (chosen.kind == Candidate::LandCopy)
    return landOne(cta.copies, chosen.index), true;
  if (chosen.kind == Candidate::LandStore)
    return landOne(cta.stores, chosen.index), true;
  Agent &agent = *cta.agents[chosen.index];
  if (random.oneIn(32))
    agent.weight = drawWeight();
  if (chosen.kind == Candidate::RetireProduct)
    retireNext(agent);
  else
    agent.run();
  return true;
}

SimulationResult Machine::run() {
  if (!bindArguments())
    return std::move(result);
  while (result.reports.empty()) {
    while (nextCta < grid &&
           static_cast<int64_t>(ctas.size()) < options.residentCtas)
      startCta();
    if (ctas.empty())
      break;
    if (!result.reports.empty())
      break;
    if (!choose())
      reportDeadlock();
    llvm::erase_if(ctas, [&](const std::unique_ptr<Cta> &cta) {
      bool hasEnded = cta->copies.empty() && cta->stores.empty() &&
                      llvm::all_of(cta->agents, [](const auto &agent) {
                        return agent->hasEnded;
                      });
      if (hasEnded && result.reports.empty())
        checkLeftovers(*cta);
      return hasEnded;
    });
  }
  return std::move(result);
}

//===----------------------------------------------------------------------===//
// What must be true in the end
//===----------------------------------------------------------------------===//

void Machine::reportDeadlock() {
  wantsReasons = true;
  for (auto &cta : ctas)
    for (auto &agent : cta->agents)
      if (!agent->hasEnded) {
        agent->run(); // says what it waits for
        agent->fail(ReportKind::Deadlock, agent->blockedAt,
                    "waits for ever: " + agent->blockedBy);
      }
}

static void checkLane(const Cta &cta, Lane &lane, SimulationResult &result) {
  auto report = [&](ReportKind kind, Operation *op, const AgentName &agent,
                    int64_t filling, const Twine &text) {
    result.reports.push_back(
        {kind, op->getLoc(), agent,
         (text + describe(StageRef{&lane, filling})).str()});
  };
  for (auto &[agent, reader] : lane.readers)
    for (auto [filling, wait] : reader.held)
      report(ReportKind::Unreleased, wait, agent->name, filling,
             "ends and has not released ");
  // Fewer readers than the ring has, none of which holds the stage.
  for (Stage &stage : lane.stages) {
    bool isHeld = llvm::any_of(lane.readers, [&](const auto &entry) {
      return entry.second.held.count(stage.filling);
    });
    AgentName nobody{cta.number, "", 0};
    if (stage.state == Stage::Acquired)
      report(ReportKind::Unfilled, stage.acquiredBy, nobody, stage.filling,
             "nobody fills ");
    else if (stage.state == Stage::Full && !isHeld)
      report(ReportKind::Unread, stage.acquiredBy, nobody, stage.filling,
             "not every reader has met ");
  }
}

void Machine::checkLeftovers(Cta &cta) {
  for (Ring &ring : cta.rings)
    for (Lane &lane : ring.lanes)
      checkLane(cta, lane, result);
}
