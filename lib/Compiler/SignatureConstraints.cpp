// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the joined contract of a function to constraints of its record.
#include "SignatureReader.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace tessera;
using program::Constraint;
using program::ConstraintKind;
using program::ExpressionKind;
using program::Index;
using program::kNone;
using program::Param;
using program::Writer;

//===----------------------------------------------------------------------===//
// Scalars
//===----------------------------------------------------------------------===//

/// An argument gets the tightest range that an op asks for; a number computed
/// from arguments is checked like one.
void SignatureReader::addRange(const bsa::Contract::Range &range) {
  if (matchPattern(range.value, m_Constant()))
    return; // the verifier has seen to it
  Index value = params.contains(range.value) ? kNone : scalar(range.value);
  if (auto found = params.find(range.value); found != params.end()) {
    Param &param = writer.params[found->second];
    param.minimum = std::max(param.minimum, range.minimum);
    param.maximum = std::min(param.maximum, range.maximum);
    return;
  }
  Constraint constraint = Writer::constraint(ConstraintKind::Within);
  constraint.target = value;
  constraint.minimum = range.minimum;
  constraint.maximum = range.maximum;
  constraint.message = writer.text(
      ("'" + range.role + "' is computed as {t}, " + Twine(range.minimum) +
       " to " + Twine(range.maximum) + " is accepted; pass other arguments")
          .str());
  writer.add(constraint);
}

void SignatureReader::addPositive(const bsa::Contract::Positive &positive) {
  if (matchPattern(positive.value, m_Constant()))
    return; // the verifier has seen to it
  addComputed(positive.value);
  writer.params[params.at(positive.value)].flags |= program::kPositive;
}

void SignatureReader::addRanges() {
  for (const auto &entry : contract.entries()) {
    for (const bsa::Contract::Range &range : entry.contract.ranges)
      addRange(range);
    for (const bsa::Contract::Positive &positive : entry.contract.positives)
      addPositive(positive);
  }
}

//===----------------------------------------------------------------------===//
// Extents
//===----------------------------------------------------------------------===//

void SignatureReader::addGates() {
  for (BlockArgument argument : function.getArguments()) {
    Index index = params.at(argument);
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim)
      for (bsa::DimClass gated : contract.gatedBy(argument, dim)) {
        Constraint constraint = Writer::constraint(ConstraintKind::Broadcast);
        constraint.param = index;
        constraint.dim = Index(dim);
        constraint.value = referenceTo(gated);
        if (constraint.value != writer.params[index].dims[dim])
          writer.add(constraint);
      }
  }
}

void SignatureReader::addGrid(Operation *op, const bsa::Contract::Grid &grid) {
  Writer::Grid numbers{scalar(grid.text),
                       scalar(grid.time),
                       scalar(grid.height),
                       scalar(grid.width),
                       {grid.cube[0], grid.cube[1], grid.cube[2]}};
  Index blocks = referenceTo(op, grid.blocks);
  writer.addVolume(referenceTo(op, grid.raster), numbers);
  writer.addCubes(blocks, numbers);
  writer.addProduct(referenceTo(op, grid.packed), blocks, numbers.volume());
}

void SignatureReader::addMultiple(Operation *op,
                                  const bsa::Contract::Multiple &multiple) {
  Constraint constraint = Writer::constraint(ConstraintKind::Multiple);
  constraint.target = referenceTo(op, multiple.whole);
  constraint.value = referenceTo(op, multiple.part);
  if (!writer.isConstant(constraint.target) ||
      !writer.isConstant(constraint.value))
    writer.add(constraint);
}

/// Whether an argument has this extent, or a relation makes it.
bool SignatureReader::isDetermined(Index extent) const {
  if (writer.expression(extent).kind != ExpressionKind::Symbol)
    return true;
  auto has = [&](const Param &param) {
    return llvm::is_contained(ArrayRef(param.dims, param.rank), extent);
  };
  auto makes = [&](const Constraint &constraint) {
    return constraint.flags & program::kDefines && constraint.target == extent;
  };
  return llvm::any_of(writer.params, has) ||
         llvm::any_of(writer.constraints, makes);
}

//===----------------------------------------------------------------------===//
// What tensors hold
//===----------------------------------------------------------------------===//

void SignatureReader::addSizes(Operation *op,
                               const bsa::Contract::Sizes &sizes) {
  std::optional<Index> index = paramOf(sizes.value);
  if (!index) // made inside: nothing a caller could get wrong
    return;
  Param &param = writer.params[*index];
  bool serves =
      param.broadcast & 1 || (writer.isConstant(param.dims[0]) &&
                              writer.expression(param.dims[0]).value == 1);
  if (param.rank == 2 && serves)
    param.flags |= program::kMayLackFirstDim;
  Constraint constraint = Writer::constraint(ConstraintKind::Sizes);
  constraint.flags = program::kReads;
  constraint.param = *index;
  constraint.value = referenceTo(op, sizes.length);
  constraint.maximum = sizes.block;
  writer.add(constraint);
}

void SignatureReader::addLists(Operation *op,
                               const bsa::Contract::Lists &lists) {
  std::optional<Index> index = paramOf(lists.index);
  if (!index) // made inside, as above
    return;
  Constraint constraint = Writer::constraint(ConstraintKind::Lists);
  constraint.flags =
      program::kReads | (lists.ascending ? program::kAscending : 0);
  constraint.param = *index;
  constraint.value = referenceTo(op, lists.keyBlocks);
  // Lists that nobody attends over.
  if (!isDetermined(constraint.value))
    constraint.value = writer.constant(program::kUnknownBlocks);
  if (lists.count && isa<RankedTensorType>(lists.count.getType())) {
    std::optional<Index> count = paramOf(lists.count);
    if (!count)
      return;
    constraint.other = *count;
  } else if (lists.count) {
    constraint.target = scalar(lists.count);
  }
  writer.add(constraint);
}

void SignatureReader::addConstraints() {
  for (const auto &[op, stated] : contract.entries()) {
    for (const bsa::Contract::Grid &grid : stated.grids)
      addGrid(op, grid);
    for (const bsa::Contract::Blocks &blocks : stated.blockCounts)
      writer.addBlocks(referenceTo(op, blocks.blocks),
                       referenceTo(op, blocks.length), blocks.block);
  }
  for (const auto &[op, stated] : contract.entries()) {
    for (const bsa::Contract::Multiple &multiple : stated.multiples)
      addMultiple(op, multiple);
    for (const bsa::Contract::Sizes &sizes : stated.sizeLists)
      addSizes(op, sizes);
    for (const bsa::Contract::Lists &lists : stated.listSets)
      addLists(op, lists);
  }
}
