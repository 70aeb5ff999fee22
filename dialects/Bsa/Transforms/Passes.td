// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Passes over the `bsa` dialect.

#ifndef BSA_TRANSFORMS_PASSES_TD
#define BSA_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandPass : Pass<"bsa-expand"> {
  let summary = "Write a whole attention as the ops it is made of";
  let description = [{
    ```text
    %o, lse, map, coarse = bsa.attention query(%q) key(%k) value(%v) ..
      ==>
    %qc          = bsa.pool %q
    %kc, %vc     = bsa.pool %k, %v
    %s, %coarse  = bsa.coarse query(%qc) key(%kc) value(%vc)
    %map         = bsa.select %s top(%topk)
    %fine, %lse  = bsa.attend query(%q) key(%k) value(%v) at(%map)
    %o           = bsa.combine fine(%fine) coarse(%coarse)
    ```
    The fine and coarse results stay f32 up to the one rounding in `combine`.
    `without_coarse` leaves out what only the coarse result needs: the pooled
    value, the second result of `coarse` and the second term of `combine`.

    No `bsa.attention` is left. It cannot fail.
  }];
}

def RefineShapesPass : Pass<"bsa-refine-shapes", "::mlir::ModuleOp"> {
  let summary = "Write what is known of extents into every type";
  let description = [{
    One number has one extent throughout a function: an extent that any type
    states, or that follows as the block count of a static length, becomes part of
    the type of every argument and result that has it.

    ```text
    func @f(%k : tensor<?x?x?x64xf32>,         func @f(%k : tensor<?x?x256x64xf32>,
            %v : tensor<?x?x256x64xf32>) ==>           %v : tensor<?x?x256x64xf32>)
      %kc = bsa.pool %k by 64                    %kc = bsa.pool %k by 64
            -> tensor<?x?x?x64xf32>                    -> tensor<?x?x4x64xf32>
    ```
    So what follows need not reckon with a type that says less than another.
    Operations of other dialects, `tensor.cast` aside, see the types they were
    written for, through a `tensor.cast`. A function that others call keeps the
    types of its arguments and results, and all others.

    Fails where types state two extents for one number, one on either side of a
    cast, say.
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def FusePass : Pass<"bsa-fuse", "::mlir::func::FuncOp"> {
  let summary = "Let ops share one pass over the query blocks";
  let description = [{
    ```text
    %qc = bsa.pool %q                    %o = bsa.fused {
    %s  = bsa.coarse query(%qc) ..         %qc = bsa.pool %q
    %m  = bsa.select %s ..          ==>    %s  = bsa.coarse query(%qc) ..
    %f  = bsa.attend .. at(%m)             %m  = bsa.select %s ..
    %o  = bsa.combine fine(%f) ..          %f  = bsa.attend .. at(%m)
                                           %o  = bsa.combine fine(%f) ..
                                           bsa.yield %o
                                         }
    ```
    Those of pool (of the query), coarse, select, attend and combine that read
    each other's results block by block, over one query block, become one
    region; one op of each kind at most. What is read whole, such as pooled keys,
    is made before it; what nobody outside reads is not yielded. Pools left over
    that have one block, one sizes and inputs of one type and provably one shape
    become one pool.

    A region never spans an op with side effects. No op is added, dropped or
    changed, so no bit of any result changes. It cannot fail.

    ```text
    %kc = bsa.pool %k by 64
    %vc = bsa.pool %v by 64    ==>    %kc, %vc = bsa.pool %k, %v by 64
    ```
  }];
  let statistics = [
    Statistic<"regions", "regions", "Number of fused regions made">,
    Statistic<"pools", "merged-pools", "Number of pools merged into another">];
}

#endif // BSA_TRANSFORMS_PASSES_TD
