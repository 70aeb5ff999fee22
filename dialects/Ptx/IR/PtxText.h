// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Assembly text with names, as the definitions have it, to text with numbers.

#ifndef PTX_IR_PTXTEXT_H
#define PTX_IR_PTXTEXT_H

#include "mlir/IR/ValueRange.h"
#include "llvm/ADT/StringMap.h"

#include <string>
#include <type_traits>

namespace tessera::ptx {

/// `{$first, .., $last}`
std::string registerList(int64_t first, int64_t count);

/// Names are bound in the order in which LLVM numbers registers: results, then
/// operands.
class Text {
public:
  explicit Text(llvm::StringRef pattern) : pattern(pattern) {}

  void bind(llvm::StringRef name, mlir::Value) { bindValues(name, 1, false); }
  void bind(llvm::StringRef name, mlir::OperandRange values) {
    bindValues(name, static_cast<int64_t>(values.size()), true);
  }
  void bind(llvm::StringRef name, mlir::ResultRange values) {
    bindValues(name, static_cast<int64_t>(values.size()), true);
  }
  template <typename Attribute>
    requires std::is_enum_v<Attribute> || std::is_integral_v<Attribute>
  void bind(llvm::StringRef name, Attribute value) {
    if constexpr (std::is_enum_v<Attribute>)
      words[name] = stringifyEnum(value).str();
    else
      words[name] = std::to_string(value);
  }

  /// Fails the program on a name that is not bound: definitions are ours.
  std::string str() const;

private:
  void bindValues(llvm::StringRef name, int64_t count, bool isList);

  llvm::StringRef pattern;
  llvm::StringMap<std::string> words, counts;
  int64_t next = 0;
};

} // namespace tessera::ptx

#endif // PTX_IR_PTXTEXT_H
