// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checking a call. What host code checks too, types, shapes and strides, is
// said as the signature that tessera_rt_check_call reads, so that both targets
// complain in the same words; then follows what only GPUs want.
#include "AttendProblem.h"

#include "tessera/Runtime/Dtype.h"

#include <bit>
#include <cmath>
#include <limits>

using namespace tessera;
using namespace tessera::launch;
using driver::Error;
using driver::Expected;
using rt::makeError;

static constexpr int64_t kMaxInt = std::numeric_limits<int32_t>::max();
static constexpr int64_t kAlignmentBytes = 16; // of what the copy engine moves

//===----------------------------------------------------------------------===//
// The signature
//===----------------------------------------------------------------------===//

namespace {

// References to symbols, as tessera_rt_ref counts them.
enum : tessera_rt_ref {
  kBatch = -1,
  kHeads = -2,
  kKeyHeads = -3,
  kQueryLength = -4,
  kKeyLength = -5,
  kQueryBlocks = -6,
  kKeyBlocks = -7
};
constexpr const char *kSymbols[] = {
    "B batch entries", "H query heads",   "Hkv key/value heads", "Sq rows",
    "Skv rows",        "Nq query blocks", "Nkv key blocks"};

/// The parameters of one call: at most nine tensors.
struct Call {
  static constexpr int32_t kMost = 9;
  tessera_rt_param params[kMost] = {};
  void *args[kMost] = {};
  int32_t count = 0;

  void add(const char *name, int32_t kind, int32_t dtype,
           std::initializer_list<tessera_rt_ref> dims,
           const tessera_tensor &tensor) {
    tessera_rt_param &param = params[count];
    param.name = name;
    param.kind = kind;
    param.dtype = dtype;
    for (tessera_rt_ref dim : dims)
      param.dims[param.rank++] = dim;
    args[count++] = const_cast<tessera_tensor *>(&tensor);
  }

  /// [N], or [B, N] if that is what is given.
  void addSizes(const char *name, tessera_rt_ref blocks,
                const tessera_tensor &tensor) {
    if (tensor.rank == 2)
      add(name, TESSERA_RT_INPUT, TESSERA_I32, {kBatch, blocks}, tensor);
    else
      add(name, TESSERA_RT_INPUT, TESSERA_I32, {blocks}, tensor);
  }
};

} // namespace

/// Relations between the extents.
static void addConstraints(const Entry &entry,
                           tessera_rt_constraint (&constraints)[3]) {
  constraints[0].kind = TESSERA_RT_MULTIPLE;
  constraints[0].operands[0] = kHeads;
  constraints[0].operands[1] = kKeyHeads;
  constraints[1].kind = constraints[2].kind = TESSERA_RT_CEIL_DIV;
  constraints[1].operands[0] = kQueryBlocks;
  constraints[1].operands[1] = kQueryLength;
  constraints[1].value = entry.queryBlock;
  // Key blocks exist as an argument only where their sizes are given.
  constraints[2].operands[0] = kKeyBlocks;
  constraints[2].operands[1] = kKeyLength;
  constraints[2].value = entry.keyBlock;
}

static Error check(const Entry &entry, const Call &call) {
  tessera_rt_constraint constraints[3] = {};
  addConstraints(entry, constraints);
  tessera_rt_signature signature = {};
  signature.function = entry.kernel.c_str();
  signature.params = call.params;
  signature.constraints = constraints;
  signature.symbols = kSymbols;
  signature.num_params = call.count;
  signature.num_constraints = std::size(constraints);
  signature.num_symbols = std::size(kSymbols);
  return Error(tessera_rt_check_call(&signature, call.args));
}

static Error checkAsOnHost(const Entry &entry, const AttendArguments &a) {
  Call call;
  int32_t dtype = entry.dtype;
  tessera_rt_ref features = entry.headDim;
  call.add("query", TESSERA_RT_INPUT, dtype,
           {kBatch, kHeads, kQueryLength, features}, a.query);
  call.add("key", TESSERA_RT_INPUT, dtype,
           {kBatch, kKeyHeads, kKeyLength, features}, a.key);
  call.add("value", TESSERA_RT_INPUT, dtype,
           {kBatch, kKeyHeads, kKeyLength, features}, a.value);
  call.add("index", TESSERA_RT_INPUT, TESSERA_I32,
           {kBatch, kHeads, kQueryBlocks, entry.capacity}, a.index);
  call.add("count", TESSERA_RT_INPUT, TESSERA_I32,
           {kBatch, kHeads, kQueryBlocks}, a.count);
  if (entry.hasQuerySizes)
    call.addSizes("query_sizes", kQueryBlocks, a.querySizes);
  if (entry.hasKeySizes)
    call.addSizes("key_sizes", kKeyBlocks, a.keySizes);
  call.add("output", TESSERA_RT_OUTPUT, dtype,
           {kBatch, kHeads, kQueryLength, features}, a.output);
  if (entry.hasLse)
    call.add("lse", TESSERA_RT_OUTPUT, TESSERA_F32,
             {kBatch, kHeads, kQueryLength}, a.lse);
  return check(entry, call);
}

//===----------------------------------------------------------------------===//
// What the entry takes
//===----------------------------------------------------------------------===//

static Error checkGiven(const Entry &entry, const char *name, bool isTaken,
                        const tessera_tensor &tensor, const char *flag) {
  bool isGiven = tensor.data || tensor.rank != 0;
  if (isGiven == isTaken)
    return Error();
  return makeError(
      TESSERA_INVALID_ARGUMENT,
      isTaken ? "%s: '%s' is not given; pass it, or compile without %s"
              : "%s: '%s' is given and not taken; leave it out, or compile "
                "with %s",
      entry.kernel.c_str(), name, flag);
}

static Error checkAllGiven(const Entry &entry, const AttendArguments &a) {
  const struct {
    const char *name;
    bool isTaken;
    const tessera_tensor &tensor;
    const char *flag;
  } rows[] = {
      {"query_sizes", entry.hasQuerySizes, a.querySizes, "--sizes"},
      {"key_sizes", entry.hasKeySizes, a.keySizes, "--sizes"},
      {"lse", entry.hasLse, a.lse, "--lse"},
  };
  for (const auto &row : rows)
    if (Error error =
            checkGiven(entry, row.name, row.isTaken, row.tensor, row.flag))
      return error;
  return Error();
}

static Expected<float> chooseScale(const Entry &entry, float given) {
  if (given == 0)
    return 1 / std::sqrt(static_cast<float>(entry.headDim));
  if (!entry.hasScale)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: 'scale' is %g and not taken: the kernel uses "
                     "1/sqrt(%d); pass 0, or compile with --scale",
                     entry.kernel.c_str(), static_cast<double>(given),
                     entry.headDim);
  if (std::isfinite(given) && given > 0)
    return given;
  return makeError(TESSERA_INVALID_ARGUMENT,
                   "%s: 'scale' is %g, a finite number above 0 is accepted; "
                   "pass 0 for 1/sqrt(%d)",
                   entry.kernel.c_str(), static_cast<double>(given),
                   entry.headDim);
}

//===----------------------------------------------------------------------===//
// What GPUs want
//===----------------------------------------------------------------------===//

/// Tensors that the copy engine reads or writes.
static Error checkCopied(const Entry &entry, const char *name,
                         const tessera_tensor &tensor) {
  if (reinterpret_cast<uintptr_t>(tensor.data) % kAlignmentBytes != 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: '%s' lies at address %p, no multiple of 16; pass an "
                     "aligned copy",
                     entry.kernel.c_str(), name, tensor.data);
  int64_t elements = kAlignmentBytes / rt::dtypeBytes(entry.dtype);
  for (int32_t d = 0; d + 1 < tensor.rank; ++d)
    if (tensor.dims[d] > 1 && tensor.strides[d] % elements != 0)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has stride %lld in dim %d, a multiple of "
                       "%lld elements (16 bytes) is accepted; pass a copy with "
                       "longer rows",
                       entry.kernel.c_str(), name,
                       static_cast<long long>(tensor.strides[d]), d,
                       static_cast<long long>(elements));
  return Error();
}

/// Tensors that kernels index by themselves, with 32 bits.
static Error checkDense(const Entry &entry, const char *name,
                        const tessera_tensor &tensor) {
  int64_t elements = 1;
  // A product that has become 0 belongs to a tensor that has no elements.
  for (int32_t d = tensor.rank - 1; d >= 0 && elements != 0; --d) {
    if (tensor.dims[d] > 1 && tensor.strides[d] != elements)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has stride %lld in dim %d, %lld is accepted; "
                       "pass a contiguous copy",
                       entry.kernel.c_str(), name,
                       static_cast<long long>(tensor.strides[d]), d,
                       static_cast<long long>(elements));
    if (__builtin_mul_overflow(elements, tensor.dims[d], &elements) ||
        elements > kMaxInt)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: '%s' has 2^31 elements or more; pass fewer batch "
                       "entries or heads at a time",
                       entry.kernel.c_str(), name);
  }
  return Error();
}

static Error checkForGpu(const Entry &entry, const AttendArguments &a) {
  const struct {
    const char *name;
    const tessera_tensor &tensor;
  } copied[] = {{"query", a.query},
                {"key", a.key},
                {"value", a.value},
                {"output", a.output}},
    dense[] = {{"index", a.index},
               {"count", a.count},
               {"query_sizes", a.querySizes},
               {"key_sizes", a.keySizes},
               {"lse", a.lse}};
  for (const auto &row : copied)
    if (Error error = checkCopied(entry, row.name, row.tensor))
      return error;
  for (const auto &row : dense)
    if (Error error = checkDense(entry, row.name, row.tensor))
      return error;
  return Error();
}

Expected<int64_t> launch::countTiles(const Entry &entry,
                                     const tessera_tensor &query) {
  Call call;
  // Memory is for the launch: a plan is made from shapes alone.
  tessera_tensor shape = query;
  shape.data = std::bit_cast<void *>(kAlignmentBytes);
  call.add("query", TESSERA_RT_INPUT, entry.dtype,
           {kBatch, kHeads, kQueryLength, entry.headDim}, shape);
  tessera_rt_signature signature = {};
  signature.function = entry.kernel.c_str();
  signature.params = call.params;
  signature.symbols = kSymbols;
  signature.num_params = call.count;
  signature.num_symbols = std::size(kSymbols);
  if (Error error = Error(tessera_rt_check_call(&signature, call.args)))
    return error;
  const int64_t *dims = query.dims;
  int64_t blocks = dims[2] / entry.queryBlock;
  blocks += dims[2] % entry.queryBlock != 0;
  int64_t rows = 0, tiles = 0;
  if (__builtin_mul_overflow(dims[0], dims[1], &rows) ||
      __builtin_mul_overflow(rows, blocks, &tiles) || tiles > kMaxInt ||
      dims[2] > kMaxInt)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: 'query' makes 2^31 query blocks or more; pass fewer "
                     "batch entries or heads at a time",
                     entry.kernel.c_str());
  return tiles;
}

Expected<AttendProblem> launch::checkAttend(const Entry &entry,
                                            const AttendArguments &a) {
  if (Error error = checkAllGiven(entry, a))
    return error;
  if (Error error = checkAsOnHost(entry, a))
    return error;
  if (Error error = checkForGpu(entry, a))
    return error;
  Expected<int64_t> tiles = countTiles(entry, a.query);
  if (!tiles)
    return tiles.takeError();
  Expected<float> scale = chooseScale(entry, a.scale);
  if (!scale)
    return scale.takeError();
  AttendProblem problem;
  problem.batch = a.query.dims[0];
  problem.heads = a.query.dims[1];
  problem.keyHeads = a.key.dims[1];
  problem.queryLength = a.query.dims[2];
  problem.keyLength = a.key.dims[2];
  problem.queryBlocks = a.count.dims[2];
  problem.tiles = *tiles;
  problem.querySizesStride = a.querySizes.rank == 2 ? a.querySizes.dims[1] : 0;
  problem.keySizesStride = a.keySizes.rank == 2 ? a.keySizes.dims[1] : 0;
  problem.scale = *scale;
  if (problem.keyLength > kMaxInt)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: 'key' has %lld rows (dim 2, Skv), fewer than 2^31 "
                     "are accepted; split the sequence",
                     entry.kernel.c_str(),
                     static_cast<long long>(problem.keyLength));
  return problem;
}
