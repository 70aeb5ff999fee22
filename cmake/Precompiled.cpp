// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A precompiled header needs a target with a source; this is it.
namespace tessera {
extern const int precompiledHeaderOwner;
const int precompiledHeaderOwner = 0;
} // namespace tessera
