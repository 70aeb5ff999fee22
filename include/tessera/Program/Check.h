// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Checking a call against a record: one check for every target.
#ifndef TESSERA_PROGRAM_CHECK_H
#define TESSERA_PROGRAM_CHECK_H

#include "tessera/Program/Evaluate.h"

namespace tessera::program {

/// What a check leaves behind, in the caller's memory.
struct CheckedCall {
  std::span<SymbolValue> symbols;    ///< one a symbol
  std::span<Value> values;           ///< one an expression
  std::span<tessera_tensor> tensors; ///< one a parameter; see Bindings
};

/// Whether the check may look at what tensors hold.
enum class Reading : bool { No, Yes };

/// Computes the parameters that are computed from arguments that have been
/// checked; null if there are none.
using ComputeFunction = tessera_rt_compute *;

/// An error if `args` do not fit: element types, ranks, dimensions and symbols,
/// strides, alignment, memory of the outputs apart from every other argument's
/// (compared as whole byte ranges from the first element to the last, gaps
/// included), scalars, constraints. args[i] belongs to parameter i. Numbers of
/// the device are left unknown. Allocates nothing on success, up to 65,536
/// key blocks where it reads lists.
Error checkCall(const Program &program, void *const *args, Reading reading,
                ComputeFunction compute, const CheckedCall &into);

/// Expression `index`, named `what` in an error if it has no value or one that
/// is none of `range`.
Expected<int64_t> require(const Program &program, const CheckedCall &call,
                          Index index, NumberRange range, const char *what);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_CHECK_H
