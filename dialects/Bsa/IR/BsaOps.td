// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations of the `bsa` dialect. Dimension letters are those of
// docs/contract.md: B batch, H query heads, Hkv key/value heads, Sq and Skv
// tokens, Nq and Nkv blocks, D features.

#ifndef BSA_OPS_TD
#define BSA_OPS_TD

include "Bsa/IR/BsaOpBase.td"
include "Bsa/IR/BsaOrderOps.td"

//===----------------------------------------------------------------------===//
// The whole operation
//===----------------------------------------------------------------------===//

// C1 one element type.  C2 shapes agree.  C3 k is in [0, k_max], checked when
// run.  C4 local blocks want equal block sizes.  C5 a coarse gate or output
// wants the coarse branch.  C6 the map has the blocks and capacity stated.
def Bsa_AttentionOp : Bsa_TensorOp<"attention", [AttrSizedOperandSegments,
    AttrSizedResultSegments]> {
  let summary = "Coarse-to-fine block-sparse attention, whole";
  let description = [{
    Pools query, key and value by block, keeps for every query block the `top`
    key blocks of highest pooled score, attends over their tokens, and adds the
    attention over pooled keys and values:
    `output = fine_gate * fine + coarse_gate * coarse`. An absent gate is 1; any
    dimension of a gate may be 1. `without_coarse` leaves the second term out.

    Sequences are in block order, valid tokens first in each block; `sizes` says
    how many (absent: all). Rows past a block's size are ignored in the query,
    must be finite in key and value, and are 0 in the output. `scale` defaults to
    1/sqrt(D).

    `lse`, `map` and `coarse` are further results, given when their types are.

    `bsa-expand` turns it into the ops below.

    Example:
    ```mlir
    func.func @video_attention(%q: tensor<?x12x?x128xbf16>, %k: tensor<?x12x?x128xbf16>,
                               %v: tensor<?x12x?x128xbf16>, %gate: tensor<?x12x?x128xbf16>,
                               %sizes: tensor<?xi32>, %topk: i32) -> tensor<?x12x?x128xbf16> {
      %o = bsa.attention
          query(%q : tensor<?x12x?x128xbf16>, sizes %sizes : tensor<?xi32>)
          key(%k : tensor<?x12x?x128xbf16>, sizes %sizes : tensor<?xi32>)
          value(%v : tensor<?x12x?x128xbf16>)
          coarse_gate(%gate : tensor<?x12x?x128xbf16>)
          top(%topk) block(64x64) select(#bsa.select<capacity = 128, local = 1>)
          -> tensor<?x12x?x128xbf16>
      return %o : tensor<?x12x?x128xbf16>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Sequence, "[B, H, Sq, D]">:$query,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each query block">:$q_sizes,
    Arg<Bsa_Sequence, "[B, Hkv, Skv, D]">:$key,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each key block">:$kv_sizes,
    Arg<Bsa_Sequence, "[B, Hkv, Skv, D]">:$value,
    Arg<Optional<Bsa_Sequence>, "factor of the fine result">:$fine_gate,
    Arg<Optional<Bsa_Sequence>, "factor of the coarse result">:$coarse_gate,
    Arg<I32, "k: key blocks kept for a query block">:$topk,
    Arg<Optional<F32>, "factor of the scores, finite and > 0">:$scale,
    I64Attr:$q_block, I64Attr:$kv_block, Bsa_SelectAttr:$select,
    UnitAttr:$without_coarse);
  let results = (outs
    Res<Bsa_Sequence, "[B, H, Sq, D], the query's element type">:$output,
    Res<Optional<Bsa_Lse>, "natural log-sum-exp of the fine scores">:$lse,
    Res<Optional<Bsa_BlockMap>, "the blocks kept">:$map,
    Res<Optional<Bsa_Pooled>, "the coarse result, [B, H, Nq, D]">:$coarse);
  let assemblyFormat = [{
    `query` `(` $query `:` type($query)
                (`,` `sizes` $q_sizes^ `:` type($q_sizes))? `)`
    `key` `(` $key `:` type($key)
              (`,` `sizes` $kv_sizes^ `:` type($kv_sizes))? `)`
    `value` `(` $value `:` type($value) `)`
    (`fine_gate` `(` $fine_gate^ `:` type($fine_gate) `)`)?
    (`coarse_gate` `(` $coarse_gate^ `:` type($coarse_gate) `)`)?
    `top` `(` $topk `)` (`scale` `(` $scale^ `)`)?
    `block` `(` custom<BlockShape>($q_block, $kv_block) `)`
    `select` `(` qualified($select) `)`
    (`without_coarse` $without_coarse^)? attr-dict
    `->` custom<Results>(type($output), type($lse), type($map), type($coarse))
  }];
  let hasVerifier = 1; // C1 C4 C5 C6
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// The coarse branch
//===----------------------------------------------------------------------===//

// C1 as many results as inputs.  C2 shapes agree, all inputs in one length.
def Bsa_PoolOp : Bsa_TensorOp<"pool",
    [AttrSizedOperandSegments, Bsa_QueryBlockwise]> {
  let summary = "Mean of the valid tokens of each block";
  let description = [{
    `result[b, h, i, :] = (1 / n_i) sum of input[b, h, t, :]` over the `n_i`
    valid tokens of block `i`, in f32; 0 where `n_i` is 0. Several inputs share
    one pass and one `sizes`.

    Example:
    ```mlir
    func.func @pool(%k: tensor<1x4x?x128xbf16>, %v: tensor<1x4x?x128xbf16>)
        -> (tensor<1x4x?x128xf32>, tensor<1x4x?x128xf32>) {
      %kc, %vc = bsa.pool %k, %v by 64
          : tensor<1x4x?x128xbf16>, tensor<1x4x?x128xbf16>
          -> tensor<1x4x?x128xf32>, tensor<1x4x?x128xf32>
      return %kc, %vc : tensor<1x4x?x128xf32>, tensor<1x4x?x128xf32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Variadic<Bsa_Sequence>, "each [B, H, S, D]">:$inputs,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each block">:$sizes,
    I64Attr:$block);
  let results = (outs Res<Variadic<Bsa_Pooled>, "each [B, H, N, D]">:$outputs);
  let assemblyFormat = [{
    $inputs `by` $block (`sizes` `(` $sizes^ `:` type($sizes) `)`)? attr-dict
    `:` type($inputs) `->` type($outputs)
  }];
  let hasVerifier = 1; // C1
  let hasCanonicalizer = 1;
}

// C1 shapes agree.  C2 value and output come together.
def Bsa_CoarseOp : Bsa_TensorOp<"coarse",
    [AttrSizedOperandSegments, Bsa_QueryBlockwise]> {
  let summary = "Scores of block against block, and attention over them";
  let description = [{
    `scores[b, h, i, j] = scale * query[b, h, i, :] . key[b, hkv, j, :]`, -inf
    where key block `j` has size 0. With a value, also
    `output = softmax_j(scores) . value`, one row per query block; 0 where there
    is no key block. All in f32.

    Example:
    ```mlir
    func.func @coarse(%q: tensor<1x4x?x128xf32>, %k: tensor<1x4x?x128xf32>,
                      %v: tensor<1x4x?x128xf32>)
        -> (tensor<1x4x?x?xf32>, tensor<1x4x?x128xf32>) {
      %scores, %o = bsa.coarse query(%q : tensor<1x4x?x128xf32>)
          key(%k : tensor<1x4x?x128xf32>) value(%v : tensor<1x4x?x128xf32>)
          -> tensor<1x4x?x?xf32>, output tensor<1x4x?x128xf32>
      return %scores, %o : tensor<1x4x?x?xf32>, tensor<1x4x?x128xf32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Pooled, "[B, H, Nq, D]">:$query,
    Arg<Bsa_Pooled, "[B, Hkv, Nkv, D]">:$key,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each key block">:$kv_sizes,
    Arg<Optional<Bsa_Pooled>, "[B, Hkv, Nkv, D]">:$value,
    Arg<Optional<F32>, "factor of the scores">:$scale);
  let results = (outs
    Res<Bsa_Scores, "[B, H, Nq, Nkv]">:$scores,
    Res<Optional<Bsa_Pooled>, "[B, H, Nq, D]">:$output);
  let assemblyFormat = [{
    `query` `(` $query `:` type($query) `)`
    `key` `(` $key `:` type($key)
              (`,` `sizes` $kv_sizes^ `:` type($kv_sizes))? `)`
    (`value` `(` $value^ `:` type($value) `)`)?
    (`scale` `(` $scale^ `)`)? attr-dict
    `->` type($scores) (`,` `output` type($output)^)?
  }];
  let hasVerifier = 1; // C2
  let hasCanonicalizer = 1;
}

// C1 shapes agree.  C2 k is in [0, k_max], checked when run.  C3 the map has the
// policy's capacity and is ascending.  C4 local blocks want equal block sizes.
def Bsa_SelectOp : Bsa_TensorOp<"select", [Bsa_QueryBlockwise]> {
  let summary = "The best key blocks of each query block";
  let description = [{
    Keeps the forced blocks and the `top` best scores as the policy says, as an
    ascending list. NaN is below -inf, -0 equals +0, ties go to the smaller block
    id. Blocks of size 0 are never kept. With `k` at least the number of key
    blocks the list is dense; with `k = 0` only forced blocks stay.

    Where `k` and the number of key blocks are both constant and the list is
    dense, `--canonicalize` writes `k` as that number and drops the forced blocks,
    which are in the list anyway. The op stays: its list still depends on sizes,
    and spelled out as a constant it would have one entry for each pair of blocks.

    Example:
    ```mlir
    func.func @select(%scores: tensor<1x4x?x?xf32>, %k: i32)
        -> (tensor<1x4x?x32xi32>, tensor<1x4x?xi32>) {
      %map = bsa.select %scores : tensor<1x4x?x?xf32> top(%k)
          policy(#bsa.select<capacity = 32, sink = 1>)
          -> !bsa.block_map<64x64, capacity = 32, ascending>
      %index, %count = bsa.map_to_lists %map
          : !bsa.block_map<64x64, capacity = 32, ascending>
          -> tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
      return %index, %count : tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Scores, "[B, H, Nq, Nkv]">:$scores,
    Arg<I32, "k">:$topk,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each key block">:$kv_sizes,
    Bsa_SelectAttr:$policy);
  let results = (outs Res<Bsa_BlockMap, "the blocks kept">:$map);
  let extraClassDeclaration = [{
    /// The static number of key blocks, if `k` is a constant that keeps them
    /// all: ranking the scores is then needless.
    std::optional<int64_t> getDenseCount();
  }];
  let assemblyFormat = [{
    $scores `:` type($scores) `top` `(` $topk `)`
    (`sizes` `(` $kv_sizes^ `:` type($kv_sizes) `)`)?
    `policy` `(` qualified($policy) `)` attr-dict `->` qualified(type($map))
  }];
  let hasVerifier = 1; // C3 C4
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// The fine branch
//===----------------------------------------------------------------------===//

// C1 one element type.  C2 shapes agree.  C3 the output is f32 or the query's.
def Bsa_AttendOp : Bsa_TensorOp<"attend", [AttrSizedOperandSegments,
    Bsa_QueryBlockwise]> {
  let summary = "Softmax attention over listed key blocks";
  let description = [{
    Each valid query token attends the valid tokens of the key blocks that `at`
    lists for its block. A row with no such token gives 0 and an lse of -inf, and
    so do rows past a query block's size. Scores, sums and lse are f32; the
    output is f32 or the query's element type, rounded once.

    Query head `h` reads key/value head `h * Hkv / H` (rounded down).

    Example:
    ```mlir
    func.func @attend(%q: tensor<1x12x?x128xbf16>, %k: tensor<1x4x?x128xbf16>,
                      %v: tensor<1x4x?x128xbf16>, %index: tensor<1x12x?x76xi32>,
                      %count: tensor<1x12x?xi32>)
        -> (tensor<1x12x?x128xbf16>, tensor<1x12x?xf32>) {
      %map = bsa.map_from_lists %index, %count
          : tensor<1x12x?x76xi32>, tensor<1x12x?xi32>
          -> !bsa.block_map<64x64, capacity = 76, ascending>
      %o, %lse = bsa.attend query(%q : tensor<1x12x?x128xbf16>)
          key(%k : tensor<1x4x?x128xbf16>) value(%v : tensor<1x4x?x128xbf16>)
          at(%map : !bsa.block_map<64x64, capacity = 76, ascending>)
          -> tensor<1x12x?x128xbf16>, lse tensor<1x12x?xf32>
      return %o, %lse : tensor<1x12x?x128xbf16>, tensor<1x12x?xf32>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Sequence, "[B, H, Sq, D]">:$query,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each query block">:$q_sizes,
    Arg<Bsa_Sequence, "[B, Hkv, Skv, D]">:$key,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each key block">:$kv_sizes,
    Arg<Bsa_Sequence, "[B, Hkv, Skv, D]">:$value,
    Arg<Bsa_BlockMap, "key blocks of each query block">:$map,
    Arg<Optional<F32>, "factor of the scores">:$scale);
  let results = (outs
    Res<Bsa_Sequence, "[B, H, Sq, D]">:$output,
    Res<Optional<Bsa_Lse>, "[B, H, Sq]">:$lse);
  let assemblyFormat = [{
    `query` `(` $query `:` type($query)
                (`,` `sizes` $q_sizes^ `:` type($q_sizes))? `)`
    `key` `(` $key `:` type($key)
              (`,` `sizes` $kv_sizes^ `:` type($kv_sizes))? `)`
    `value` `(` $value `:` type($value) `)`
    `at` `(` $map `:` qualified(type($map)) `)` (`scale` `(` $scale^ `)`)? attr-dict
    `->` type($output) (`,` `lse` type($lse)^)?
  }];
  let hasVerifier = 1; // C1 C3
  let hasCanonicalizer = 1;
}

// C1 shapes agree, gates up to broadcasting.  C2 a coarse gate wants a coarse
// result.  C3 gates and output have one element type.
def Bsa_CombineOp : Bsa_TensorOp<"combine",
    [AttrSizedOperandSegments, Bsa_QueryBlockwise]> {
  let summary = "Add the gated fine and coarse results";
  let description = [{
    `output[b, h, t, :] = fine_gate * fine[b, h, t, :]
                        + coarse_gate * coarse[b, h, block(t), :]`
    in f32, rounded once; 0 in rows past a query block's size. An absent gate is
    1 and an absent coarse result leaves its term out. Any dimension of a gate
    may be 1; the last one statically, as head dimensions are static.

    Example:
    ```mlir
    func.func @combine(%fine: tensor<1x4x?x128xf32>, %coarse: tensor<1x4x?x128xf32>,
                       %gate: tensor<1x4x?x1xbf16>) -> tensor<1x4x?x128xbf16> {
      %o = bsa.combine fine(%fine : tensor<1x4x?x128xf32>)
          coarse(%coarse : tensor<1x4x?x128xf32>)
          coarse_gate(%gate : tensor<1x4x?x1xbf16>) by 64 -> tensor<1x4x?x128xbf16>
      return %o : tensor<1x4x?x128xbf16>
    }
    ```
  }];
  let arguments = (ins
    Arg<Bsa_Sequence, "[B, H, Sq, D]">:$fine,
    Arg<Optional<Bsa_Sequence>, "factor of fine">:$fine_gate,
    Arg<Optional<Bsa_Pooled>, "[B, H, Nq, D]">:$coarse,
    Arg<Optional<Bsa_Sequence>, "factor of coarse">:$coarse_gate,
    Arg<Optional<Bsa_Sizes>, "valid tokens of each query block">:$q_sizes,
    I64Attr:$q_block);
  let results = (outs Res<Bsa_Sequence, "[B, H, Sq, D]">:$output);
  let assemblyFormat = [{
    `fine` `(` $fine `:` type($fine) `)`
    (`coarse` `(` $coarse^ `:` type($coarse) `)`)?
    (`fine_gate` `(` $fine_gate^ `:` type($fine_gate) `)`)?
    (`coarse_gate` `(` $coarse_gate^ `:` type($coarse_gate) `)`)?
    `by` $q_block (`sizes` `(` $q_sizes^ `:` type($q_sizes) `)`)? attr-dict
    `->` type($output)
  }];
  let hasVerifier = 1; // C2 C3
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

// C1 every op inside works query block by query block.  C2 no op inside reads
// another's result whole.  C3 all walk one grid: equal query blocks, and as far as
// shapes are static equal B, H, Nq.  C4 the yielded types are the results'.
def Bsa_FusedOp : Bsa_Op<"fused", [SingleBlock, NoRegionArguments,
    RecursiveMemoryEffects, RecursivelySpeculatable]> {
  let summary = "Ops that share one pass over the query blocks";
  let description = [{
    Computes what its body computes, one query block at a time: of values that
    are not yielded only one query block per thread ever exists. So scores never
    become a matrix in memory, nor the fine result before its gate. The ops walk
    one grid of batch, head and query block; where shapes are dynamic, that they
    do is the promise of whoever wrote the region.

    `bsa-fuse` makes it, and changes no bit of any result.

    Example:
    ```mlir
    func.func @scores_stay_inside(%q: tensor<1x4x?x128xf32>, %k: tensor<1x4x?x128xf32>,
                                  %topk: i32) -> (tensor<1x4x?x32xi32>, tensor<1x4x?xi32>) {
      %map = bsa.fused {
        %scores = bsa.coarse query(%q : tensor<1x4x?x128xf32>)
            key(%k : tensor<1x4x?x128xf32>) -> tensor<1x4x?x?xf32>
        %kept = bsa.select %scores : tensor<1x4x?x?xf32> top(%topk)
            policy(#bsa.select<capacity = 32>)
            -> !bsa.block_map<64x64, capacity = 32, ascending>
        bsa.yield %kept : !bsa.block_map<64x64, capacity = 32, ascending>
      } : !bsa.block_map<64x64, capacity = 32, ascending>
      %index, %count = bsa.map_to_lists %map
          : !bsa.block_map<64x64, capacity = 32, ascending>
          -> tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
      return %index, %count : tensor<1x4x?x32xi32>, tensor<1x4x?xi32>
    }
    ```
  }];
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$body attr-dict (`:` qualified(type($outputs))^)?";
  let hasRegionVerifier = 1; // C1 C2 C3 C4
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// The value inside that becomes result `index`.
    ::mlir::Value getYielded(unsigned index) {
      return getBody().front().getTerminator()->getOperand(index);
    }
  }];
}

def Bsa_YieldOp : Bsa_Op<"yield", [Pure, Terminator, HasParent<"FusedOp">]> {
  let summary = "Hand the results of a fused region on";
  let description = [{
    Ends the body of `bsa.fused` and names its results.

    Example: see `bsa.fused`.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "attr-dict ($values^ `:` qualified(type($values)))?";
}

#endif // BSA_OPS_TD
