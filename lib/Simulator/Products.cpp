// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Products, which are started, retire in order, and are waited for.
#include "Rules.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

static Outcome start(Agent &agent, tile::MmaOp op) {
  auto stage = std::get<StageRef>(agent.get(op.getRight()));
  if (checkHeld(agent, op, stage) == Outcome::Failed)
    return Outcome::Failed;
  auto product = std::make_shared<Product>();
  product->op = op;
  product->reads.push_back(stage);
  const Cell &left = agent.get(op.getLeft());
  if (const auto *leftStage = std::get_if<StageRef>(&left)) {
    if (checkHeld(agent, op, *leftStage) == Outcome::Failed ||
        checkRows(agent, op, *leftStage, op.getRow()) == Outcome::Failed)
      return Outcome::Failed;
    product->reads.push_back(*leftStage);
    product->left = rowsFrom(agent, *leftStage, op.getRow());
  } else {
    product->left = std::get<MatrixRef>(left);
  }
  if (op.getAccumulator())
    product->accumulator = std::get<MatrixRef>(agent.get(op.getAccumulator()));
  product->begin = agent.machine.result.ticks;
  agent.products.push_back(product);
  agent.set(op.getProduct(), product);
  return Outcome::Done;
}

/// The stage as [depth, columns].
static std::vector<float> rightOperand(Product &product, int64_t depth,
                                       int64_t columns) {
  const std::vector<float> &data =
      product.right().lane->stageOf(product.right().filling).data;
  if (!product.op.getTransposed())
    return data;
  std::vector<float> right(data.size());
  for (int64_t k = 0; k < depth; ++k)
    for (int64_t n = 0; n < columns; ++n)
      right[k * columns + n] = data[n * depth + k];
  return right;
}

void sim::retireNext(Agent &agent) {
  Product &product = *agent.products[agent.retired++];
  auto result =
      std::make_shared<Matrix>(product.op.getProduct().getType().getTensor());
  int64_t depth = product.left->columns, columns = result->columns;
  std::vector<float> right = rightOperand(product, depth, columns);
  std::vector<float> row(columns);
  for (int64_t m = 0; m < result->rows; ++m) {
    for (int64_t n = 0; n < columns; ++n)
      row[n] = product.accumulator ? product.accumulator->at(m, n).real : 0;
    for (int64_t k = 0; k < depth; ++k) {
      float left = product.left->at(m, k).real;
      const float *values = &right[k * columns];
      for (int64_t n = 0; n < columns; ++n)
        row[n] += left * values[n];
    }
    for (int64_t n = 0; n < columns; ++n)
      result->at(m, n) = realNumber(row[n]);
  }
  product.result = result;
  agent.trace("product", product.begin, product.right(),
              /*isAsynchronous=*/true);
}

static Outcome wait(Agent &agent, tile::MmaWaitOp op) {
  auto product = std::get<std::shared_ptr<Product>>(agent.get(op.getProduct()));
  while (!product->isWaitedFor) {
    if (agent.retired == 0)
      retireNext(agent);
    agent.products.front()->isWaitedFor = true;
    agent.products.pop_front();
    --agent.retired;
  }
  agent.set(op.getResult(), product->result);
  return Outcome::Done;
}

void sim::addProductRules(Rules &rules) {
  rules.add<start>(/*isShared=*/true);
  rules.add<wait>(/*isShared=*/true);
}
