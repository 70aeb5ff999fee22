// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A function of a module as text, line by line.
#ifndef TESSERA_TEST_UNIT_ENDTOEND_FUNCTIONTEXT_H
#define TESSERA_TEST_UNIT_ENDTOEND_FUNCTIONTEXT_H

#include "tessera/Oracle/Half.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <string>
#include <vector>

namespace tessera::test {

inline const char *elementType(oracle::Element element) {
  constexpr const char *kNames[] = {"f32", "bf16", "f16"};
  return kNames[int(element)];
}

/// A function as it is put together: what is asked for becomes an argument.
class FunctionText {
public:
  explicit FunctionText(std::string name) : name(std::move(name)) {}

  /// Adds the argument; returns "%name".
  std::string argument(const std::string &argument, const std::string &type) {
    arguments.push_back("%" + argument + ": " + type);
    return "%" + argument;
  }
  /// Adds it and returns "%name : type".
  std::string typed(const std::string &name, const std::string &type) {
    return argument(name, type) + " : " + type;
  }
  void line(const std::string &text) { body += "  " + text + "\n"; }

  std::string finish(const std::vector<std::string> &values,
                     const std::vector<std::string> &types) const {
    std::string typeList = llvm::join(types, ", ");
    return llvm::formatv(
        "func.func @{0}({1}) -> ({2}) {{\n{3}  return {4} : {2}\n}\n", name,
        llvm::join(arguments, ", "), typeList, body, llvm::join(values, ", "));
  }

private:
  std::string name, body;
  std::vector<std::string> arguments;
};

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_ENDTOEND_FUNCTIONTEXT_H
