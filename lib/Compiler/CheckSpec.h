// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a Spec may say.
#ifndef TESSERA_COMPILER_CHECKSPEC_H
#define TESSERA_COMPILER_CHECKSPEC_H

#include "tessera/Compiler/Spec.h"

namespace tessera {

/// The first thing wrong with `spec`: what it is, what is accepted. Success for
/// every spec that has a module.
llvm::Error checkSpec(const Spec &spec);

} // namespace tessera

#endif // TESSERA_COMPILER_CHECKSPEC_H
