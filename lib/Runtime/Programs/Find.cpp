// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Finding a program, or saying of each why it is not the one.
#include "LoadedProgram.h"

#include <cstring>

using namespace tessera;
using namespace tessera::rt;
using program::Fact;
using program::Program;

//===----------------------------------------------------------------------===//
// Why not
//===----------------------------------------------------------------------===//

static void addValue(Words &why, const char *text, int64_t number) {
  if (text && *text)
    why.print("%s", text);
  else
    why.print("%lld", (long long)number);
}

/// True if the key holds what is asked for; else says what it holds.
static bool matches(const Program &record, const tessera_fact &wanted,
                    Words &why) {
  for (const Fact &fact : record.facts(record.header().key)) {
    if (std::strcmp(record.text(fact.name), wanted.name) != 0)
      continue;
    const char *text = record.text(fact.text);
    bool isEqual = wanted.text ? std::strcmp(text, wanted.text) == 0
                               : !*text && fact.number == wanted.number;
    if (isEqual)
      return true;
    why.print("%s is ", wanted.name);
    addValue(why, text, fact.number);
    why.print(", not ");
    addValue(why, wanted.text, wanted.number);
    return false;
  }
  why.print("its key has no %s", wanted.name);
  return false;
}

/// True if every kernel that a step launches has code for the driver.
static bool hasCode(const Program &record, const tessera_context &context,
                    Words &why) {
  for (const program::Kernel &kernel : record.kernels())
    if (Expected<program::Index> image =
            chooseImage(record, kernel, context.view.driver->cudaVersion());
        !image) {
      why.print("%s", image.error().message());
      return false;
    }
  return true;
}

/// True if `record` is what the query describes and runs in the context; else
/// says why not.
static bool fits(const Program &record, const tessera_context &context,
                 const tessera_query &query, Words &why) {
  if (query.function && std::strcmp(record.function(), query.function) != 0) {
    why.print("is not '%s'", query.function);
    return false;
  }
  for (size_t i = 0; i < query.fact_count; ++i)
    if (!matches(record, query.facts[i], why))
      return false;
  char chip[96];
  if (const char *reason = context.whyNot(record.chip(), chip)) {
    why.print("%s", reason);
    return false;
  }
  if (!context.isHost)
    return hasCode(record, context, why);
  int32_t least = record.header().leastCpuLevel;
  if (tessera_cpu_level() >= least)
    return true;
  why.print("needs x86-64 level %d, this processor has %d", least,
            tessera_cpu_level());
  return false;
}

//===----------------------------------------------------------------------===//
// Finding
//===----------------------------------------------------------------------===//

/// The one that was made for this context before, or a new one.
static Expected<tessera_program *> programFor(tessera_library &library,
                                              Candidate &candidate,
                                              tessera_context &context) {
  Lock lock(library.mutex);
  for (tessera_program *known = candidate.programs; known; known = known->next)
    if (known->context == &context)
      return known;
  auto *made = makeObject<tessera_program>();
  if (!made)
    return outOfMemory("a program");
  if (Error error = made->make(library, context, candidate)) {
    destroyObject(made);
    return error;
  }
  made->next = candidate.programs;
  candidate.programs = made;
  logLine("found %s for %s, on %s", candidate.record().function(),
          candidate.record().chip(), context.name);
  return made;
}

static Error describeAll(const tessera_library &library,
                         const tessera_context &context,
                         const tessera_query &query) {
  Words all;
  for (const Candidate &candidate : library.candidates) {
    Program record = candidate.record();
    Words why;
    fits(record, context, query, why);
    all.print("; %s for %s: %s", record.function(), record.chip(), why.chars());
  }
  return makeError(TESSERA_NOT_FOUND,
                   "none of %zu programs fits%s; compile one that does, or ask "
                   "for one of these",
                   library.candidates.size(), all.chars());
}

tessera_error *tessera_library_find(tessera_library *library,
                                    tessera_context *context,
                                    const tessera_query *query,
                                    tessera_program **program) {
  *program = nullptr;
  if (query->struct_size < sizeof(*query))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "tessera_query has %zu bytes, %zu are accepted; set "
                     "struct_size, and compile with the library's header",
                     query->struct_size, sizeof(*query))
        .release();
  for (Candidate &candidate : library->candidates) {
    Words why;
    if (!fits(candidate.record(), *context, *query, why))
      continue;
    Expected<tessera_program *> found =
        programFor(*library, candidate, *context);
    if (!found)
      return found.takeError().release();
    *program = *found;
    return nullptr;
  }
  return describeAll(*library, *context, *query).release();
}
