// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checking a call. What host code checks too, types, shapes and strides, is
// said as a record, so that both targets complain in the same words; then
// follows what only GPUs want.
#include "AttendProblem.h"

#include "tessera/Program/Check.h"
#include "tessera/Program/Writer.h"
#include "tessera/Runtime/Dtype.h"

#include <algorithm>
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
// What host code checks too
//===----------------------------------------------------------------------===//

namespace {

using program::ConstraintKind;
using program::Index;
using program::ParamKind;

/// A record of the tensors of one call, and the tensors.
class Call {
public:
  explicit Call(const Entry &entry) {
    writer.head.function = writer.text(entry.kernel);
    writer.head.chip = writer.text("host");
    writer.head.leastWorkspace = writer.head.bestWorkspace = writer.constant(0);
  }

  Index symbol(const char *name, const char *noun) {
    return writer.addSymbol(name, noun);
  }
  Index number(int64_t value) { return writer.constant(value); }

  program::Param &add(const char *name, ParamKind kind, int32_t dtype,
                      std::initializer_list<Index> dims,
                      const tessera_tensor &tensor) {
    program::Param &param = writer.params.emplace_back();
    param = {};
    param.name = writer.text(name);
    param.kind = kind;
    param.dtype = dtype;
    param.symbol = program::kNone;
    for (Index dim : dims)
      param.dims[param.rank++] = dim;
    args.push_back(const_cast<tessera_tensor *>(&tensor));
    return param;
  }
  void addSizes(const char *name, Index batch, Index blocks,
                const tessera_tensor &tensor) {
    program::Param &param =
        add(name, ParamKind::Input, TESSERA_I32, {batch, blocks}, tensor);
    param.broadcast = 1;
    param.flags = program::kMayLackFirstDim;
  }
  void addMultiple(Index whole, Index part) {
    program::Constraint c =
        program::Writer::constraint(ConstraintKind::Multiple);
    c.target = whole;
    c.value = part;
    writer.constraints.push_back(c);
  }
  void addBlocks(Index count, Index length, int64_t block) {
    writer.addBlocks(count, length, block);
  }

  Error check() {
    program::Record record = writer.write();
    program::Program program = record.program();
    std::vector<program::SymbolValue> symbols(program.symbols().size());
    std::vector<program::Value> values(program.expressions().size());
    std::vector<tessera_tensor> tensors(args.size());
    return program::checkCall(program, args.data(), program::Reading::No,
                              nullptr, {symbols, values, tensors});
  }

private:
  program::Writer writer;
  std::vector<void *> args;
};

} // namespace

static Error checkAsOnHost(const Entry &entry, const AttendArguments &a) {
  Call call(entry);
  Index batch = call.symbol("B", "batch entries"),
        heads = call.symbol("H", "query heads"),
        keyHeads = call.symbol("Hkv", "key/value heads"),
        queryLength = call.symbol("Sq", "rows"),
        keyLength = call.symbol("Skv", "rows"),
        queryBlocks = call.symbol("Nq", "query blocks"),
        keyBlocks = call.symbol("Nkv", "key blocks"),
        features = call.number(entry.headDim);
  int32_t dtype = entry.dtype;
  call.add("query", ParamKind::Input, dtype,
           {batch, heads, queryLength, features}, a.query);
  call.add("key", ParamKind::Input, dtype,
           {batch, keyHeads, keyLength, features}, a.key);
  call.add("value", ParamKind::Input, dtype,
           {batch, keyHeads, keyLength, features}, a.value);
  call.add("index", ParamKind::Input, TESSERA_I32,
           {batch, heads, queryBlocks, call.number(entry.capacity)}, a.index);
  call.add("count", ParamKind::Input, TESSERA_I32, {batch, heads, queryBlocks},
           a.count);
  if (entry.hasQuerySizes)
    call.addSizes("query_sizes", batch, queryBlocks, a.querySizes);
  if (entry.hasKeySizes)
    call.addSizes("key_sizes", batch, keyBlocks, a.keySizes);
  call.add("output", ParamKind::Output, dtype,
           {batch, heads, queryLength, features}, a.output);
  if (entry.hasLse)
    call.add("lse", ParamKind::Output, TESSERA_F32, {batch, heads, queryLength},
             a.lse);
  call.addMultiple(heads, keyHeads);
  call.addBlocks(queryBlocks, queryLength, entry.queryBlock);
  call.addBlocks(keyBlocks, keyLength, entry.keyBlock);
  return call.check();
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
  Call call(entry);
  // Memory is for the launch: a plan is made from shapes alone.
  tessera_tensor shape = query;
  shape.data = std::bit_cast<void *>(kAlignmentBytes);
  call.add("query", ParamKind::Input, entry.dtype,
           {call.symbol("B", "batch entries"), call.symbol("H", "query heads"),
            call.symbol("Sq", "rows"), call.number(entry.headDim)},
           shape);
  if (Error error = call.check())
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

/// Whether each batch entry has sizes of its own.
static bool stridesBatch(const tessera_tensor &sizes) {
  return sizes.rank == 2 && sizes.dims[0] > 1;
}

static bool has(const Entry &entry, ParameterKind wanted) {
  return std::any_of(entry.parameters.begin(), entry.parameters.end(),
                     [&](const Parameter &p) { return p.kind == wanted; });
}

/// What types fix is a constant in the kernel.
static Error checkFixed(const Entry &entry, const AttendProblem &problem) {
  const struct {
    const char *what;
    int64_t found, fixed;
  } rows[] = {
      {"batch entries", problem.batch, entry.batch},
      {"query heads", problem.heads, entry.heads},
      {"key heads", problem.keyHeads, entry.keyHeads},
      {"query rows", problem.queryLength, entry.queryLength},
      {"key rows", problem.keyLength, entry.keyLength},
  };
  for (const auto &row : rows)
    if (row.fixed != 0 && row.found != row.fixed)
      return makeError(TESSERA_INVALID_ARGUMENT,
                       "%s: the call has %lld %s, the kernel was compiled for "
                       "%lld; compile it for this call, or for any",
                       entry.kernel.c_str(), static_cast<long long>(row.found),
                       row.what, static_cast<long long>(row.fixed));
  using K = ParameterKind;
  auto lacks = [&](int64_t given, K sizes, K stride) {
    return given != 0 && has(entry, sizes) && !has(entry, stride);
  };
  if (lacks(problem.querySizesStride, K::QuerySizes, K::QuerySizesStride) ||
      lacks(problem.keySizesStride, K::KeySizes, K::KeySizesStride))
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: sizes differ by batch entry, the kernel was compiled "
                     "for sizes of rank 1; compile it for [B, N]",
                     entry.kernel.c_str());
  return Error();
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
  problem.querySizesStride =
      stridesBatch(a.querySizes) ? a.querySizes.dims[1] : 0;
  problem.keySizesStride = stridesBatch(a.keySizes) ? a.keySizes.dims[1] : 0;
  problem.scale = *scale;
  if (problem.keyLength > kMaxInt)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "%s: 'key' has %lld rows (dim 2, Skv), fewer than 2^31 "
                     "are accepted; split the sequence",
                     entry.kernel.c_str(),
                     static_cast<long long>(problem.keyLength));
  if (Error error = checkFixed(entry, problem))
    return error;
  return problem;
}
