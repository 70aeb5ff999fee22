// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `bsa` dialect: what a coarse-to-fine block-sparse attention computes.

#ifndef BSA_DIALECT_TD
#define BSA_DIALECT_TD

include "mlir/IR/OpBase.td"

def Bsa_Dialect : Dialect {
  let name = "bsa";
  let cppNamespace = "::tessera::bsa";
  let summary = "Coarse-to-fine block-sparse attention on tensors";
  let description = [{
    States *what* is computed: pool the tokens of each block into one, score
    blocks against blocks, keep the best `k` key blocks of every query block,
    attend exactly there, and add the two results under their gates. Ops have
    value semantics on ranked tensors; how a target carries them out is decided
    below this dialect.

    Batch, heads and lengths may be dynamic. Head dimension, block sizes and the
    capacity of lists are static; `k` is an operand. Every tensor has its
    dimensions in the order batch, head, token, feature.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
}

#endif // BSA_DIALECT_TD
