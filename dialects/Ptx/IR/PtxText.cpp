// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "PtxText.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"

using namespace llvm;
using namespace tessera::ptx;

std::string tessera::ptx::registerList(int64_t first, int64_t count) {
  std::string text;
  for (int64_t index = 0; index < count; ++index)
    text += (index == 0 ? "{$" : ", $") + std::to_string(first + index);
  return text + "}";
}

void Text::bindValues(StringRef name, int64_t count, bool isList) {
  words[name] = isList ? registerList(next, count) : "$" + std::to_string(next);
  counts[name] = std::to_string(count);
  next += count;
}

/// Takes `name` or `{name}` from the front.
static StringRef takeName(StringRef &rest) {
  bool isBraced = rest.consume_front("{");
  StringRef name = rest.take_while([](char c) { return isAlnum(c); });
  rest = rest.drop_front(name.size());
  if (isBraced)
    rest.consume_front("}");
  return name;
}

/// Lines of a definition are indented, those of the text are not.
std::string Text::str() const {
  std::string text;
  StringRef rest = pattern;
  while (!rest.empty()) {
    size_t plain = std::min(rest.find('$'), rest.find('\n'));
    text += rest.take_front(plain);
    rest = rest.drop_front(std::min(plain, rest.size()));
    if (rest.consume_front("\n")) {
      text += "\n";
      rest = rest.ltrim(' ');
    } else if (rest.starts_with("${:")) {
      text += rest.take_front(3); // LLVM's own: ${:uid}
      rest = rest.drop_front(3);
    } else if (rest.consume_front("$")) {
      bool isCount = rest.consume_front("#");
      StringRef name = takeName(rest);
      const StringMap<std::string> &bound = isCount ? counts : words;
      auto entry = bound.find(name);
      if (entry == bound.end())
        report_fatal_error("no operand, result or attribute is called '" +
                           name + "' in the text " + pattern);
      text += entry->second;
    }
  }
  return text;
}
