// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parallel loops become functions of a context and an index, and calls of the
// runtime that runs them on all cores.
#include "tessera/Target/Host/Passes.h"

#include "BufferBytes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace tessera::host {

#define GEN_PASS_DEF_HOSTOUTLINEPARALLELPASS
#include "tessera/Target/Host/Passes.h.inc"

namespace {

constexpr llvm::StringLiteral kParallelFor = "tessera_rt_parallel_for";

/// What a loop body takes from outside: values that travel in a struct, one
/// field each, and constants that are computed again inside.
struct Captures {
  SmallVector<Value> values;
  SmallVector<Operation *> constants;
  LLVM::LLVMStructType context;
};

/// One outermost parallel loop on its way out of its function.
struct Kernel {
  scf::ParallelOp loop;
  func::FuncOp caller;
  std::string name;
  /// How many threads may run bodies, an i32.
  Value mostThreads;
  /// The number of the thread, an index, where the body has use for it: an
  /// argument beside the loop's own for as long as outlining takes.
  BlockArgument thread;
};

/// Outlines the loops of one module.
class Outliner {
public:
  explicit Outliner(ModuleOp module)
      : module(module), builder(module.getContext()),
        types(module.getContext()), symbols(module),
        pointer(LLVM::LLVMPointerType::get(module.getContext())) {}

  LogicalResult outline(Kernel &kernel);

private:
  LogicalResult hoistScratch(Kernel &kernel);
  void hoistScratch(Kernel &kernel, memref::AllocOp scratch);
  FailureOr<Captures> capture(scf::ParallelOp loop);
  Value countIterations(scf::ParallelOp loop);
  Value extent(Location loc, Value lower, Value upper, Value step);
  Value packContext(Kernel &kernel, const Captures &captures);
  func::FuncOp createBody(Kernel &kernel, const Captures &captures);
  void unpackContext(func::FuncOp body, const Captures &captures,
                     IRMapping &mapping);
  void delinearize(scf::ParallelOp loop, Value index, IRMapping &mapping);
  func::FuncOp declare(StringRef name, ArrayRef<Type> arguments,
                       ArrayRef<Type> results);
  void callRuntime(const Kernel &kernel, Value count, func::FuncOp body,
                   Value context);
  Value field(Location loc, Value context, const Captures &captures, int i);
  Value cast(Location loc, Type type, Value value);

  ModuleOp module;
  OpBuilder builder;
  LLVMTypeConverter types;
  SymbolTable symbols;
  LLVM::LLVMPointerType pointer;
  func::FuncOp lastCaller, lastBody;
};

/// Without operands and effects: a constant, cheaper to repeat than to load.
bool isConstant(Operation *op) {
  return op && op->getNumOperands() == 0 && op->getNumRegions() == 0 &&
         isPure(op);
}

/// Sets the kernel's threads, and moves what its body allocates before the
/// loop.
LogicalResult Outliner::hoistScratch(Kernel &kernel) {
  Location loc = kernel.loop.getLoc();
  SmallVector<memref::AllocOp> scratch(
      kernel.loop.getBody()->getOps<memref::AllocOp>());
  for (memref::AllocOp buffer : scratch)
    if (!llvm::all_of(buffer.getDynamicSizes(), [&](Value size) {
          return kernel.loop.isDefinedOutsideOfLoop(size);
        }))
      return buffer.emitOpError("has a size that depends on the iteration; "
                                "allocate what the largest one needs");
  if (scratch.empty()) {
    kernel.mostThreads =
        arith::ConstantIntOp::create(builder, loc, INT32_MAX, 32);
    return success();
  }
  kernel.mostThreads =
      func::CallOp::create(builder, loc,
                           declare(kNumThreads, {}, builder.getI32Type()))
          .getResult(0);
  kernel.thread =
      kernel.loop.getBody()->addArgument(builder.getIndexType(), loc);
  for (memref::AllocOp buffer : scratch)
    hoistScratch(kernel, buffer);
  return success();
}

/// One buffer for all threads; the body takes the part of its own.
void Outliner::hoistScratch(Kernel &kernel, memref::AllocOp scratch) {
  Location loc = scratch.getLoc();
  auto toIndex = [&](Value integer) -> Value {
    return arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                      integer);
  };
  Value bytes =
      bufferBytes(builder, loc, scratch.getType(), scratch.getDynamicSizes());
  Value threads = arith::ExtUIOp::create(builder, loc, builder.getI64Type(),
                                         kernel.mostThreads);
  auto type = MemRefType::get({ShapedType::kDynamic}, builder.getI8Type());
  Value memory = memref::AllocOp::create(
      builder, loc, type, toIndex(multiplyBytes(builder, loc, threads, bytes)));
  Value stride = toIndex(bytes);

  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(kernel.loop);
  memref::DeallocOp::create(builder, loc, memory);
  builder.setInsertionPoint(scratch);
  Value offset = arith::MulIOp::create(builder, loc, kernel.thread, stride);
  Value part = memref::ViewOp::create(builder, loc, scratch.getType(), memory,
                                      offset, scratch.getDynamicSizes());
  for (Operation *user : llvm::make_early_inc_range(scratch->getUsers()))
    if (isa<memref::DeallocOp>(user))
      user->erase();
  scratch.getResult().replaceAllUsesWith(part);
  scratch->erase();
}

FailureOr<Captures> Outliner::capture(scf::ParallelOp loop) {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.getRegion(), used);
  // Bounds are needed again to turn the linear index into loop indices.
  used.insert_range(loop.getLowerBound());
  used.insert_range(loop.getUpperBound());
  used.insert_range(loop.getStep());

  Captures captures;
  SmallVector<Type> fields;
  for (Value value : used) {
    if (isConstant(value.getDefiningOp())) {
      captures.constants.push_back(value.getDefiningOp());
      continue;
    }
    Type type = types.convertType(value.getType());
    if (!type)
      return loop.emitOpError("uses a value of type ")
             << value.getType()
             << " from outside, which has no form in memory; lower tensors to "
                "memrefs "
                "first";
    captures.values.push_back(value);
    fields.push_back(type);
  }
  captures.context =
      LLVM::LLVMStructType::getLiteral(module.getContext(), fields);
  return captures;
}

Value Outliner::extent(Location loc, Value lower, Value upper, Value step) {
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0);
  Value one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value distance = builder.createOrFold<arith::MaxSIOp>(
      loc, builder.createOrFold<arith::SubIOp>(loc, upper, lower), zero);
  Value roundUp = builder.createOrFold<arith::SubIOp>(loc, step, one);
  return builder.createOrFold<arith::DivUIOp>(
      loc, builder.createOrFold<arith::AddIOp>(loc, distance, roundUp), step);
}

Value Outliner::countIterations(scf::ParallelOp loop) {
  Location loc = loop.getLoc();
  Value count = arith::ConstantIndexOp::create(builder, loc, 1);
  for (auto [lower, upper, step] :
       llvm::zip(loop.getLowerBound(), loop.getUpperBound(), loop.getStep()))
    count = builder.createOrFold<arith::MulIOp>(
        loc, count, extent(loc, lower, upper, step));
  return count;
}

Value Outliner::cast(Location loc, Type type, Value value) {
  if (value.getType() == type)
    return value;
  return UnrealizedConversionCastOp::create(builder, loc, type, value)
      .getResult(0);
}

Value Outliner::field(Location loc, Value context, const Captures &captures,
                      int i) {
  return LLVM::GEPOp::create(builder, loc, pointer, captures.context, context,
                             ArrayRef<LLVM::GEPArg>{0, i},
                             LLVM::GEPNoWrapFlags::inbounds);
}

Value Outliner::packContext(Kernel &kernel, const Captures &captures) {
  Location loc = kernel.loop.getLoc();
  Value context;
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&kernel.caller.front());
    Value one = LLVM::ConstantOp::create(builder, loc, builder.getI64Type(), 1);
    context = LLVM::AllocaOp::create(builder, loc, pointer, captures.context,
                                     one, /*alignment=*/64);
  }
  for (auto [i, value] : llvm::enumerate(captures.values))
    LLVM::StoreOp::create(builder, loc,
                          cast(loc, captures.context.getBody()[i], value),
                          field(loc, context, captures, i));
  return context;
}

void Outliner::unpackContext(func::FuncOp body, const Captures &captures,
                             IRMapping &mapping) {
  Location loc = body.getLoc();
  for (Operation *constant : captures.constants)
    builder.clone(*constant, mapping);
  for (auto [i, value] : llvm::enumerate(captures.values)) {
    auto load =
        LLVM::LoadOp::create(builder, loc, captures.context.getBody()[i],
                             field(loc, body.getArgument(0), captures, i));
    // The caller waits until all bodies have returned.
    load.setInvariant(true);
    mapping.map(value, cast(loc, value.getType(), load));
  }
}

void Outliner::delinearize(scf::ParallelOp loop, Value index,
                           IRMapping &mapping) {
  Location loc = loop.getLoc();
  Value rest =
      arith::IndexCastOp::create(builder, loc, builder.getIndexType(), index);
  for (int d = int(loop.getNumLoops()) - 1; d >= 0; --d) {
    Value lower = mapping.lookup(loop.getLowerBound()[d]);
    Value step = mapping.lookup(loop.getStep()[d]);
    Value position = rest;
    if (d > 0) {
      Value size =
          extent(loc, lower, mapping.lookup(loop.getUpperBound()[d]), step);
      position = builder.createOrFold<arith::RemUIOp>(loc, rest, size);
      rest = builder.createOrFold<arith::DivUIOp>(loc, rest, size);
    }
    Value offset = builder.createOrFold<arith::MulIOp>(loc, position, step);
    mapping.map(loop.getInductionVars()[d],
                builder.createOrFold<arith::AddIOp>(loc, lower, offset));
  }
}

func::FuncOp Outliner::createBody(Kernel &kernel, const Captures &captures) {
  OpBuilder::InsertionGuard guard(builder);
  Location loc = kernel.loop.getLoc();
  // Kernels follow their caller in the order of their numbers.
  bool first = !lastBody || lastCaller != kernel.caller;
  builder.setInsertionPointAfter(first ? kernel.caller : lastBody);
  auto body = func::FuncOp::create(
      builder, loc, kernel.name,
      builder.getFunctionType(
          {pointer, builder.getI64Type(), builder.getI32Type()}, {}));
  body.setPrivate();
  // A context is written before the threads start and by nobody afterwards.
  for (StringRef hint :
       {"llvm.noalias", "llvm.nonnull", "llvm.noundef", "llvm.readonly"})
    body.setArgAttr(0, hint, builder.getUnitAttr());
  symbols.insert(body, builder.getInsertionPoint());
  lastCaller = kernel.caller;
  lastBody = body;

  builder.setInsertionPointToStart(body.addEntryBlock());
  IRMapping mapping;
  unpackContext(body, captures, mapping);
  delinearize(kernel.loop, body.getArgument(1), mapping);
  if (kernel.thread)
    mapping.map(kernel.thread,
                arith::IndexCastOp::create(builder, loc, builder.getIndexType(),
                                           body.getArgument(2))
                    .getResult());
  for (Operation &op : kernel.loop.getBody()->without_terminator())
    builder.clone(op, mapping);
  func::ReturnOp::create(builder, loc);
  return body;
}

/// A function of the runtime.
func::FuncOp Outliner::declare(StringRef name, ArrayRef<Type> arguments,
                               ArrayRef<Type> results) {
  if (auto known = symbols.lookup<func::FuncOp>(name))
    return known;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(module.getBody());
  auto function =
      func::FuncOp::create(builder, module.getLoc(), name,
                           builder.getFunctionType(arguments, results));
  function.setPrivate();
  symbols.insert(function);
  return function;
}

void Outliner::callRuntime(const Kernel &kernel, Value count, func::FuncOp body,
                           Value context) {
  Location loc = body.getLoc();
  func::FuncOp callee = declare(
      kParallelFor,
      {builder.getI64Type(), builder.getI32Type(), pointer, pointer}, {});
  Value count64 =
      arith::IndexCastOp::create(builder, loc, builder.getI64Type(), count);
  Value address = func::ConstantOp::create(builder, loc, body.getFunctionType(),
                                           body.getSymName());
  func::CallOp::create(builder, loc, callee,
                       ValueRange{count64, kernel.mostThreads,
                                  cast(loc, pointer, address), context});
}

LogicalResult Outliner::outline(Kernel &kernel) {
  if (!kernel.loop.getInitVals().empty())
    return kernel.loop.emitOpError(
        "reduces, which no order of threads could repeat to the bit; "
        "store partial results and reduce them in a loop");
  builder.setInsertionPoint(kernel.loop);
  if (failed(hoistScratch(kernel)))
    return failure();
  FailureOr<Captures> captures = capture(kernel.loop);
  if (failed(captures))
    return failure();
  Value context = packContext(kernel, *captures);
  Value count = countIterations(kernel.loop);
  func::FuncOp body = createBody(kernel, *captures);
  callRuntime(kernel, count, body, context);
  kernel.loop->erase();
  return success();
}

SmallVector<Kernel> collectKernels(ModuleOp module) {
  SmallVector<Kernel> kernels;
  for (func::FuncOp function : module.getOps<func::FuncOp>()) {
    int count = 0;
    function.walk<WalkOrder::PreOrder>([&](scf::ParallelOp loop) {
      kernels.push_back(
          {loop, function,
           (function.getSymName() + "__kernel" + Twine(count++)).str(),
           /*mostThreads=*/{}, /*thread=*/{}});
      return WalkResult::skip();
    });
  }
  return kernels;
}

struct HostOutlineParallelPass
    : public impl::HostOutlineParallelPassBase<HostOutlineParallelPass> {
  void runOnOperation() override {
    SmallVector<Kernel> kernels = collectKernels(getOperation());
    Outliner outliner(getOperation());
    for (Kernel &kernel : kernels)
      if (failed(outliner.outline(kernel)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace tessera::host
