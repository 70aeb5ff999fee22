// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What was chosen and why, as lines or as JSON: one walk, two ways to write.
#include "ExplainCall.h"

#include <cstdio>
#include <cstring>

using namespace tessera;
using namespace tessera::rt;
using program::Fact;
using program::Index;
using program::kNone;
using program::Program;
using program::Range;

//===----------------------------------------------------------------------===//
// The record
//===----------------------------------------------------------------------===//

static void addFacts(Report &report, const char *name, const Program &record,
                     Range range) {
  if (range.count == 0)
    return;
  report.open(name);
  for (const Fact &fact : record.facts(range)) {
    if (*record.text(fact.text))
      report.add(record.text(fact.name), record.text(fact.text));
    else
      report.add(record.text(fact.name), fact.number);
  }
  report.close();
}

/// "12.8"
static void addDriver(Report &report, const char *name, int32_t version) {
  char text[32];
  std::snprintf(text, sizeof(text), "%d.%d", version / 1000,
                version / 10 % 100);
  report.add(name, text);
}

static void addImage(Report &report, const tessera_program &program,
                     const program::Kernel &kernel) {
  Program record = program.record();
  const tessera_context &context = *program.context;
  Expected<Index> image =
      chooseImage(record, kernel, context.view.driver->cudaVersion());
  if (!image) {
    report.add("code", image.error().message());
    return;
  }
  bool isCubin = *image == kernel.cubin;
  report.add("code", isCubin ? "cubin" : "PTX");
  addDriver(report, "least driver",
            record.images()[size_t(*image)].leastDriver);
  if (!isCubin && kernel.cubin != kNone)
    addDriver(report, "least driver of the cubin",
              record.images()[size_t(kernel.cubin)].leastDriver);
}

static void addKernels(Report &report, tessera_program &program) {
  Program record = program.record();
  Lock lock(program.mutex);
  report.openList("kernels");
  for (size_t i = 0; i < record.kernels().size(); ++i) {
    const program::Kernel &kernel = record.kernels()[i];
    const LoadedKernel &loaded = program.kernels[i];
    report.open("kernel");
    report.add("name", record.text(kernel.name));
    if (*record.text(kernel.plan))
      report.add("plan", record.text(kernel.plan));
    addFacts(report, "facts", record, kernel.facts);
    addImage(report, program, kernel);
    report.add("loaded", loaded.kernel ? "yes" : "no");
    if (loaded.kernel) {
      report.add("registers", int64_t(loaded.attributes.registers));
      report.add("local bytes", int64_t(loaded.attributes.localBytes));
    }
    if (loaded.resident >= 0)
      report.add("resident CTAs", loaded.resident);
    report.close();
  }
  report.close();
}

/// Programs of the same function that are not for this device.
static void addOthers(Report &report, const tessera_program &program) {
  report.openList("other programs");
  for (const Candidate &candidate : program.library->candidates) {
    Program other = candidate.record();
    if (&candidate != program.candidate &&
        std::strcmp(other.function(), program.record().function()) == 0)
      report.add("for", other.chip());
  }
  report.close();
}

tessera_error *tessera_program_explain(tessera_program *program,
                                       const tessera_launches *launches,
                                       tessera_format format, char **text) {
  *text = nullptr;
  Program record = program->record();
  const program::Header &head = record.header();
  Words words;
  Report report(words, format == TESSERA_JSON);
  report.add("function", record.function());
  report.add("chip", record.chip());
  report.add("device", program->context->name);
  if (!program->context->isHost) {
    report.add("multiprocessors", int64_t(program->context->multiprocessors));
    addDriver(report, "driver", program->context->view.driver->cudaVersion());
  }
  addFacts(report, "key", record, head.key);
  addFacts(report, "evidence", record, head.evidence);
  addFacts(report, "refused", record, head.refusals);
  if (!program->context->isHost)
    addKernels(report, *program);
  addOthers(report, *program);
  if (launches)
    addCall(report, *launches);
  report.finish();
  *text = words.release();
  return *text ? nullptr : outOfMemory("an explanation").release();
}

void tessera_text_destroy(char *text) { std::free(text); }
