// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Global memory: elements, extents, rows.
#include "Rules.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

namespace {
/// What an operation reaches: a view, and where in it.
struct Place {
  const ArrayView &view;
  Format format;
  SmallVector<int64_t> indices;
};
} // namespace

static Place placeOf(Agent &agent, Value memory, ValueRange indices) {
  Place place{*std::get<const ArrayView *>(agent.get(memory)),
              *Format::of(memory.getType()),
              {}};
  for (Value index : indices)
    place.indices.push_back(agent.integer(index));
  return place;
}

/// The element; null, and a report, if there is none.
static void *reach(Agent &agent, Operation *op, const Place &place) {
  if (std::optional<int64_t> offset = offsetOf(place.view, place.indices))
    return elementOf(place.view, place.format, *offset);
  agent.fail(ReportKind::OutOfBounds, op,
             whyOutside(place.view, place.indices));
  return nullptr;
}

static Outcome load(Agent &agent, memref::LoadOp op) {
  Place place = placeOf(agent, op.getMemRef(), op.getIndices());
  void *element = reach(agent, op, place);
  if (!element)
    return Outcome::Failed;
  agent.set(op.getResult(), place.format.load(element));
  return Outcome::Done;
}

static Outcome store(Agent &agent, memref::StoreOp op) {
  Place place = placeOf(agent, op.getMemRef(), op.getIndices());
  void *element = reach(agent, op, place);
  if (!element)
    return Outcome::Failed;
  place.format.store(element, std::get<Number>(agent.get(op.getValue())));
  return Outcome::Done;
}

static Outcome dim(Agent &agent, memref::DimOp op) {
  const ArrayView &view =
      *std::get<const ArrayView *>(agent.get(op.getSource()));
  int64_t index = agent.integer(op.getIndex());
  if (index < 0 || index >= static_cast<int64_t>(view.dims.size()))
    return agent.fail(ReportKind::OutOfBounds, op,
                      "asks for dimension " + Twine(index) + " of " +
                          Twine(view.dims.size()));
  agent.set(op.getResult(), integerNumber(view.dims[index]));
  return Outcome::Done;
}

static Outcome storeRows(Agent &agent, tile::StoreRowsOp op) {
  Place place = placeOf(agent, op.getTarget(), op.getIndex());
  MatrixRef matrix = std::get<MatrixRef>(agent.get(op.getValue()));
  int64_t first = place.indices[0];
  for (int64_t row = 0;
       row < std::min(agent.integer(op.getLimit()), matrix->rows); ++row) {
    place.indices[0] = first + row;
    void *element = reach(agent, op, place);
    if (!element)
      return Outcome::Failed;
    place.format.store(element, matrix->at(row, 0));
  }
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Stores through staging
//===----------------------------------------------------------------------===//

static Outcome makeStaging(Agent &agent, tile::MakeStagingOp op) {
  agent.set(op.getStaging(), integerNumber(0)); // stores hold what they store
  return Outcome::Done;
}

static Outcome storeAsync(Agent &agent, tile::StoreAsyncOp op) {
  int64_t lane = agent.integer(op.getLane());
  int64_t lanes = op.getStaging().getType().getLanes();
  if (lane < 0 || lane >= lanes)
    return agent.fail(ReportKind::OutOfBounds, op,
                      "takes lane " + Twine(lane) + " of a staging that has " +
                          Twine(lanes));
  const Agent *owner =
      agent.cta.stagingOwners.try_emplace({op.getStaging(), lane}, &agent)
          .first->second;
  if (owner != &agent)
    return agent.fail(ReportKind::Divergence, op,
                      "stores through lane " + Twine(lane) +
                          " of a staging, which is that of " +
                          describe(owner->name));
  Store store{beginTransfer(agent, op),
              std::get<MatrixRef>(agent.get(op.getValue()))};
  int64_t first[] = {store.batch, store.head};
  if (!offsetOf(*store.array, first))
    return agent.fail(ReportKind::OutOfBounds, op,
                      "stores to where nothing exists: " +
                          whyOutside(*store.array, first));
  agent.cta.stores.push_back(std::move(store));
  agent.lastStore = op;
  return Outcome::Done;
}

void sim::land(const Store &store) {
  auto op = cast<tile::StoreAsyncOp>(store.op);
  Format format = *Format::of(op.getMap().getType().getTile());
  for (int64_t row = 0; row < store.value->rows; ++row)
    for (int64_t column = 0; column < store.value->columns; ++column) {
      std::optional<int64_t> offset = offsetOf(
          *store.array, {store.batch, store.head, store.token + row, column});
      if (!offset)
        continue;
      void *element = elementOf(*store.array, format, *offset);
      Number number = store.value->at(row, column);
      if (op.getAdds())
        number =
            format.round(realNumber(format.load(element).real + number.real));
      format.store(element, number);
    }
  store.agent->trace("store", store.begin,
                     llvm::formatv("batch {0}, head {1}, tokens from {2}",
                                   store.batch, store.head, store.token)
                         .str(),
                     /*isAsynchronous=*/true);
  store.agent->cta.unblock();
}

static Outcome storeWait(Agent &agent, tile::StoreWaitOp op) {
  if (agent.cta.isStoring(agent))
    return agent.block(op, [] { return "until its stores are written"; });
  agent.lastStore = nullptr;
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Numbers that CTAs share
//===----------------------------------------------------------------------===//

static Outcome atomicAdd(Agent &agent, tile::AtomicAddOp op) {
  Place place = placeOf(agent, op.getMemory(), op.getIndex());
  void *element = reach(agent, op, place);
  if (!element)
    return Outcome::Failed;
  Number before = place.format.load(element);
  int64_t sum =
      before.integer + std::get<Number>(agent.get(op.getValue())).integer;
  place.format.store(element, place.format.round(integerNumber(sum)));
  agent.set(op.getBefore(), before);
  agent.machine.unblockAll();
  return Outcome::Done;
}

static Outcome await(Agent &agent, tile::AwaitOp op) {
  Place place = placeOf(agent, op.getMemory(), op.getIndex());
  void *element = reach(agent, op, place);
  if (!element)
    return Outcome::Failed;
  int64_t now = place.format.load(element).integer;
  int64_t wanted = agent.integer(op.getValue());
  if (now >= wanted)
    return Outcome::Done;
  return agent.block(op, [&] {
    return "until " + std::to_string(now) + " in memory is " +
           std::to_string(wanted);
  });
}

void sim::addMemoryRules(Rules &rules) {
  rules.add<load>(/*isShared=*/true);
  rules.add<store>(/*isShared=*/true);
  rules.add<dim>();
  rules.add<storeRows>(/*isShared=*/true);
  rules.add<makeStaging>();
  rules.add<storeAsync>(/*isShared=*/true);
  rules.add<storeWait>(/*isShared=*/true);
  rules.add<atomicAdd>(/*isShared=*/true);
  rules.add<await>(/*isShared=*/true);
}
