// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel around its roles: arguments, barriers, who does what.

#include "Hopper.h"
#include "Registers.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace tessera;

namespace {

class KernelLowering {
public:
  KernelLowering(tile::KernelOp kernel, KernelContext &context)
      : kernel(kernel), context(context), b(kernel), hw(b, kernel.getLoc()) {}

  void run();

private:
  func::FuncOp makeFunction();
  void emitIdentity();
  void emitBarriers();
  void emitRoles();
  void emitRole(const RolePlan &plan);
  Thread describeThread(const RolePlan &plan, Value inRole);
  void agreeOnEnds(tile::RoleOp role);
  void orderStores(tile::RoleOp role, const Thread &thread);
  void describeOps(tile::RoleOp role, const Thread &thread);
  RingState &stateOf(tile::MakeRingOp ring, bool fills);

  Value compare(arith::CmpIPredicate predicate, Value x, int64_t y) {
    return arith::CmpIOp::create(b, hw.loc, predicate, x, hw.i32(y));
  }

  tile::KernelOp kernel;
  KernelContext &context;
  OpBuilder b;
  Hopper hw;
  Block *body = nullptr;
  Value threadId, lane, warp;
  // Of the role at hand: one state for each ring and side.
  llvm::DenseMap<std::pair<Operation *, int>, RingState> states;
};

} // namespace

void KernelLowering::run() {
  func::FuncOp function = makeFunction();
  context.function = function;
  body = &function.getBody().front();
  b.setInsertionPointToStart(body);
  emitIdentity();
  b.setInsertionPoint(context.plan.roles.front().role);
  emitBarriers();
  b.setInsertionPointToEnd(body);
  emitRoles();
  func::ReturnOp::create(b, hw.loc);
}

/// Maps become pointers, marked; dense vectors in global memory become their
/// addresses; everything else keeps its type.
func::FuncOp KernelLowering::makeFunction() {
  SmallVector<Type> types;
  for (Type type : kernel.getArgumentTypes())
    types.push_back(
        isa<tile::MapType>(type) ? LLVM::LLVMPointerType::get(b.getContext())
        : isGlobalVector(type)   ? LLVM::LLVMPointerType::get(b.getContext(), 1)
                                 : type);
  auto function = func::FuncOp::create(b, hw.loc, kernel.getSymName(),
                                       b.getFunctionType(types, {}));
  for (auto [index, type] : llvm::enumerate(kernel.getArgumentTypes()))
    if (isa<tile::MapType>(type))
      function.setArgAttr(index, "tile.map", b.getUnitAttr());
  function->setAttr("tile.threads",
                    b.getI64IntegerAttr(context.plan.threads()));
  function->setAttr("tile.shared_bytes",
                    b.getI64IntegerAttr(context.plan.sharedBytes));
  function.getBody().takeBody(kernel.getBody());
  for (auto [argument, type] :
       llvm::zip_equal(function.getArguments(), types)) {
    if (argument.getType() == type)
      continue;
    // Uses still want what it was until they are lowered.
    Type before = argument.getType();
    argument.setType(type);
    b.setInsertionPointToStart(&function.getBody().front());
    auto cast = UnrealizedConversionCastOp::create(b, hw.loc, before, argument);
    argument.replaceAllUsesExcept(cast.getResult(0), cast);
  }
  return function;
}

void KernelLowering::emitIdentity() {
  threadId = hw.threadId();
  lane = arith::AndIOp::create(b, hw.loc, threadId, hw.i32(kWarpThreads - 1));
  warp = hw.uniform(arith::ShRUIOp::create(b, hw.loc, threadId, hw.i32(5)));
  auto module = kernel->getParentOfType<ModuleOp>();
  // Begins as no kernel's name does.
  StringRef name = "_tile_shared_memory";
  auto space = LLVM::LLVMPointerType::get(b.getContext(), 3);
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto bytes = LLVM::LLVMArrayType::get(b.getI8Type(), 0);
    LLVM::GlobalOp::create(b, hw.loc, bytes, /*isConstant=*/false,
                           LLVM::Linkage::External, name, Attribute(),
                           /*alignment=*/1024, /*addrSpace=*/3);
  }
  Value address = LLVM::AddressOfOp::create(b, hw.loc, space, name);
  context.shared = LLVM::PtrToIntOp::create(b, hw.loc, b.getI32Type(), address);
}

/// One thread readies every barrier, then all go on together.
void KernelLowering::emitBarriers() {
  Value first = compare(arith::CmpIPredicate::eq, threadId, 0);
  auto only = scf::IfOp::create(b, hw.loc, first, /*withElseRegion=*/false);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(only.thenBlock());
    for (auto &[ring, place] : context.plan.rings) {
      tile::RingType type = tile::MakeRingOp(ring).getRing().getType();
      for (int64_t at = 0; at < type.getLanes() * type.getStages(); ++at) {
        auto barrier = [&](int64_t offset) -> Value {
          return arith::AddIOp::create(
              b, hw.loc, context.shared,
              hw.i32(place.barriers + 16 * at + offset));
        };
        hw.initBarrier(barrier(0), 1);
        hw.initBarrier(barrier(8), place.emptyArrivals);
      }
    }
    hw.fenceBarrierInit();
  }
  hw.syncThreads();
}

/// One chain of branches, as setmaxnreg wants it.
void KernelLowering::emitRoles() {
  OpBuilder::InsertionGuard guard(b);
  for (const RolePlan &plan : context.plan.roles) {
    Value mine = compare(arith::CmpIPredicate::slt, warp, plan.endWarp);
    auto branch = scf::IfOp::create(b, hw.loc, mine, /*withElseRegion=*/true);
    b.setInsertionPointToStart(branch.thenBlock());
    emitRole(plan);
    b.setInsertionPointToStart(branch.elseBlock());
  }
}

void KernelLowering::emitRole(const RolePlan &plan) {
  tile::RoleOp role = plan.role;
  if (std::optional<int64_t> registers = role.getRegisters()) {
    int64_t before = context.plan.entryRegisters();
    if (*registers != before)
      hw.setMaxRegisters(*registers, *registers > before);
  }
  Value inRole = arith::SubIOp::create(b, hw.loc, warp, hw.i32(plan.firstWarp));
  Thread thread = describeThread(plan, inRole);
  Value works = compare(arith::CmpIPredicate::slt, inRole,
                        role.getAgents() * role.getWarps());
  if (plan.isOneThread())
    works = arith::AndIOp::create(b, hw.loc, works, thread.leadsWarp);
  auto branch = scf::IfOp::create(b, hw.loc, works, /*withElseRegion=*/false);
  b.setInsertionPointToStart(branch.thenBlock());
  Value agent =
      arith::DivUIOp::create(b, hw.loc, inRole, hw.i32(role.getWarps()));
  describeOps(role, thread);
  Value number = arith::IndexCastOp::create(b, hw.loc, b.getIndexType(), agent);
  role.getAgent().replaceAllUsesWith(number);
  Block *source = &role.getBody().front();
  branch.thenBlock()->getOperations().splice(
      std::prev(branch.thenBlock()->end()), source->getOperations());
  role.erase();
}

Thread KernelLowering::describeThread(const RolePlan &plan, Value inRole) {
  tile::RoleOp role = plan.role;
  Thread thread;
  thread.lane = lane;
  thread.warp = arith::AndIOp::create(b, hw.loc, warp, hw.i32(3));
  thread.leadsWarp = compare(arith::CmpIPredicate::eq, lane, 0);
  Value warps = hw.i32(role.getWarps());
  Value agent = arith::DivUIOp::create(b, hw.loc, inRole, warps);
  thread.barrier =
      arith::AddIOp::create(b, hw.loc, agent, hw.i32(plan.firstBarrier));
  if (plan.isOneThread()) {
    thread.leads = arith::ConstantIntOp::create(b, hw.loc, 1, 1);
    thread.agentThreads = 1;
    return thread;
  }
  Value inAgent = arith::RemUIOp::create(b, hw.loc, inRole, warps);
  thread.leads =
      arith::AndIOp::create(b, hw.loc, thread.leadsWarp,
                            compare(arith::CmpIPredicate::eq, inAgent, 0));
  thread.agentThreads = role.getWarps() * kWarpThreads;
  return thread;
}

/// Loops end for all threads at a time. Said so, the assembler keeps what they
/// carry, above all how far rings have gone, in uniform registers.
void KernelLowering::agreeOnEnds(tile::RoleOp role) {
  role.walk([&](scf::ConditionOp condition) {
    OpBuilder at(condition);
    Hopper here(at, condition.getLoc());
    condition.getConditionMutable().assign(
        here.agreed(condition.getCondition()));
  });
}

/// The threads of an agent meet before and after what some of them store where
/// all of them load: none loads too early, and none too late.
void KernelLowering::orderStores(tile::RoleOp role, const Thread &thread) {
  llvm::DenseSet<Value> loaded;
  SmallVector<std::pair<Operation *, Value>> stores;
  role.walk([&](Operation *op) {
    if (auto load = dyn_cast<memref::LoadOp>(op))
      loaded.insert(load.getMemRef());
    else if (auto store = dyn_cast<memref::StoreOp>(op))
      stores.push_back({store, store.getMemRef()});
    else if (auto rows = dyn_cast<tile::StoreRowsOp>(op))
      stores.push_back({rows, rows.getTarget()});
  });
  for (auto [store, memory] : stores) {
    OpBuilder at(store);
    Operation *whole = store;
    // Scalars are the agent's: one thread stores them.
    if (isa<memref::StoreOp>(store)) {
      auto leader = scf::IfOp::create(at, store->getLoc(), thread.leads,
                                      /*withElseRegion=*/false);
      store->moveBefore(leader.thenYield());
      whole = leader;
    }
    if (!loaded.contains(memory))
      continue;
    for (bool isAfter : {false, true}) {
      isAfter ? at.setInsertionPointAfter(whole) : at.setInsertionPoint(whole);
      Hopper here(at, store->getLoc());
      if (thread.agentThreads > kWarpThreads)
        here.syncNamed(thread.barrier, thread.agentThreads);
      else
        here.syncWarp();
    }
  }
}

void KernelLowering::describeOps(tile::RoleOp role, const Thread &thread) {
  states.clear();
  if (thread.agentThreads > 1)
    agreeOnEnds(role);
  if (thread.agentThreads > 1)
    orderStores(role, thread);
  role.walk([&](Operation *op) {
    context.threads[op] = thread;
    if (auto acquire = dyn_cast<tile::AcquireOp>(op))
      context.states[op] =
          stateOf(acquire.getRing().getDefiningOp<tile::MakeRingOp>(), true);
    if (auto wait = dyn_cast<tile::WaitOp>(op))
      context.states[op] =
          stateOf(wait.getRing().getDefiningOp<tile::MakeRingOp>(), false);
  });
}

/// A reader first waits for parity 0; of a fresh barrier the phase before it,
/// of parity 1, counts as complete, so the first round of filling never waits.
RingState &KernelLowering::stateOf(tile::MakeRingOp ring, bool fills) {
  auto [entry, isNew] =
      states.insert({{ring.getOperation(), int(fills)}, RingState()});
  if (!isNew)
    return entry->second;
  auto variable = [&](int64_t initial) -> Value {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(body);
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    Value slot =
        LLVM::AllocaOp::create(b, hw.loc, pointer, b.getI32Type(), hw.i32(1));
    LLVM::StoreOp::create(b, hw.loc, hw.i32(initial), slot);
    return slot;
  };
  int64_t stages = ring.getRing().getType().getStages();
  if (llvm::isPowerOf2_64(stages))
    entry->second = {variable(fills ? stages : 0), Value()};
  else
    entry->second = {variable(0), variable(fills ? 1 : 0)};
  return entry->second;
}

FailureOr<KernelContext> tessera::lowerKernel(tile::KernelOp kernel,
                                              bool threadReleases) {
  FailureOr<KernelPlan> plan = planKernel(kernel, threadReleases);
  if (failed(plan))
    return failure();
  KernelContext context;
  context.plan = std::move(*plan);
  context.threadReleases = threadReleases;
  KernelLowering(kernel, context).run();
  kernel.erase();
  return context;
}
