// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The manners all tools share: `--version`, and one clear line with exit code 2
// for wrong usage.
#ifndef TESSERA_COMPILER_COMMANDLINE_H
#define TESSERA_COMPILER_COMMANDLINE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"

namespace tessera {

/// What `main` returns when the command line was wrong.
inline constexpr int kExitUsage = 2;

/// Hides from `--help` the options of the libraries linked in, such as LLVM's
/// backends. Call it before options of one's own exist; `--help-hidden` still
/// shows all.
void hideLibraryOptions();

/// Parses the command line into the registered `llvm::cl` options, with
/// `overview` at the head of `--help`. False after wrong usage, which it has
/// reported. `--help` and `--version` print and exit with 0.
bool parseCommandLine(int argc, char **argv, llvm::StringRef tool,
                      llvm::StringRef overview);

/// Prints `<tool>: <message>` in one line and returns kExitUsage.
int usageError(llvm::StringRef tool, const llvm::Twine &message);

} // namespace tessera

#endif // TESSERA_COMPILER_COMMANDLINE_H
