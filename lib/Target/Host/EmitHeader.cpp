// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C header that tells a caller everything a call is checked for.
#include "tessera/Target/Host/Header.h"

#include "FunctionNames.h"
#include "tessera/Program/Print.h"
#include "tessera/Version.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace tessera::host {

using program::Constraint;
using program::Param;
using program::ParamKind;
using program::Symbol;

namespace {

/// What a record is in words, as text.
class Words : public program::Output {
public:
  Words() : Output(append) {}
  std::string text;

private:
  static void append(Output &self, const char *piece, size_t length) {
    static_cast<Words &>(self).text.append(piece, length);
  }
};

ArrayRef<Param> arguments(const program::Program &program) {
  return {program.params().data(), program.argumentCount()};
}

std::string describe(const program::Program &program, const Param &param) {
  Words words;
  printParam(program, param, words);
  return words.text;
}

/// One line for each symbol that says what it counts, and each constraint.
SmallVector<std::string> rulesOf(const program::Program &program) {
  SmallVector<std::string> rules;
  for (const Symbol &symbol : program.symbols())
    if (StringRef noun = program.text(symbol.noun); !noun.empty())
      rules.push_back((program.text(symbol.name) + Twine(": ") + noun).str());
  for (const Constraint &constraint : program.constraints()) {
    Words words;
    printConstraint(program, constraint, words);
    rules.push_back(words.text);
  }
  return rules;
}

/// `name` as C can say it: unchanged where possible.
std::string identifierFor(StringRef name) {
  std::string word;
  for (char c : name)
    word += isAlnum(c) ? c : '_';
  if (word.empty() || isReservedWord(word))
    word += '_';
  return isDigit(word.front()) ? "_" + word : word;
}

/// One name for each parameter, all different, also from what every entry has.
SmallVector<std::string> parameterNames(const program::Program &program) {
  SmallVector<std::string> names;
  StringSet<> taken{"context",         "stream", "workspace",
                    "workspace_bytes", "least",  "best"};
  for (const Param &param : arguments(program)) {
    std::string name = identifierFor(program.text(param.name));
    while (!taken.insert(name).second)
      name += "_" + std::to_string(names.size());
    names.push_back(name);
  }
  return names;
}

std::string declaration(const Param &param, StringRef name) {
  switch (param.kind) {
  case ParamKind::ScalarI32:
    return ("int32_t " + name).str();
  case ParamKind::ScalarF32:
    return ("float " + name).str();
  default:
    return ("const tessera_tensor *" + name).str();
  }
}

/// Names of arguments are anything: here they neither begin a line nor begin or
/// end a comment.
std::string inComment(StringRef text) {
  std::string safe;
  for (char c : text) {
    bool isControl = isASCII(c) && !isPrint(c);
    bool isSlashStar = (c == '/' && StringRef(safe).ends_with("*")) ||
                       (c == '*' && StringRef(safe).ends_with("/"));
    safe += isControl || isSlashStar ? '?' : c;
  }
  return safe;
}

/// A comment line, broken between words, the following lines indented.
void printWrapped(raw_ostream &os, StringRef text, unsigned indent) {
  constexpr size_t kColumns = 80;
  std::string line = " *", safe = inComment(text);
  for (StringRef word : split(safe, ' ')) {
    if (line.size() + 1 + word.size() > kColumns) {
      os << line << "\n";
      line = " *" + std::string(indent, ' ');
    }
    line += " " + word.str();
  }
  os << line << "\n";
}

/// The programs of one function, one a target.
using Programs = SmallVector<program::Program>;

void printRules(raw_ostream &os, const Programs &programs) {
  SmallVector<std::string> rules = rulesOf(programs.front());
  if (!rules.empty())
    os << " *\n";
  for (const std::string &rule : rules)
    printWrapped(os, rule, 2);
  for (const program::Program &other : drop_begin(programs))
    for (const std::string &rule : rulesOf(other))
      if (!is_contained(rules, rule))
        printWrapped(os, other.chip() + (": " + rule), 2);
}

void printComment(raw_ostream &os, const Programs &programs,
                  ArrayRef<std::string> names) {
  const program::Program &program = programs.front();
  size_t width = 0;
  for (const std::string &name : names)
    width = std::max(width, name.size());
  auto chips = map_range(programs, [](const program::Program &program) {
    return StringRef(program.chip());
  });
  os << "/*\n * For " << join(chips, ", ") << ".\n *\n";
  for (auto [param, name] : zip(arguments(program), names))
    printWrapped(os,
                 name + std::string(width - name.size(), ' ') + "  " +
                     describe(program, param),
                 width + 2);
  printRules(os, programs);
  os << " *\n"
        " * Outputs may not overlap any other argument. NULL is success; an\n"
        " * error belongs to the caller, see tessera_error_destroy().\n"
        " */\n";
}

void printDeclarations(raw_ostream &os, const program::Program &program,
                       ArrayRef<std::string> names) {
  std::string args;
  for (auto [param, name] : zip(arguments(program), names))
    args += ",\n    " + declaration(param, name);
  os << "tessera_error *" << program.function()
     << "(\n    tessera_context *context, void *stream, void *workspace,\n"
        "    size_t workspace_bytes"
     << args << ");\n\n"
     << "/* Bytes of workspace for that call; the second, if it is more, may "
        "make it\n * faster. */\n"
     << "tessera_error *" << program.function()
     << "_workspace(\n    tessera_context *context" << args
     << ",\n    int64_t *least, int64_t *best);\n\n";
  if (program.isForHost())
    os << "/* On the host: args[i] points to argument i. */\n"
       << "tessera_error *" << program.function()
       << "__packed(void *const *args);\n\n";
}

} // namespace

static constexpr StringLiteral kFirstWords = "/* Compiled by Tessera ";

bool isEmittedHeader(StringRef text) { return text.starts_with(kFirstWords); }

static constexpr StringLiteral kConventions =
    "/* Each function runs where `context` says. NULL is this processor, on "
    "which\n"
    " * workspace is NULL, workspace_bytes 0 and stream ignored. On a GPU a "
    "call\n"
    " * enqueues work on `stream`, a CUstream, and returns; tensors and "
    "workspace are\n"
    " * memory of that GPU and live until the work is done. Code is loaded "
    "when a\n"
    " * context first needs it, and stays: keep contexts. */\n\n";

/// By function, in the order in which they come.
static Expected<MapVector<StringRef, Programs>>
group(ArrayRef<program::Record> records) {
  MapVector<StringRef, Programs> functions;
  for (const program::Record &record : records) {
    program::Program program = record.program();
    if (std::string why = whyNotCallable(program.function()); !why.empty())
      return createStringError(inconvertibleErrorCode(), why);
    functions[program.function()].push_back(program);
  }
  return functions;
}

/// Between the guard.
static Expected<std::string> printBody(ArrayRef<program::Record> records) {
  Expected<MapVector<StringRef, Programs>> functions = group(records);
  if (!functions)
    return functions.takeError();
  bool isHostAlone = all_of(records, [](const program::Record &record) {
    return record.program().isForHost();
  });
  std::string text;
  raw_string_ostream os(text);
  os << "#include \"tessera-c/" << (isHostAlone ? "Program.h" : "Gpu.h")
     << "\"\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
     << kConventions;
  for (const auto &[name, programs] : *functions) {
    SmallVector<std::string> names = parameterNames(programs.front());
    printComment(os, programs, names);
    printDeclarations(os, programs.front(), names);
  }
  os << "#ifdef __cplusplus\n} /* extern \"C\" */\n#endif\n";
  return text;
}

Expected<std::string> emitHeader(ArrayRef<program::Record> records) {
  Expected<std::string> body = printBody(records);
  if (!body)
    return body.takeError();
  // Headers of one name may meet in a program, those of one content alone may
  // leave each other out.
  std::string guard = "TESSERA_" + utohexstr(xxh3_64bits(*body)) + "_H";
  return (kFirstWords + TESSERA_VERSION_STRING +
          ". The object beside this header is linked\n"
          " * with libtessera_rt. */\n#ifndef " +
          guard + "\n#define " + guard + "\n\n" + *body + "\n#endif /* " +
          guard + " */\n")
      .str();
}

} // namespace tessera::host
