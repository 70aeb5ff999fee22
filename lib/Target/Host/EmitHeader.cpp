// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A C header that tells a caller everything a call is checked for.
#include "tessera/Target/Host/Header.h"

#include "DescribeSignature.h"
#include "tessera/Version.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace tessera::host {

namespace {

bool isIdentifierChar(char c) { return isAlnum(c) || c == '_'; }

/// Words of C and C++ that a parameter cannot be called.
bool isKeyword(StringRef word) {
  static const StringSet<> words = {
      "and",      "auto",    "bool",     "break",     "case",     "catch",
      "char",     "class",   "const",    "continue",  "default",  "delete",
      "do",       "double",  "else",     "enum",      "export",   "extern",
      "false",    "float",   "for",      "goto",      "if",       "inline",
      "int",      "long",    "mutable",  "namespace", "new",      "not",
      "operator", "or",      "private",  "protected", "public",   "register",
      "restrict", "return",  "short",    "signed",    "sizeof",   "static",
      "struct",   "switch",  "template", "this",      "throw",    "true",
      "try",      "typedef", "typename", "union",     "unsigned", "using",
      "virtual",  "void",    "volatile", "while",     "xor"};
  return words.contains(word);
}

bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name.front()) &&
         all_of(name, isIdentifierChar) && !isKeyword(name);
}

/// `name` as C can say it: unchanged where possible.
std::string identifierFor(StringRef name) {
  std::string word;
  for (char c : name)
    word += isIdentifierChar(c) ? c : '_';
  if (word.empty() || isDigit(word.front()) || isKeyword(word))
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

/// A comment line, broken between words, the following lines indented.
void printWrapped(raw_ostream &os, StringRef text, unsigned indent) {
  constexpr size_t kColumns = 80;
  std::string line = " *";
  for (StringRef word : split(text, ' ')) {
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

Expected<std::string> emitHeader(ArrayRef<Signature> signatures,
                                 StringRef name) {
  std::string guard = StringRef(identifierFor(name)).upper() + "_H";
  std::string text;
  raw_string_ostream os(text);
  os << "/* Compiled by Tessera " TESSERA_VERSION_STRING ". The object beside "
        "this header is linked\n * with libtessera_rt. */\n"
     << "#ifndef " << guard << "\n#define " << guard << "\n\n"
     << "#include \"tessera-c/Runtime.h\"\n\n"
     << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  for (const Signature &signature : signatures) {
    if (!isIdentifier(signature.function))
      return createStringError(inconvertibleErrorCode(),
                               "the function '" + signature.function +
                                   "' cannot be called from C by this name; "
                                   "use letters, digits and '_'");
    SmallVector<std::string> names = parameterNames(signature);
    printComment(os, signature, names);
    printDeclarations(os, signature, names);
  }
  os << "#ifdef __cplusplus\n} /* extern \"C\" */\n#endif\n\n"
     << "#endif /* " << guard << " */\n";
  return text;
}

} // namespace tessera::host
