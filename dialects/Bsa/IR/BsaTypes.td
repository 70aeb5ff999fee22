// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Types of the `bsa` dialect and the tensors its ops take.

#ifndef BSA_TYPES_TD
#define BSA_TYPES_TD

include "Bsa/IR/BsaDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/CommonTypeConstraints.td"

def Bsa_BlockMap : TypeDef<Bsa_Dialect, "BlockMap"> {
  let mnemonic = "block_map";
  let summary = "Per batch, head and query block: the key blocks to attend";
  let description = [{
    For each batch entry, query head and query block a list of distinct key
    block ids and a count of 0 to `capacity`. `ascending` says that every list is
    in ascending order: `bsa.select` makes it so, `bsa.map_from_lists` claims it.

    Example: `!bsa.block_map<64x64, capacity = 128, ascending>`
  }];
  let parameters = (ins
    TypeParameter<"int64_t", "tokens in a query block">:$queryBlock,
    TypeParameter<"int64_t", "tokens in a key block">:$keyBlock,
    TypeParameter<"int64_t", "places in a list">:$capacity,
    TypeParameter<"bool", "whether every list ascends">:$ascending);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

def Bsa_Element : AnyTypeOf<[F32, BF16, F16], "f32, bf16 or f16">;

class Bsa_Tensor<list<Type> elements, list<int> ranks, string text>
    : ConfinedType<RankedTensorOf<elements>, [HasAnyRankOfPred<ranks>], text,
                   "::mlir::RankedTensorType">;

def Bsa_Sequence : Bsa_Tensor<[F32, BF16, F16], [4],
    "tensor [batch, head, token, feature] of f32, bf16 or f16">;
def Bsa_Pooled : Bsa_Tensor<[F32], [4],
    "tensor [batch, head, block, feature] of f32">;
def Bsa_Scores : Bsa_Tensor<[F32], [4],
    "tensor [batch, head, query block, key block] of f32">;
def Bsa_Lse : Bsa_Tensor<[F32], [3], "tensor [batch, head, token] of f32">;
def Bsa_Sizes : Bsa_Tensor<[I32], [1, 2],
    "tensor [block] or [batch, block] of i32 token counts">;
def Bsa_Index : Bsa_Tensor<[I32], [4],
    "tensor [batch, head, query block, capacity] of i32 key block ids">;
def Bsa_CountTensor : Bsa_Tensor<[I32], [3],
    "tensor [batch, head, query block] of i32 list lengths">;
def Bsa_Count : AnyTypeOf<[I32, Bsa_CountTensor],
    "one i32 for all lists, or a tensor [batch, head, query block] of i32">;

#endif // BSA_TYPES_TD
