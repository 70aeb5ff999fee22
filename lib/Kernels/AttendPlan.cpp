// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Kernels/AttendPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tessera {

static Error makeError(const Twine &text) {
  return createStringError(inconvertibleErrorCode(), text);
}

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
                                   {"wave", int(WorkOrder::Wave)}};
static constexpr Word kQueries[] = {{"ring", int(QueryPlan::Ring)},
                                    {"own", int(QueryPlan::Own)},
                                    {"shared", int(QueryPlan::Shared)}};
static constexpr Word kAnswers[] = {{"no", 0}, {"yes", 1}};

static StringRef wordFor(ArrayRef<Word> words, int value) {
  const Word *found = find_if(words, [&](Word w) { return w.value == value; });
  return found->name;
}

std::string print(const AttendPlan &plan) {
  return formatv("tiles={0},step={1},stages={2},query={3},overlap={4},store={5},"
                 "registers={6}/{7},order={8}",
                 plan.tiles, plan.step, plan.stages,
                 wordFor(kQueries, int(plan.query)),
                 wordFor(kAnswers, plan.overlap), plan.store,
                 plan.attendRegisters, plan.loadRegisters,
                 wordFor(kOrders, int(plan.order)));
}

static Error parseNumber(StringRef key, StringRef text, int64_t &number) {
  if (!text.getAsInteger(10, number))
    return Error::success();
  return makeError("plan: '" + text + "' is no number that '" + key +
                   "' could be");
}

static Expected<int> parseWord(StringRef key, StringRef text,
                               ArrayRef<Word> words) {
  for (Word word : words)
    if (word.name == text)
      return word.value;
  auto names = map_range(words, [](Word w) { return StringRef(w.name); });
  return makeError("plan: '" + key + "' is '" + text + "'; expected one of " +
                   join(names, ", "));
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
    return makeError("plan: there is no '" + key +
                     "'; there are tiles, step, stages, query, overlap, store, "
                     "registers, order");
  auto [attend, load] = value.split('/');
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

//===----------------------------------------------------------------------===//
// What is covered
//===----------------------------------------------------------------------===//

static Error checkOneOf(const Twine &what, int64_t number,
                        ArrayRef<int64_t> covered) {
  if (is_contained(covered, number))
    return Error::success();
  auto names = map_range(covered, [](int64_t n) { return std::to_string(n); });
  return makeError("no GPU kernel has " + what + " " + Twine(number) +
                   "; there are kernels for " + join(names, ", "));
}

Error checkShape(const AttendShape &shape) {
  if (!shape.element.isBF16() && !shape.element.isF16())
    return makeError("no GPU kernel takes query, key and value of another type "
                     "than bf16 and f16; round them, or compile for the host");
  if (Error error =
          checkOneOf("a head dimension of", shape.headDim, {64, 96, 128, 192, 256}))
    return error;
  if (Error error =
          checkOneOf("query blocks of", shape.queryBlock, {64, 128}))
    return error;
  return checkOneOf("key blocks of", shape.keyBlock, {64, 128});
}

Error checkPlan(const AttendShape &shape, const AttendPlan &plan) {
  int64_t panel = shape.headDim % 64 == 0 ? 64 : 32;
  if (plan.tiles < 1 || plan.stages < 1)
    return makeError("plan: tiles and stages are at least 1");
  if (plan.step != 64 && plan.step != 128)
    return makeError("plan: 'step' is " + Twine(plan.step) +
                     "; expected 64 or 128");
  if (shape.keyBlock % plan.step != 0)
    return makeError("plan: a key block of " + Twine(shape.keyBlock) +
                     " has no steps of " + Twine(plan.step));
  if (plan.store < panel || plan.store % panel != 0 ||
      shape.headDim % plan.store != 0)
    return makeError("plan: 'store' is " + Twine(plan.store) +
                     "; expected a multiple of " + Twine(panel) +
                     " that divides " + Twine(shape.headDim));
  if (plan.query == QueryPlan::Ring && plan.step != shape.queryBlock)
    return makeError("plan: a query block of " + Twine(shape.queryBlock) +
                     " does not fit a ring of keys with a step of " +
                     Twine(plan.step) + "; use query=own or query=shared");
  return Error::success();
}

AttendPlan choosePlan(const AttendShape &shape) {
  AttendPlan plan;
  plan.store = shape.headDim % 64 == 0 ? 64 : 96;
  return plan;
}

} // namespace tessera
