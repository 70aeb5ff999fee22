// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Specs are checked in the words of those who wrote them; what the ops verify
// in their own words must not be reached.
#include "CheckSpec.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using llvm::Error;

namespace tessera {

template <typename... Args>
static Error wrong(const char *format, Args &&...args) {
  return llvm::createStringError(
      llvm::inconvertibleErrorCode(),
      llvm::formatv(format, std::forward<Args>(args)...).str());
}

/// A number that must be a multiple of 8 within limits.
static Error checkMultipleOf8(const char *what, int64_t value, int64_t least) {
  if (value >= least && value <= 256 && value % 8 == 0)
    return Error::success();
  return wrong("the {0} is {1}; use a multiple of 8 from {2} to 256", what,
               value, least);
}

/// The function is called from C, and a kernel found by its name.
static Error checkName(llvm::StringRef name) {
  bool isIdentifier =
      llvm::all_of(name, [](char c) { return llvm::isAlnum(c) || c == '_'; }) &&
      (name.empty() || !llvm::isDigit(name.front()));
  if (isIdentifier)
    return Error::success();
  return wrong("the name of the function is '{0}'; use letters, digits and "
               "'_', and no digit first",
               name);
}

static Error checkTiles(const Spec &spec) {
  if (Error error = checkMultipleOf8("head dimension", spec.headDim, 32))
    return error;
  if (Error error = checkMultipleOf8("query block", spec.queryBlock, 8))
    return error;
  return checkMultipleOf8("key block", spec.keyBlock, 8);
}

static Error checkExtents(const Spec &spec) {
  const struct {
    const char *what;
    int64_t value, least;
    const char *zero;
  } extents[] = {
      {"batch", spec.batch, 0, " (0: known when run)"},
      {"number of heads", spec.heads, 0, " (0: known when run)"},
      {"number of key/value heads", spec.keyHeads, 0, " (0: as the heads)"},
      {"query length", spec.queryLength, 0, " (0: known when run)"},
      {"key length", spec.keyLength, 0, " (0: known when run)"},
      {"capacity of a list", spec.capacity, 1, ""},
      {"number of sink blocks", spec.sink, 0, ""},
      {"number of local blocks", spec.local, 0, ""},
  };
  for (auto [what, value, least, zero] : extents)
    if (value < least || value > INT32_MAX)
      return wrong("the {0} is {1}; use {2}{3} to {4}", what, value, least,
                   zero, INT32_MAX);
  if (spec.heads && spec.keyHeads && spec.heads % spec.keyHeads)
    return wrong("{0} heads cannot share {1} key/value heads evenly; use a "
                 "number of key/value heads that divides {0}",
                 spec.heads, spec.keyHeads);
  return Error::success();
}

static Error checkSelection(const Spec &spec) {
  if (spec.local && spec.queryBlock != spec.keyBlock)
    return wrong("local blocks need query and key blocks of one size, found "
                 "{0} and {1}; make them equal or leave local blocks out",
                 spec.queryBlock, spec.keyBlock);
  int64_t forced = spec.sink + (spec.local ? 2 * spec.local - 1 : 0);
  if (forced > spec.capacity)
    return wrong("{0} sink and {1} local blocks force up to {2} key blocks, "
                 "but lists hold {3}; raise the capacity to {2} or more",
                 spec.sink, spec.local, forced, spec.capacity);
  return Error::success();
}

static Error checkBranches(const Spec &spec) {
  bool coarseGate =
      spec.gates == SpecGates::Coarse || spec.gates == SpecGates::Both;
  if (spec.withoutCoarse && coarseGate)
    return wrong("a coarse gate has nothing to scale without the coarse "
                 "result; drop one of the two");
  if (spec.withoutCoarse && spec.returnCoarse)
    return wrong("the coarse result is both left out and returned; drop one of "
                 "the two");
  if (spec.gatePer != SpecGatePer::Feature && spec.gates == SpecGates::None)
    return wrong("gates are one per token, but there are no gates; take a fine "
                 "or a coarse gate, or both");
  return Error::success();
}

/// Attend is given its lists and has one result to scale.
static Error checkAttend(const Spec &spec) {
  const struct {
    bool given;
    const char *what;
  } attentionOnly[] = {
      {spec.sink != 0, "sink blocks belong"},
      {spec.local != 0, "local blocks belong"},
      {spec.forced != bsa::Forced::Within, "forced blocks belong"},
      {spec.gates != SpecGates::None, "gates belong"},
      {spec.gatePer != SpecGatePer::Feature, "gates belong"},
      {spec.withoutCoarse, "the coarse result belongs"},
      {spec.returnCoarse, "the coarse result belongs"},
      {spec.returnMap, "the blocks kept belong"},
  };
  for (auto [given, what] : attentionOnly)
    if (given)
      return wrong("{0} to attention, and attend takes its lists as arguments; "
                   "leave that out or compile attention",
                   what);
  return Error::success();
}

Error checkSpec(const Spec &spec) {
  if (Error error = checkName(spec.name))
    return error;
  if (Error error = checkTiles(spec))
    return error;
  if (Error error = checkExtents(spec))
    return error;
  if (spec.op == SpecOp::Attend)
    return checkAttend(spec);
  if (Error error = checkSelection(spec))
    return error;
  return checkBranches(spec);
}

llvm::StringRef functionName(const Spec &spec) {
  if (!spec.name.empty())
    return spec.name;
  return spec.op == SpecOp::Attention ? "tessera_attention" : "tessera_attend";
}

} // namespace tessera
