// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `tile.kernel` and `tile.role`.

#include "Tile/IR/Tile.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace tessera::tile;

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto buildType =
      [](Builder &builder, ArrayRef<Type> arguments, ArrayRef<Type> results,
         function_interface_impl::VariadicFlag, std::string &) -> Type {
    return builder.getFunctionType(arguments, results);
  };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false,
      getFunctionTypeAttrName(result.name), buildType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void KernelOp::print(OpAsmPrinter &printer) {
  function_interface_impl::printFunctionOp(
      printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
      getArgAttrsAttrName(), getResAttrsAttrName());
}

/// What assemblers take as the name of a kernel and no text has to escape.
static bool isKernelName(StringRef name) {
  auto isWordChar = [](char c) { return llvm::isAlnum(c) || c == '_'; };
  return !name.empty() && llvm::isAlpha(name.front()) &&
         llvm::all_of(name, isWordChar) && name != "WARP_SZ";
}

LogicalResult KernelOp::verify() {
  if (isKernelName(getSymName()))
    return success();
  std::string name;
  llvm::raw_string_ostream os(name);
  llvm::printEscapedString(getSymName(), os);
  return emitOpError("is called '") // C6
         << name
         << "', which no assembler takes; begin with a letter, use letters, "
            "digits and '_', and not WARP_SZ";
}

/// C4: who uses a handle sees which one it is.
static LogicalResult checkHandles(KernelOp kernel) {
  auto isHandle = [](Type type) {
    return isa<BaseMemRefType, MapType, RingType, StagingType>(type);
  };
  auto refuse = [&](Operation *op, Type type) {
    return op->emitOpError("gives ")
           << type
           << "; maps and memory are arguments of the kernel, rings and "
              "staging "
              "are made before its roles, and each is named where it is used, "
              "so branch with scf.if and name one in each branch";
  };
  WalkResult walked = kernel.getBody().walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (isHandle(type) && !isa<MakeRingOp, MakeStagingOp>(op))
        return refuse(op, type), WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (Type type : region.getArgumentTypes())
        if (isHandle(type))
          return refuse(op, type), WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}

/// The lanes that a store of a role goes through, one an agent; none where they
/// do not follow from a constant or the agents' numbers.
static std::optional<SmallVector<int64_t>> lanesOf(StoreAsyncOp store,
                                                   RoleOp role) {
  auto agents = static_cast<int64_t>(role.getAgents());
  APInt lane;
  if (matchPattern(store.getLane(), m_ConstantInt(&lane)))
    return SmallVector<int64_t>(agents, lane.getSExtValue());
  if (store.getLane() == role.getAgent())
    return llvm::to_vector(llvm::seq(agents));
  return std::nullopt;
}

/// C5
static LogicalResult checkStaging(KernelOp kernel) {
  /// By staging and lane.
  llvm::DenseMap<std::pair<Value, int64_t>, std::pair<RoleOp, int64_t>> owners;
  auto take = [&](StoreAsyncOp store, RoleOp role, int64_t agent,
                  int64_t lane) -> LogicalResult {
    auto lanes = static_cast<int64_t>(store.getStaging().getType().getLanes());
    if (lane < 0 || lane >= lanes)
      return store.emitOpError("of @")
             << role.getSymName() << ' ' << agent << " takes lane " << lane
             << " of a staging that has " << lanes;
    auto [owner, isNew] =
        owners.insert({{store.getStaging(), lane}, {role, agent}});
    if (isNew || owner->second == std::pair(role, agent))
      return success();
    return store.emitOpError("of @")
           << role.getSymName() << ' ' << agent << " goes through lane " << lane
           << " of the staging, as does one of @"
           << owner->second.first.getSymName() << ' ' << owner->second.second
           << "; give each agent a lane of its own";
  };
  for (auto role : kernel.getBody().front().getOps<RoleOp>()) {
    WalkResult walked = role.walk([&](StoreAsyncOp store) {
      std::optional<SmallVector<int64_t>> lanes = lanesOf(store, role);
      if (lanes)
        for (auto [agent, lane] : llvm::enumerate(*lanes))
          if (failed(take(store, role, int64_t(agent), lane)))
            return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (walked.wasInterrupted())
      return failure();
  }
  return success();
}

LogicalResult KernelOp::verifyRegions() {
  if (!getFunctionType().getResults().empty())
    return emitOpError("has results; a kernel writes to memory"); // C2
  if (getBody().front().getOps<RoleOp>().empty())
    return emitOpError("has no role; add a tile.role"); // C3
  return failure(failed(checkHandles(*this)) || failed(checkStaging(*this)));
}

LogicalResult TileDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned region,
                                                    unsigned argument,
                                                    NamedAttribute attribute) {
  if (attribute.getName() != kNaturalAttrName)
    return success();
  Type type = op->getRegion(region).getArgument(argument).getType();
  auto memory = dyn_cast<MemRefType>(type);
  if (!(memory ? memory.getElementType() : type).isIntOrIndex())
    return op->emitOpError() << attribute.getName().getValue() << " is on "
                             << type << "; expected integers";
  if (!isa<UnitAttr>(attribute.getValue()))
    return op->emitOpError() << attribute.getName().getValue() << " is "
                             << attribute.getValue() << "; expected no value";
  return success();
}

//===----------------------------------------------------------------------===//
// tile.role
//===----------------------------------------------------------------------===//

LogicalResult RoleOp::verify() {
  if (getBody().getNumArguments() != 1 ||
      !getBody().getArgument(0).getType().isIndex())
    return emitOpError("wants one argument of type index, the agent's number");
  if (int64_t(getAgents()) < 1) // C1
    return emitOpError("has ")
           << int64_t(getAgents()) << " agents; expected at least 1";
  std::optional<int64_t> registers = getRegisters();
  if (registers &&
      (*registers < kLeastRegisters || *registers > kMostRegisters ||
       *registers % kRegisterStep != 0))
    return emitOpError("has a budget of ")
           << *registers << " registers; expected a multiple of "
           << kRegisterStep << " in " << kLeastRegisters << " .. "
           << kMostRegisters;
  return success();
}

/// Whether a tensor lies in registers by a layout and is of a shape that has
/// it.
static bool isLaidOut(Type type) {
  return hasPlace(type, Place::Accumulator) || hasPlace(type, Place::Operand) ||
         hasPlace(type, Place::Row);
}

LogicalResult RoleOp::verifyRegions() {
  auto check = [&](Operation *op, Type type) -> LogicalResult {
    if (!isa<TensorType, PendingType>(type))
      return success();
    if (getEach() != AgentKind::Warpgroup) // C3
      return (emitOpError("has ")
              << type << ", and each of its agents is a "
              << stringifyAgentKind(getEach())
              << "; tensors and products are a warpgroup's, so write `each "
                 "warpgroup`")
                 .attachNote(op->getLoc())
             << "it comes from here";
    if (isa<TensorType>(type) && !isLaidOut(type)) // C4
      return op->emitOpError("gives ")
             << type << "; a tensor in a role is [" << kRows
             << ", n], n a multiple of 8, or [" << kRows
             << "], with a #tile.layout";
    return success();
  };
  WalkResult walked = getBody().walk([&](Operation *op) {
    for (Type type : op->getResultTypes())
      if (failed(check(op, type)))
        return WalkResult::interrupt();
    for (Region &region : op->getRegions())
      for (Type type : region.getArgumentTypes())
        if (failed(check(op, type)))
          return WalkResult::interrupt();
    return WalkResult::advance();
  });
  return failure(walked.wasInterrupted());
}
