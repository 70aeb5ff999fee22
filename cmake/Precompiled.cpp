// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A precompiled header needs a target with a source; this is it.
namespace tessera {
extern const int kPrecompiledHeaderOwner;
const int kPrecompiledHeaderOwner = 0;
} // namespace tessera
