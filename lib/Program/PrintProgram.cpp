// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record from its key to its code, a line for each element.
#include "tessera/Program/Print.h"

#include "tessera/Program/Bundle.h"
#include "tessera/Runtime/Dtype.h"

using namespace tessera;
using namespace tessera::program;

namespace {

class ProgramPrinter {
public:
  ProgramPrinter(const Program &program, Output &out)
      : program(program), out(out) {}
  void print();

private:
  void printFacts(const char *indent, const char *what, Range range);
  void printSignature();
  void printMemory();
  void printMap(const Map &map);
  void printCode();
  void printStep(size_t number);
  void printAction(const Action &action);
  void printLaunch(const Action &action);
  void printOperand(const Operand &operand);
  void printPlace(const Memory &memory);
  void printValue(const char *before, Index expression) {
    out.print("%s", before);
    printExpression(program, expression, out);
  }
  const char *text(Text offset) const { return program.text(offset); }

  const Program &program;
  Output &out;
};

} // namespace

//===----------------------------------------------------------------------===//
// Signature and memory
//===----------------------------------------------------------------------===//

void ProgramPrinter::printFacts(const char *indent, const char *what,
                                Range range) {
  for (const Fact &fact : program.facts(range))
    if (*text(fact.text))
      out.print("%s%s %s: %s\n", indent, what, text(fact.name),
                text(fact.text));
    else
      out.print("%s%s %s: %lld\n", indent, what, text(fact.name),
                (long long)fact.number);
}

void ProgramPrinter::printSignature() {
  for (const Param &param : program.params()) {
    out.print("  param %s: ", text(param.name));
    printParam(program, param, out);
    out.print("\n");
  }
  for (const Constraint &constraint : program.constraints()) {
    out.print("  check ");
    printConstraint(program, constraint, out);
    out.print("\n");
  }
}

void ProgramPrinter::printPlace(const Memory &memory) {
  switch (memory.kind) {
  case MemoryKind::Param:
    return out.print("%s", text(program.params()[size_t(memory.index)].name));
  case MemoryKind::Buffer:
    return out.print("workspace %s",
                     text(program.buffers()[size_t(memory.index)].name));
  case MemoryKind::ErrorWord:
    return out.print("the error word");
  }
}

void ProgramPrinter::printMap(const Map &map) {
  out.print("  map %s: of ", text(map.name));
  printPlace(map.memory);
  out.print(", %s [", rt::dtypeName(map.dtype));
  for (int32_t d = 0; d < map.rank; ++d)
    printValue(d ? ", " : "", map.dims[d]);
  out.print("] strides [");
  for (int32_t d = 0; d + 1 < map.rank; ++d)
    printValue(d ? ", " : "", map.strides[d]);
  out.print("] box [");
  for (int32_t d = 0; d < map.rank; ++d)
    out.print(d ? ", %d" : "%d", map.box[d]);
  out.print("], swizzle %d bytes, L2 promotion %d bytes\n", map.swizzleBytes,
            map.promotionBytes);
}

void ProgramPrinter::printMemory() {
  const Header &head = program.header();
  printValue("  workspace: at least ", head.leastWorkspace);
  printValue(" bytes, best ", head.bestWorkspace);
  out.print("\n");
  for (const Buffer &buffer : program.buffers()) {
    out.print("  buffer %s: ", text(buffer.name));
    printExpression(program, buffer.bytes, out);
    printValue(" bytes at ", buffer.offset);
    out.print(", steps %d to %d\n", buffer.firstStep, buffer.lastStep);
  }
  for (const Map &map : program.maps())
    printMap(map);
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void ProgramPrinter::printOperand(const Operand &operand) {
  out.print("      operand %s: ", text(operand.name));
  switch (operand.kind) {
  case OperandKind::Map:
    out.print("map %s", text(program.maps()[size_t(operand.index)].name));
    break;
  case OperandKind::Address:
    out.print("address of ");
    printPlace(operand.memory);
    break;
  case OperandKind::I32:
    printExpression(program, operand.value, out);
    break;
  case OperandKind::F32:
    out.print("%s", text(program.params()[size_t(operand.index)].name));
    break;
  case OperandKind::ConstantF32:
    out.print("f32 of bits 0x%08x", operand.bits);
    break;
  }
  out.print("\n");
}

void ProgramPrinter::printLaunch(const Action &action) {
  out.print("launch %s%s%s",
            text(program.kernels()[size_t(action.kernel)].name),
            action.flags & kCooperative ? ", cooperative" : "",
            action.flags & kEarlyStart ? ", may start early" : "");
  for (int d = 0; d < 3; ++d)
    printValue(d ? " x " : ", grid ", action.grid[d]);
  printValue(", threads ", action.threads);
  printValue(", shared bytes ", action.sharedBytes);
  if (action.cluster != kNone)
    printValue(", cluster ", action.cluster);
  out.print("\n");
  for (uint32_t i = 0; i < action.operands.count; ++i)
    printOperand(program.operands()[action.operands.first + i]);
}

void ProgramPrinter::printAction(const Action &action) {
  switch (action.kind) {
  case ActionKind::Nothing:
    return out.print("nothing\n");
  case ActionKind::Launch:
    return printLaunch(action);
  case ActionKind::Zero:
    out.print("zero ");
    break;
  case ActionKind::Copy:
    out.print("copy ");
    printPlace(action.from);
    out.print(" to ");
    break;
  case ActionKind::Call:
    return out.print("call the function\n");
  }
  printPlace(action.to);
  out.print("\n");
}

void ProgramPrinter::printStep(size_t number) {
  const Step &step = program.steps()[number];
  out.print("  step %zu", number);
  if (*text(step.name))
    out.print(", %s", text(step.name));
  for (uint32_t i = 0; i < step.after.count; ++i) {
    const Edge &edge = program.edges()[step.after.first + i];
    out.print(", %s %d", edge.mayOverlap ? "may overlap" : "after", edge.step);
  }
  if (step.choice != kNone)
    printValue(", alternative ", step.choice);
  out.print("\n");
  for (uint32_t i = 0; i < step.actions.count; ++i) {
    out.print("    ");
    if (step.actions.count > 1)
      out.print("%u: ", i);
    printAction(program.actions()[step.actions.first + i]);
  }
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

static const char *nameOf(ImageKind kind) {
  switch (kind) {
  case ImageKind::Cubin:
    return "cubin";
  case ImageKind::Ptx:
    return "PTX";
  case ImageKind::Host:
    return "shared object";
  }
  return "unknown";
}

void ProgramPrinter::printCode() {
  for (const Kernel &kernel : program.kernels()) {
    out.print("  kernel %s\n", text(kernel.name));
    if (*text(kernel.plan))
      out.print("    plan: %s\n", text(kernel.plan));
    printFacts("    ", "has", kernel.facts);
  }
  for (const Image &image : program.images()) {
    out.print("  image %s: %llu bytes, %s", nameOf(image.kind),
              (unsigned long long)image.bytes, HashName(image.hash).digits);
    if (image.leastDriver)
      out.print(", a driver for CUDA %d.%d or newer", image.leastDriver / 1000,
                image.leastDriver / 10 % 100);
    out.print("\n");
  }
}

void ProgramPrinter::print() {
  const Header &head = program.header();
  out.print("program %s\n  chip %s\n", program.function(), program.chip());
  if (program.isForHost())
    out.print("  x86-64 level %d or higher\n", head.leastCpuLevel);
  out.print("  format %d.%d, %llu bytes\n", head.major, head.minor,
            (unsigned long long)head.bytes);
  printFacts("  ", "key", head.key);
  printFacts("  ", "evidence", head.evidence);
  printFacts("  ", "refused", head.refusals);
  printSignature();
  printMemory();
  for (size_t i = 0; i < program.steps().size(); ++i)
    printStep(i);
  printCode();
}

void program::printProgram(const Program &program, Output &out) {
  ProgramPrinter(program, out).print();
}
