// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rings: who may fill, read and give back which stage.
#include "Rules.h"

#include "llvm/Support/FormatVariadic.h"

#include <limits>

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

//===----------------------------------------------------------------------===//
// State
//===----------------------------------------------------------------------===//

void Stage::poison() {
  llvm::fill(data, std::numeric_limits<float>::quiet_NaN());
}

Ring::Ring(tile::MakeRingOp op) : op(op) {
  tile::RingType type = op.getRing().getType();
  tile::BufferType buffer = type.getBuffer();
  Stage empty;
  empty.data.resize(buffer ? buffer.getRows() * buffer.getColumns() : 0);
  empty.poison();
  for (int64_t number = 0; number < type.getLanes(); ++number) {
    Lane &lane = lanes.emplace_back();
    lane.number = number;
    lane.stages.assign(type.getStages(), empty);
  }
}

/// Empty again, once all readers have left.
static void giveBack(Agent &agent, StageRef ref) {
  Stage &stage = ref.lane->stageOf(ref.filling);
  int64_t readers = ref.lane->ring->op.getRing().getType().getReaders();
  if (++stage.releases < readers)
    return;
  stage.state = Stage::Empty;
  stage.poison();
  agent.cta.unblock();
}

static void markFull(Cta &cta, StageRef ref) {
  ref.lane->stageOf(ref.filling).state = Stage::Full;
  cta.unblock();
}

//===----------------------------------------------------------------------===//
// Filling
//===----------------------------------------------------------------------===//

static Outcome makeRing(Agent &agent, tile::MakeRingOp op) {
  Ring &ring = agent.cta.rings.emplace_back(op);
  for (Lane &lane : ring.lanes)
    lane.ring = &ring;
  agent.set(op.getRing(), &ring);
  return Outcome::Done;
}

/// The lane that an operation names; none, and a report, if there is no such.
static Lane *laneOf(Agent &agent, Operation *op, Value ringValue,
                    Value number) {
  Ring &ring = *std::get<Ring *>(agent.get(ringValue));
  int64_t lane = agent.integer(number);
  if (lane >= 0 && lane < static_cast<int64_t>(ring.lanes.size()))
    return &ring.lanes[lane];
  agent.fail(ReportKind::OutOfBounds, op,
             llvm::formatv("takes lane {0} of a ring that has {1}", lane,
                           ring.lanes.size()));
  return nullptr;
}

static Outcome acquire(Agent &agent, tile::AcquireOp op) {
  Lane *lane = laneOf(agent, op, op.getRing(), op.getLane());
  if (!lane)
    return Outcome::Failed;
  StageRef ref{lane, lane->acquisitions};
  Stage &stage = lane->stageOf(ref.filling);
  if (lane->filler && lane->filler != &agent)
    return agent.fail(ReportKind::Divergence, op,
                      "acquires " + describe(ref) + " while " +
                          describe(lane->filler->name) +
                          " has yet to fill the one before");
  if (stage.state != Stage::Empty)
    return agent.block(op, [&] {
      return llvm::formatv("to fill {0}, until filling {1} is released, which "
                           "{2} of {3} readers have done",
                           describe(ref), stage.filling, stage.releases,
                           lane->ring->op.getRing().getType().getReaders())
          .str();
    });
  stage.state = Stage::Acquired;
  stage.filling = ref.filling;
  stage.acquiredBy = op;
  stage.releases = 0;
  stage.notes.clear();
  for (Value note : op.getNotes())
    stage.notes.push_back(agent.integer(note));
  lane->filler = &agent;
  ++lane->unfilled;
  ++lane->acquisitions;
  agent.set(op.getStage(), ref);
  agent.trace("acquire", agent.machine.result.ticks, ref);
  return Outcome::Done;
}

/// Takes the stage from acquired to being filled.
static Outcome beginFilling(Agent &agent, Operation *op, StageRef ref) {
  Stage &stage = ref.lane->stageOf(ref.filling);
  if (stage.state != Stage::Acquired || stage.filling != ref.filling)
    return agent.fail(ReportKind::Overwrite, op,
                      "fills " + describe(ref) +
                          ", which is filled already; acquire another");
  stage.state = Stage::Filling;
  if (--ref.lane->unfilled == 0)
    ref.lane->filler = nullptr;
  return Outcome::Done;
}

static Outcome load(Agent &agent, tile::LoadOp op) {
  auto stage = std::get<StageRef>(agent.get(op.getStage()));
  Copy copy{beginTransfer(agent, op), stage};
  // The first row has to exist; those behind the last read as 0.
  int64_t first[] = {copy.batch, copy.head, copy.token};
  if (!offsetOf(*copy.array, first))
    return agent.fail(ReportKind::OutOfBounds, op,
                      "loads a tile of which nothing exists: " +
                          whyOutside(*copy.array, first));
  if (beginFilling(agent, op, stage) == Outcome::Failed)
    return Outcome::Failed;
  agent.cta.copies.push_back(copy);
  return Outcome::Done;
}

void sim::land(const Copy &copy) {
  auto op = cast<tile::LoadOp>(copy.op);
  tile::BufferType tile = op.getMap().getType().getTile();
  Format format = *Format::of(tile);
  const ArrayView &source = *copy.array;
  float *to = copy.stage.lane->stageOf(copy.stage.filling).data.data();
  for (int64_t row = 0; row < tile.getRows(); ++row)
    for (int64_t column = 0; column < tile.getColumns(); ++column) {
      std::optional<int64_t> offset =
          offsetOf(source, {copy.batch, copy.head, copy.token + row, column});
      *to++ = offset ? format.load(elementOf(source, format, *offset)).real : 0;
    }
  copy.agent->trace("load", copy.begin, copy.stage,
                    /*isAsynchronous=*/true);
  markFull(copy.agent->cta, copy.stage);
}

static Outcome commit(Agent &agent, tile::CommitOp op) {
  auto stage = std::get<StageRef>(agent.get(op.getStage()));
  if (beginFilling(agent, op, stage) == Outcome::Failed)
    return Outcome::Failed;
  markFull(agent.cta, stage);
  return Outcome::Done;
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

/// What the agent has met of the lane; none, and a report, if the lane has all
/// its readers already.
static Reader *readerOf(Agent &agent, tile::WaitOp op, Lane &lane) {
  auto found = lane.readers.find(&agent);
  if (found != lane.readers.end())
    return &found->second;
  auto readers = static_cast<size_t>(op.getRing().getType().getReaders());
  if (lane.readers.size() < readers)
    return &lane.readers[&agent];
  std::string others;
  for (auto &[other, reader] : lane.readers)
    others += (others.empty() ? "" : ", ") + describe(other->name);
  agent.fail(ReportKind::Divergence, op,
             llvm::formatv("reads lane {0} of a ring with {1} readers to a "
                           "lane, which are {2}",
                           lane.number, readers, others));
  return nullptr;
}

static Outcome wait(Agent &agent, tile::WaitOp op) {
  Lane *lane = laneOf(agent, op, op.getRing(), op.getLane());
  Reader *reader = lane ? readerOf(agent, op, *lane) : nullptr;
  if (!reader)
    return Outcome::Failed;
  StageRef ref{lane, reader->waits};
  Stage &stage = lane->stageOf(ref.filling);
  if (stage.filling != ref.filling || stage.state != Stage::Full)
    return agent.block(op, [&] {
      return llvm::formatv("for {0}; {1} have been acquired", describe(ref),
                           lane->acquisitions)
          .str();
    });
  reader->held[reader->waits++] = op;
  agent.trace("wait", agent.machine.result.ticks, ref);
  agent.set(op.getStage(), ref);
  return Outcome::Done;
}

Outcome sim::checkHeld(Agent &agent, Operation *op, StageRef ref) {
  if (ref.lane->readers[&agent].held.count(ref.filling))
    return Outcome::Done;
  return agent.fail(ReportKind::NotFull, op,
                    "reads " + describe(ref) +
                        " after its release; release it later, or wait for "
                        "the next");
}

Outcome sim::checkRows(Agent &agent, Operation *op, StageRef stage, Value row) {
  int64_t rows = stage.lane->ring->op.getRing().getType().getBuffer().getRows();
  int64_t first = row ? agent.integer(row) : 0;
  if (first >= 0 && first + tile::kRows <= rows && first % tile::kRows == 0)
    return Outcome::Done;
  return agent.fail(ReportKind::OutOfBounds, op,
                    llvm::formatv("reads {0} rows from row {1} of a stage of "
                                  "{2}; expected a multiple of {0} up to {3}",
                                  tile::kRows, first, rows,
                                  rows - tile::kRows));
}

MatrixRef sim::rowsFrom(Agent &agent, StageRef stage, Value row) {
  tile::BufferType buffer =
      stage.lane->ring->op.getRing().getType().getBuffer();
  int64_t first = row ? agent.integer(row) : 0;
  auto matrix = std::make_shared<Matrix>(tile::kRows, buffer.getColumns());
  ArrayRef<float> data = stage.lane->stageOf(stage.filling).data;
  data = data.slice(first * buffer.getColumns(), matrix->elements.size());
  llvm::transform(data, matrix->elements.begin(),
                  [](float element) { return realNumber(element); });
  return matrix;
}

static Outcome loadFragment(Agent &agent, tile::LoadFragmentOp op) {
  auto stage = std::get<StageRef>(agent.get(op.getStage()));
  if (checkHeld(agent, op, stage) == Outcome::Failed ||
      checkRows(agent, op, stage, op.getRow()) == Outcome::Failed)
    return Outcome::Failed;
  agent.set(op.getResult(), rowsFrom(agent, stage, op.getRow()));
  agent.reads.push_back({op, stage});
  return Outcome::Done;
}

static Outcome note(Agent &agent, tile::NoteOp op) {
  auto ref = std::get<StageRef>(agent.get(op.getStage()));
  if (checkHeld(agent, op, ref) == Outcome::Failed)
    return Outcome::Failed;
  ArrayRef<int64_t> notes = ref.lane->stageOf(ref.filling).notes;
  auto number = static_cast<size_t>(op.getNumber());
  if (number >= notes.size())
    return agent.fail(ReportKind::NoNote, op,
                      "reads note " + Twine(number) + " of " + describe(ref) +
                          ", which was acquired with " + Twine(notes.size()));
  agent.set(op.getValue(), integerNumber(notes[number]));
  agent.reads.push_back({op, ref});
  return Outcome::Done;
}

static Outcome release(Agent &agent, tile::ReleaseOp op) {
  auto ref = std::get<StageRef>(agent.get(op.getStage()));
  auto isReleased = [&](StageRef read) {
    return read.lane == ref.lane && read.filling == ref.filling;
  };
  if (op.getFenced())
    agent.reads.clear();
  for (const Read &read : agent.reads)
    if (isReleased(read.stage))
      return agent.fail(ReportKind::ReleasedEarly, op,
                        "releases " + describe(ref) +
                            ", which a load into registers may still read; let "
                            "a product or a branch use what was read before, "
                            "or name it in 'after'");
  for (const auto &product : agent.products)
    if (llvm::any_of(product->reads, isReleased))
      return agent.fail(ReportKind::ReleasedEarly, op,
                        "releases " + describe(ref) +
                            ", which a product may still read; put the "
                            "tile.mma_wait before");
  if (!ref.lane->readers[&agent].held.erase(ref.filling))
    return agent.fail(ReportKind::ReleasedTwice, op,
                      "releases " + describe(ref) + " a second time");
  agent.trace("release", agent.machine.result.ticks, ref);
  giveBack(agent, ref);
  return Outcome::Done;
}

void sim::addRingRules(Rules &rules) {
  rules.add<makeRing>();
  rules.add<acquire>(/*isShared=*/true);
  rules.add<load>(/*isShared=*/true);
  rules.add<commit>(/*isShared=*/true);
  rules.add<wait>(/*isShared=*/true);
  rules.add<loadFragment>(/*isShared=*/true);
  rules.add<note>();
  rules.add<release>(/*isShared=*/true);
}
