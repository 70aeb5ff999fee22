// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one call comes to.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_EXPLAINCALL_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_EXPLAINCALL_H

#include "Launches.h"
#include "Report.h"

namespace tessera::rt {

/// Its numbers, how many keys lists can name, padding, memory and steps.
void addCall(Report &report, const tessera_launches &launches);

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_EXPLAINCALL_H
