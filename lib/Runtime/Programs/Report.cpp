// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Report.h"

#include <cstring>

using namespace tessera::rt;

Report::Report(Words &out, bool isJson) : out(out), isJson(isJson) {
  if (isJson)
    out.print("{");
}

/// Up to the value.
void Report::begin(const char *name) {
  if (!isJson) {
    out.print("%*s", 2 * depth, "");
    out.write(name, std::strlen(name));
    return out.print(":");
  }
  out.print(isFirst ? "\n" : ",\n");
  out.print("%*s", 2 * depth + 2, "");
  isFirst = false;
  if (isList[depth])
    return;
  quote(name);
  out.print(": ");
}

void Report::enter(const char *name, bool list) {
  begin(name);
  if (isJson)
    out.print(list ? "[" : "{");
  else
    out.print("\n");
  isFirst = true;
  isList[++depth] = list;
}

void Report::open(const char *name) { enter(name, /*list=*/false); }

void Report::openList(const char *name) { enter(name, /*list=*/true); }

void Report::close() {
  bool wasList = isList[depth--];
  isFirst = false;
  if (isJson)
    out.print(wasList ? "]" : "}");
}

void Report::add(const char *name, const char *value) {
  begin(name);
  if (isJson) {
    return quote(value);
  }
  out.print(" ");
  out.write(value, std::strlen(value));
  out.print("\n");
}

void Report::add(const char *name, int64_t value) {
  begin(name);
  out.print(isJson ? "%lld" : " %lld\n", (long long)value);
}

void Report::finish() {
  if (isJson)
    out.print("\n}\n");
}

/// UTF-8 as it is; what JSON does not take is escaped.
void Report::quote(const char *text) {
  out.print("\"");
  for (; *text; ++text) {
    auto c = static_cast<unsigned char>(*text);
    if (c == '"' || c == '\\')
      out.print("\\%c", c);
    else if (c < ' ')
      out.print("\\u%04x", c);
    else
      out.write(text, 1);
  }
  out.print("\"");
}
