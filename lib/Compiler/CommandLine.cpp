// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's option parser reports in its own words, sometimes on several lines,
// and leaves with 1; the tools promise one line and 2.
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Registration.h"

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

int tessera::usageError(StringRef tool, const Twine &message) {
  errs() << tool << ": " << message << "\n";
  return kExitUsage;
}

/// The first line of what the option parser said, without its own mention of
/// the program, which is the path the user typed.
static StringRef firstComplaint(StringRef report, StringRef program) {
  StringRef line = report.split('\n').first.trim();
  line.consume_front(program);
  line.consume_front(sys::path::filename(program));
  line = line.ltrim(": ");
  return line.split("  Try: ").first.rtrim();
}

bool tessera::parseCommandLine(int argc, char **argv, StringRef tool,
                               StringRef overview) {
  cl::SetVersionPrinter(
      [name = tool.str()](raw_ostream &os) { os << versionText(name); });
  std::string report;
  raw_string_ostream stream(report);
  if (cl::ParseCommandLineOptions(argc, argv, overview, &stream))
    return true;
  usageError(tool, firstComplaint(report, argv[0]) + "; see " + tool +
                       " --help");
  return false;
}
