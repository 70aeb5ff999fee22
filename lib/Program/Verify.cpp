// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record may come from anywhere, so each of its fields is looked at once,
// here; nobody else checks one.
#include "Verifier.h"

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

//===----------------------------------------------------------------------===//
// Where tables lie
//===----------------------------------------------------------------------===//

namespace {

struct TableRow {
  Table Header::*table;
  size_t elementBytes;
  uint32_t most;
};

constexpr TableRow kTables[] = {
    {&Header::strings, 1, kMostStringBytes},
    {&Header::expressions, sizeof(Expression), kMostElements},
    {&Header::symbols, sizeof(Symbol), kMostElements},
    {&Header::params, sizeof(Param), kMostElements},
    {&Header::constraints, sizeof(Constraint), kMostElements},
    {&Header::buffers, sizeof(Buffer), kMostElements},
    {&Header::maps, sizeof(Map), kMostElements},
    {&Header::operands, sizeof(Operand), kMostElements},
    {&Header::actions, sizeof(Action), kMostElements},
    {&Header::edges, sizeof(Edge), kMostElements},
    {&Header::steps, sizeof(Step), kMostElements},
    {&Header::kernels, sizeof(Kernel), kMostElements},
    {&Header::images, sizeof(Image), kMostElements},
    {&Header::facts, sizeof(Fact), kMostElements},
};

} // namespace

const char *program::findBadTable(const Program &program) {
  const Header &head = program.header();
  for (const TableRow &row : kTables) {
    Table table = head.*row.table;
    if (table.count > row.most)
      return "has a table of more elements than any function needs";
    uint64_t end = table.offset + uint64_t(table.count) * row.elementBytes;
    if (table.offset < sizeof(Header) || end > head.bytes)
      return "has a table that lies outside it";
    if (table.offset % kRecordAlignment != 0)
      return "has a table that is not aligned";
  }
  const char *strings = program.text(0);
  uint32_t count = head.strings.count;
  if (count == 0 || strings[0] != 0 || strings[count - 1] != 0)
    return "has strings that do not end";
  return nullptr;
}

//===----------------------------------------------------------------------===//
// What they hold
//===----------------------------------------------------------------------===//

void Verifier::expectMemory(const Memory &memory) {
  switch (memory.kind) {
  case MemoryKind::Param:
    return expectTensor(memory.index);
  case MemoryKind::Buffer:
    return expectIndex(memory.index, program.header().buffers,
                       "names no buffer");
  case MemoryKind::ErrorWord:
    return;
  }
  expect(false, "is of no known kind");
}

void Verifier::checkExpression(const Expression &e) {
  const Header &head = program.header();
  auto expectOperand = [&](Index operand) {
    expect(operand >= 0 && size_t(operand) < at, "is made of later ones");
  };
  switch (e.kind) {
  case ExpressionKind::Constant:
    return;
  case ExpressionKind::Symbol:
    return expectIndex(e.a, head.symbols, "names no symbol");
  case ExpressionKind::Stride:
    expectTensor(e.a);
    return expect(problem ||
                      (e.b >= 0 && e.b < program.params()[size_t(e.a)].rank),
                  "names a dimension that is not there");
  case ExpressionKind::Device:
    expectEnum(DeviceNumber(e.a), kDeviceNumbers);
    if (DeviceNumber(e.a) == DeviceNumber::ResidentCtas)
      expectIndex(e.b, head.kernels, "names no kernel");
    return;
  case ExpressionKind::Within:
    expectOperand(e.a);
    return expectEnum(NumberRange(e.b), kNumberRanges);
  case ExpressionKind::Select:
    expectOperand(e.c);
    [[fallthrough]];
  case ExpressionKind::Add:
  case ExpressionKind::Multiply:
  case ExpressionKind::CeilDiv:
  case ExpressionKind::FloorDiv:
  case ExpressionKind::Minimum:
  case ExpressionKind::Maximum:
  case ExpressionKind::Less:
    expectOperand(e.a);
    return expectOperand(e.b);
  }
  expect(false, "is of no known kind");
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

bool Verifier::checkCode() {
  const Header &head = program.header();
  auto expectImage = [&](Index image, ImageKind kind) {
    if (image == kNone)
      return;
    expectIndex(image, head.images, "names no image");
    expect(problem || program.images()[size_t(image)].kind == kind,
           "has an image of another kind");
  };
  return each("image", program.images(),
              [&](const Image &image) {
                expectEnum(image.kind, int32_t(ImageKind::Host) + 1);
              }) &&
         each("kernel", program.kernels(),
              [&](const Kernel &kernel) {
                expectText(kernel.name);
                expectText(kernel.plan);
                expectImage(kernel.cubin, ImageKind::Cubin);
                expectImage(kernel.ptx, ImageKind::Ptx);
                expectRange(kernel.facts, head.facts, "has facts out of range");
              }) &&
         each("fact", program.facts(), [&](const Fact &fact) {
           expectText(fact.name);
           expectText(fact.text);
         });
}

Error Verifier::run() {
  const Header &head = program.header();
  expectText(head.function);
  expectText(head.chip);
  expectExpression(head.leastWorkspace);
  expectExpression(head.bestWorkspace);
  for (Range range : {head.key, head.evidence, head.refusals})
    expectRange(range, head.facts, "has facts out of range");
  if (!problem && checkSignature() && checkCode() && checkSteps())
    return Error();
  return makeError(TESSERA_DAMAGED,
                   "the record of a compiled function is damaged: %s %zu %s; "
                   "compile it again, or copy it whole",
                   where, at, problem);
}

Error program::verify(const Program &program) {
  return Verifier(program).run();
}
