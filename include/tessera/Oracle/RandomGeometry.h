// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Random calls of a function whose static part is given: shapes, sizes, lists
// and k, and inputs that fit them. A seed and a configuration give the same
// call again on any machine.
#ifndef TESSERA_ORACLE_RANDOMGEOMETRY_H
#define TESSERA_ORACLE_RANDOMGEOMETRY_H

#include "tessera/Oracle/Half.h"
#include "tessera/Oracle/Oracle.h"

#include <string>

namespace tessera::oracle {

/// What is fixed when a function is compiled.
struct StaticConfig {
  enum class Gate {
    Absent,
    Full, // any dimension but the last may be drawn as 1
    Row   // the last dimension is 1, the others as above
  };
  Element element = Element::F32;
  int64_t headDim = 64;
  BlockShape block;
  int64_t capacity = 8;
  Policy policy;
  Gate fineGate = Gate::Absent, coarseGate = Gate::Absent;
  int sizesRank = 0;      // 1: [N], 2: [B, N], 0: absent
  bool scale = false;     // an argument
  bool coarse = true;     // the coarse branch is there
  bool ascending = false; // lists given from outside ascend
  int64_t maxQueryBlocks = 4, maxKeyBlocks = 7;

  /// The largest k a call may ask for.
  int64_t maxTopk() const {
    int64_t local = policy.local > 0 ? 2 * policy.local - 1 : 0;
    return policy.beside ? capacity - policy.sink - local : capacity;
  }
};

/// What is known only when the function is called.
struct Geometry {
  uint64_t seed = 0;
  StaticConfig config;
  int64_t batch = 1, kvHeads = 1, group = 1; // query heads: kvHeads * group
  int64_t queries = 1, keys = 1;             // tokens: Sq and Skv
  Sizes qSizes, kvSizes;
  int64_t topk = 0; // 0 .. maxTopk(), which may exceed the key blocks there are
  std::optional<float> scale;
  std::vector<int64_t> fineGate, coarseGate; // dimensions; empty: absent
  /// For attention over given lists: some empty, some full, in any order unless
  /// the configuration says ascending.
  Lists lists;

  int64_t heads() const { return kvHeads * group; }
  /// One line that shows every choice and starts with the seed.
  std::string describe() const;
};

/// How a function states what its calls have: what its types say, and where its
/// scalars come from. Of one value the types may say more in one place than in
/// another.
struct Wording {
  enum class Origin { Argument, Constant, Computed };
  Origin topk = Origin::Argument, scale = Origin::Argument;
  bool mixed = false; // extents are static here and there, casts between them
  uint64_t seed = 0;  // of which

  std::string describe() const;
};
Wording drawWording(const Geometry &geometry);

/// Local blocks want one numbering: then Sq = Skv and both sides share sizes.
Geometry drawGeometry(uint64_t seed, const StaticConfig &config);

/// Inputs of a geometry, rounded to the element type. Rows past a block's size
/// are NaN in the query, large and finite in key and value. `lists` is left
/// absent.
AttentionInputs drawInputs(const Geometry &geometry);

} // namespace tessera::oracle

#endif // TESSERA_ORACLE_RANDOMGEOMETRY_H
