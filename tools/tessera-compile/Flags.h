// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The flags of tessera-compile, and what they ask for.
#ifndef TESSERA_TOOLS_TESSERA_COMPILE_FLAGS_H
#define TESSERA_TOOLS_TESSERA_COMPILE_FLAGS_H

#include "../OptionParsers.h"
#include "../SpecFlags.h"
#include "Output.h"

namespace tessera {

/// Declares the flags; one object lives while the command line is parsed.
class CompileFlags {
public:
  CompileFlags();

  /// All but the modules. An error is wrong usage.
  llvm::Expected<Job> job(StageTimes &times) const;

  SpecFlags spec;
  llvm::cl::opt<std::string> output, inspected;
  llvm::cl::opt<bool> timing;

private:
  enum class Target { Host, Sm90a };

  llvm::Error placeLines(Job &job) const;
  llvm::Error checkOutput(Emit what) const;

  Choices<Target> targets;
  Choice<Emit> what;
  llvm::cl::opt<std::string> cpu, plan;
  llvm::cl::opt<bool> noFuse, lineInfo;
};

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_COMPILE_FLAGS_H
