// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An attention in a handful of numbers, for those who do not want to write IR.
#ifndef TESSERA_COMPILER_SPEC_H
#define TESSERA_COMPILER_SPEC_H

#include "Bsa/IR/Bsa.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"

#include <string>

namespace tessera {

enum class SpecOp { Attention, Attend };
enum class SpecElement { F32, BF16, F16 };
enum class SpecGates { None, Coarse, Fine, Both };
/// What has a factor of its own: each feature of a token, or the token.
enum class SpecGatePer { Feature, Token };

/// One function. Its arguments are query, key, value, then, where they apply,
/// index, count, query_sizes, key_sizes, fine_gate, coarse_gate, topk, scale;
/// its results output, lse and, of attention, the lists index and count,
/// coarse.
struct Spec {
  SpecOp op = SpecOp::Attention;
  int64_t headDim = 128;
  int64_t queryBlock = 64, keyBlock = 64;
  /// The length of a list. Of attention also the largest k (less where forced
  /// blocks come beside it); k itself is an argument.
  int64_t capacity = 32;
  SpecElement element = SpecElement::BF16;

  /// 0: known when run.
  int64_t batch = 0, heads = 0, queryLength = 0, keyLength = 0;
  /// Key/value heads; 0: as many as query heads, or known when run.
  int64_t keyHeads = 0;

  /// Give the valid tokens of each block. Off: all blocks are full.
  bool sizes = false;
  /// Take the factor of the scores. Off: 1/sqrt(headDim).
  bool scale = false;
  /// Return the log-sum-exp of the fine scores.
  bool lse = false;

  /// For attention alone.
  int64_t sink = 0, local = 0;
  bsa::Forced forced = bsa::Forced::Within;
  SpecGates gates = SpecGates::None;
  SpecGatePer gatePer = SpecGatePer::Feature;
  bool withoutCoarse = false;
  /// Return the blocks kept, as lists, and the coarse result (f32).
  bool returnMap = false, returnCoarse = false;

  /// Of the function; empty: tessera_attention or tessera_attend.
  std::string name;
};

/// The name of the spec's function.
llvm::StringRef functionName(const Spec &spec);

/// A module with the function that `spec` describes, or an error that says
/// which number is wrong and what would be right. The context must have our
/// dialects registered (registerAllDialects).
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>>
buildModule(mlir::MLIRContext &context, const Spec &spec);

} // namespace tessera

#endif // TESSERA_COMPILER_SPEC_H
