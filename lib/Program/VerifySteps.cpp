// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory, and what is done with it.
#include "Verifier.h"

using namespace tessera::program;

void Verifier::checkMap(const Map &map) {
  expectText(map.name);
  expectMemory(map.memory);
  expect(map.rank >= 1 && map.rank <= kMaxMapRank, "has an impossible rank");
  expect(map.dtype >= TESSERA_F32 && map.dtype <= TESSERA_F16,
         "is of an element type that is not copied");
  int32_t swizzle = map.swizzleBytes, promotion = map.promotionBytes;
  expect(swizzle == 0 || swizzle == 32 || swizzle == 64 || swizzle == 128,
         "has an unknown swizzle");
  expect(promotion == 0 || promotion == 64 || promotion == 128 ||
             promotion == 256,
         "has an unknown promotion");
  for (int32_t d = 0; d < map.rank && !problem; ++d) {
    expectExpression(map.dims[d]);
    if (d > 0)
      expectExpression(map.strides[d - 1]);
    expect(map.box[d] >= 1 && map.box[d] <= 256, "has an impossible box");
  }
}

void Verifier::checkOperand(const Operand &operand) {
  const Header &head = program.header();
  expectText(operand.name);
  switch (operand.kind) {
  case OperandKind::Map:
    return expectIndex(operand.index, head.maps, "names no map");
  case OperandKind::Address:
    return expectMemory(operand.memory);
  case OperandKind::I32:
    return expectExpression(operand.value);
  case OperandKind::F32:
    expectIndex(operand.index, head.params, "names no parameter");
    return expect(problem || program.params()[size_t(operand.index)].kind ==
                                 ParamKind::ScalarF32,
                  "is no f32");
  case OperandKind::ConstantF32:
    return;
  }
  expect(false, "is of no known kind");
}

void Verifier::checkLaunch(const Action &action) {
  expectIndex(action.kernel, program.header().kernels, "names no kernel");
  expectRange(action.operands, program.header().operands,
              "has operands that are not there");
  for (Index extent : action.grid)
    expectExpression(extent);
  expectExpression(action.threads);
  expectExpression(action.sharedBytes);
  expectExpressionOrNone(action.cluster);
}

void Verifier::checkAction(const Action &action) {
  switch (action.kind) {
  case ActionKind::Nothing:
    return;
  case ActionKind::Call:
    return expect(program.isForHost(), "calls a function of the host");
  case ActionKind::Launch:
    return checkLaunch(action);
  case ActionKind::Copy:
    expectMemory(action.from);
    [[fallthrough]];
  case ActionKind::Zero:
    return expectMemory(action.to);
  }
  expect(false, "is of no known kind");
}

void Verifier::checkStep(const Step &step) {
  expectText(step.name);
  expectRange(step.actions, program.header().actions,
              "has actions that are not there");
  expect(step.actions.count > 0, "has nothing to do");
  expectExpressionOrNone(step.choice);
  expectRange(step.after, program.header().edges,
              "waits for what is not there");
  expect(step.stream >= 0, "is on no stream");
  if (problem)
    return;
  for (const Edge &edge : program.after(step))
    expect(edge.step >= 0 && size_t(edge.step) < at, "waits for a later one");
}

bool Verifier::checkSteps() {
  const Header &head = program.header();
  return each("buffer", program.buffers(),
              [&](const Buffer &buffer) {
                expectText(buffer.name);
                expectExpression(buffer.bytes);
                expectExpression(buffer.offset);
                expectIndex(buffer.firstStep, head.steps, "is not used");
                expectIndex(buffer.lastStep, head.steps, "is not used");
              }) &&
         each("map", program.maps(), [&](const Map &map) { checkMap(map); }) &&
         each("operand", program.operands(),
              [&](const Operand &operand) { checkOperand(operand); }) &&
         each("action", program.actions(),
              [&](const Action &action) { checkAction(action); }) &&
         each("step", program.steps(),
              [&](const Step &step) { checkStep(step); });
}
