// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "FunctionNames.h"

#include "tessera/Target/Host/Header.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

using namespace llvm;

namespace tessera::host {

static bool isIdentifierChar(char c) { return isAlnum(c) || c == '_'; }

bool isIdentifier(StringRef name) {
  return !name.empty() && !isDigit(name.front()) &&
         all_of(name, isIdentifierChar);
}

/// C to C23, C++ to C++26, GNU C; and what is none of their words but taken in
/// every program or by tessera-c/Runtime.h.
static bool isListed(StringRef name) {
  static const StringSet<> names = {"alignas",
                                    "alignof",
                                    "and",
                                    "and_eq",
                                    "asm",
                                    "auto",
                                    "bitand",
                                    "bitor",
                                    "bool",
                                    "break",
                                    "case",
                                    "catch",
                                    "char",
                                    "class",
                                    "co_await",
                                    "co_return",
                                    "co_yield",
                                    "compl",
                                    "concept",
                                    "const",
                                    "const_cast",
                                    "consteval",
                                    "constexpr",
                                    "constinit",
                                    "continue",
                                    "contract_assert",
                                    "decltype",
                                    "default",
                                    "delete",
                                    "do",
                                    "double",
                                    "dynamic_cast",
                                    "else",
                                    "enum",
                                    "explicit",
                                    "export",
                                    "extern",
                                    "false",
                                    "float",
                                    "for",
                                    "friend",
                                    "goto",
                                    "if",
                                    "inline",
                                    "int",
                                    "linux",
                                    "long",
                                    "main",
                                    "mutable",
                                    "namespace",
                                    "new",
                                    "noexcept",
                                    "not",
                                    "not_eq",
                                    "nullptr",
                                    "NULL",
                                    "offsetof",
                                    "operator",
                                    "or",
                                    "or_eq",
                                    "private",
                                    "protected",
                                    "public",
                                    "register",
                                    "reinterpret_cast",
                                    "requires",
                                    "restrict",
                                    "return",
                                    "short",
                                    "signed",
                                    "sizeof",
                                    "static",
                                    "static_assert",
                                    "static_cast",
                                    "std",
                                    "struct",
                                    "switch",
                                    "template",
                                    "tessera_call",
                                    "tessera_cpu_level",
                                    "tessera_dtype",
                                    "tessera_format",
                                    "tessera_limit_cpu_level",
                                    "tessera_num_threads",
                                    "tessera_set_num_threads",
                                    "tessera_tensor",
                                    "tessera_version",
                                    "this",
                                    "thread_local",
                                    "throw",
                                    "true",
                                    "try",
                                    "typedef",
                                    "typeid",
                                    "typename",
                                    "typeof",
                                    "typeof_unqual",
                                    "unreachable",
                                    "union",
                                    "unix",
                                    "unsigned",
                                    "using",
                                    "virtual",
                                    "void",
                                    "volatile",
                                    "while",
                                    "xor",
                                    "xor_eq"};
  return names.contains(name);
}

/// INT32_MAX, SIZE_WIDTH, UINT8_C, ..
static bool isLimitMacro(StringRef name) {
  return none_of(name, isLower) &&
         any_of(ArrayRef<StringRef>{"_C", "_MAX", "_MIN", "_WIDTH"},
                [&](StringRef end) { return name.ends_with(end); });
}

bool isReservedWord(StringRef name) {
  bool isCompilers =
      name.starts_with("__") ||
      (name.starts_with("_") && name.size() > 1 && isUpper(name[1]));
  bool isRuntimes =
      name.starts_with("TESSERA_") ||
      any_of(ArrayRef<StringRef>{"tessera_rt", "tessera_compile",
                                 "tessera_context", "tessera_error",
                                 "tessera_launches", "tessera_library",
                                 "tessera_object", "tessera_program",
                                 "tessera_query", "tessera_text",
                                 "tessera_fact"},
             [&](StringRef family) { return name.starts_with(family); });
  bool isType = name.ends_with("_t"); // int32_t, wchar_t, ..
  return isListed(name) || isLimitMacro(name) || isCompilers || isRuntimes ||
         isType;
}

bool isLibraryFunction(StringRef name) {
  // Of those that libtessera_rt calls, what LLVM does not know.
  static const StringSet<> others = {
      "clock_gettime", "close",        "dladdr",   "dladdr1",       "dlclose",
      "dlerror",       "dlinfo",       "dlopen",   "dlsym",         "fdopendir",
      "flock",         "fstatat",      "fsync",    "ftruncate",     "futimens",
      "geteuid",       "memfd_create", "mmap",     "munmap",        "nanosleep",
      "openat",        "readdir",      "renameat", "secure_getenv", "sigdelset",
      "sigfillset",    "stderr",       "strerror", "sysconf",       "unlinkat"};
  static const TargetLibraryInfoImpl known{Triple("x86_64-unknown-linux-gnu")};
  LibFunc function;
  return known.getLibFunc(name, function) || others.contains(name) ||
         name.starts_with("pthread_") || name.starts_with("sched_");
}

std::string whyNotCallable(StringRef function) {
  std::string subject;
  raw_string_ostream os(subject);
  os << "the function '";
  printEscapedString(function, os);
  os << "' ";
  if (!isIdentifier(function))
    return subject + "cannot be called from C by this name; use letters, "
                     "digits and '_'";
  if (function.starts_with("_") || function.contains("__"))
    return subject +
           "has a name of those that belong to compilers, and to what "
           "this one makes of functions, such as f__packed; begin "
           "with a letter and use no '__'";
  if (isReservedWord(function))
    return subject + "has a name that C, C++ or tessera-c/Runtime.h use for "
                     "something else; choose another";
  if (isLibraryFunction(function))
    return subject + "would take the place of that of the C library; choose "
                     "another name";
  return "";
}

} // namespace tessera::host
