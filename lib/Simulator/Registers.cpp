// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors in registers, beyond what is done element by element.
#include "Rules.h"

#include <cmath>

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

static MatrixRef matrixOf(Agent &agent, Value value) {
  return std::get<MatrixRef>(agent.get(value));
}

/// Sets a result of which every element is computed from its place.
static Outcome
build(Agent &agent, Value result,
      function_ref<Number(int64_t row, int64_t column)> element) {
  auto matrix =
      std::make_shared<Matrix>(cast<RankedTensorType>(result.getType()));
  for (int64_t row = 0; row < matrix->rows; ++row)
    for (int64_t column = 0; column < matrix->columns; ++column)
      matrix->at(row, column) = element(row, column);
  agent.set(result, MatrixRef(matrix));
  return Outcome::Done;
}

static Outcome splat(Agent &agent, tile::SplatOp op) {
  Number number = std::get<Number>(agent.get(op.getValue()));
  return build(agent, op.getResult(), [&](int64_t, int64_t) { return number; });
}

static Outcome columns(Agent &agent, tile::ColumnsOp op) {
  return build(agent, op.getResult(),
               [](int64_t, int64_t column) { return integerNumber(column); });
}

static Outcome rowNumbers(Agent &agent, tile::RowNumbersOp op) {
  return build(agent, op.getResult(),
               [](int64_t row, int64_t) { return integerNumber(row); });
}

static Number join(tile::Reduction kind, Number a, Number b) {
  return kind == tile::Reduction::Max
             ? realNumber(std::fmax(a.real, b.real))
             : realNumber(static_cast<float>(a.real + b.real));
}

static Outcome fold(Agent &agent, tile::FoldOp op) {
  MatrixRef value = matrixOf(agent, op.getValue());
  return build(agent, op.getResult(), [&](int64_t row, int64_t column) {
    Number joined = value->at(row, column);
    for (int64_t other = column + 8; other < value->columns; other += 8)
      joined = join(op.getKind(), joined, value->at(row, other));
    return joined;
  });
}

static Outcome rowReduce(Agent &agent, tile::RowReduceOp op) {
  MatrixRef value = matrixOf(agent, op.getValue());
  tile::Reduction kind = op.getKind();
  return build(agent, op.getResult(), [&](int64_t row, int64_t) {
    // Thread t of four holds the columns 2t and 2t + 1 of every eight.
    Number threads[4];
    for (int64_t thread = 0; thread < 4; ++thread)
      for (int64_t column = 2 * thread; column < value->columns; column += 8) {
        Number first = value->at(row, column);
        threads[thread] =
            column < 8 ? first : join(kind, threads[thread], first);
        threads[thread] =
            join(kind, threads[thread], value->at(row, column + 1));
      }
    return join(kind, join(kind, threads[0], threads[1]),
                join(kind, threads[2], threads[3]));
  });
}

static Outcome anyRow(Agent &agent, tile::AnyOp op) {
  bool isAny = llvm::any_of(matrixOf(agent, op.getValue())->elements,
                            [](Number flag) { return flag.integer != 0; });
  agent.set(op.getResult(), integerNumber(isAny ? -1 : 0));
  return Outcome::Done;
}

static Outcome expandRows(Agent &agent, tile::ExpandRowsOp op) {
  MatrixRef value = matrixOf(agent, op.getValue());
  return build(agent, op.getResult(),
               [&](int64_t row, int64_t) { return value->at(row, 0); });
}

static Outcome asOperand(Agent &agent, tile::AsOperandOp op) {
  agent.set(op.getResult(), matrixOf(agent, op.getValue()));
  return Outcome::Done;
}

void sim::addRegisterRules(Rules &rules) {
  rules.add<splat>();
  rules.add<columns>();
  rules.add<rowNumbers>();
  rules.add<fold>();
  rules.add<rowReduce>();
  rules.add<anyRow>();
  rules.add<expandRows>();
  rules.add<asOperand>();
}
