// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Kernels/AttendPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tessera {

//===----------------------------------------------------------------------===//
// As text
//===----------------------------------------------------------------------===//

namespace {
struct Word {
  StringLiteral name;
  int value;
};
} // namespace

static constexpr Word kOrders[] = {{"static", int(WorkOrder::Static)},
                                   {"ticket", int(WorkOrder::Ticket)},
                                   {"wave", int(WorkOrder::Wave)},
                                   {"sweep", int(WorkOrder::Sweep)},
                                   {"call", int(WorkOrder::Call)}};
static constexpr Word kQueries[] = {{"ring", int(QueryPlan::Ring)},
                                    {"own", int(QueryPlan::Own)},
                                    {"shared", int(QueryPlan::Shared)}};
static constexpr Word kAnswers[] = {{"no", 0}, {"yes", 1}};

static StringRef wordFor(ArrayRef<Word> words, int value) {
  const Word *found = find_if(words, [&](Word w) { return w.value == value; });
  return found->name;
}

StringRef nameOf(WorkOrder order) { return wordFor(kOrders, int(order)); }

std::string print(const AttendPlan &plan) {
  return formatv(
      "tiles={0},step={1},stages={2},query={3},overlap={4},store={5},"
      "registers={6}/{7},order={8}",
      plan.tiles, plan.step, plan.stages, wordFor(kQueries, int(plan.query)),
      wordFor(kAnswers, plan.overlap), plan.store, plan.attendRegisters,
      plan.loadRegisters, nameOf(plan.order));
}

static Error parseNumber(StringRef key, StringRef text, int64_t &number) {
  if (!text.getAsInteger(10, number))
    return Error::success();
  return createStringError("plan: '" + text + "' is no number that '" + key +
                           "' could be");
}

static Expected<int> parseWord(StringRef key, StringRef text,
                               ArrayRef<Word> words) {
  for (Word word : words)
    if (word.name == text)
      return word.value;
  auto names = map_range(words, [](Word w) { return StringRef(w.name); });
  return createStringError("plan: '" + key + "' is '" + text +
                           "'; expected one of " + join(names, ", "));
}

template <typename T>
static Error parseWord(StringRef key, StringRef text, ArrayRef<Word> words,
                       T &value) {
  Expected<int> word = parseWord(key, text, words);
  if (!word)
    return word.takeError();
  value = T(*word);
  return Error::success();
}

static Error parseItem(StringRef key, StringRef value, AttendPlan &plan) {
  if (key == "tiles")
    return parseNumber(key, value, plan.tiles);
  if (key == "step")
    return parseNumber(key, value, plan.step);
  if (key == "stages")
    return parseNumber(key, value, plan.stages);
  if (key == "store")
    return parseNumber(key, value, plan.store);
  if (key == "query")
    return parseWord(key, value, kQueries, plan.query);
  if (key == "overlap")
    return parseWord(key, value, kAnswers, plan.overlap);
  if (key == "order")
    return parseWord(key, value, kOrders, plan.order);
  if (key != "registers")
    return createStringError(
        "plan: there is no '" + key +
        "'; there are tiles, step, stages, query, overlap, store, "
        "registers, order");
  auto [attend, load] = value.split('/');
  if (load.empty())
    return createStringError("plan: 'registers' is '" + value +
                             "'; expected those of the computing threads and "
                             "those of the loading ones, as 160/32");
  if (Error error = parseNumber(key, attend, plan.attendRegisters))
    return error;
  return parseNumber(key, load, plan.loadRegisters);
}

Expected<AttendPlan> parsePlan(StringRef text, AttendPlan plan) {
  SmallVector<StringRef> items;
  text.split(items, ',', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef item : items) {
    auto [key, value] = item.split('=');
    if (Error error = parseItem(key.trim(), value.trim(), plan))
      return error;
  }
  return plan;
}

} // namespace tessera
