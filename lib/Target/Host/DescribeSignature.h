// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signatures in words, for the comments of C headers.
#ifndef TESSERA_TARGET_HOST_DESCRIBESIGNATURE_H
#define TESSERA_TARGET_HOST_DESCRIBESIGNATURE_H

#include "tessera/Target/Host/Signature.h"

#include <string>

namespace tessera::host {

/// "input, bf16 [B, 12, Sq, 128]", "int32, 0 .. 32".
std::string describeParam(const Signature &signature,
                          const SignatureParam &param);

/// "Sq: query rows", one for each symbol that says what it counts.
llvm::SmallVector<std::string> describeSymbols(const Signature &signature);

/// "Nq = ceil(Sq / 64)", one for each constraint.
llvm::SmallVector<std::string> describeConstraints(const Signature &signature);

} // namespace tessera::host

#endif // TESSERA_TARGET_HOST_DESCRIBESIGNATURE_H
