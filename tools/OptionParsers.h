// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's parsers of option values, with errors for people: "'f64' is none of
// bf16, f16, f32" and not "Cannot find option named 'f64'!".
#ifndef TESSERA_TOOLS_OPTIONPARSERS_H
#define TESSERA_TOOLS_OPTIONPARSERS_H

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"

namespace tessera {

/// One of the values that the option lists.
template <typename T>
class ChoiceParser : public llvm::cl::parser<T> {
  using Base = llvm::cl::parser<T>;

public:
  using Base::Base;

  bool parse(llvm::cl::Option &option, llvm::StringRef name,
             llvm::StringRef text, T &value) {
    if (this->findOption(text) < this->getNumOptions())
      return Base::parse(option, name, text, value);
    auto names =
        llvm::map_range(llvm::seq(this->getNumOptions()),
                        [&](unsigned i) { return this->getOption(i); });
    return option.error("'" + text + "' is none of " + llvm::join(names, ", "));
  }
};

template <typename T>
using Choice = llvm::cl::opt<T, /*ExternalStorage=*/false, ChoiceParser<T>>;

/// Several, with commas between them.
template <typename T>
using Choices = llvm::cl::list<T, /*Storage=*/bool, ChoiceParser<T>>;

/// A whole number; what it may be is for those to say who take it.
class NumberParser : public llvm::cl::parser<long long> {
public:
  using llvm::cl::parser<long long>::parser;

  // An option calls the parse of its parser's own class: no override is meant.
  // NOLINTNEXTLINE(bugprone-derived-method-shadowing-base-method)
  bool parse(llvm::cl::Option &option, llvm::StringRef /*name*/,
             llvm::StringRef text, long long &value) {
    return text.getAsInteger(10, value) &&
           option.error("'" + text + "' is no whole number");
  }
  llvm::StringRef getValueName() const override { return "n"; }
};

using Number = llvm::cl::opt<int64_t, /*ExternalStorage=*/false, NumberParser>;
using Numbers = llvm::cl::list<int64_t, /*Storage=*/bool, NumberParser>;

} // namespace tessera

#endif // TESSERA_TOOLS_OPTIONPARSERS_H
