// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The text of an arrival that waits for registers.

#include "Ptx/IR/Ptx.h"

using namespace tessera::ptx;

/// Bit 1 of a square is 0, which assemblers do not know: the address is the
/// barrier's, and depends on every register.
std::string MBarrierArriveAfterOp::getPtx() {
  std::string text = "{\n.reg .b32 all, nothing;\nmov.b32 all, $1;\n";
  for (size_t index = 1; index < getLoaded().size(); ++index)
    text += "or.b32 all, all, $" + std::to_string(index + 1) + ";\n";
  return text + "mul.lo.u32 nothing, all, all;\n"
                "and.b32 nothing, nothing, 2;\n"
                "add.u32 nothing, nothing, $0;\n"
                "mbarrier.arrive.shared::cta.b64 _, [nothing];\n}";
}
