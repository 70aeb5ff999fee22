// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Relations between the numbers of a call. Braces in messages name expressions,
// as program::Constraint has it.
#include "tessera/Program/Writer.h"

using namespace tessera::program;

static bool isSame(const Constraint &a, const Constraint &b) {
  return a.kind == b.kind && a.flags == b.flags && a.param == b.param &&
         a.other == b.other && a.dim == b.dim && a.target == b.target &&
         a.value == b.value && a.minimum == b.minimum && a.maximum == b.maximum;
}

void Writer::add(const Constraint &constraint) {
  for (const Constraint &known : constraints)
    if (isSame(known, constraint))
      return;
  constraints.push_back(constraint);
}

void Writer::addEqual(Index target, Index value, const std::string &message) {
  if (isConstant(target) && isConstant(value))
    return; // whoever states them has seen to it
  Constraint equal = constraint(ConstraintKind::Equal);
  equal.target = target;
  equal.value = value;
  if (expression(target).kind == ExpressionKind::Symbol)
    equal.flags = kDefines;
  equal.message = text(message);
  add(equal);
}

/// "{7}", and "{7d}" where it is described.
static std::string number(Index expression) {
  return "{" + std::to_string(expression) + "}";
}
static std::string described(Index expression) {
  return "{" + std::to_string(expression) + "d}";
}

void Writer::addBlocks(Index count, Index length, int64_t block) {
  if (isConstant(length) && isConstant(count))
    return;
  addEqual(count, make(ExpressionKind::CeilDiv, length, constant(block)),
           "{t} do not match " + described(length) + ": in blocks of " +
               std::to_string(block) + " these make {v}; pass {v}");
}

void Writer::addProduct(Index rows, Index blocks, int64_t block) {
  if (isConstant(rows) && isConstant(blocks))
    return;
  addEqual(rows, make(ExpressionKind::Multiply, blocks, constant(block)),
           "{t} do not match " + described(blocks) + " of " +
               std::to_string(block) + " each; pass {v}");
}

void Writer::addVolume(Index rows, const Grid &grid) {
  Index plane = make(ExpressionKind::Multiply, grid.height, grid.width);
  Index volume = make(ExpressionKind::Multiply, grid.time, plane);
  addEqual(rows, make(ExpressionKind::Add, grid.text, volume),
           "{t} do not match " + number(grid.text) +
               " text tokens and a grid of " + number(grid.time) + " x " +
               number(grid.height) + " x " + number(grid.width) +
               ", together {v}; pass the grid and text of this tensor");
}

void Writer::addCubes(Index blocks, const Grid &grid) {
  auto cut = [&](Index extent, int64_t size) {
    return make(ExpressionKind::CeilDiv, extent, constant(size));
  };
  Index text = cut(grid.text, grid.volume()), t = cut(grid.time, grid.cube[0]),
        h = cut(grid.height, grid.cube[1]), w = cut(grid.width, grid.cube[2]);
  Index plane = make(ExpressionKind::Multiply, h, w);
  Index cubes = make(ExpressionKind::Multiply, t, plane);
  addEqual(blocks, make(ExpressionKind::Add, text, cubes),
           "{t} do not match " + number(text) + " blocks of text and " +
               number(t) + " x " + number(h) + " x " + number(w) +
               " cubes, together {v}; pass {v}");
}
