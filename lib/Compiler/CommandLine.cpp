// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's option parser reports in its own words, sometimes on several lines,
// leaves with 1, and shows every option of every backend linked in; the tools
// promise one line, 2, and a help text that a person can read.
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

void tessera::hideLibraryOptions() {
  for (auto &[name, option] : cl::getRegisteredOptions()) {
    // --help and --version themselves, and --color, are of these categories.
    bool common = llvm::any_of(option->Categories, [](cl::OptionCategory *c) {
      return c->getName() == "Generic Options" ||
             c->getName() == "Color Options";
    });
    if (!common)
      option->setHiddenFlag(cl::Hidden);
  }
}

/// Whether a guess in LLVM's words, `Did you mean '--y'?`, is one of the
/// options that --help shows.
static bool isShown(StringRef guess) {
  StringRef name = guess.split('\'').second.split('\'').first.ltrim('-');
  cl::Option *option = cl::getRegisteredOptions().lookup(name);
  return option && option->getOptionHiddenFlag() == cl::NotHidden;
}

/// `<program>: Unknown argument '--x'.  Try: ..` and a second line that guesses
/// what was meant  -->  `Unknown argument '--x'; did you mean '--y'?`
static std::string oneLine(StringRef report, StringRef program) {
  auto [first, rest] = report.trim().split('\n');
  if (!first.consume_front(program))
    first.consume_front(sys::path::filename(program));
  first = first.ltrim(": ").split("  Try: ").first.rtrim(" .!");
  size_t guess = rest.find("Did you mean ");
  rest = rest.substr(guess).split('\n').first;
  if (!isShown(rest))
    return first.str();
  return (first + "; d" + rest.drop_front()).str();
}

bool tessera::parseCommandLine(int argc, char **argv, StringRef tool,
                               StringRef overview) {
  cl::SetVersionPrinter(
      [name = tool.str()](raw_ostream &os) { os << versionText(name); });
  std::string report;
  raw_string_ostream stream(report);
  if (cl::ParseCommandLineOptions(argc, argv, overview, &stream))
    return true;
  // A wrong value is reported to standard error by the option itself.
  if (StringRef(report).trim().empty())
    return false;
  std::string line = oneLine(report, argv[0]);
  line += StringRef(line).ends_with("?") ? " See " : "; see ";
  usageError(tool, line + tool + " --help");
  return false;
}
