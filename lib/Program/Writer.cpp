// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tessera/Program/Writer.h"

#include <algorithm>
#include <cstring>

using namespace tessera::program;

Text Writer::text(std::string_view text) {
  // A 0 inside would end it for every reader.
  text = text.substr(0, text.find('\0'));
  if (text.empty())
    return 0;
  if (auto found = texts.find(text); found != texts.end())
    return found->second;
  auto offset = Text(strings.size());
  strings.append(text).push_back('\0');
  texts.emplace(text, offset);
  return offset;
}

Index Writer::keep(const Expression &e) {
  auto [place, isNew] = known.insert(
      {{e.kind, e.a, e.b, e.c, e.value}, Index(expressions.size())});
  if (isNew)
    expressions.push_back(e);
  return place->second;
}

Index Writer::constant(int64_t value) {
  return keep({ExpressionKind::Constant, kNone, kNone, kNone, value});
}

Index Writer::make(ExpressionKind kind, Index a, Index b, Index c) {
  return keep({kind, a, b, c, 0});
}

Index Writer::addSymbol(std::string_view name, std::string_view noun) {
  symbols.push_back({text(name), text(noun)});
  return symbol(Index(symbols.size()) - 1);
}

Constraint Writer::constraint(ConstraintKind kind) {
  return {kind, 0, kNone, kNone, kNone, kNone, kNone, 0, 0, 0};
}

namespace {

/// Bytes of a record, table after table.
class Bytes {
public:
  Bytes() : bytes(sizeof(Header)) {}

  template <typename T>
  Table append(const T *elements, size_t count) {
    bytes.resize((bytes.size() + kRecordAlignment - 1) / kRecordAlignment *
                 kRecordAlignment);
    Table table{uint32_t(bytes.size()), uint32_t(count)};
    bytes.resize(bytes.size() + count * sizeof(T));
    if (count > 0)
      std::memcpy(bytes.data() + table.offset, elements, count * sizeof(T));
    return table;
  }
  template <typename Elements>
  Table append(const Elements &elements) {
    return append(elements.data(), elements.size());
  }

  std::vector<std::byte> finish(Header head) {
    append<std::byte>(nullptr, 0); // a multiple of the alignment
    head.bytes = bytes.size();
    std::memcpy(bytes.data(), &head, sizeof(head));
    head.hash = hashOf(bytes);
    std::memcpy(bytes.data(), &head, sizeof(head));
    return std::move(bytes);
  }

private:
  std::vector<std::byte> bytes;
};

} // namespace

Record Writer::write() const {
  Header header = head;
  std::copy(std::begin(kMagic), std::end(kMagic), header.magic);
  header.byteOrder = kByteOrder;
  header.major = kMajorVersion;
  header.minor = kMinorVersion;
  Bytes bytes;
  header.strings = bytes.append(strings);
  header.expressions = bytes.append(expressions);
  header.symbols = bytes.append(symbols);
  header.params = bytes.append(params);
  header.constraints = bytes.append(constraints);
  header.buffers = bytes.append(buffers);
  header.maps = bytes.append(maps);
  header.operands = bytes.append(operands);
  header.actions = bytes.append(actions);
  header.edges = bytes.append(edges);
  header.steps = bytes.append(steps);
  header.kernels = bytes.append(kernels);
  header.images = bytes.append(images);
  header.facts = bytes.append(facts);
  return Record(bytes.finish(header));
}
