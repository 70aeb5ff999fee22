// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Npy/Npy.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"

#include <optional>

using namespace llvm;

namespace tessera::npy {

static constexpr StringLiteral kMagic = "\x93NUMPY";

int64_t elementBytes(Element element) {
  return element == Element::F32 || element == Element::I32 ? 4 : 2;
}

static StringRef descriptor(Element element) {
  switch (element) {
  case Element::F32:
    return "<f4";
  case Element::F16:
    return "<f2";
  case Element::BF16:
    return "<u2";
  case Element::I32:
    return "<i4";
  }
  llvm_unreachable("an element is one of the four above");
}

static std::optional<Element> parseDescriptor(StringRef text) {
  return StringSwitch<std::optional<Element>>(text)
      .Case("<f4", Element::F32)
      .Case("<f2", Element::F16)
      .Cases({"<u2", "<V2", "|V2"}, Element::BF16)
      .Case("<i4", Element::I32)
      .Default(std::nullopt);
}

/// The text behind `'key':` in the header's Python dictionary.
static StringRef fieldOf(StringRef header, StringRef key) {
  size_t at = header.find(("'" + key + "'").str());
  if (at == StringRef::npos)
    return "";
  return header.substr(at + key.size() + 2).ltrim(" :");
}

static Error wrong(StringRef file, const Twine &what) {
  return createStringError("'" + file + "' " + what);
}

/// "(2, 3)": false if it is no tuple of sizes.
static bool parseShape(StringRef text, SmallVectorImpl<int64_t> &dims) {
  if (!text.consume_front("("))
    return false;
  for (text = text.ltrim(); !text.consume_front(")"); text = text.ltrim()) {
    int64_t dim;
    if (text.consumeInteger(10, dim) || dim < 0)
      return false;
    dims.push_back(dim);
    text = text.ltrim();
    if (!text.consume_front(",") && !text.starts_with(")"))
      return false;
  }
  return true;
}

/// Splits the header off `content`; empty if there is none.
static StringRef takeHeader(StringRef &content) {
  if (!content.consume_front(kMagic) || content.size() < 4)
    return "";
  bool longHeader = content[0] >= 2;
  size_t prefix = longHeader ? 6 : 4;
  if (content.size() < prefix)
    return "";
  const char *length = content.data() + 2;
  size_t size = longHeader ? support::endian::read32le(length)
                           : support::endian::read16le(length);
  content = content.drop_front(prefix);
  if (content.size() < size)
    return "";
  StringRef header = content.take_front(size);
  content = content.drop_front(size);
  return header;
}

Expected<Array> parse(StringRef file, StringRef content) {
  StringRef header = takeHeader(content);
  if (header.empty())
    return wrong(file, "is no .npy file; write it with numpy.save");
  StringRef type = fieldOf(header, "descr").ltrim("'\"");
  type = type.take_until([](char c) { return c == '\'' || c == '"'; });
  Array array;
  std::optional<Element> element = parseDescriptor(type);
  if (!element)
    return wrong(file, "holds elements of type '" + type +
                           "'; convert them to float32, float16, int32, or "
                           "bfloat16 bits in uint16");
  array.element = *element;
  if (!fieldOf(header, "fortran_order").starts_with("False"))
    return wrong(file, "is in Fortran order; save numpy.ascontiguousarray(x)");
  if (!parseShape(fieldOf(header, "shape"), array.dims))
    return wrong(file, "has a header without a shape; write it with "
                       "numpy.save");
  int64_t bytes = elementBytes(array.element);
  for (int64_t dim : array.dims)
    if (MulOverflow(bytes, dim, bytes))
      return wrong(file, "claims more elements than memory can hold");
  if (static_cast<uint64_t>(bytes) != content.size())
    return wrong(file, "has " + Twine(content.size()) +
                           " bytes of elements, but its shape needs " +
                           Twine(bytes) + "; it is damaged, write it again");
  array.bytes.assign(content.begin(), content.end());
  return array;
}

Expected<Array> read(StringRef path) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!file)
    return wrong(path, "cannot be read: " + file.getError().message());
  return parse(path, (*file)->getBuffer());
}

std::string print(const Array &array) {
  std::string text;
  raw_string_ostream out(text);
  out << "{'descr': '" << descriptor(array.element)
      << "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : array.dims)
    out << dim << ", ";
  out << "), }";
  // Magic, version, length and header together fill whole 64 bytes.
  size_t filled = kMagic.size() + 4 + text.size() + 1;
  text.append(alignTo(filled, 64) - filled, ' ');
  text += '\n';
  char length[2];
  support::endian::write16le(length, text.size());
  std::string file = kMagic.str();
  file.append({'\1', '\0', length[0], length[1]});
  file += text;
  file.append(array.bytes.data(), array.bytes.size());
  return file;
}

Error write(StringRef path, const Array &array) {
  std::string content = print(array);
  return writeToOutput(path, [&](raw_ostream &out) {
    out << content;
    return Error::success();
  });
}

} // namespace tessera::npy
