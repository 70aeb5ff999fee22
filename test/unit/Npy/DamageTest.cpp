// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Damaged files: every cut, many altered bytes, headers that lie.
#include "NpyFixture.h"

using namespace tessera::npy;

static std::string goodFile() {
  return makeFile("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"
                  "      \n",
                  24);
}

/// One line that names the file.
static void expectOneLine(const std::string &message) {
  EXPECT_EQ(message.rfind("x.npy: ", 0), 0u) << message;
  EXPECT_EQ(message.find('\n'), message.npos) << message;
}

TEST(NpyDamage, RefusesEveryCut) {
  std::string file = goodFile();
  ASSERT_EQ(errorOf(file), "");
  for (size_t length = 0; length < file.size(); ++length)
    expectOneLine(errorOf(file.substr(0, length)));
  EXPECT_EQ(errorOf(file.substr(0, 40)), "x.npy: is cut short inside its "
                                         "header; write the file again");
  EXPECT_EQ(errorOf(file.substr(0, file.size() - 1)),
            "x.npy: is cut short: its shape needs 24 bytes of data, 23 are "
            "there; write the file again");
}

TEST(NpyDamage, RefusesExtraBytes) {
  EXPECT_EQ(errorOf(goodFile() + "!"),
            "x.npy: is too long: its shape needs 24 bytes of data, 25 are "
            "there; write the file again");
}

TEST(NpyDamage, RefusesDamagedDictionaries) {
  for (const char *text :
       {"",
        "{",
        "}",
        "{}",
        "{'descr'",
        "{'descr':",
        "{'descr': '<f4",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'shape': (2,)}",
        "{'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': Maybe, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} more",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
        ("{'descr': '<f4', 'fortran_order': False, 'shape': "
         "(99999999999999999999,)}")})
    EXPECT_EQ(errorOf(makeFile(text, 8)),
              "x.npy: its header is damaged; write the file again")
        << text;
}

TEST(NpyDamage, RefusesShapesLargerThanMemory) {
  for (const char *shape :
       {"(9223372036854775807,)", "(4294967296, 4294967296)",
        "(3, 3074457345618258603)"})
    EXPECT_EQ(errorOf(makeFile("{'descr': '<f4', 'fortran_order': False, "
                               "'shape': " +
                                   std::string(shape) + "}",
                               8)),
              "x.npy: its shape is larger than memory; write the file again");
  // Fits 63 bits, is not there: refused before anything is allocated.
  EXPECT_NE(errorOf(makeFile("{'descr': '<f4', 'fortran_order': False, "
                             "'shape': (1000000000000000000,)}",
                             8)),
            "");
}

TEST(NpyDamage, RefusesTooManyDimensions) {
  std::string shape(3 * 100, ' ');
  for (size_t i = 0; i < shape.size(); i += 3)
    shape.replace(i, 2, "1,");
  EXPECT_NE(errorOf(makeFile("{'descr': '<f4', 'fortran_order': False, "
                             "'shape': (" +
                                 shape + ")}",
                             4)),
            "");
}

TEST(NpyDamage, SurvivesAlteredBytes) {
  // Under ASan and UBSan this is the test that no byte is trusted.
  const std::string good = goodFile();
  uint64_t state = 1;
  auto random = [&] {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return uint32_t(state >> 33);
  };
  for (int round = 0; round < 20000; ++round) {
    std::string file = good;
    for (uint32_t changes = 1 + random() % 4; changes > 0; --changes)
      file[random() % file.size()] = char(random());
    if (random() % 4 == 0)
      file.resize(random() % file.size());
    auto array = parseText(file);
    if (!array)
      expectOneLine(array.error().message());
    else
      EXPECT_EQ(array->elements() * bytesOf(array->dtype),
                int64_t(array->data.size()));
  }
}
