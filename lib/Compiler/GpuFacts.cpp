// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GpuFacts.h"

#include "Facts.h"
#include "tessera/Kernels/Recipe.h"

using namespace mlir;
using namespace tessera;

using program::Writer;

/// Recipes that had their say before the one that was taken.
static void refuse(Operation *op, StringRef chip, FactList &refusals) {
  for (const kernels::Recipe &recipe : kernels::recipes()) {
    std::string why = recipe.whyNot(op, chip);
    if (why.empty())
      return;
    refusals.add(recipe.name, why);
  }
}

void tessera::addRefusals(func::FuncOp function, StringRef chip,
                          Writer &writer) {
  FactList refusals(writer);
  for (Operation *op : operationsOf(function))
    refuse(op, chip, refusals);
  writer.head.refusals = refusals.range();
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

static int32_t cudaVersion(unsigned major, unsigned minor) {
  return int32_t(major * 1000 + minor * 10);
}

// Minor version compatibility: machine code of a toolkit loads in every driver
// of the same major version and later ones (NVIDIA, CUDA Compatibility). That
// does not hold for PTX, which asks for a driver that knows its version.
int32_t tessera::leastDriverOfCubin(const nvptx::Assembler &assembler) {
  return cudaVersion(assembler.version.getMajor(), 0);
}

/// The CUDA release that brought a version of PTX brought its ptxas too.
int32_t tessera::leastDriverOfPtx(const nvptx::Chip &chip) {
  return cudaVersion(chip.oldestPtxas.getMajor(),
                     chip.oldestPtxas.getMinor().value_or(0));
}

static void describe(const nvptx::KernelResources &made, FactList &facts) {
  facts.add("registers", made.registersPerThread);
  facts.add("static shared bytes", made.staticSharedBytes);
  facts.add("named barriers", made.namedBarriers);
  facts.add("stack bytes", made.stackBytes);
  facts.add("spilled bytes", made.spillStoreBytes + made.spillLoadBytes);
  for (const std::string &note : made.notes)
    facts.add("note", note);
}

static void addEvidence(const std::optional<nvptx::Cubin> &cubin,
                        Writer &writer) {
  FactList evidence(writer);
  evidence.add("compiler", kCompilerName);
  evidence.add("assembler",
               cubin ? "ptxas " + cubin->assembler.version.getAsString()
                     : "the driver's");
  evidence.add("PTX", "the check of machine code does not see what a driver "
                      "makes of it");
  writer.head.evidence = evidence.range();
}

void tessera::addCode(const GpuImages &images,
                      const std::optional<nvptx::Cubin> &cubin,
                      Writer &writer) {
  if (images.cubin)
    writer.images.push_back(*images.cubin);
  writer.images.push_back(images.ptx);
  for (program::Kernel &kernel : writer.kernels) {
    kernel.cubin = images.cubin ? 0 : program::kNone;
    kernel.ptx = program::Index(writer.images.size() - 1);
    FactList facts(writer);
    for (const nvptx::KernelResources &made :
         cubin ? ArrayRef(cubin->kernels) : ArrayRef<nvptx::KernelResources>())
      if (made.kernel == writer.read(kernel.name))
        describe(made, facts);
    kernel.facts = facts.range();
  }
  addEvidence(cubin, writer);
}
