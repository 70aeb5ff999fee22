// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes records, and holds what has been written. For compilers and tests: it
// uses the C++ library, which reading a record does not.
#ifndef TESSERA_PROGRAM_WRITER_H
#define TESSERA_PROGRAM_WRITER_H

#include "tessera/Program/Program.h"

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tessera::program {

/// Owns a record.
class Record {
public:
  Record() = default;
  /// `bytes` are a record that has been opened, or just written.
  explicit Record(std::vector<std::byte> bytes) : owned(std::move(bytes)) {}

  // Neither outlives the record, so a temporary gives none.
  std::span<const std::byte> bytes() const & { return owned; }
  std::span<const std::byte> bytes() const && = delete;
  Program program() const & { return Program::trust(owned.data()); }
  Program program() const && = delete;

private:
  std::vector<std::byte> owned;
};

/// Fill in tables and head, in any order; elements refer to one another by
/// their numbers. Equal strings and equal expressions are kept once.
class Writer {
public:
  Header head{};
  std::vector<Symbol> symbols;
  std::vector<Param> params;
  std::vector<Constraint> constraints;
  std::vector<Buffer> buffers;
  std::vector<Map> maps;
  std::vector<Operand> operands;
  std::vector<Action> actions;
  std::vector<Edge> edges;
  std::vector<Step> steps;
  std::vector<Kernel> kernels;
  std::vector<Image> images;
  std::vector<Fact> facts;

  Text text(std::string_view text);
  std::string_view read(Text text) const { return strings.data() + text; }

  Index constant(int64_t value);
  Index symbol(Index number) { return make(ExpressionKind::Symbol, number); }
  Index stride(Index param, Index dim) {
    return make(ExpressionKind::Stride, param, dim);
  }
  Index device(DeviceNumber number, Index kernel = kNone) {
    return make(ExpressionKind::Device, Index(number), kernel);
  }
  Index make(ExpressionKind kind, Index a, Index b = kNone, Index c = kNone);
  Index within(Index a, NumberRange range) {
    return make(ExpressionKind::Within, a, Index(range));
  }
  const Expression &expression(Index index) const {
    return expressions[size_t(index)];
  }
  bool isConstant(Index index) const {
    return expression(index).kind == ExpressionKind::Constant;
  }

  /// A symbol, and the expression that is its value.
  Index addSymbol(std::string_view name, std::string_view noun);

  /// A constraint that says nothing yet.
  static Constraint constraint(ConstraintKind kind);
  /// Adds one, unless it is there already.
  void add(const Constraint &constraint);

  // Relations that a call is refused for in words of their own. Between two
  // constants they say nothing.

  /// count == ceil(length / block)
  void addBlocks(Index count, Index length, int64_t block);
  /// rows == blocks * block
  void addProduct(Index rows, Index blocks, int64_t block);
  /// The scalars of a grid of tokens, and of text before or after it.
  struct Grid {
    Index text, time, height, width;
    int64_t cube[3];
    int64_t volume() const { return cube[0] * cube[1] * cube[2]; }
  };
  /// rows == text + time * height * width
  void addVolume(Index rows, const Grid &grid);
  /// blocks == those of the text, and all cubes
  void addCubes(Index blocks, const Grid &grid);

  /// The record. Head keeps what does not follow from the tables.
  Record write() const;

private:
  Index keep(const Expression &expression);
  void addEqual(Index target, Index value, const std::string &message);

  std::string strings = std::string(1, '\0');
  std::map<std::string, Text, std::less<>> texts;
  std::vector<Expression> expressions;
  std::map<std::tuple<ExpressionKind, Index, Index, Index, int64_t>, Index>
      known;
};

} // namespace tessera::program

#endif // TESSERA_PROGRAM_WRITER_H
