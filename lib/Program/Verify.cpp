// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record may come from anywhere, so each of its fields is looked at once,
// here; nobody else checks one.
#include "Verify.h"

#include <cstring>

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

namespace {

/// Remembers the first thing that is wrong, and the element it was found in.
class Verifier {
public:
  explicit Verifier(const Program &program) : program(program) {}
  Error run();

private:
  void expect(bool holds, const char *what) {
    if (!holds && !problem)
      problem = what;
  }
  template <typename Enum>
  void expectEnum(Enum value, int32_t end) {
    expect(int32_t(value) >= 0 && int32_t(value) < end, "is of no known kind");
  }
  void expectText(Text text) {
    expect(text < program.header().strings.count, "has a name outside strings");
  }
  void expectIndex(Index index, Table table, const char *what) {
    expect(index >= 0 && uint32_t(index) < table.count, what);
  }
  void expectRange(Range range, Table table, const char *what) {
    expect(range.first <= table.count &&
               range.count <= table.count - range.first,
           what);
  }
  void expectExpression(Index index) {
    expectIndex(index, program.header().expressions, "names no expression");
  }
  void expectExpressionOrNone(Index index) {
    if (index != kNone)
      expectExpression(index);
  }
  void expectTensor(Index param) {
    expectIndex(param, program.header().params, "names no parameter");
    expect(problem || isTensor(program.params()[size_t(param)]),
           "names a parameter that is no tensor");
  }
  void expectMemory(const Memory &memory);

  /// Calls check(element, number) for each until something is wrong.
  template <typename T, typename Check>
  bool each(const char *table, std::span<const T> elements, Check check) {
    where = table;
    for (at = 0; at < elements.size() && !problem; ++at)
      check(elements[at]);
    if (problem)
      --at;
    return !problem;
  }

  void checkExpression(const Expression &expression);
  void checkParam(const Param &param);
  void checkConstraint(const Constraint &constraint);
  void checkMessage(Text message);
  void checkMap(const Map &map);
  void checkOperand(const Operand &operand);
  void checkAction(const Action &action);
  void checkLaunch(const Action &action);
  void checkStep(const Step &step);
  bool checkSignature();
  bool checkSteps();
  bool checkCode();

  const Program &program;
  const char *where = "header";
  size_t at = 0;
  const char *problem = nullptr;
};

} // namespace

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
// The signature
//===----------------------------------------------------------------------===//

void Verifier::checkParam(const Param &param) {
  expectText(param.name);
  expectText(param.hint);
  expectEnum(param.kind, int32_t(ParamKind::ComputedF32) + 1);
  expect(at == 0 || isComputed(param) || !isComputed(program.params()[at - 1]),
         "is an argument behind one that is computed");
  if (param.symbol != kNone)
    expectIndex(param.symbol, program.header().symbols, "names no symbol");
  if (!isTensor(param))
    return;
  expect(param.dtype >= TESSERA_F32 && param.dtype <= TESSERA_I32,
         "is of no known element type");
  expect(param.rank >= 0 && param.rank <= TESSERA_MAX_RANK,
         "has too many dimensions");
  for (int32_t d = 0; d < param.rank && !problem; ++d) {
    expectExpression(param.dims[d]);
    if (problem)
      return;
    const Expression &extent = program.expressions()[size_t(param.dims[d])];
    bool isNumber =
        extent.kind == ExpressionKind::Constant && extent.value >= 0;
    expect(isNumber || extent.kind == ExpressionKind::Symbol,
           "has an extent that is computed");
  }
}

/// "{t}", "{v}", "{7}" and "{7d}" are what braces are for.
void Verifier::checkMessage(Text message) {
  expectText(message);
  if (problem)
    return;
  for (const char *c = program.text(message); *c; ++c) {
    if (*c != '{')
      continue;
    const char *name = ++c;
    int64_t number = 0;
    while (*c >= '0' && *c <= '9' && number <= kMostElements)
      number = 10 * number + (*c++ - '0');
    bool isNumber = c != name;
    if (isNumber && *c == 'd')
      ++c;
    else if (!isNumber && (*c == 't' || *c == 'v'))
      ++c;
    expect(c != name && *c == '}', "has a message with stray braces");
    if (problem)
      return;
    if (isNumber)
      expectExpression(Index(number));
  }
}

void Verifier::checkConstraint(const Constraint &c) {
  expectEnum(c.kind, kConstraintKinds);
  checkMessage(c.message);
  // Also where the kind has no use for them: who prints it asks for no kind.
  for (Index param : {c.param, c.other})
    if (param != kNone)
      expectIndex(param, program.header().params, "names no parameter");
  if (problem)
    return;
  switch (c.kind) {
  case ConstraintKind::Equal:
  case ConstraintKind::Multiple:
    expectExpression(c.target);
    expectExpression(c.value);
    if (!problem && c.flags & kDefines)
      expect(program.expressions()[size_t(c.target)].kind ==
                 ExpressionKind::Symbol,
             "defines what is no symbol");
    return;
  case ConstraintKind::Within:
    return expectExpression(c.target);
  case ConstraintKind::Broadcast:
    expectTensor(c.param);
    expectExpression(c.value);
    return expect(problem || (c.dim >= 0 &&
                              c.dim < program.params()[size_t(c.param)].rank),
                  "names a dimension that is not there");
  case ConstraintKind::Sizes:
    expectTensor(c.param);
    expectExpression(c.value);
    if (problem)
      return;
    expect(program.params()[size_t(c.param)].dtype == TESSERA_I32 &&
               program.params()[size_t(c.param)].rank >= 1 &&
               program.params()[size_t(c.param)].rank <= 2,
           "wants sizes of another shape");
    return expect(c.maximum >= 0, "has blocks of a negative size");
  case ConstraintKind::Lists: {
    expectTensor(c.param);
    expectExpression(c.value);
    expectExpressionOrNone(c.target);
    if (c.other != kNone)
      expectTensor(c.other);
    if (problem)
      return;
    const Param &index = program.params()[size_t(c.param)];
    expect(index.dtype == TESSERA_I32 && index.rank == 4,
           "wants lists of another shape");
    if (c.other == kNone)
      return;
    const Param &count = program.params()[size_t(c.other)];
    return expect(count.dtype == TESSERA_I32 && count.rank == 3,
                  "wants counts of another shape");
  }
  case ConstraintKind::Dense:
  case ConstraintKind::Copied:
    return expectTensor(c.param);
  }
}

bool Verifier::checkSignature() {
  return each("expression", program.expressions(),
              [&](const Expression &e) { checkExpression(e); }) &&
         each("symbol", program.symbols(),
              [&](const Symbol &symbol) {
                expectText(symbol.name);
                expectText(symbol.noun);
              }) &&
         each("parameter", program.params(),
              [&](const Param &param) { checkParam(param); }) &&
         each("constraint", program.constraints(),
              [&](const Constraint &c) { checkConstraint(c); });
}

//===----------------------------------------------------------------------===//
// Memory and steps
//===----------------------------------------------------------------------===//

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
