// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C header that tells a caller everything a call is checked for.
#include "tessera/Target/Host/Header.h"

#include "DescribeSignature.h"
#include "FunctionNames.h"
#include "tessera/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace tessera::host {

namespace {

/// `name` as C can say it: unchanged where possible.
std::string identifierFor(StringRef name) {
  std::string word;
  for (char c : name)
    word += isAlnum(c) ? c : '_';
  if (word.empty() || isReservedWord(word))
    word += '_';
  return isDigit(word.front()) ? "_" + word : word;
}

/// One name for each parameter, all different.
SmallVector<std::string> parameterNames(const Signature &signature) {
  SmallVector<std::string> names;
  StringSet<> taken;
  for (const SignatureParam &param : signature.params) {
    std::string name = identifierFor(param.name);
    while (!taken.insert(name).second)
      name += "_" + std::to_string(names.size());
    names.push_back(name);
  }
  return names;
}

std::string declaration(const SignatureParam &param, StringRef name) {
  switch (param.kind) {
  case TESSERA_RT_SCALAR_I32:
    return ("int32_t " + name).str();
  case TESSERA_RT_SCALAR_F32:
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

void printComment(raw_ostream &os, const Signature &signature,
                  ArrayRef<std::string> names) {
  size_t width = 0;
  for (const std::string &name : names)
    width = std::max(width, name.size());
  os << "/*\n";
  for (auto [param, name] : zip(signature.params, names))
    printWrapped(os,
                 name + std::string(width - name.size(), ' ') + "  " +
                     describeParam(signature, param),
                 width + 2);
  SmallVector<std::string> rules = describeSymbols(signature);
  append_range(rules, describeConstraints(signature));
  if (!rules.empty())
    os << " *\n";
  for (const std::string &rule : rules)
    printWrapped(os, rule, 2);
  os << " *\n"
        " * Outputs may not overlap any other argument. NULL is success; an\n"
        " * error belongs to the caller, see tessera_error_destroy().\n"
        " */\n";
}

void printDeclarations(raw_ostream &os, const Signature &signature,
                       ArrayRef<std::string> names) {
  os << "tessera_error *" << signature.function << "(";
  if (names.empty())
    os << "void";
  ListSeparator comma(",");
  for (auto [param, name] : zip(signature.params, names))
    os << comma << "\n    " << declaration(param, name);
  os << ");\n\n"
     << "/* The same, args[i] pointing to argument i. */\n"
     << "tessera_error *" << signature.function
     << "__packed(void *const *args);\n\n";
}

} // namespace

static constexpr StringLiteral kFirstWords = "/* Compiled by Tessera ";

bool isEmittedHeader(StringRef text) { return text.starts_with(kFirstWords); }

/// Between the guard.
static Expected<std::string> printBody(ArrayRef<Signature> signatures) {
  std::string text;
  raw_string_ostream os(text);
  os << "#include \"tessera-c/Runtime.h\"\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (const Signature &signature : signatures) {
    if (std::string why = whyNotCallable(signature.function); !why.empty())
      return createStringError(inconvertibleErrorCode(), why);
    SmallVector<std::string> names = parameterNames(signature);
    printComment(os, signature, names);
    printDeclarations(os, signature, names);
  }
  os << "#ifdef __cplusplus\n} /* extern \"C\" */\n#endif\n";
  return text;
}

Expected<std::string> emitHeader(ArrayRef<Signature> signatures) {
  Expected<std::string> body = printBody(signatures);
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
