// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record with steps of each kind, for a real GPU.
#ifndef TESSERA_TEST_UNIT_RUNTIME_DEVICERECORD_H
#define TESSERA_TEST_UNIT_RUNTIME_DEVICERECORD_H

#include "DeviceKernels.h"

#include "tessera/Program/BundleWriter.h"

namespace tessera {

inline constexpr int64_t kColumns = 8, kRows = 1000, kBox = 32; // floats

/// f(x [rows, 8], y [rows, 8], factor): y = factor * x; the workspace gets rows
/// 4 .. 7 of x, row 0 four times, and zeros. Fewer than 4 rows are an offence.
class DeviceRecord {
public:
  explicit DeviceRecord(program::BundleWriter &bundle) : bundle(bundle) {}
  void build();

private:
  program::Index addTensor(const char *name, program::ParamKind kind);
  program::Index addMap(const char *name, program::Index rowsOfMap,
                        program::Index stride);
  program::Operand operand(program::OperandKind kind, program::Index index);
  program::Operand address(program::MemoryKind kind, program::Index index);
  program::Action launch(program::Index kernel,
                         std::vector<program::Operand> operands,
                         program::Index grid, program::Index threads);
  void addStep(std::vector<program::Action> actions,
               program::Index choice = program::kNone);
  void addSteps();

  program::BundleWriter &bundle;
  program::Writer w;
  program::Index rows = 0;
};

inline program::Index DeviceRecord::addTensor(const char *name,
                                              program::ParamKind kind) {
  program::Param tensor{};
  tensor.name = w.text(name);
  tensor.kind = kind;
  tensor.dtype = TESSERA_F32;
  tensor.rank = 2;
  tensor.symbol = program::kNone;
  tensor.dims[0] = rows;
  tensor.dims[1] = w.constant(kColumns);
  w.params.push_back(tensor);
  return program::Index(w.params.size()) - 1;
}

inline program::Index DeviceRecord::addMap(const char *name,
                                           program::Index rowsOfMap,
                                           program::Index stride) {
  program::Map map{};
  map.name = w.text(name);
  map.dtype = TESSERA_F32;
  map.rank = 2;
  map.dims[0] = w.constant(kColumns);
  map.dims[1] = rowsOfMap;
  map.strides[0] = stride;
  map.box[0] = int32_t(kColumns);
  map.box[1] = 4;
  w.maps.push_back(map);
  return program::Index(w.maps.size()) - 1;
}

inline program::Operand DeviceRecord::operand(program::OperandKind kind,
                                              program::Index index) {
  program::Operand made{};
  made.kind = kind;
  made.index = made.value = index;
  return made;
}

inline program::Operand DeviceRecord::address(program::MemoryKind kind,
                                              program::Index index) {
  program::Operand made = operand(program::OperandKind::Address, 0);
  made.memory = {kind, index};
  return made;
}

inline program::Action
DeviceRecord::launch(program::Index kernel,
                     std::vector<program::Operand> operands,
                     program::Index grid, program::Index threads) {
  program::Action action{};
  action.kind = program::ActionKind::Launch;
  action.kernel = kernel;
  action.operands = {uint32_t(w.operands.size()), uint32_t(operands.size())};
  w.operands.insert(w.operands.end(), operands.begin(), operands.end());
  action.grid[0] = grid;
  action.grid[1] = action.grid[2] = w.constant(1);
  action.threads = threads;
  action.sharedBytes = w.constant(0);
  action.cluster = program::kNone;
  return action;
}

inline void DeviceRecord::addStep(std::vector<program::Action> actions,
                                  program::Index choice) {
  program::Step step{};
  step.actions = {uint32_t(w.actions.size()), uint32_t(actions.size())};
  step.choice = choice;
  w.actions.insert(w.actions.end(), actions.begin(), actions.end());
  w.steps.push_back(step);
}

inline void DeviceRecord::addSteps() {
  using namespace program;
  Action zero{}, copy{}, nothing{};
  zero.kind = ActionKind::Zero;
  zero.to = {MemoryKind::Buffer, 2};
  addStep({zero});
  copy.kind = ActionKind::Copy;
  copy.from = {MemoryKind::Param, 0};
  copy.to = {MemoryKind::Param, 1};
  addStep({copy});
  Index count = w.make(ExpressionKind::Multiply, rows, w.constant(kColumns));
  Index grid = w.make(ExpressionKind::Minimum,
                      w.make(ExpressionKind::CeilDiv, count, w.constant(256)),
                      w.device(DeviceNumber::ResidentCtas, 0));
  Action scale =
      launch(0,
             {address(MemoryKind::Param, 1), operand(OperandKind::F32, 2),
              operand(OperandKind::I32, count)},
             grid, w.constant(256));
  scale.flags = kCooperative;
  addStep({scale});
  Index one = w.constant(1);
  Action mark = launch(1,
                       {address(MemoryKind::ErrorWord, 0),
                        operand(OperandKind::I32, w.constant(7))},
                       one, one);
  addStep({nothing, mark}, w.make(ExpressionKind::Less, rows, w.constant(4)));
  addStep({launch(2,
                  {operand(OperandKind::Map, addMap("x", rows, w.stride(0, 0))),
                   address(MemoryKind::Buffer, 0)},
                  one, one)});
  addStep({launch(2,
                  {operand(OperandKind::Map,
                           addMap("row 0 of x", w.constant(16), w.constant(0))),
                   address(MemoryKind::Buffer, 1)},
                  one, one)});
}

inline void DeviceRecord::build() {
  using namespace program;
  w.head.function = w.text("f");
  w.head.chip = w.text("sm_90");
  rows = w.addSymbol("rows", "rows");
  addTensor("x", ParamKind::Input);
  addTensor("y", ParamKind::Output);
  Param factor{};
  factor.name = w.text("factor");
  factor.kind = ParamKind::ScalarF32;
  factor.symbol = kNone;
  w.params.push_back(factor);
  Index bytes = w.constant(kBox * int64_t(sizeof(float)));
  for (int64_t i = 0; i < 3; ++i)
    w.buffers.push_back({w.text("box"), bytes, w.constant(256 * i), 0, 5});
  w.head.leastWorkspace = w.head.bestWorkspace = w.constant(768);
  w.images.push_back(bundle.addImage(
      ImageKind::Ptx,
      std::as_bytes(std::span(kDeviceKernels, sizeof(kDeviceKernels) - 1)),
      12000));
  for (const char *name : {"scale", "mark", "copyBox"})
    w.kernels.push_back({w.text(name), 0, kNone, 0, {0, 0}});
  addSteps();
  bundle.addProgram(w.write());
}

} // namespace tessera

#endif // TESSERA_TEST_UNIT_RUNTIME_DEVICERECORD_H
