// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading and writing the dictionary of a .npy file.
#include "Header.h"

#include <algorithm>
#include <cctype>
#include <optional>

using namespace tessera;
using namespace tessera::npy;

namespace {

struct DtypeRow {
  Dtype dtype;
  const char *name;
  int64_t bytes;
  const char *descr; // as written
  const char *other; // also read; or NULL
};

constexpr DtypeRow kDtypes[] = {
    {Dtype::F32, "f32", 4, "<f4", nullptr},
    {Dtype::F16, "f16", 2, "<f2", nullptr},
    {Dtype::BF16, "bf16", 2, "<V2", "|V2"},
    {Dtype::F64, "f64", 8, "<f8", nullptr},
    {Dtype::I32, "i32", 4, "<i4", nullptr},
    {Dtype::U16, "u16", 2, "<u2", nullptr},
};

constexpr bool rowsAreInOrder() {
  for (size_t i = 0; i < std::size(kDtypes); ++i)
    if (size_t(kDtypes[i].dtype) != i)
      return false;
  return std::size(kDtypes) == size_t(Dtype::U16) + 1;
}
static_assert(rowsAreInOrder(), "a row is found by the number of its type");

/// More than any NumPy allows.
constexpr size_t kMaxRank = 64;

/// Takes the dictionary apart from left to right. Each method returns false, or
/// nothing, where the text is not what it expects; no method reads past the
/// end.
class Scanner {
public:
  explicit Scanner(std::string_view text) : text(text) {}

  bool take(char wanted) {
    skipSpace();
    if (position == text.size() || text[position] != wanted)
      return false;
    ++position;
    return true;
  }

  bool atEnd() {
    skipSpace();
    return position == text.size();
  }

  std::optional<std::string_view> takeString() {
    for (char quote : {'\'', '"'}) {
      if (!take(quote))
        continue;
      size_t end = text.find(quote, position);
      if (end == text.npos)
        return std::nullopt;
      std::string_view inside = text.substr(position, end - position);
      position = end + 1;
      return inside;
    }
    return std::nullopt;
  }

  bool takeWord(std::string_view word) {
    skipSpace();
    if (text.substr(position, word.size()) != word)
      return false;
    position += word.size();
    return true;
  }

  std::optional<int64_t> takeNumber() {
    skipSpace();
    size_t begin = position;
    int64_t number = 0;
    for (;
         position < text.size() && std::isdigit((unsigned char)text[position]);
         ++position)
      if (__builtin_mul_overflow(number, int64_t(10), &number) ||
          __builtin_add_overflow(number, int64_t(text[position] - '0'),
                                 &number))
        return std::nullopt;
    return position > begin ? std::optional(number) : std::nullopt;
  }

private:
  void skipSpace() {
    while (position < text.size() &&
           std::isspace((unsigned char)text[position]))
      ++position;
  }

  std::string_view text;
  size_t position = 0;
};

/// What the dictionary says, before it is judged.
struct Entries {
  std::optional<std::string> descr;
  std::optional<bool> fortranOrder;
  std::optional<std::vector<int64_t>> shape;
};

} // namespace

static const DtypeRow &rowOf(Dtype dtype) { return kDtypes[size_t(dtype)]; }

int64_t npy::bytesOf(Dtype dtype) { return rowOf(dtype).bytes; }
const char *npy::nameOf(Dtype dtype) { return rowOf(dtype).name; }

rt::Error npy::fileError(const std::string &name, const std::string &text) {
  // Bytes of a damaged file may be quoted: one line, whatever they are.
  std::string line = name + ": " + text;
  std::replace_if(
      line.begin(), line.end(),
      [](unsigned char c) { return std::iscntrl(c) != 0; }, '?');
  return rt::makeError(TESSERA_INVALID_ARGUMENT, "%s", line.c_str());
}

int64_t npy::countBytes(Dtype dtype, std::span<const int64_t> shape) {
  if (std::any_of(shape.begin(), shape.end(), [](int64_t d) { return d < 0; }))
    return -1;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end())
    return 0;
  int64_t bytes = bytesOf(dtype);
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(bytes, dim, &bytes))
      return -1;
  return bytes;
}

std::string npy::formatHeader(Dtype dtype, std::span<const int64_t> shape) {
  std::string text = "{'descr': '";
  text += rowOf(dtype).descr;
  text += "', 'fortran_order': False, 'shape': (";
  for (size_t d = 0; d < shape.size(); ++d) {
    text += d ? ", " : "";
    text += std::to_string(shape[d]);
  }
  text += shape.size() == 1 ? ",), }" : "), }";
  return text;
}

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

/// A tuple of numbers: (), (3,), (2, 3), (2, 3,).
static std::optional<std::vector<int64_t>> takeShape(Scanner &scanner) {
  std::vector<int64_t> shape;
  if (!scanner.take('('))
    return std::nullopt;
  while (!scanner.take(')')) {
    std::optional<int64_t> dim = scanner.takeNumber();
    if (!dim || shape.size() == kMaxRank)
      return std::nullopt;
    shape.push_back(*dim);
    if (!scanner.take(',')) {
      if (!scanner.take(')'))
        return std::nullopt;
      break;
    }
  }
  return shape;
}

/// One `'key': value`; false if it is none that .npy has.
static bool takeEntry(Scanner &scanner, Entries &entries) {
  std::optional<std::string_view> key = scanner.takeString();
  if (!key || !scanner.take(':'))
    return false;
  if (*key == "descr") {
    std::optional<std::string_view> descr = scanner.takeString();
    if (descr)
      entries.descr = std::string(*descr);
    return descr.has_value();
  }
  if (*key == "fortran_order") {
    entries.fortranOrder = scanner.takeWord("True");
    return *entries.fortranOrder || scanner.takeWord("False");
  }
  if (*key == "shape") {
    entries.shape = takeShape(scanner);
    return entries.shape.has_value();
  }
  return false;
}

static bool takeDictionary(Scanner &scanner, Entries &entries) {
  if (!scanner.take('{'))
    return false;
  while (!scanner.take('}')) {
    if (!takeEntry(scanner, entries))
      return false;
    if (!scanner.take(',')) {
      if (!scanner.take('}'))
        return false;
      break;
    }
  }
  return scanner.atEnd() && entries.descr && entries.fortranOrder &&
         entries.shape;
}

rt::Expected<Header> npy::parseHeader(std::string_view text,
                                      const std::string &name) {
  if (text.find("'descr': [") != text.npos)
    return fileError(name, "holds records; store one plain array, for example "
                           "a['field']");
  Scanner scanner(text);
  Entries entries;
  if (!takeDictionary(scanner, entries))
    return fileError(name, "its header is damaged; write the file again");
  const auto *row = std::find_if(
      std::begin(kDtypes), std::end(kDtypes), [&](const DtypeRow &row) {
        return *entries.descr == row.descr ||
               (row.other && *entries.descr == row.other);
      });
  if (row == std::end(kDtypes))
    return fileError(name, "holds elements of type '" + *entries.descr +
                               "'; '<f4', '<f2', '<f8', '<i4', '<u2' and '<V2' "
                               "(bfloat16) are read: convert it with astype");
  if (*entries.fortranOrder)
    return fileError(name, "is in Fortran order; store "
                           "numpy.ascontiguousarray(a)");
  int64_t bytes = countBytes(row->dtype, *entries.shape);
  if (bytes < 0)
    return fileError(name, "its shape is larger than memory; write the file "
                           "again");
  return Header{row->dtype, std::move(*entries.shape), bytes};
}
