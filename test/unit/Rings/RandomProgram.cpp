// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RandomProgram.h"

#include "RandomNumbers.h"

#include "llvm/Support/FormatVariadic.h"

using llvm::formatv;
using tessera::oracle::Random;

namespace tessera::test {

//===----------------------------------------------------------------------===//
// The plan that both roles follow
//===----------------------------------------------------------------------===//

namespace {

struct Statement {
  enum Kind {
    Send,     ///< a note from the loader to the reader
    SendBack, ///< the other way
    Stream,   ///< notes 1, so many, and a 0 that ends them
    Mark,     ///< the loader stores to memory, sends, and both read it
    Loop,
    Branch
  };
  Kind kind;
  NumberRef number; ///< the note, bound, condition or mark
  std::string name; ///< what the note, the variable or the mark is called
  std::vector<Statement> body, other;
};

struct Layout {
  int64_t agents = 1;  ///< of the loader, each with a lane
  int64_t readers = 1; ///< of each lane
  int64_t stages = 1, backStages = 1;
};

class Planner {
public:
  Planner(Random &random, const Layout &layout)
      : random(random), layout(layout), drawer(random) {}
  std::vector<Statement> plan();

private:
  using Names = std::vector<NamedNumber>;
  std::vector<Statement> block(Names names, int depth);
  Statement statement(Names &names, int depth);
  bool isTop(int depth) const { return depth == kDepth; }

  static constexpr int kDepth = 2;
  Random &random;
  const Layout &layout;
  NumberDrawer drawer;
  int named = 0;
};

} // namespace

std::vector<Statement> Planner::plan() {
  Names names = {{"natural", NumberType::Index}, {"number", NumberType::I32},
                 {"flag0", NumberType::Flag},    {"flag1", NumberType::Flag},
                 {"load0", NumberType::I32},     {"load1", NumberType::I32}};
  if (layout.readers == 1)
    names.push_back({"isFirst", NumberType::Flag});
  return block(names, kDepth);
}

std::vector<Statement> Planner::block(Names names, int depth) {
  std::vector<Statement> statements;
  for (int64_t left = random.integer(1, 3); left > 0; --left)
    statements.push_back(statement(names, depth));
  return statements;
}

Statement Planner::statement(Names &names, int depth) {
  std::string name = "x" + std::to_string(named++);
  auto number = [&](NumberType type) { return drawer.draw(type, names, 3); };
  int64_t drawn = random.integer(0, depth > 0 ? 9 : 3);
  if (drawn >= 8)
    return {Statement::Branch, number(NumberType::Flag), name,
            block(names, depth - 1),
            random.oneIn(2) ? block(names, depth - 1)
                            : std::vector<Statement>()};
  if (drawn >= 5) {
    Statement loop{Statement::Loop, number(NumberType::Index), name, {}, {}};
    Names inner = names;
    inner.push_back({name, NumberType::Index});
    loop.body = block(inner, depth - 1);
    return loop;
  }
  if (drawn == 4 && isTop(depth))
    return {Statement::Stream, number(NumberType::Index), name, {}, {}};
  Statement::Kind kind = Statement::Send;
  if (drawn == 3 && layout.readers == 1)
    kind = Statement::SendBack;
  if (drawn == 2 && isTop(depth) && layout.agents == 1)
    kind = Statement::Mark;
  Statement made{kind, number(NumberType::I32), name, {}, {}};
  names.push_back({name, NumberType::I32});
  return made;
}

//===----------------------------------------------------------------------===//
// A role
//===----------------------------------------------------------------------===//

namespace {

class RoleWriter {
public:
  RoleWriter(Random &random, bool isLoader, bool hasLanes, int slips)
      : random(random), slips(slips), isLoader(isLoader), hasLanes(hasLanes),
        writer(random, slips) {}
  std::string write(const std::vector<Statement> &statements);

private:
  void writeBlock(const std::vector<Statement> &statements);
  void writeOne(const Statement &statement);
  void writeLoop(const Statement &loop);
  void writeRounds(const Statement &loop, const std::string &first,
                   const std::string &end, const std::string &ahead);
  void writeBranch(const Statement &branch);
  void writeStream(const Statement &stream);
  void writeMark(const Statement &mark);
  void writeNote(const Statement &send, bool isFilling);
  void fill(const std::string &ring, const std::string &note);
  std::string wait(const std::string &ring);
  void open(const std::string &head) {
    writer.line(head + " {");
    ++writer.depth;
  }
  void close(const char *end = "}") {
    --writer.depth;
    writer.line(end);
  }
  bool slip() { return slips != 0 && random.oneIn(3 * slips); }
  std::string op(const std::string &words) {
    std::string name = writer.fresh();
    writer.line(name + " = " + words);
    return name;
  }

  Random &random;
  const int slips;
  const bool isLoader, hasLanes;
  NumberWriter writer;
  std::vector<std::string> held; ///< releases of the block still to come
  int marks = 0;
};

} // namespace

std::string RoleWriter::write(const std::vector<Statement> &statements) {
  for (const char *name : {"natural", "number", "flag0", "flag1"})
    writer.names[name] = std::string("%") + name;
  for (int64_t at = 0; at < ProgramCall::kLoads; ++at) {
    std::string index = writer.constant(at, NumberType::Index);
    writer.names["load" + std::to_string(at)] =
        op("memref.load %loads[" + index + "] : memref<2xi32>");
  }
  writer.names["isFirst"] = op("arith.cmpi eq, %agent, %c0 : index");
  writeBlock(statements);
  return writer.text;
}

void RoleWriter::writeBlock(const std::vector<Statement> &statements) {
  std::vector<std::string> outer;
  std::swap(held, outer);
  std::map<std::string, std::string> namesBefore = writer.names;
  for (const Statement &statement : statements) {
    if (slip())
      continue;
    writeOne(statement);
  }
  for (const std::string &release : held)
    writer.line(release);
  std::swap(held, outer);
  writer.names = namesBefore;
}

void RoleWriter::writeOne(const Statement &statement) {
  switch (statement.kind) {
  case Statement::Send:
    return writeNote(statement, isLoader);
  case Statement::SendBack:
    return writeNote(statement, !isLoader);
  case Statement::Stream:
    return writeStream(statement);
  case Statement::Mark:
    return writeMark(statement);
  case Statement::Loop:
    return writeLoop(statement);
  case Statement::Branch:
    return writeBranch(statement);
  }
}

void RoleWriter::fill(const std::string &ring, const std::string &note) {
  std::string stage = op(formatv("tile.acquire %{0}[%{1}] note({2}) : !{0}",
                                 ring, hasLanes ? "agent" : "c0", note)
                             .str());
  writer.line("tile.commit " + stage + " : !tile.free<none>");
}

/// The note of the next stage, which is given back now or later.
std::string RoleWriter::wait(const std::string &ring) {
  std::string stage =
      op(formatv("tile.wait %{0}[%{1}] : !{0}", ring, hasLanes ? "agent" : "c0")
             .str());
  std::string note = op("tile.note " + stage + " : !tile.full<none>");
  std::string release = formatv("tile.release {0} after({1} : i32) : "
                                "!tile.full<none>",
                                stage, note)
                            .str();
  if (random.oneIn(6))
    held.push_back(release);
  else if (!slip())
    writer.line(release);
  return note;
}

void RoleWriter::writeNote(const Statement &send, bool isFilling) {
  std::string ring = send.kind == Statement::SendBack ? "back" : "forth";
  std::string value;
  if (isFilling) {
    value = writer.write(*send.number);
    fill(ring, value);
  } else {
    value = wait(ring);
  }
  writer.names[send.name] = value;
}

void RoleWriter::writeMark(const Statement &mark) {
  std::string index = writer.constant(marks++, NumberType::Index);
  std::string place = "%marks[" + index + "] : memref<4xi32>";
  if (isLoader) {
    writer.line("memref.store " + writer.write(*mark.number) + ", " + place);
    fill("forth", writer.constant(0, NumberType::I32));
  } else {
    wait("forth");
  }
  writer.names[mark.name] = op("memref.load " + place);
}

void RoleWriter::writeStream(const Statement &stream) {
  if (isLoader) {
    std::string end = writer.write(*stream.number);
    open("scf.for %" + stream.name + " = %c0 to " + end + " step %c1");
    fill("forth", writer.constant(1, NumberType::I32));
    close();
    fill("forth", writer.constant(0, NumberType::I32));
    return;
  }
  open("scf.while : () -> ()");
  std::vector<std::string> outer;
  std::swap(held, outer);
  std::string note = wait("forth");
  for (const std::string &release : held)
    writer.line(release);
  std::swap(held, outer);
  std::string none = writer.constant(0, NumberType::I32);
  std::string more = op("arith.cmpi ne, " + note + ", " + none + " : i32");
  writer.line("scf.condition(" + more + ")");
  close("} do {");
  ++writer.depth;
  writer.line("scf.yield");
  close();
}

/// `ahead`: how far the variable is ahead of the round, a constant's name.
void RoleWriter::writeRounds(const Statement &loop, const std::string &first,
                             const std::string &end, const std::string &ahead) {
  std::string variable = writer.fresh();
  open("scf.for " + variable + " = " + first + " to " + end + " step %c1");
  writer.names[loop.name] =
      ahead.empty() ? variable
                    : op("arith.subi " + variable + ", " + ahead + " : index");
  writeBlock(loop.body);
  close();
}

void RoleWriter::writeLoop(const Statement &loop) {
  std::string end = writer.write(*loop.number);
  switch (random.integer(0, 3)) {
  case 0: { // one round later
    std::string last = op("arith.addi " + end + ", %c1 : index");
    return writeRounds(loop, "%c1", last, "%c1");
  }
  case 1: { // the first round by itself
    std::string some = op("arith.cmpi sgt, " + end + ", %c0 : index");
    open("scf.if " + some);
    writer.names[loop.name] = "%c0";
    writeBlock(loop.body);
    writeRounds(loop, "%c1", end, "");
    return close();
  }
  default:
    return writeRounds(loop, "%c0", end, "");
  }
}

void RoleWriter::writeBranch(const Statement &branch) {
  std::string condition = writer.write(*branch.number);
  bool isSwapped = random.oneIn(3);
  if (isSwapped) {
    std::string no = writer.constant(0, NumberType::Flag);
    condition = op("arith.cmpi eq, " + condition + ", " + no + " : i1");
  }
  open("scf.if " + condition);
  writeBlock(isSwapped ? branch.other : branch.body);
  close("} else {");
  ++writer.depth;
  writeBlock(isSwapped ? branch.body : branch.other);
  close();
}

//===----------------------------------------------------------------------===//
// The program
//===----------------------------------------------------------------------===//

static Layout drawLayout(Random &random) {
  Layout layout;
  layout.stages = random.integer(1, 3);
  layout.backStages = random.integer(1, 2);
  if (random.oneIn(6))
    layout.readers = 2;
  else if (random.oneIn(5))
    layout.agents = 2;
  else if (random.oneIn(40))
    layout.agents = 40; // and as many readers
  return layout;
}

std::string drawProgram(uint64_t seed) {
  Random random(seed);
  Layout layout = drawLayout(random);
  std::vector<Statement> statements = Planner(random, layout).plan();
  int slips = random.oneIn(2) ? 0 : 12;
  bool hasLanes = layout.readers == 1;
  std::string loader =
      RoleWriter(random, true, hasLanes, slips).write(statements);
  std::string reader =
      RoleWriter(random, false, hasLanes, slips).write(statements);
  std::string text =
      formatv(
          "!forth = !tile.ring<{0} x none, lanes = {1}, readers = {2}>\n"
          "!back = !tile.ring<{3} x none, lanes = {1}>\n"
          "tile.kernel @random(%natural: index {{tile.natural}, "
          "%number: i32, %flag0: i1, %flag1: i1, "
          "%loads: memref<2xi32> {{tile.natural}, %marks: memref<4xi32>) {{\n"
          "  %c0 = arith.constant 0 : index\n"
          "  %c1 = arith.constant 1 : index\n",
          layout.stages, layout.agents, layout.readers, layout.backStages)
          .str();
  for (const char *ring : {"forth", "back"})
    if ((loader + reader).find(std::string("%") + ring) != std::string::npos)
      text += formatv("  %{0} = tile.make_ring : !{0}\n", ring).str();
  text +=
      formatv("  tile.role @load agents({0}) each thread (%agent) {{\n{1}  }\n",
              layout.agents, loader)
          .str();
  text +=
      formatv(
          "  tile.role @read agents({0}) each warp (%agent) {{\n{1}  }\n}\n",
          layout.agents * layout.readers, reader)
          .str();
  return text;
}

} // namespace tessera::test
