// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "Bsa/Analysis/FunctionContract.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera::bsa;

FunctionContract::FunctionContract(func::FuncOp function) : function(function) {
  function.walk<WalkOrder::PreOrder>([&](Operation *op) { join(op); });
  joinTies();
  collectGates();
  learnExtents();
  nameClasses();
}

unsigned FunctionContract::nodeOf(Value value, int64_t index) {
  auto [node, isNew] = valueNodes.insert({{value, index}, nodes});
  nodes += isNew;
  return node->second;
}

unsigned FunctionContract::nodeOf(Operation *op, StringRef symbol) {
  auto [node, isNew] = symbolNodes.insert({{op, symbol.str()}, nodes});
  nodes += isNew;
  return node->second;
}

/// Dimensions of `a` and `b` are the same numbers.
static void
tieValues(Value a, Value b, int64_t rank,
          llvm::function_ref<void(Value, int64_t, Value, int64_t)> tie) {
  for (int64_t index = 0; index < rank; ++index)
    tie(a, index, b, index);
}

Value tessera::bsa::castSource(Value value) {
  auto cast = value.getDefiningOp<tensor::CastOp>();
  return cast ? cast.getSource() : Value();
}

static int64_t virtualRank(Value value) {
  if (auto type = dyn_cast<RankedTensorType>(value.getType()))
    return type.getRank();
  return isa<BlockMapType>(value.getType()) ? 4 : 0;
}

void FunctionContract::join(Operation *op) {
  auto tie = [&](Value a, int64_t i, Value b, int64_t j) {
    ties.push_back({nodeOf(a, i), nodeOf(b, j)});
  };
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    if (isa<RankedTensorType>(cast.getSource().getType()) &&
        isa<RankedTensorType>(cast.getType()))
      tieValues(cast.getSource(), cast.getDest(), virtualRank(cast.getSource()),
                tie);
  if (auto fused = dyn_cast<FusedOp>(op))
    for (OpResult result : fused.getResults())
      tieValues(result, fused.getYielded(result.getResultNumber()),
                virtualRank(result), tie);
  auto stating = dyn_cast<ContractOpInterface>(op);
  if (!stating)
    return;
  Entry &entry = opContracts.emplace_back(Entry{op, {}});
  stating.describeContract(entry.contract);
  for (const Contract::Shape &shape : entry.contract.shapes)
    joinShape(op, shape);
  for (const Contract::Blocks &blocks : entry.contract.blockCounts) {
    nodeOf(op, blocks.blocks);
    nodeOf(op, blocks.length);
  }
  for (auto [value, role] : entry.contract.roles)
    for (Value named = value; named; named = castSource(named))
      roles.insert({named, role});
}

/// A gate's extent is the symbol's or 1, so a dynamic one ties nothing: two ops
/// that share a gate may have lengths of their own. Of a gate that is computed
/// the symbol's is asked for: only arguments are read again and again where
/// they hold one element.
void FunctionContract::joinShape(Operation *op, const Contract::Shape &shape) {
  auto type = dyn_cast<RankedTensorType>(shape.value.getType());
  bool isArgument = isa<BlockArgument>(shape.value);
  for (auto [index, symbol] : llvm::enumerate(shape.symbols)) {
    bool mayRepeat = shape.mayRepeat(index);
    if (mayRepeat && type.getDimSize(index) == 1)
      continue;
    if (mayRepeat && isArgument && type.isDynamicDim(index))
      gateNodes.push_back({{shape.value, index}, nodeOf(op, symbol)});
    else
      ties.push_back({nodeOf(shape.value, index), nodeOf(op, symbol)});
  }
}

void FunctionContract::collectGates() {
  for (auto [dim, symbol] : gateNodes) {
    auto &fits = gates[dim];
    if (!llvm::is_contained(fits, classes[symbol]))
      fits.push_back(classes[symbol]);
  }
}

void FunctionContract::joinTies() {
  classes.grow(nodes);
  for (auto [a, b] : ties)
    classes.join(a, b);
  // Equal lengths cut into equal blocks give equal counts.
  bool changed = true;
  while (changed) {
    changed = false;
    std::map<std::pair<unsigned, int64_t>, unsigned> counts;
    for (const Entry &entry : opContracts)
      for (const Contract::Blocks &blocks : entry.contract.blockCounts) {
        unsigned length = classes.findLeader(nodeOf(entry.op, blocks.length));
        unsigned count = classes.findLeader(nodeOf(entry.op, blocks.blocks));
        auto [known, isNew] = counts.insert({{length, blocks.block}, count});
        if (isNew || known->second == count)
          continue;
        classes.join(known->second, count);
        changed = true;
      }
  }
  classes.compress();
}

std::optional<DimClass> FunctionContract::dimOf(Value value,
                                                int64_t index) const {
  auto node = valueNodes.find({value, index});
  if (node == valueNodes.end())
    return std::nullopt;
  return classes[node->second];
}

ArrayRef<DimClass> FunctionContract::gatedBy(Value value, int64_t index) const {
  auto found = gates.find({value, index});
  return found == gates.end() ? ArrayRef<DimClass>() : found->second;
}

DimClass FunctionContract::symbolOf(Operation *op, StringRef symbol) const {
  return classes[symbolNodes.at({op, symbol.str()})];
}

void FunctionContract::learn(DimClass dim, int64_t extent) {
  auto [known, isNew] = extents.insert({dim, extent});
  if (isNew || known->second == extent)
    return;
  auto [low, high] = std::minmax(known->second, extent);
  contradiction =
      std::min(contradiction.value_or(Contradiction{dim, low, high}),
               Contradiction{dim, low, high});
}

/// The extents of a grid whose scalars all are constants that a grid may have.
static SmallVector<std::pair<StringRef, int64_t>, 3>
constantExtents(const Contract::Grid &grid) {
  int64_t volume = 1, tokens = 1, cubes = 1;
  const Value sides[] = {grid.time, grid.height, grid.width};
  for (auto [scalar, side] : llvm::zip_equal(sides, grid.cube)) {
    APInt extent;
    if (!matchPattern(scalar, m_ConstantInt(&extent)) ||
        !extent.isStrictlyPositive() ||
        llvm::MulOverflow(tokens, extent.getSExtValue(), tokens))
      return {};
    volume *= side;
    cubes *= llvm::divideCeil(extent.getSExtValue(), side);
  }
  APInt text(32, 0);
  if (grid.text && !matchPattern(grid.text, m_ConstantInt(&text)))
    return {};
  int64_t blocks = cubes + llvm::divideCeil(text.getZExtValue(), volume);
  int64_t packed = 0;
  if (text.isNegative() || llvm::MulOverflow(blocks, volume, packed))
    return {};
  return {{grid.raster, tokens + text.getSExtValue()},
          {grid.packed, packed},
          {grid.blocks, blocks}};
}

/// What types say, what grids of constants have, and the block counts of static
/// lengths.
void FunctionContract::learnExtents() {
  for (auto [key, node] : valueNodes) {
    auto type = dyn_cast<RankedTensorType>(key.first.getType());
    if (type && !type.isDynamicDim(key.second))
      learn(classes[node], type.getDimSize(key.second));
  }
  for (const Entry &entry : opContracts)
    for (const Contract::Grid &grid : entry.contract.grids)
      for (auto [symbol, extent] : constantExtents(grid))
        learn(symbolOf(entry.op, symbol), extent);
  for (const Entry &entry : opContracts)
    for (const Contract::Blocks &blocks : entry.contract.blockCounts)
      if (std::optional<int64_t> length =
              staticExtent(symbolOf(entry.op, blocks.length)))
        learn(symbolOf(entry.op, blocks.blocks),
              llvm::divideCeil(*length, blocks.block));
}

std::optional<int64_t> FunctionContract::staticExtent(DimClass dim) const {
  auto extent = extents.find(dim);
  return extent == extents.end() ? std::nullopt
                                 : std::optional<int64_t>(extent->second);
}

void FunctionContract::nameClasses() {
  llvm::StringSet<> used;
  auto name = [&](Operation *op, StringRef symbol) {
    DimClass dim = symbolOf(op, symbol);
    if (names.contains(dim))
      return;
    std::string name = symbol.str();
    for (int next = 2; !used.insert(name).second; ++next)
      name = (symbol + Twine(next)).str();
    ownedNames.push_back(std::make_unique<std::string>(name));
    names[dim] = *ownedNames.back();
  };
  for (const Entry &entry : opContracts) {
    for (const Contract::Shape &shape : entry.contract.shapes)
      for (StringRef symbol : shape.symbols)
        name(entry.op, symbol);
    for (const Contract::Blocks &blocks : entry.contract.blockCounts)
      name(entry.op, blocks.blocks);
  }
}

Value FunctionContract::materialize(OpBuilder &builder, Location loc,
                                    DimClass dim, const Source &source) const {
  if (std::optional<int64_t> extent = staticExtent(dim))
    return arith::ConstantIndexOp::create(builder, loc, *extent);
  for (BlockArgument argument : func::FuncOp(function).getArguments())
    for (int64_t index = 0; index < virtualRank(argument); ++index)
      if (dimOf(argument, index) == dim)
        return source.read(argument, index);
  return materializeDerived(builder, loc, dim, source);
}

Value FunctionContract::materializeDerived(OpBuilder &builder, Location loc,
                                           DimClass dim,
                                           const Source &source) const {
  auto constant = [&](int64_t value) {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  for (const Entry &entry : opContracts)
    for (const Contract::Blocks &blocks : entry.contract.blockCounts)
      if (symbolOf(entry.op, blocks.blocks) == dim)
        if (Value length = materialize(
                builder, loc, symbolOf(entry.op, blocks.length), source))
          return arith::CeilDivUIOp::create(builder, loc, length,
                                            constant(blocks.block));
  for (const Entry &entry : opContracts)
    for (const Contract::Grid &grid : entry.contract.grids)
      for (StringRef symbol : {grid.raster, grid.packed, grid.blocks}) {
        auto node = symbolNodes.find({entry.op, symbol.str()});
        if (node == symbolNodes.end() || classes[node->second] != dim)
          continue;
        Contract::Grid local = grid;
        for (Value *scalar :
             {&local.time, &local.height, &local.width, &local.text})
          if (*scalar)
            *scalar = source.scalar(*scalar);
        return resolveGrid(builder, loc, local, symbol);
      }
  return {};
}
