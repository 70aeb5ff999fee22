// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The names of parameters.
#include "tessera/Launch/Entry.h"

#include <cstring>
#include <iterator>

using namespace tessera::launch;

// In the order of ParameterKind.
static constexpr const char *kNames[] = {"query",
                                         "key",
                                         "value",
                                         "output",
                                         "index",
                                         "count",
                                         "query_sizes",
                                         "key_sizes",
                                         "lse",
                                         "marks",
                                         "state",
                                         "tiles",
                                         "heads",
                                         "group",
                                         "query_blocks",
                                         "query_length",
                                         "key_length",
                                         "query_sizes_stride",
                                         "key_sizes_stride",
                                         "scale"};
static_assert(std::size(kNames) == size_t(ParameterKind::End));

const char *tessera::launch::nameOf(ParameterKind kind) {
  return kind < ParameterKind::End ? kNames[size_t(kind)] : "none";
}

ParameterKind tessera::launch::parameterKind(const char *name) {
  for (size_t i = 0; i < std::size(kNames); ++i)
    if (std::strcmp(kNames[i], name) == 0)
      return ParameterKind(i);
  return ParameterKind::End;
}
