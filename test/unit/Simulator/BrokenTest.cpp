// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every program that breaks a rule is caught, and docs/tile-checks.md says by
// whom: the verifier, tile-check-rings, or the simulator in ten orders of
// events.
#include "BrokenPrograms.h"
#include "Chain.h"
#include "KernelFile.h"
#include "Redo.h"

#include "Tile/Transforms/Passes.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;

namespace tessera::test {
static void PrintTo(const Broken &broken, std::ostream *os) {
  *os << broken.name;
}

std::string Broken::edited() const {
  std::string text = program;
  for (const Edit &edit : edits) {
    size_t at = text.find(edit.from);
    EXPECT_NE(at, std::string::npos) << "no such text: " << edit.from;
    if (at != std::string::npos)
      text.replace(at, std::string(edit.from).size(), edit.to);
  }
  return text;
}
} // namespace tessera::test

namespace {

constexpr uint64_t kSeeds = 10;

/// Both programs run on one call.
SimulationResult run(const KernelFile &file, ArrayRef<Argument> arguments,
                     uint64_t seed) {
  Options options;
  options.seed = seed;
  options.maxOperations = 100000;
  return simulate(file.kernel(), arguments, 1, options);
}

SimulationResult run(const KernelFile &file, const char *program,
                     uint64_t seed) {
  if (program == kRedo)
    return run(file, RedoCall().arguments(), seed);
  ChainCall call;
  return run(file, call.arguments(), seed);
}

/// What each of the three says of a program.
struct Answers {
  std::string verifier, check, simulator;
};

std::string askVerifier(ModuleOp module, const Broken &broken) {
  std::string said;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diag) {
    said += diag.str() + "\n";
  });
  if (succeeded(verify(module)))
    return "-";
  EXPECT_NE(said.find(broken.text), std::string::npos) << said;
  return "error";
}

std::string askCheck(ModuleOp module) {
  std::string said;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diag) {
    said += diag.str() + "\n";
  });
  PassManager passes(module.getContext());
  passes.enableVerifier(false);
  passes.addPass(tile::createCheckRingsPass());
  if (succeeded(passes.run(module)))
    return "-";
  return said.find("is broken") != std::string::npos ? "broken"
                                                     : "cannot decide";
}

std::string askSimulator(const KernelFile &file, const Broken &broken,
                         bool isVerified) {
  std::set<std::string> kinds;
  uint64_t caught = 0;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimulationResult result = run(file, broken.program, seed);
    caught += !result.isClean();
    for (const Report &report : result.reports) {
      EXPECT_TRUE(broken.kinds.contains(report.kind)) << print(result);
      kinds.insert(nameOf(report.kind).str());
    }
    if (!result.isClean() && isVerified) {
      EXPECT_NE(print(result).find(broken.text), std::string::npos)
          << print(result);
    }
  }
  if (caught == 0)
    return "-";
  return llvm::join(kinds, ", ") + (caught < kSeeds ? ", in some orders" : "");
}

Answers askAll(const Broken &broken) {
  KernelFile file = parseKernel(broken.edited(), "text", /*verifies=*/false);
  EXPECT_TRUE(file.module) << file.errors;
  if (!file.module)
    return {};
  Answers answers;
  answers.verifier = askVerifier(*file.module, broken);
  answers.check = askCheck(*file.module);
  answers.simulator = askSimulator(file, broken, answers.verifier == "-");
  return answers;
}

/// Each program is tried once for all tests.
const Answers &ask(const Broken &broken) {
  static std::map<std::string, Answers> known;
  auto [at, isNew] = known.try_emplace(broken.name);
  if (isNew)
    at->second = askAll(broken);
  return at->second;
}

std::vector<Broken> all() {
  std::vector<Broken> programs = brokenStages();
  llvm::append_range(programs, brokenRoles());
  return programs;
}

class BrokenTest : public testing::TestWithParam<Broken> {};

} // namespace

TEST(ChainTest, IsRightInAnyOrder) {
  KernelFile file = parseKernel(kChain);
  ASSERT_TRUE(file.module) << file.errors;
  EXPECT_EQ(askCheck(*file.module), "-");
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    ChainCall call;
    SimulationResult result = run(file, call.arguments(), seed);
    ASSERT_TRUE(result.isClean()) << print(result);
    ASSERT_TRUE(call.isRight());
  }
}

TEST(ChainTest, ReportsAnEntryThatIsNoBlock) {
  KernelFile file = parseKernel(kChain);
  for (int32_t entry : {-1, 5, 1 << 30}) {
    ChainCall call;
    call.list[2] = entry;
    SimulationResult result = run(file, call.arguments(), 0);
    ASSERT_EQ(result.reports.size(), 1u) << print(result);
    EXPECT_EQ(result.reports[0].kind, ReportKind::OutOfBounds);
    EXPECT_EQ(result.reports[0].agent.role, "load");
  }
}

TEST(RedoTest, IsRightInAnyOrder) {
  KernelFile file = parseKernel(kRedo);
  ASSERT_TRUE(file.module) << file.errors;
  EXPECT_EQ(askCheck(*file.module), "-");
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    SimulationResult result = run(file, RedoCall().arguments(), seed);
    ASSERT_TRUE(result.isClean()) << print(result);
  }
}

TEST_P(BrokenTest, IsCaught) {
  const Answers &answers = ask(GetParam());
  EXPECT_FALSE(answers.verifier == "-" && answers.check == "-" &&
               answers.simulator == "-");
}

/// The table of docs/tile-checks.md, between its two marks.
TEST(BrokenTable, IsWhatThePageSays) {
  std::string table;
  for (const Broken &broken : all()) {
    const Answers &answers = ask(broken);
    table += llvm::formatv("| {0} | {1} | {2} | {3} |\n", broken.what,
                           answers.verifier, answers.check, answers.simulator);
  }
  std::string page = readTestFile("../docs/tile-checks.md");
  constexpr llvm::StringLiteral kBegin = "|---|---|---|---|\n";
  size_t begin = page.find(kBegin) + kBegin.size();
  ASSERT_GE(begin, kBegin.size());
  EXPECT_EQ(page.substr(begin, page.find("\n\n", begin) + 1 - begin), table)
      << "put this table into docs/tile-checks.md";
}

INSTANTIATE_TEST_SUITE_P(Programs, BrokenTest, testing::ValuesIn(all()),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });
