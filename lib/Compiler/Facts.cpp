// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Facts.h"

#include "Bsa/IR/Bsa.h"
#include "tessera/Runtime/Dtype.h"

using namespace mlir;
using namespace tessera;

using program::Writer;

/// How many entries of a list count.
static StringRef countOf(bsa::AttendOp attend) {
  auto lists = attend.getMap().getDefiningOp<bsa::MapFromListsOp>();
  if (!lists || !lists.getCount())
    return "all";
  return isa<RankedTensorType>(lists.getCount().getType()) ? "each" : "one";
}

static tessera_dtype dtypeOf(Type element) {
  if (element.isBF16())
    return TESSERA_BF16;
  return element.isF16() ? TESSERA_F16 : TESSERA_F32;
}

static void describe(bsa::AttendOp attend, FactList &key) {
  auto query = cast<RankedTensorType>(attend.getQuery().getType());
  auto map = cast<bsa::BlockMapType>(attend.getMap().getType());
  key.add("operation", "attend");
  key.add("dtype", rt::dtypeName(dtypeOf(query.getElementType())));
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

SmallVector<Operation *> tessera::operationsOf(func::FuncOp function) {
  SmallVector<Operation *> computing;
  for (Operation &op : function.getBody().front())
    if (isa<bsa::BsaDialect>(op.getDialect()) &&
        !isa<bsa::MapFromListsOp, bsa::MapToListsOp>(op))
      computing.push_back(&op);
  return computing;
}

void tessera::addKey(func::FuncOp function, Writer &writer) {
  FactList key(writer);
  SmallVector<Operation *> computing = operationsOf(function);
  if (computing.size() == 1)
    if (auto attend = dyn_cast<bsa::AttendOp>(computing.front()))
      describe(attend, key);
  writer.head.key = key.range();
}
