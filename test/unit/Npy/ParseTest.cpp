// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is read: types, shapes, spellings of the dictionary, versions.
#include "NpyFixture.h"

using namespace tessera::npy;

TEST(NpyParse, ReadsEveryType) {
  struct Row {
    const char *descr;
    Dtype dtype;
    int64_t bytes;
  };
  for (Row row : {Row{"<f4", Dtype::F32, 4}, Row{"<f2", Dtype::F16, 2},
                  Row{"<V2", Dtype::BF16, 2}, Row{"|V2", Dtype::BF16, 2},
                  Row{"<f8", Dtype::F64, 8}, Row{"<i4", Dtype::I32, 4},
                  Row{"<u2", Dtype::U16, 2}}) {
    auto array = parseText(
        makeFile("{'descr': '" + std::string(row.descr) +
                     "', 'fortran_order': False, 'shape': (2, 3), }\n",
                 6 * row.bytes));
    ASSERT_TRUE(array) << array.error().message();
    EXPECT_EQ(array->dtype, row.dtype);
    EXPECT_EQ(array->shape, (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(array->elements(), 6);
    for (size_t i = 0; i < array->data.size(); ++i)
      EXPECT_EQ(array->data[i], std::byte(i));
  }
}

TEST(NpyParse, ReadsEveryShape) {
  struct Row {
    const char *text;
    std::vector<int64_t> shape;
    size_t elements;
  };
  for (const Row &row :
       {Row{"()", {}, 1}, Row{"(5,)", {5}, 5}, Row{"(2, 0, 3)", {2, 0, 3}, 0},
        Row{"(1,2,2,)", {1, 2, 2}, 4}}) {
    auto array = parseText(
        makeFile("{'descr': '<i4', 'fortran_order': False, 'shape': " +
                     std::string(row.text) + ", }\n",
                 4 * row.elements));
    ASSERT_TRUE(array) << array.error().message();
    EXPECT_EQ(array->shape, row.shape);
  }
}

TEST(NpyParse, ReadsOtherSpellings) {
  for (const char *text :
       {"{\"shape\":(4,),\"descr\":\"<f2\",\"fortran_order\":False}",
        "  { 'fortran_order' : False , 'shape' : ( 4 , ) , 'descr' : '<f2' } "
        " "})
    EXPECT_EQ(errorOf(makeFile(text, 8)), "");
}

TEST(NpyParse, ReadsVersionTwo) {
  std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}";
  text.append(70000, ' '); // more than version 1 can hold
  EXPECT_EQ(errorOf(makeFile(text + "\n", 4, 2)), "");
}

TEST(NpyParse, RefusesOtherVersions) {
  EXPECT_EQ(errorOf(makeFile("{}", 0, 3)),
            "x.npy: has .npy format 3; 1 and 2 "
            "are read: write it with numpy.save");
}

TEST(NpyParse, RefusesOtherFiles) {
  for (const char *file : {"", "\x93NUMP", "PK\x03\x04 an archive of arrays"})
    EXPECT_EQ(errorOf(file),
              "x.npy: is not a .npy file; write it with numpy.save");
}

TEST(NpyParse, RefusesFortranOrder) {
  EXPECT_EQ(
      errorOf(makeFile(
          "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", 24)),
      "x.npy: is in Fortran order; store numpy.ascontiguousarray(a)");
}

TEST(NpyParse, RefusesOtherTypes) {
  for (const char *descr : {">f4", "<i8", "|O", "<c8", "|b1", "f4", ""})
    EXPECT_EQ(errorOf(makeFile("{'descr': '" + std::string(descr) +
                                   "', 'fortran_order': False, 'shape': (2,)}",
                               8)),
              "x.npy: holds elements of type '" + std::string(descr) +
                  "'; '<f4', '<f2', '<f8', '<i4', '<u2' and '<V2' (bfloat16) "
                  "are read: convert it with astype");
  EXPECT_EQ(errorOf(makeFile("{'descr': [('a', '<f4')], 'fortran_order': "
                             "False, 'shape': (2,)}",
                             8)),
            "x.npy: holds records; store one plain array, for example "
            "a['field']");
}
