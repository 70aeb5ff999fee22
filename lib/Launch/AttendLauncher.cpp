// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From checked arguments to a launch.
#include "AttendProblem.h"

#include <algorithm>
#include <iterator>
#include <string_view>

using namespace tessera;
using namespace tessera::launch;
using driver::Error;
using driver::Expected;
using rt::makeError;

static constexpr size_t kMaxParameters = size_t(ParameterKind::End);

static bool isMap(ParameterKind kind) {
  return kind <= ParameterKind::OutputMap;
}

static bool has(const Entry &entry, ParameterKind wanted) {
  return std::any_of(entry.parameters.begin(), entry.parameters.end(),
                     [&](const Parameter &p) { return p.kind == wanted; });
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// Records come from files, too.
static Error checkEntry(const Entry &entry) {
  auto defect = [&](const char *what) {
    return makeError(TESSERA_INTERNAL,
                     "%s: the record of this kernel %s; compile it again with "
                     "the compiler that belongs to this launcher",
                     entry.kernel.c_str(), what);
  };
  bool seen[kMaxParameters] = {};
  for (const Parameter &parameter : entry.parameters) {
    if (parameter.kind >= ParameterKind::End)
      return defect("has a parameter of no kind");
    if (std::exchange(seen[size_t(parameter.kind)], true))
      return defect("has a parameter twice");
    const BoxShape &box = parameter.box;
    if (isMap(parameter.kind) &&
        (box.columns < 1 || entry.headDim % box.columns != 0))
      return defect("has a map whose panels do not fill a head");
    int32_t swizzle = box.swizzleBytes;
    if (isMap(parameter.kind) && swizzle != 0 && swizzle != 32 &&
        swizzle != 64 && swizzle != 128)
      return defect("has a map with an unknown swizzle");
  }
  if (entry.headDim < 1 || entry.queryBlock < 1 || entry.keyBlock < 1 ||
      entry.capacity < 1 || entry.threads < 1 || entry.tilesPerCta < 1 ||
      entry.sharedBytes < 0 || entry.stateWords < 0)
    return defect("has a number out of its range");
  return Error();
}

Expected<AttendLauncher>
AttendLauncher::create(const driver::Context &context, Entry entry,
                       std::span<const std::byte> image, bool isPtx) {
  if (Error error = checkEntry(entry))
    return error;
  auto module =
      isPtx ? driver::Module::loadPtx(
                  context,
                  {reinterpret_cast<const char *>(image.data()), image.size()})
            : driver::Module::loadCubin(context, image);
  if (!module)
    return module.takeError();
  auto kernel = module->kernel(entry.kernel.c_str());
  if (!kernel)
    return kernel.takeError();
  if (Error error = kernel->setMaxDynamicSharedBytes(entry.sharedBytes))
    return error;
  auto perMultiprocessor = kernel->maxActiveBlocksPerMultiprocessor(
      entry.threads, size_t(entry.sharedBytes));
  if (!perMultiprocessor)
    return perMultiprocessor.takeError();
  auto multiprocessors = driver::deviceAttribute(
      context.view(), driver::DeviceAttribute::MultiprocessorCount);
  if (!multiprocessors)
    return multiprocessors.takeError();
  int64_t resident = int64_t(*perMultiprocessor) * *multiprocessors;
  if (resident == 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: no CTA of %d threads and %d bytes of shared memory "
                     "fits a multiprocessor of GPU %d; compile with a plan of "
                     "fewer stages or consumers",
                     entry.kernel.c_str(), entry.threads, entry.sharedBytes,
                     context.view().ordinal);
  return AttendLauncher(context.view(), std::move(entry), std::move(*module),
                        *kernel, resident);
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

int64_t AttendLauncher::gridFor(int64_t tiles) const {
  int64_t wanted = (tiles + record.tilesPerCta - 1) / record.tilesPerCta;
  return std::min(wanted, resident);
}

WorkspaceLayout AttendLauncher::workspaceFor(int64_t tiles) const {
  WorkspaceLayout layout;
  layout.stateBytes = size_t(record.stateWords) * sizeof(int32_t);
  layout.marksOffset = (layout.stateBytes + kWorkspaceAlignment - 1) /
                       kWorkspaceAlignment * kWorkspaceAlignment;
  layout.bytes = layout.marksOffset;
  if (has(record, ParameterKind::Marks))
    layout.bytes += size_t(tiles * record.marksPerTile) * sizeof(int32_t);
  return layout;
}

Expected<size_t>
AttendLauncher::workspaceBytes(const AttendArguments &arguments) const {
  Expected<int64_t> tiles = countTiles(record, arguments.query);
  if (!tiles)
    return tiles.takeError();
  return workspaceFor(*tiles).bytes;
}

//===----------------------------------------------------------------------===//
// Launching
//===----------------------------------------------------------------------===//

// In the order of ParameterKind.
static constexpr tessera_tensor AttendArguments::*kTensors[] = {
    &AttendArguments::query,      &AttendArguments::key,
    &AttendArguments::value,      &AttendArguments::output,
    &AttendArguments::index,      &AttendArguments::count,
    &AttendArguments::querySizes, &AttendArguments::keySizes,
    &AttendArguments::lse};
static_assert(std::size(kTensors) == size_t(ParameterKind::Lse) + 1);

tessera_tensor *launch::tensorOf(AttendArguments &arguments,
                                 ParameterKind kind) {
  return kind <= ParameterKind::Lse ? &(arguments.*kTensors[size_t(kind)])
                                    : nullptr;
}

const tessera_tensor *launch::tensorOf(const AttendArguments &arguments,
                                       ParameterKind kind) {
  return tensorOf(const_cast<AttendArguments &>(arguments), kind);
}

/// The address that a parameter stands for.
static uint64_t addressOf(ParameterKind kind, const AttendArguments &arguments,
                          driver::DevicePointer workspace,
                          const WorkspaceLayout &layout) {
  if (const tessera_tensor *tensor = tensorOf(arguments, kind))
    return reinterpret_cast<uint64_t>(tensor->data);
  return kind == ParameterKind::Marks ? workspace + layout.marksOffset
                                      : workspace;
}

/// The number that a parameter stands for; 0 if it stands for none.
static int64_t integerOf(ParameterKind kind, const AttendProblem &problem) {
  switch (kind) {
  case ParameterKind::Tiles:
    return problem.tiles;
  case ParameterKind::Heads:
    return problem.heads;
  case ParameterKind::Group:
    return problem.heads / problem.keyHeads;
  case ParameterKind::QueryBlocks:
    return problem.queryBlocks;
  case ParameterKind::QueryLength:
    return problem.queryLength;
  case ParameterKind::KeyLength:
    return problem.keyLength;
  case ParameterKind::QuerySizesStride:
    return problem.querySizesStride;
  case ParameterKind::KeySizesStride:
    return problem.keySizesStride;
  default:
    return 0;
  }
}

static Error checkWorkspace(const Entry &entry, const WorkspaceLayout &layout,
                            driver::DevicePointer workspace) {
  if (layout.bytes == 0 ||
      (workspace != 0 && workspace % kWorkspaceAlignment == 0))
    return Error();
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: the workspace lies at address 0x%llx; pass %zu bytes "
                   "of the device's memory at a multiple of %zu",
                   entry.kernel.c_str(),
                   static_cast<unsigned long long>(workspace), layout.bytes,
                   kWorkspaceAlignment);
}

Expected<AttendLaunch>
AttendLauncher::prepare(const AttendArguments &arguments,
                        driver::DevicePointer workspace) const {
  auto problem = checkAttend(record, arguments);
  if (!problem)
    return problem.takeError();
  AttendLaunch launch(loaded, problem->tiles);
  launch.shape.grid[0] = uint32_t(gridFor(problem->tiles));
  launch.shape.block[0] = uint32_t(record.threads);
  launch.shape.dynamicSharedBytes = uint32_t(record.sharedBytes);
  launch.shape.isCooperative = record.wantsResidentGrid;
  if (problem->tiles == 0)
    return launch;
  WorkspaceLayout layout = workspaceFor(problem->tiles);
  if (Error error = checkWorkspace(record, layout, workspace))
    return error;
  for (const Parameter &parameter : record.parameters) {
    AttendLaunch::Value &value = launch.values.emplace_back();
    if (isMap(parameter.kind)) {
      if (Error error =
              encodeMap(where, record, parameter, arguments, value.map))
        return error;
    } else if (parameter.kind < ParameterKind::Tiles) {
      value.address = addressOf(parameter.kind, arguments, workspace, layout);
    } else if (parameter.kind == ParameterKind::Scale) {
      value.real = problem->scale;
    } else {
      value.integer = int32_t(integerOf(parameter.kind, *problem));
    }
  }
  return launch;
}

Error AttendLaunch::enqueue(driver::StreamHandle stream) const {
  if (tileCount == 0)
    return Error();
  const void *pointers[kMaxParameters];
  for (size_t i = 0; i < values.size(); ++i)
    pointers[i] = &values[i];
  return kernel.launch(stream, shape, {pointers, values.size()});
}
