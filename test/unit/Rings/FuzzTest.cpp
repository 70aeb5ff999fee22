// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random programs, checked and run. What holds runs clean whatever it is called
// with; of what is broken some call shows it. TESSERA_SEED is the seed of the
// first program, TESSERA_FUZZ their number.
#include "../Simulator/KernelFile.h"
#include "RandomProgram.h"

#include "Tile/Analysis/Rings/Rings.h"

#include "gtest/gtest.h"

#include <cstdlib>

using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;
using tessera::oracle::Random;
using tile::rings::Verdict;

namespace {

uint64_t numberFrom(const char *variable, uint64_t otherwise) {
  const char *text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 0) : otherwise;
}

struct Answer {
  Verdict verdict = Verdict::Holds;
  bool isRace = false;
  std::string text;
};

Answer askCheck(tile::KernelOp kernel) {
  Answer answer;
  for (const tile::rings::Finding &finding : tile::rings::check(kernel)) {
    answer.text += finding.text + "\n";
    for (const auto &[location, note] : finding.notes) {
      answer.text += "  " + note + "\n";
      answer.isRace |= note.find("reads memory that") != std::string::npos;
    }
    if (answer.verdict != Verdict::Broken)
      answer.verdict = finding.verdict;
  }
  return answer;
}

enum class Run { Clean, Broken, Undefined };

Run classify(const SimulationResult &result) {
  if (result.isClean())
    return Run::Clean;
  switch (result.reports.front().kind) {
  case ReportKind::Endless:
  case ReportKind::OutOfBounds:
  case ReportKind::Undefined:
    return Run::Undefined;
  default:
    return Run::Broken;
  }
}

Run run(const KernelFile &file, ProgramCall call, uint64_t seed,
        std::string *said = nullptr) {
  Options options;
  options.seed = seed;
  options.maxOperations = 200000;
  SimulationResult result =
      simulate(file.kernel(), call.arguments(), 1, options);
  for (const Report &report : result.reports)
    EXPECT_NE(report.kind, ReportKind::Unsupported) << report.text;
  if (said)
    *said = print(result);
  return classify(result);
}

/// Small numbers mostly; what shows only in a late round wants larger ones.
int64_t mostOf(uint64_t call) {
  constexpr uint64_t kPatient = 3000;
  return call > kPatient && call % 4 == 0 ? 40 : call % 4 == 3 ? 9 : 3;
}

void expectClean(const KernelFile &file, uint64_t seed) {
  Random random(seed);
  for (uint64_t call = 0; call < 60; ++call) {
    ProgramCall drawn = drawCall(random, mostOf(call));
    std::string said;
    ASSERT_NE(run(file, drawn, call, &said), Run::Broken)
        << "with " << drawn.describe() << ":\n"
        << said;
  }
}

bool isShown(const KernelFile &file, uint64_t seed) {
  constexpr uint64_t kCalls = 20000;
  Random random(seed);
  for (uint64_t call = 0; call < kCalls; ++call)
    if (run(file, drawCall(random, mostOf(call)), call) == Run::Broken)
      return true;
  return false;
}

} // namespace

TEST(RingsFuzz, CheckAndSimulatorAgree) {
  uint64_t first = numberFrom("TESSERA_SEED", 1),
           count = numberFrom("TESSERA_FUZZ", 400);
  std::map<Verdict, uint64_t> verdicts;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    std::string text = drawProgram(seed);
    KernelFile file = parseKernel(text);
    ASSERT_TRUE(file.module) << file.errors << text;
    Answer answer = askCheck(file.kernel());
    SCOPED_TRACE("TESSERA_SEED=" + std::to_string(seed) + " TESSERA_FUZZ=1\n" +
                 text + answer.text);
    ++verdicts[answer.verdict];
    if (answer.verdict == Verdict::Holds)
      expectClean(file, seed);
    else if (answer.verdict == Verdict::Broken && !answer.isRace)
      EXPECT_TRUE(isShown(file, seed)) << "no call shows what is broken";
    if (HasFailure())
      return;
  }
  RecordProperty("holds", int(verdicts[Verdict::Holds]));
  RecordProperty("broken", int(verdicts[Verdict::Broken]));
  RecordProperty("unknown", int(verdicts[Verdict::Unknown]));
  printf("seeds from %llu: %llu hold, %llu are broken, %llu undecided\n",
         (unsigned long long)first,
         (unsigned long long)verdicts[Verdict::Holds],
         (unsigned long long)verdicts[Verdict::Broken],
         (unsigned long long)verdicts[Verdict::Unknown]);
  // Enough of each, or the programs say little.
  if (count >= 100) {
    EXPECT_GE(verdicts[Verdict::Holds], count / 10);
    EXPECT_GE(verdicts[Verdict::Broken], count / 10);
    EXPECT_LE(verdicts[Verdict::Unknown], count / 2);
  }
}
