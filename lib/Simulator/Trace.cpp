// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A trace as text, and as the trace viewers of browsers read it.
#include "tessera/Simulator/Simulator.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

#include <map>

using namespace tessera;
using namespace tessera::sim;

void sim::printTrace(llvm::raw_ostream &os, llvm::ArrayRef<TraceEvent> trace) {
  for (const TraceEvent &event : trace)
    os << llvm::formatv("{0,8} {1,8}  {2,-24} {3,-8} {4}\n", event.begin,
                        event.end, describe(event.agent), event.what,
                        event.detail);
}

namespace {
/// Writes events, and tells the agents apart by numbers.
class ChromeWriter {
public:
  explicit ChromeWriter(llvm::raw_ostream &os) : json(os) {}

  void write(llvm::ArrayRef<TraceEvent> trace) {
    json.object([&] {
      json.attributeArray("traceEvents", [&] {
        for (const TraceEvent &event : trace)
          writeEvent(event);
        for (auto &[name, thread] : threads)
          writeThread(name.first, thread, name.second);
      });
    });
  }

private:
  /// Spans of one agent never overlap; its copies and products may, and are
  /// written as pairs of a beginning and an end.
  void writeEvent(const TraceEvent &event) {
    if (!event.isAsynchronous)
      return writePhase(event, "X", event.begin, /*hasDuration=*/true);
    ++asynchronous;
    writePhase(event, "b", event.begin);
    writePhase(event, "e", event.end);
  }

  void writePhase(const TraceEvent &event, llvm::StringRef phase, int64_t tick,
                  bool hasDuration = false) {
    json.object([&] {
      json.attribute("name", event.what);
      json.attribute("ph", phase);
      json.attribute("ts", tick);
      json.attribute("pid", event.agent.cta);
      json.attribute("tid", threadOf(event.agent));
      if (hasDuration) {
        json.attribute("dur", event.end - event.begin);
      } else {
        json.attribute("cat", event.what);
        json.attribute("id", asynchronous);
      }
      json.attributeObject("args",
                           [&] { json.attribute("detail", event.detail); });
    });
  }

  void writeThread(int64_t cta, int64_t thread, llvm::StringRef name) {
    json.object([&] {
      json.attribute("name", "thread_name");
      json.attribute("ph", "M");
      json.attribute("pid", cta);
      json.attribute("tid", thread);
      json.attributeObject("args", [&] { json.attribute("name", name); });
    });
  }

  int64_t threadOf(const AgentName &agent) {
    auto key = std::pair(agent.cta, describe(agent));
    return threads.insert({key, static_cast<int64_t>(threads.size())})
        .first->second;
  }

  llvm::json::OStream json;
  int64_t asynchronous = 0;
  std::map<std::pair<int64_t, std::string>, int64_t> threads;
};
} // namespace

void sim::printChromeTrace(llvm::raw_ostream &os,
                           llvm::ArrayRef<TraceEvent> trace) {
  ChromeWriter(os).write(trace);
  os << '\n';
}
