// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The names of parameters.
#include "tessera/Launch/Entry.h"

#include <gtest/gtest.h>
#include <set>

using namespace tessera::launch;

TEST(Entry, NamesEachKindAndFindsItByItsName) {
  std::set<std::string> names;
  for (int i = 0; i < int(ParameterKind::End); ++i) {
    const char *name = nameOf(ParameterKind(i));
    EXPECT_EQ(parameterKind(name), ParameterKind(i)) << name;
    names.insert(name);
  }
  EXPECT_EQ(names.size(), size_t(ParameterKind::End));
  EXPECT_STREQ(nameOf(ParameterKind::QueryMap), "query");
  EXPECT_STREQ(nameOf(ParameterKind::Lse), "lse");
  EXPECT_STREQ(nameOf(ParameterKind::KeySizesStride), "key_sizes_stride");
  EXPECT_STREQ(nameOf(ParameterKind::Scale), "scale");
}

TEST(Entry, KnowsNoOtherNames) {
  EXPECT_EQ(parameterKind("quer"), ParameterKind::End);
  EXPECT_EQ(parameterKind(""), ParameterKind::End);
  EXPECT_EQ(parameterKind(nameOf(ParameterKind::End)), ParameterKind::End);
}
