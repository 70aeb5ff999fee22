// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "GpuFacts.h"

#include "Bsa/IR/Bsa.h"
#include "tessera/Kernels/Recipe.h"
#include "tessera/Runtime/Dtype.h"
#include "tessera/Version.h"

#include "llvm/Config/llvm-config.h"

using namespace mlir;
using namespace tessera;

using program::Writer;

namespace {

/// Adds facts one behind the other.
class FactList {
public:
  explicit FactList(Writer &writer)
      : writer(writer), first(uint32_t(writer.facts.size())) {}

  void add(StringRef name, StringRef text) {
    writer.facts.push_back({writer.text(name), writer.text(text), 0});
  }
  void add(StringRef name, int64_t number) {
    writer.facts.push_back({writer.text(name), 0, number});
  }
  program::Range range() const {
    return {first, uint32_t(writer.facts.size()) - first};
  }

private:
  Writer &writer;
  uint32_t first;
};

} // namespace

//===----------------------------------------------------------------------===//
// The key
//===----------------------------------------------------------------------===//

/// How many entries of a list count.
static StringRef countOf(bsa::AttendOp attend) {
  auto lists = attend.getMap().getDefiningOp<bsa::MapFromListsOp>();
  if (!lists || !lists.getCount())
    return "all";
  return isa<RankedTensorType>(lists.getCount().getType()) ? "each" : "one";
}

static void describe(bsa::AttendOp attend, FactList &key) {
  auto query = cast<RankedTensorType>(attend.getQuery().getType());
  auto map = cast<bsa::BlockMapType>(attend.getMap().getType());
  bool isBF16 = query.getElementType().isBF16();
  key.add("operation", "attend");
  key.add("dtype", rt::dtypeName(isBF16 ? TESSERA_BF16 : TESSERA_F16));
  key.add("head_dim", query.getShape().back());
  key.add("q_block", map.getQueryBlock());
  key.add("kv_block", map.getKeyBlock());
  key.add("capacity", map.getCapacity());
  key.add("count", countOf(attend));
  key.add("q_sizes", attend.getQSizes() ? 1 : 0);
  key.add("kv_sizes", attend.getKvSizes() ? 1 : 0);
  key.add("scale", attend.getScale() ? 1 : 0);
  key.add("lse", attend.getLse() ? 1 : 0);
}

/// Recipes that had their say before the one that was taken.
static void addRefusals(Operation *op, StringRef chip, FactList &refusals) {
  for (const kernels::Recipe &recipe : kernels::recipes()) {
    std::string why = recipe.whyNot(op, chip);
    if (why.empty())
      return;
    refusals.add(recipe.name, why);
  }
}

void tessera::addKey(func::FuncOp function, StringRef chip, Writer &writer) {
  SmallVector<Operation *> computing;
  for (Operation &op : function.getBody().front())
    if (isa<bsa::BsaDialect>(op.getDialect()) &&
        !isa<bsa::MapFromListsOp, bsa::MapToListsOp>(op))
      computing.push_back(&op);
  FactList key(writer);
  if (computing.size() == 1)
    if (auto attend = dyn_cast<bsa::AttendOp>(computing.front()))
      describe(attend, key);
  writer.head.key = key.range();
  FactList refusals(writer);
  for (Operation *op : computing)
    addRefusals(op, chip, refusals);
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
  evidence.add("compiler",
               "Tessera " TESSERA_VERSION_STRING ", LLVM " LLVM_VERSION_STRING);
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
