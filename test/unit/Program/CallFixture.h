// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds records and arguments for a check, and looks at the message that comes
// back.
#ifndef TESSERA_TEST_UNIT_PROGRAM_CALLFIXTURE_H
#define TESSERA_TEST_UNIT_PROGRAM_CALLFIXTURE_H

#include "tessera/Program/Check.h"
#include "tessera/Program/Writer.h"

#include <deque>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace tessera::program {

/// A symbol, or a number.
struct Extent {
  Extent(int64_t number) : number(number) {}
  static Extent symbol(Index expression) {
    Extent extent(0);
    extent.expression = expression;
    return extent;
  }
  int64_t number;
  Index expression = kNone; ///< of a symbol
};

/// A call of a function named "f" whose parts a test changes one by one.
class Call {
public:
  Call() {
    writer.head.function = writer.text("f");
    writer.head.chip = writer.text("host");
    writer.head.leastWorkspace = writer.head.bestWorkspace = writer.constant(0);
  }

  /// A symbol by its name and noun ("Skv rows"); the same text is the same one.
  Extent symbol(const std::string &text) {
    for (const auto &[known, expression] : symbols)
      if (known == text)
        return Extent::symbol(expression);
    size_t space = text.find(' ');
    Index made = writer.addSymbol(
        text.substr(0, space),
        space == std::string::npos ? "" : text.substr(space + 1));
    symbols.emplace_back(text, made);
    return Extent::symbol(made);
  }
  Index number(Extent extent) {
    return extent.expression != kNone ? extent.expression
                                      : writer.constant(extent.number);
  }

  /// Adds a contiguous tensor argument with memory of its own.
  tessera_tensor &add(const char *name, ParamKind kind, tessera_dtype dtype,
                      std::vector<Extent> extents, std::vector<int64_t> dims) {
    Param param{};
    param.name = writer.text(name);
    param.kind = kind;
    param.dtype = dtype;
    param.rank = int32_t(extents.size());
    param.symbol = kNone;
    for (size_t d = 0; d < extents.size(); ++d)
      param.dims[d] = number(extents[d]);
    writer.params.push_back(param);
    tessera_tensor &tensor = tensors.emplace_back();
    tensor = {};
    tensor.dtype = dtype;
    tensor.rank = int32_t(dims.size());
    int64_t elements = 1;
    for (size_t d = dims.size(); d-- > 0;) {
      tensor.dims[d] = dims[d];
      tensor.strides[d] = elements;
      elements *= dims[d];
    }
    memory.emplace_back(2 * elements + 1, 0); // also for padded strides
    tensor.data = memory.back().data();
    args.push_back(&tensor);
    return tensor;
  }

  tessera_tensor &input(const char *name, std::vector<Extent> extents,
                        std::vector<int64_t> dims) {
    return add(name, ParamKind::Input, TESSERA_F32, extents, dims);
  }
  tessera_tensor &output(const char *name, std::vector<Extent> extents,
                         std::vector<int64_t> dims) {
    return add(name, ParamKind::Output, TESSERA_F32, extents, dims);
  }
  /// An int32 input; returns its elements.
  std::vector<int32_t> &ints(const char *name, std::vector<Extent> extents,
                             std::vector<int64_t> dims,
                             std::vector<int32_t> values) {
    add(name, ParamKind::Input, TESSERA_I32, extents, dims);
    std::copy(values.begin(), values.end(), memory.back().begin());
    return memory.back();
  }
  /// `symbol`, if there is one, takes the value.
  int32_t &scalar(const char *name, int32_t value, int64_t minimum,
                  int64_t maximum, Extent symbol = 0) {
    Param param{};
    param.name = writer.text(name);
    param.kind = ParamKind::ScalarI32;
    param.minimum = minimum;
    param.maximum = maximum;
    param.symbol = symbol.expression == kNone
                       ? kNone
                       : writer.expression(symbol.expression).a;
    writer.params.push_back(param);
    scalars.push_back(value);
    args.push_back(&scalars.back());
    return scalars.back();
  }
  void hint(size_t param, const char *text) {
    writer.params[param].hint = writer.text(text);
  }

  void addMultiple(Extent whole, Extent part) {
    Constraint c = Writer::constraint(ConstraintKind::Multiple);
    c.target = number(whole);
    c.value = number(part);
    writer.add(c);
  }
  void addBroadcast(Index param, Index dim, Extent fits) {
    Constraint c = Writer::constraint(ConstraintKind::Broadcast);
    c.param = param;
    c.dim = dim;
    c.value = number(fits);
    writer.add(c);
  }
  void addSizes(Index param, Extent rows, int64_t block) {
    Constraint c = Writer::constraint(ConstraintKind::Sizes);
    c.flags = kReads;
    c.param = param;
    c.value = number(rows);
    c.maximum = block;
    writer.add(c);
  }
  /// Of all entries, or as many as a tensor or a number says.
  Constraint &addLists(Index index, Extent keyBlocks, Index count = kNone,
                       int32_t flags = 0) {
    Constraint c = Writer::constraint(ConstraintKind::Lists);
    c.flags = kReads | flags;
    c.param = index;
    c.other = count;
    c.value = number(keyBlocks);
    return writer.constraints.emplace_back(c);
  }

  /// The message of the check, "" for success.
  std::string check() { return run().message(); }

  /// The record is opened first, so it is one that any reader accepts.
  Error run(Reading reading = Reading::Yes,
            tessera_rt_compute *compute = nullptr) {
    writer.head.leastCpuLevel = cpuLevel;
    record = writer.write();
    Expected<Program> program = Program::open(record.bytes());
    if (!program)
      return program.takeError();
    symbolValues.assign(program->symbols().size(), {});
    values.assign(program->expressions().size(), {});
    checked.assign(program->params().size(), {});
    return checkCall(*program, args.data(), reading, compute,
                     {symbolValues, values, checked});
  }

  int32_t cpuLevel = 0;
  Writer writer;
  Record record;
  std::vector<std::pair<std::string, Index>> symbols;
  std::vector<void *> args;
  std::deque<tessera_tensor> tensors; // a deque: references stay valid
  std::deque<int32_t> scalars;
  std::deque<std::vector<int32_t>> memory;
  std::vector<SymbolValue> symbolValues;
  std::vector<Value> values;
  std::vector<tessera_tensor> checked; ///< by parameter
};

} // namespace tessera::program

#endif // TESSERA_TEST_UNIT_PROGRAM_CALLFIXTURE_H
