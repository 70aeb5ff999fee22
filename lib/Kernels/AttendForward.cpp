// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The kernel around its roles: parameters, rings, staging.

#include "tessera/Kernels/AttendForward.h"

#include "AttendKernel.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;
using launch::ParameterKind;

/// Bytes that a swizzle runs over: the widest that divides a row.
static int64_t swizzleFor(int64_t columns) {
  for (int64_t bytes : {128, 64, 32})
    if (columns * 2 % bytes == 0)
      return bytes;
  llvm_unreachable("a head dimension is a multiple of 16");
}

static tile::BufferType bufferType(const AttendShape &shape, int64_t rows,
                                   int64_t columns) {
  return tile::BufferType::get(shape.element.getContext(), rows, columns,
                               shape.element, swizzleFor(shape.headDim));
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

static std::vector<ParameterKind> parametersOf(const AttendShape &shape,
                                               const AttendPlan &plan) {
  using K = ParameterKind;
  std::vector<K> kinds = {K::QueryMap,  K::KeyMap, K::ValueMap,
                          K::OutputMap, K::Index,  K::Count};
  auto addIf = [&](bool wanted, std::initializer_list<K> more) {
    if (wanted)
      kinds.insert(kinds.end(), more);
  };
  addIf(shape.hasQuerySizes, {K::QuerySizes, K::QuerySizesStride});
  addIf(shape.hasKeySizes, {K::KeySizes, K::KeySizesStride});
  addIf(shape.hasLse, {K::Lse});
  addIf(true, {K::Marks});
  addIf(stateWords(plan.order) > 0, {K::State});
  addIf(true, {K::Tiles, K::Heads, K::Group, K::QueryBlocks, K::QueryLength,
               K::KeyLength, K::Scale});
  return kinds;
}

static Type parameterType(ParameterKind kind, const AttendShape &shape,
                          const AttendPlan &plan) {
  MLIRContext *context = shape.element.getContext();
  auto vectorOf = [](Type element) {
    return MemRefType::get({ShapedType::kDynamic}, element);
  };
  switch (kind) {
  case ParameterKind::QueryMap:
    return tile::MapType::get(
        bufferType(shape, shape.queryBlock, shape.headDim));
  case ParameterKind::OutputMap:
    return tile::MapType::get(context,
                              bufferType(shape, tile::kRows, shape.headDim),
                              tile::kWarpRows, plan.store);
  case ParameterKind::KeyMap:
  case ParameterKind::ValueMap:
    return tile::MapType::get(bufferType(shape, plan.step, shape.headDim));
  case ParameterKind::Index:
  case ParameterKind::Count:
  case ParameterKind::QuerySizes:
  case ParameterKind::KeySizes:
  case ParameterKind::Marks:
  case ParameterKind::State:
    return vectorOf(IntegerType::get(context, 32));
  case ParameterKind::Lse:
    return vectorOf(Float32Type::get(context));
  case ParameterKind::Scale:
    return Float32Type::get(context);
  default:
    return IndexType::get(context);
  }
}

/// The box of one copy.
static launch::BoxShape boxOf(ParameterKind kind, const AttendShape &shape,
                              const AttendPlan &plan) {
  auto map = dyn_cast<tile::MapType>(parameterType(kind, shape, plan));
  if (!map)
    return {};
  tile::BufferType tile = map.getTile();
  launch::BoxShape box;
  box.rows = int32_t(map.getBoxRows());
  box.columns = int32_t(tile.getPanelColumns());
  box.panels = int32_t(map.getBoxPanels());
  box.swizzleBytes = int32_t(tile.getSwizzle());
  return box;
}

static tessera_dtype dtypeOf(FloatType element) {
  return element.isBF16() ? TESSERA_BF16 : TESSERA_F16;
}

launch::Entry tessera::describeAttendForward(StringRef name,
                                             const AttendShape &shape,
                                             const AttendPlan &plan) {
  launch::Entry entry;
  entry.kernel = name.str();
  for (ParameterKind kind : parametersOf(shape, plan))
    entry.parameters.push_back({kind, boxOf(kind, shape, plan)});
  entry.dtype = dtypeOf(shape.element);
  entry.headDim = int32_t(shape.headDim);
  entry.queryBlock = int32_t(shape.queryBlock);
  entry.keyBlock = int32_t(shape.keyBlock);
  entry.capacity = int32_t(shape.capacity);
  entry.hasLse = shape.hasLse;
  entry.hasQuerySizes = shape.hasQuerySizes;
  entry.hasKeySizes = shape.hasKeySizes;
  entry.plan = print(plan);
  entry.tilesPerCta = int32_t(plan.tiles);
  entry.wantsResidentGrid = plan.order == WorkOrder::Wave;
  entry.stateWords = int32_t(stateWords(plan.order));
  entry.marksPerTile = int32_t(shape.warpgroupsPerTile());
  return entry;
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

static Ring makeRing(KernelBuilder &b, StringRef name, int64_t stages,
                     tile::BufferType buffer, int64_t lanes, int64_t readers) {
  auto type =
      tile::RingType::get(b.getContext(), stages, buffer, lanes, readers);
  return named(name, Ring(b, tile::MakeRingOp::create(b, type)));
}

static void makeRings(AttendKernel &kernel) {
  const AttendShape &shape = kernel.shape;
  const AttendPlan &plan = kernel.plan;
  KernelBuilder &b = kernel.b;
  int64_t readers = kernel.warpgroups();
  kernel.keys = makeRing(b, "kv", plan.stages,
                         bufferType(shape, plan.step, shape.headDim),
                         plan.tiles, readers);
  if (plan.query != QueryPlan::Ring)
    kernel.query = makeRing(b, "queries", 1,
                            bufferType(shape, shape.queryBlock, shape.headDim),
                            plan.tiles, readers);
  kernel.work = makeRing(b, "work", 2, {}, plan.tiles, readers);
  for (int64_t part = 0; part < readers; ++part)
    kernel.outgrown.push_back(makeRing(b, "outgrown", 1, {}, plan.tiles, 1));
  auto staging = tile::StagingType::get(
      b.getContext(), bufferType(shape, tile::kRows, plan.store),
      plan.tiles * readers);
  kernel.staging = tile::MakeStagingOp::create(b, staging);
  setName(kernel.staging, "staging");
}

tile::KernelOp tessera::buildAttendForward(OpBuilder &builder, Location loc,
                                           StringRef name,
                                           const AttendShape &shape,
                                           const AttendPlan &plan) {
  KernelBuilder b(loc, builder);
  std::vector<ParameterKind> kinds = parametersOf(shape, plan);
  SmallVector<Type> types;
  SmallVector<Attribute> attributes;
  for (ParameterKind kind : kinds) {
    types.push_back(parameterType(kind, shape, plan));
    SmallVector<NamedAttribute> marks{
        b.getNamedAttr("tile.name", b.getStringAttr(launch::nameOf(kind)))};
    if (kind == ParameterKind::Count)
      marks.push_back(b.getNamedAttr(tile::kNaturalAttrName, b.getUnitAttr()));
    attributes.push_back(b.getDictionaryAttr(marks));
  }
  auto op = tile::KernelOp::create(
      b, b.getStringAttr(name), TypeAttr::get(b.getFunctionType(types, {})),
      b.getArrayAttr(attributes), /*res_attrs=*/nullptr);
  SmallVector<Location> locs(types.size(), loc);
  Block *body = b.createBlock(&op.getBody(), {}, types, locs);

  AttendKernel kernel{shape, plan, b};
  for (auto [kind, argument] : llvm::zip_equal(kinds, body->getArguments())) {
    setName(argument, launch::nameOf(kind));
    kernel.parameters[int(kind)] = argument;
  }
  makeRings(kernel);
  buildLoadRole(kernel);
  buildAttendRole(kernel);
  builder.setInsertionPointAfter(op);
  return op;
}
