// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records as files have them: whole, cut, and with any byte changed.
#include "CallFixture.h"

#include <cstring>
#include <random>

using namespace tessera::program;

namespace {

/// One element of every table.
Record everything() {
  Writer w;
  w.head.function = w.text("attend");
  w.head.chip = w.text("sm_90a");
  Index rows = w.addSymbol("Sq", "rows"), count = w.addSymbol("Nq", "blocks");
  w.head.leastWorkspace = w.head.bestWorkspace =
      w.make(ExpressionKind::Multiply, count, w.constant(4));
  Param query{};
  query.name = w.text("query");
  query.dtype = TESSERA_BF16;
  query.rank = 2;
  query.symbol = kNone;
  query.dims[0] = rows;
  query.dims[1] = w.constant(64);
  w.params.push_back(query);
  w.addBlocks(count, rows, 64);
  w.buffers.push_back(
      {w.text("marks"), w.head.leastWorkspace, w.constant(0), 0, 0});
  Map map{};
  map.name = query.name;
  map.dtype = TESSERA_BF16;
  map.rank = 2;
  map.swizzleBytes = 128;
  map.dims[0] = w.constant(64);
  map.dims[1] = rows;
  map.strides[0] = w.stride(0, 0);
  map.box[0] = map.box[1] = 64;
  w.maps.push_back(map);
  Operand operand{};
  operand.kind = OperandKind::Map;
  w.operands.push_back(operand);
  Action launch{};
  launch.kind = ActionKind::Launch;
  launch.operands = {0, 1};
  launch.grid[0] = w.make(ExpressionKind::Minimum, count,
                          w.device(DeviceNumber::ResidentCtas, 0));
  launch.grid[1] = launch.grid[2] = w.constant(1);
  launch.threads = w.constant(384);
  launch.sharedBytes = w.constant(200000);
  launch.cluster = kNone;
  w.actions.push_back(launch);
  Step step{};
  step.actions = {0, 1};
  step.choice = kNone;
  w.steps.push_back(step);
  step.after = {0, 1};
  w.edges.push_back({0, 0});
  w.steps.push_back(step);
  w.images.push_back({ImageKind::Cubin, 12080, 1000, {1, 2}});
  w.facts.push_back({w.text("registers"), 0, 168});
  w.kernels.push_back({w.text("attend"), 0, 0, kNone, {0, 1}});
  w.head.key = {0, 1};
  return w.write();
}

/// A record whose bytes a test changes, with a checksum that fits them.
struct Damage {
  Damage() {
    Record record = everything();
    bytes.assign(record.bytes().begin(), record.bytes().end());
  }
  Header &head() { return *reinterpret_cast<Header *>(bytes.data()); }
  template <typename T>
  T &element(Table table, size_t index) {
    return reinterpret_cast<T *>(bytes.data() + table.offset)[index];
  }
  std::string open() {
    head().hash = hashOf(bytes);
    Expected<Program> program = Program::open(bytes);
    return program ? "" : program.error().message();
  }
  std::vector<std::byte> bytes;
};

} // namespace

TEST(Record, OpensAsWritten) {
  Record record = everything();
  Expected<Program> program = Program::open(record.bytes());
  ASSERT_TRUE(bool(program)) << program.error().message();
  EXPECT_STREQ(program->function(), "attend");
  EXPECT_FALSE(program->isForHost());
  EXPECT_EQ(program->steps().size(), 2U);
  EXPECT_EQ(program->after(program->steps()[1]).size(), 1U);
  EXPECT_EQ(program->facts(program->header().key)[0].number, 168);
}

TEST(Record, IsTheSameEachTime) {
  Record a = everything(), b = everything();
  EXPECT_TRUE(std::ranges::equal(a.bytes(), b.bytes()));
}

TEST(Record, RefusesEveryPrefix) {
  Record record = everything();
  for (size_t size = 0; size < record.bytes().size(); ++size)
    EXPECT_FALSE(bool(Program::open(record.bytes().first(size)))) << size;
}

TEST(Record, RefusesAnyChangedByte) {
  Damage damage;
  for (size_t at = 0; at < damage.bytes.size(); ++at) {
    damage.bytes[at] ^= std::byte(0x40);
    EXPECT_FALSE(bool(Program::open(damage.bytes))) << at;
    damage.bytes[at] ^= std::byte(0x40);
  }
}

TEST(Record, SaysWhatIsWrong) {
  const struct {
    const char *part;
    void (*change)(Damage &);
  } rows[] = {
      {"does not begin as one", [](Damage &d) { d.head().magic[0] = 'x'; }},
      {"another byte order",
       [](Damage &d) { d.head().byteOrder = 0x04030201; }},
      {"has version 0.99", [](Damage &d) { d.head().minor = 99; }},
      {"more elements than any",
       [](Damage &d) { d.head().steps.count = 1 << 30; }},
      {"lies outside it", [](Damage &d) { d.head().steps.count = 4000; }},
      {"is not aligned", [](Damage &d) { d.head().steps.offset += 4; }},
      {"is made of later ones",
       [](Damage &d) {
         for (uint32_t i = 0; i < d.head().expressions.count; ++i) {
           auto &e = d.element<Expression>(d.head().expressions, i);
           if (e.kind == ExpressionKind::Multiply)
             e.a = Index(i);
         }
       }},
      {"parameter 0 has too many dimensions",
       [](Damage &d) { d.element<Param>(d.head().params, 0).rank = 99; }},
      {"constraint 0 is of no known kind",
       [](Damage &d) {
         d.element<Constraint>(d.head().constraints, 0).kind =
             ConstraintKind(99);
       }},
      {"constraint 0 names no parameter",
       [](Damage &d) {
         d.element<Constraint>(d.head().constraints, 0).param = 4711;
       }},
      {"map 0 has an impossible box",
       [](Damage &d) { d.element<Map>(d.head().maps, 0).box[1] = 0; }},
      {"action 0 names no kernel",
       [](Damage &d) { d.element<Action>(d.head().actions, 0).kernel = 7; }},
      {"step 1 waits for a later one",
       [](Damage &d) { d.element<Edge>(d.head().edges, 0).step = 1; }},
  };
  for (const auto &row : rows) {
    Damage damage;
    ASSERT_EQ(damage.open(), "");
    row.change(damage);
    std::string message = damage.open();
    EXPECT_NE(message.find(row.part), std::string::npos)
        << row.part << "\nnot in: " << message;
  }
}

/// Fields that pass any checksum must still be refused, or do no harm.
TEST(Record, SurvivesRandomFields) {
  std::mt19937 random(20260711);
  int opened = 0;
  for (int round = 0; round < 20000; ++round) {
    Damage damage;
    for (int change = 0; change < 2; ++change) {
      size_t word = random() % (damage.bytes.size() / 4);
      uint32_t value = random() % 3 ? random() % 64 : uint32_t(random());
      std::memcpy(damage.bytes.data() + 4 * word, &value, 4);
    }
    damage.head().hash = hashOf(damage.bytes);
    Expected<Program> program = Program::open(damage.bytes);
    if (!program)
      continue;
    ++opened;
    std::vector<SymbolValue> symbols(program->symbols().size());
    std::vector<Value> values(program->expressions().size());
    std::vector<tessera_tensor> tensors(program->params().size());
    evaluate(*program, {symbols, tensors.data(), nullptr}, values);
  }
  EXPECT_GT(opened, 100);
  EXPECT_LT(opened, 19000);
}
