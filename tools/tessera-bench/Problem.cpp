// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Problem.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tessera::bench {

static int64_t validTokens(ArrayRef<int32_t> sizes, int64_t block,
                           int64_t blockTokens, int64_t length) {
  if (!sizes.empty())
    return sizes[block];
  return std::min(blockTokens, length - block * blockTokens);
}

int64_t Problem::validQueries(int64_t block) const {
  return validTokens(querySizes, block, queryBlock, queryLength);
}

int64_t Problem::validKeys(int64_t block) const {
  return validTokens(keySizes, block, keyBlock, keyLength);
}

std::string Problem::tag() const {
  std::string text = formatv("{0}x{1}x{2}x{3}x{4}/b{5}", batch, heads,
                             queryLength, headDim, topk, queryBlock);
  if (keyBlock != queryBlock)
    text += formatv("x{0}", keyBlock);
  if (keyHeads != heads)
    text += formatv("+kv{0}", keyHeads);
  if (keyLength != queryLength)
    text += formatv("+kvlen{0}", keyLength);
  if (!model.empty())
    text += "@" + model;
  return text;
}

Expected<Problem> parseShape(StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, 'x');
  int64_t numbers[5] = {};
  bool isShape = parts.size() == std::size(numbers);
  for (auto [part, number] : zip(parts, numbers))
    isShape &=
        !part.getAsInteger(10, number) && number > 0 && number <= INT32_MAX;
  if (!isShape)
    return createStringError(
        "--shape: '" + text +
        "' is no shape; write batch x heads x tokens x features x blocks of a "
        "list, as 1x12x49152x128x76");
  Problem problem;
  problem.batch = numbers[0];
  problem.heads = problem.keyHeads = numbers[1];
  problem.queryLength = problem.keyLength = numbers[2];
  problem.headDim = numbers[3];
  problem.topk = numbers[4];
  return problem;
}

Error checkProblem(const Problem &problem) {
  if (problem.heads % problem.keyHeads != 0)
    return createStringError(
        formatv("{0} heads cannot share {1} key/value heads evenly; use a "
                "number that divides {0}",
                problem.heads, problem.keyHeads)
            .str());
  if (problem.topk > problem.keyBlocks())
    return createStringError(
        formatv("lists of {0} blocks, but {1} tokens make {2} blocks of {3}; "
                "use fewer (a shape's last number counts blocks of --block)",
                problem.topk, problem.keyLength, problem.keyBlocks(),
                problem.keyBlock)
            .str());
  return Error::success();
}

} // namespace tessera::bench
