// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Global memory: elements, extents, rows.
#include "Rules.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

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

/// Calls `move` with each element of the rows below `limit` and the number in
/// the matrix that belongs to it. The tokens are the dimension before the
/// features, or the last one if an element is a row.
static Outcome
forEachOfRows(Agent &agent, Operation *op, Place place, int64_t limit,
              RankedTensorType type,
              function_ref<void(void *, int64_t, int64_t)> move) {
  bool hasColumns = type.getRank() == 2;
  int64_t columns = hasColumns ? type.getDimSize(1) : 1;
  size_t token = place.indices.size() - (hasColumns ? 2 : 1);
  SmallVector<int64_t> first = place.indices;
  for (int64_t row = 0; row < std::min(limit, type.getDimSize(0)); ++row)
    for (int64_t column = 0; column < columns; ++column) {
      if (hasColumns)
        place.indices.back() = first.back() + column;
      place.indices[token] = first[token] + row;
      void *element = reach(agent, op, place);
      if (!element)
        return Outcome::Failed;
      move(element, row, column);
    }
  return Outcome::Done;
}

static Outcome loadRows(Agent &agent, tile::LoadRowsOp op) {
  Place place = placeOf(agent, op.getSource(), op.getIndices());
  RankedTensorType type = op.getResult().getType();
  auto matrix = std::make_shared<Matrix>(type);
  llvm::fill(matrix->elements, realNumber(0));
  Outcome outcome =
      forEachOfRows(agent, op, place, agent.integer(op.getLimit()), type,
                    [&](void *element, int64_t row, int64_t column) {
                      matrix->at(row, column) = place.format.load(element);
                    });
  agent.set(op.getResult(), MatrixRef(matrix));
  return outcome;
}

static Outcome storeRows(Agent &agent, tile::StoreRowsOp op) {
  Place place = placeOf(agent, op.getTarget(), op.getIndices());
  MatrixRef matrix = std::get<MatrixRef>(agent.get(op.getValue()));
  return forEachOfRows(agent, op, place, agent.integer(op.getLimit()),
                       cast<RankedTensorType>(op.getValue().getType()),
                       [&](void *element, int64_t row, int64_t column) {
                         place.format.store(element, matrix->at(row, column));
                       });
}

void sim::addMemoryRules(Rules &rules) {
  rules.add<load>(/*isShared=*/true);
  rules.add<store>(/*isShared=*/true);
  rules.add<dim>();
  rules.add<loadRows>(/*isShared=*/true);
  rules.add<storeRows>(/*isShared=*/true);
}
