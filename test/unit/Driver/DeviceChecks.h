// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tests on a real GPU are written with: functions give the first error,
// without the C++ library and so without GoogleTest.
#ifndef TESSERA_TEST_UNIT_DRIVER_DEVICECHECKS_H
#define TESSERA_TEST_UNIT_DRIVER_DEVICECHECKS_H

#include "tessera/Runtime/Expected.h"

/// An error that says in which line of this file a promise was broken.
#define REQUIRE(condition)                                                     \
  if (!static_cast<bool>(condition))                                           \
  return ::tessera::rt::makeError(TESSERA_INTERNAL, "line %d: not so: %s",     \
                                  __LINE__, #condition)
#define TRY(call)                                                              \
  if (::tessera::rt::Error error = (call))                                     \
  return error
// A name that is declared takes no parentheses.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define TAKE(name, call)                                                       \
  auto name = (call);                                                          \
  if (!(name))                                                                 \
  return (name).takeError()
// NOLINTEND(bugprone-macro-parentheses)

#endif // TESSERA_TEST_UNIT_DRIVER_DEVICECHECKS_H
