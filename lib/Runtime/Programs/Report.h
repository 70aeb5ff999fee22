// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Names and values, nested: as indented lines, or as JSON.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_REPORT_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_REPORT_H

#include "Memory.h"

namespace tessera::rt {

/// Groups hold values by name, lists hold values whose names are for readers of
/// lines alone.
class Report {
public:
  Report(Words &out, bool isJson);
  void open(const char *name);
  void openList(const char *name);
  void close();
  void add(const char *name, const char *value);
  void add(const char *name, int64_t value);
  /// Nothing may be added behind it.
  void finish();

private:
  static constexpr int kDeepest = 8;

  void begin(const char *name);
  void enter(const char *name, bool list);
  void quote(const char *text);

  Words &out;
  bool isJson;
  bool isFirst = true; ///< of its group
  bool isList[kDeepest] = {};
  int depth = 0;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_REPORT_H
