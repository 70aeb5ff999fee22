// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes of real models. A row holds what a model's configuration says; tokens,
// blocks and their sizes are computed from it.
#ifndef TESSERA_TOOLS_TESSERA_BENCH_MODELS_H
#define TESSERA_TOOLS_TESSERA_BENCH_MODELS_H

#include "Problem.h"

#include "llvm/ADT/ArrayRef.h"

namespace tessera::bench {

struct Model {
  llvm::StringLiteral name;
  int64_t heads, headDim;
  int64_t time, height, width; ///< of the latent video, in tokens
  int64_t text; ///< tokens before the video, in blocks of their own
  /// How long a list is, in thousandths of the video's blocks, rounded up.
  int64_t keptPermille;
  llvm::StringLiteral source;
};

llvm::ArrayRef<Model> models();

/// Sizes of the blocks of a text and a grid cut into cubes, in the order of
/// docs/contract.md.
std::vector<int32_t> cubeSizes(const Model &model, const int64_t (&cube)[3]);

/// The model's attention in blocks of 64 (cubes of 4x4x4) or 128 (4x8x4)
/// tokens, padded to whole blocks.
llvm::Expected<Problem> problemOf(llvm::StringRef name, int64_t queryBlock,
                                  int64_t keyBlock);

/// A line for each model.
std::string listModels();

} // namespace tessera::bench

#endif // TESSERA_TOOLS_TESSERA_BENCH_MODELS_H
