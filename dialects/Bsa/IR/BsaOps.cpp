// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contracts, verifiers and syntax of the `bsa` ops. Constraint numbers are
// those in BsaOps.td and BsaOrderOps.td.

#include "Bsa/IR/Bsa.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace tessera::bsa;

//===----------------------------------------------------------------------===//
// block(64x64)
//===----------------------------------------------------------------------===//

static ParseResult parseBlockShape(OpAsmParser &parser, IntegerAttr &queryBlock,
                                   IntegerAttr &keyBlock) {
  SmallVector<int64_t, 2> blocks;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseDimensionList(blocks, /*allowDynamic=*/false,
                                /*withTrailingX=*/false))
    return failure();
  if (blocks.size() != 2)
    return parser.emitError(loc)
           << "has " << blocks.size()
           << " extents, expected query block x key block, such as 64x64";
  queryBlock = parser.getBuilder().getI64IntegerAttr(blocks[0]);
  keyBlock = parser.getBuilder().getI64IntegerAttr(blocks[1]);
  return success();
}

static void printBlockShape(OpAsmPrinter &printer, Operation *,
                            IntegerAttr queryBlock, IntegerAttr keyBlock) {
  printer << queryBlock.getInt() << 'x' << keyBlock.getInt();
}

//===----------------------------------------------------------------------===//
// tensor<..>, lse tensor<..>, map !bsa.block_map<..>, coarse tensor<..>
//===----------------------------------------------------------------------===//

/// The output and any of the named results, in this order.
static ParseResult parseResults(OpAsmParser &parser, Type &output, Type &lse,
                                Type &map, Type &coarse) {
  if (parser.parseType(output))
    return failure();
  std::pair<StringRef, Type *> results[] = {
      {"lse", &lse}, {"map", &map}, {"coarse", &coarse}};
  ArrayRef<std::pair<StringRef, Type *>> rest = results;
  while (succeeded(parser.parseOptionalComma())) {
    while (!rest.empty() &&
           failed(parser.parseOptionalKeyword(rest.front().first)))
      rest = rest.drop_front();
    if (rest.empty())
      return parser.emitError(parser.getCurrentLocation())
             << "expected a further result: lse, map, coarse, each once and in "
                "this order";
    if (parser.parseType(*rest.front().second))
      return failure();
    rest = rest.drop_front();
  }
  return success();
}

static void printResults(OpAsmPrinter &printer, Operation *, Type output,
                         Type lse, Type map, Type coarse) {
  printer << output;
  std::pair<StringRef, Type> results[] = {
      {"lse", lse}, {"map", map}, {"coarse", coarse}};
  for (auto [name, type] : results)
    if (type)
      printer << ", " << name << ' ' << type;
}

#define GET_OP_CLASSES
#include "Bsa/IR/BsaOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Rules that several ops share
//===----------------------------------------------------------------------===//

/// Local blocks number query and key blocks alike.
static LogicalResult verifyLocal(Operation *op, SelectAttr select,
                                 int64_t queryBlock, int64_t keyBlock) {
  if (select.getLocal() == 0 || queryBlock == keyBlock)
    return success();
  return op->emitOpError() << "forces local blocks (local = "
                           << select.getLocal() << ") between blocks of "
                           << queryBlock << " and " << keyBlock
                           << " tokens; use equal block sizes or local = 0";
}

static LogicalResult verifySelectedMap(Operation *op, BlockMapType map,
                                       SelectAttr select) {
  if (map.getCapacity() != select.getCapacity())
    return op->emitOpError() << "makes a map of capacity " << map.getCapacity()
                             << " but selects up to " << select.getCapacity()
                             << " blocks; give both one capacity";
  if (!map.getAscending())
    return op->emitOpError() << "selects ascending lists but makes " << map
                             << "; add `ascending` to the type";
  return success();
}

/// A result is f32 or has the element type of `like`.
static LogicalResult verifyRoundedOutput(Operation *op, Type output, Type like,
                                         StringRef likeName) {
  Type found = getElementTypeOrSelf(output);
  Type rounded = getElementTypeOrSelf(like);
  if (found.isF32() || found == rounded)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << "gives elements of " << found << "; ask for f32";
  if (!rounded.isF32())
    diag << " or the " << likeName << "'s " << rounded;
  return diag;
}

//===----------------------------------------------------------------------===//
// bsa.attention
//===----------------------------------------------------------------------===//

void AttentionOp::describeContract(Contract &c) {
  c.shape(getQuery(), "query", {"B", "H", "Sq", "D"});
  c.shape(getKey(), "key", {"B", "Hkv", "Skv", "D"});
  c.shape(getValue(), "value", {"B", "Hkv", "Skv", "D"});
  c.sizes(getQSizes(), "q_sizes", "Nq", "Sq", getQBlock());
  c.sizes(getKvSizes(), "kv_sizes", "Nkv", "Skv", getKvBlock());
  c.gate(getFineGate(), "fine_gate", {"B", "H", "Sq", "D"});
  c.gate(getCoarseGate(), "coarse_gate", {"B", "H", "Sq", "D"});
  c.range(getTopk(), "topk", 0, getSelect().getMaxTopk());
  c.positive(getScale(), "scale");
  c.shape(getOutput(), "output", {"B", "H", "Sq", "D"});
  c.shape(getLse(), "lse", {"B", "H", "Sq"});
  c.shape(getMap(), "map", {"B", "H", "Nq", "Nkv"});
  c.shape(getCoarse(), "coarse", {"B", "H", "Nq", "D"});
  c.blocks("Nq", "Sq", getQBlock());
  c.blocks("Nkv", "Skv", getKvBlock());
  c.multiple("H", "Hkv");
}

LogicalResult AttentionOp::verify() {
  if (failed(verifyLocal(*this, getSelect(), getQBlock(), getKvBlock()))) // C4
    return failure();
  if (getWithoutCoarse() && (getCoarseGate() || getCoarse())) // C5
    return emitOpError() << "leaves the coarse branch out but has a coarse "
                         << (getCoarse() ? "result" : "gate")
                         << "; drop it or `without_coarse`";
  if (failed(verifyOneElementType(*this, {{"query", getQuery()}, // C1
                                          {"key", getKey()},
                                          {"value", getValue()},
                                          {"fine_gate", getFineGate()},
                                          {"coarse_gate", getCoarseGate()},
                                          {"output", getOutput()}})))
    return failure();
  if (!getMap())
    return success();
  auto map = cast<BlockMapType>(getMap().getType()); // C6
  if (map.getQueryBlock() != static_cast<int64_t>(getQBlock()) ||
      map.getKeyBlock() != static_cast<int64_t>(getKvBlock()))
    return emitOpError() << "has blocks " << getQBlock() << 'x' << getKvBlock()
                         << " but gives a map of " << map.getQueryBlock() << 'x'
                         << map.getKeyBlock() << "; give both one shape";
  return verifySelectedMap(*this, map, getSelect());
}

//===----------------------------------------------------------------------===//
// bsa.pool
//===----------------------------------------------------------------------===//

void PoolOp::describeContract(Contract &c) {
  bool several = getInputs().size() > 1;
  static constexpr StringLiteral kInputs[] = {"input", "second input",
                                              "third input"};
  for (auto [index, input] : llvm::enumerate(getInputs()))
    c.shape(input, several ? kInputs[std::min<size_t>(index, 2)] : kInputs[0],
            {"B", "H", "S", "D"});
  c.sizes(getSizes(), "sizes", "N", "S", getBlock());
  for (Value output : getOutputs())
    c.shape(output, "output", {"B", "H", "N", "D"});
  c.blocks("N", "S", getBlock());
}

LogicalResult PoolOp::verify() {
  if (getInputs().empty())
    return emitOpError() << "pools nothing; give it at least one input";
  if (getInputs().size() != getOutputs().size()) // C1
    return emitOpError() << "has " << getInputs().size() << " inputs but "
                         << getOutputs().size()
                         << " results; give one result for each input";
  return success();
}

//===----------------------------------------------------------------------===//
// bsa.coarse
//===----------------------------------------------------------------------===//

void CoarseOp::describeContract(Contract &c) {
  c.shape(getQuery(), "query", {"B", "H", "Nq", "D"});
  c.shape(getKey(), "key", {"B", "Hkv", "Nkv", "D"});
  c.shape(getValue(), "value", {"B", "Hkv", "Nkv", "D"});
  c.sizes(getKvSizes(), "kv_sizes", "Nkv", /*length=*/"", 0);
  c.positive(getScale(), "scale");
  c.shape(getScores(), "scores", {"B", "H", "Nq", "Nkv"});
  c.shape(getOutput(), "output", {"B", "H", "Nq", "D"});
  c.multiple("H", "Hkv");
}

LogicalResult CoarseOp::verify() {
  if (bool(getValue()) == bool(getOutput())) // C2
    return success();
  return emitOpError() << (getValue() ? "has a value but gives no output"
                                      : "gives an output but has no value")
                       << "; give both or neither";
}

//===----------------------------------------------------------------------===//
// bsa.select
//===----------------------------------------------------------------------===//

void SelectOp::describeContract(Contract &c) {
  c.shape(getScores(), "scores", {"B", "H", "Nq", "Nkv"});
  c.range(getTopk(), "topk", 0, getPolicy().getMaxTopk());
  c.sizes(getKvSizes(), "kv_sizes", "Nkv", /*length=*/"", 0);
  c.shape(getMap(), "map", {"B", "H", "Nq", "Nkv"});
}

std::optional<int64_t> SelectOp::getDenseCount() {
  APInt topk;
  Contract contract;
  describeContract(contract);
  std::optional<int64_t> count = contract.staticExtent("Nkv");
  if (!count || !matchPattern(getTopk(), m_ConstantInt(&topk)))
    return std::nullopt;
  // An inadmissible k stays what it is: an error when run.
  int64_t k = topk.getSExtValue();
  bool dense = k >= *count && k <= getPolicy().getMaxTopk();
  return dense ? count : std::nullopt;
}

LogicalResult SelectOp::verify() {
  BlockMapType map = getMap().getType();
  if (failed(verifySelectedMap(*this, map, getPolicy()))) // C3
    return failure();
  return verifyLocal(*this, getPolicy(), map.getQueryBlock(), // C4
                     map.getKeyBlock());
}

//===----------------------------------------------------------------------===//
// bsa.attend
//===----------------------------------------------------------------------===//

void AttendOp::describeContract(Contract &c) {
  BlockMapType map = getMap().getType();
  c.shape(getQuery(), "query", {"B", "H", "Sq", "D"});
  c.shape(getKey(), "key", {"B", "Hkv", "Skv", "D"});
  c.shape(getValue(), "value", {"B", "Hkv", "Skv", "D"});
  c.sizes(getQSizes(), "q_sizes", "Nq", "Sq", map.getQueryBlock());
  c.sizes(getKvSizes(), "kv_sizes", "Nkv", "Skv", map.getKeyBlock());
  c.shape(getMap(), "map", {"B", "H", "Nq", "Nkv"});
  c.positive(getScale(), "scale");
  c.shape(getOutput(), "output", {"B", "H", "Sq", "D"});
  c.shape(getLse(), "lse", {"B", "H", "Sq"});
  c.blocks("Nq", "Sq", map.getQueryBlock());
  c.blocks("Nkv", "Skv", map.getKeyBlock());
  c.multiple("H", "Hkv");
}

LogicalResult AttendOp::verify() {
  if (failed(verifyOneElementType(*this, {{"query", getQuery()}, // C1
                                          {"key", getKey()},
                                          {"value", getValue()}})))
    return failure();
  return verifyRoundedOutput(*this, getOutput().getType(), // C3
                             getQuery().getType(), "query");
}

//===----------------------------------------------------------------------===//
// bsa.combine
//===----------------------------------------------------------------------===//

void CombineOp::describeContract(Contract &c) {
  c.shape(getFine(), "fine", {"B", "H", "Sq", "D"});
  c.gate(getFineGate(), "fine_gate", {"B", "H", "Sq", "D"});
  c.shape(getCoarse(), "coarse", {"B", "H", "Nq", "D"});
  c.gate(getCoarseGate(), "coarse_gate", {"B", "H", "Sq", "D"});
  c.sizes(getQSizes(), "q_sizes", "Nq", "Sq", getQBlock());
  c.shape(getOutput(), "output", {"B", "H", "Sq", "D"});
  c.blocks("Nq", "Sq", getQBlock());
}

LogicalResult CombineOp::verify() {
  if (getCoarseGate() && !getCoarse()) // C2
    return emitOpError() << "gates a coarse result it does not have; give "
                            "coarse(..) or drop its gate";
  return verifyOneElementType(*this, {{"output", getOutput()}, // C3
                                      {"fine_gate", getFineGate()},
                                      {"coarse_gate", getCoarseGate()}});
}
