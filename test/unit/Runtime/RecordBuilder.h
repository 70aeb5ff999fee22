// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function of two kernels, written by hand: a zero fill, a choice by the L2,
// a workspace, a tensor map, an error word.
#ifndef TESSERA_TEST_UNIT_RUNTIME_RECORDBUILDER_H
#define TESSERA_TEST_UNIT_RUNTIME_RECORDBUILDER_H

#include "tessera/Program/BundleWriter.h"

#include <cstring>
#include <functional>

namespace tessera {

/// What a test changes of the record.
struct Recipe {
  const char *chip = "sm_90a";
  const char *dtype = "bf16";
  int32_t cubinDriver = 12040;
  int32_t ptxDriver = 12000;
  bool hasPtx = true;
  int64_t cluster = 0;
  /// The choice depends on the workspace that is granted.
  bool choosesByWorkspace = false;
  /// Makes something wrong of what is right.
  std::function<void(program::Writer &)> change = nullptr;
};

inline std::vector<std::byte> elfBytes(char tag) {
  std::vector<std::byte> bytes(64, std::byte(0));
  std::memcpy(bytes.data(), "\177ELF\002\001\001", 7);
  bytes.back() = std::byte(tag);
  return bytes;
}

/// f(x [Sq, 64], y [Nq, 64], scale): marks are zeroed, "pool" fills them, and
/// "small", or "large" where the L2 does not hold x, reads them.
class RecordBuilder {
public:
  RecordBuilder(program::BundleWriter &bundle, const Recipe &recipe)
      : bundle(bundle), recipe(recipe) {}
  program::Record build();

private:
  void addSignature();
  void addMemory();
  void addKernels();
  void addSteps();
  program::Index addOperand(program::OperandKind kind, program::Index index);
  program::Index addAddress(program::MemoryKind kind, program::Index index);
  program::Action launch(program::Index kernel, uint32_t firstOperand,
                         program::Index grid);
  void addStep(const char *name, std::vector<program::Action> actions,
               program::Index choice = program::kNone);

  program::BundleWriter &bundle;
  const Recipe &recipe;
  program::Writer w;
  program::Index rows = 0, blocks = 0;
};

inline void RecordBuilder::addSignature() {
  using namespace program;
  w.head.function = w.text("f");
  w.head.chip = w.text(recipe.chip);
  rows = w.addSymbol("Sq", "rows");
  blocks = w.addSymbol("Nq", "blocks");
  Param x{};
  x.name = w.text("x");
  x.dtype = TESSERA_BF16;
  x.rank = 2;
  x.symbol = kNone;
  x.dims[0] = rows;
  x.dims[1] = w.constant(64);
  w.params.push_back(x);
  Param y = x;
  y.name = w.text("y");
  y.kind = ParamKind::Output;
  y.dtype = TESSERA_F32;
  y.dims[0] = blocks;
  w.params.push_back(y);
  Param scale{};
  scale.name = w.text("scale");
  scale.kind = ParamKind::ScalarF32;
  scale.symbol = kNone;
  w.params.push_back(scale);
  w.addBlocks(blocks, rows, 64);
  w.facts.push_back({w.text("dtype"), w.text(recipe.dtype), 0});
  w.facts.push_back({w.text("head_dim"), 0, 64});
  w.head.key = {0, 2};
  w.facts.push_back({w.text("pooled"), w.text("needs blocks of 32"), 0});
  w.head.refusals = {2, 1};
}

inline void RecordBuilder::addMemory() {
  using namespace program;
  Index bytes = w.make(ExpressionKind::Multiply, blocks, w.constant(4));
  Index aligned = w.make(
      ExpressionKind::Multiply,
      w.make(ExpressionKind::CeilDiv, bytes, w.constant(256)), w.constant(256));
  w.buffers.push_back({w.text("marks"), bytes, w.constant(0), 0, 2});
  w.buffers.push_back({w.text("state"), w.constant(256), aligned, 2, 2});
  w.head.leastWorkspace = w.make(ExpressionKind::Add, aligned, w.constant(256));
  w.head.bestWorkspace = w.make(ExpressionKind::Add, aligned, w.constant(1280));
  Map map{};
  map.name = w.text("x");
  map.dtype = TESSERA_BF16;
  map.rank = 2;
  map.swizzleBytes = 128;
  map.promotionBytes = 256;
  map.dims[0] = w.constant(64);
  map.dims[1] = rows;
  map.strides[0] = w.stride(0, 0);
  map.box[0] = map.box[1] = 64;
  w.maps.push_back(map);
}

inline void RecordBuilder::addKernels() {
  using namespace program;
  w.images.push_back(
      bundle.addImage(ImageKind::Cubin, elfBytes('c'), recipe.cubinDriver));
  static const char kPtx[] = "ptx of f";
  w.images.push_back(bundle.addImage(
      ImageKind::Ptx, std::as_bytes(std::span(kPtx, sizeof(kPtx) - 1)),
      recipe.ptxDriver));
  w.facts.push_back({w.text("spills"), 0, 0});
  for (const char *name : {"pool", "small", "large"})
    w.kernels.push_back({w.text(name),
                         w.text("tile=64"),
                         0,
                         recipe.hasPtx ? 1 : kNone,
                         {3, 1}});
}

inline program::Index RecordBuilder::addOperand(program::OperandKind kind,
                                                program::Index index) {
  program::Operand operand{};
  operand.kind = kind;
  operand.index = operand.value = index;
  operand.bits = 0x3f000000; // 0.5
  w.operands.push_back(operand);
  return program::Index(w.operands.size()) - 1;
}

inline program::Index RecordBuilder::addAddress(program::MemoryKind kind,
                                                program::Index index) {
  program::Index operand = addOperand(program::OperandKind::Address, 0);
  w.operands.back().memory = {kind, index};
  return operand;
}

inline program::Action RecordBuilder::launch(program::Index kernel,
                                             uint32_t firstOperand,
                                             program::Index grid) {
  program::Action action{};
  action.kind = program::ActionKind::Launch;
  action.kernel = kernel;
  action.operands = {firstOperand, uint32_t(w.operands.size()) - firstOperand};
  action.grid[0] = grid;
  action.grid[1] = action.grid[2] = w.constant(1);
  action.threads = w.constant(128);
  action.sharedBytes = w.constant(1000 * (kernel + 1));
  action.cluster = recipe.cluster ? w.constant(recipe.cluster) : program::kNone;
  return action;
}

inline void RecordBuilder::addStep(const char *name,
                                   std::vector<program::Action> actions,
                                   program::Index choice) {
  program::Step step{};
  step.name = w.text(name);
  step.actions = {uint32_t(w.actions.size()), uint32_t(actions.size())};
  step.choice = choice;
  w.actions.insert(w.actions.end(), actions.begin(), actions.end());
  w.steps.push_back(step);
}

inline void RecordBuilder::addSteps() {
  using namespace program;
  Action zero{};
  zero.kind = ActionKind::Zero;
  zero.to = {MemoryKind::Buffer, 0};
  addStep("clear", {zero});

  auto first = uint32_t(addOperand(OperandKind::Map, 0));
  addAddress(MemoryKind::Buffer, 0);
  addOperand(OperandKind::I32, rows);
  addStep("pool", {launch(0, first, blocks)});

  first = uint32_t(addAddress(MemoryKind::Buffer, 0));
  addAddress(MemoryKind::Param, 1);
  addOperand(OperandKind::F32, 2);
  addOperand(OperandKind::ConstantF32, 0);
  auto gridOf = [&](Index kernel) {
    return w.make(ExpressionKind::Minimum, blocks,
                  w.device(DeviceNumber::ResidentCtas, kernel));
  };
  Action small = launch(1, first, gridOf(1));
  first = uint32_t(addAddress(MemoryKind::Buffer, 1));
  addAddress(MemoryKind::ErrorWord, 0);
  Action large = launch(2, first, gridOf(2));
  large.flags = kCooperative;
  Index rowBytes = w.make(ExpressionKind::Multiply, rows, w.constant(128));
  Index limit = recipe.choosesByWorkspace
                    ? w.device(DeviceNumber::WorkspaceBytes)
                    : w.device(DeviceNumber::L2Bytes);
  addStep("attend", {small, large},
          w.make(ExpressionKind::Less, limit, rowBytes));
}

inline program::Record RecordBuilder::build() {
  addSignature();
  addMemory();
  addKernels();
  addSteps();
  if (recipe.change)
    recipe.change(w);
  program::Record record = w.write();
  bundle.addProgram(record);
  return record;
}

} // namespace tessera

#endif // TESSERA_TEST_UNIT_RUNTIME_RECORDBUILDER_H
