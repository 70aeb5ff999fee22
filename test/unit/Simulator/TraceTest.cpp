// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a trace tells, and that a seed tells the same again.
#include "Chain.h"
#include "KernelFile.h"

#include "llvm/Support/JSON.h"

#include <map>

using namespace tessera;
using namespace tessera::sim;
using namespace tessera::test;

static SimulationResult traced(uint64_t seed) {
  KernelFile file = parseKernel(kChain);
  ChainCall call;
  std::vector<Argument> arguments = call.arguments();
  Options options;
  options.seed = seed;
  options.trace = true;
  return simulate(file.kernel(), arguments, 1, options);
}

static std::string text(const SimulationResult &result) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printTrace(os, result.trace);
  return text;
}

TEST(TraceTest, TellsWhatEachAgentDid) {
  SimulationResult result = traced(3);
  std::map<std::string, int> events;
  for (const TraceEvent &event : result.trace) {
    ++events[event.agent.role + " " + event.what];
    EXPECT_LE(event.begin, event.end);
    EXPECT_LE(event.end, result.ticks);
  }
  // Two lanes, five blocks, a stage each for key and value; one for the query.
  EXPECT_EQ(events["list acquire"], 5);
  EXPECT_EQ(events["load wait"], 10);
  EXPECT_EQ(events["load acquire"], 22);
  EXPECT_EQ(events["load load"], 22);
  EXPECT_EQ(events["multiply product"], 20);
  EXPECT_EQ(events["multiply release"], 22);
  EXPECT_EQ(events["multiply store"], 2);
  EXPECT_GT(events["load blocked"], 0);
}

TEST(TraceTest, ASeedIsARun) {
  std::string first = text(traced(5));
  EXPECT_EQ(first, text(traced(5)));
  EXPECT_NE(first, text(traced(6)));
}

TEST(TraceTest, IsJsonForViewers) {
  SimulationResult result = traced(3);
  std::string written;
  llvm::raw_string_ostream os(written);
  printChromeTrace(os, result.trace);
  llvm::Expected<llvm::json::Value> json = llvm::json::parse(written);
  ASSERT_TRUE(bool(json)) << toString(json.takeError());
  std::map<std::string, int> phases;
  for (const llvm::json::Value &event :
       *json->getAsObject()->getArray("traceEvents"))
    ++phases[event.getAsObject()->getString("ph")->str()];
  EXPECT_EQ(phases["b"], 44) << "22 copies, 20 products, 2 stores";
  EXPECT_EQ(phases["e"], 44);
  EXPECT_EQ(phases["M"], 5) << "a name for each agent";
  EXPECT_EQ(phases["X"] + 44, int(result.trace.size()));
}
