// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What holds of every record that has been opened.
#ifndef TESSERA_LIB_PROGRAM_VERIFY_H
#define TESSERA_LIB_PROGRAM_VERIFY_H

#include "tessera/Program/Program.h"

namespace tessera::program {

/// What is wrong with the places of the tables; null if each lies whole within
/// the record, is aligned and not too long. Only then may they be read.
const char *findBadTable(const Program &program);

/// Every index, range and number of every table. An error names the place.
Error verify(const Program &program);

} // namespace tessera::program

#endif // TESSERA_LIB_PROGRAM_VERIFY_H
