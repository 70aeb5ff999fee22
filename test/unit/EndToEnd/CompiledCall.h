// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The bridge between the oracle and compiled code: tensors of doubles become
// memory and descriptors as a program would pass them, and back.
#ifndef TESSERA_TEST_UNIT_ENDTOEND_COMPILEDCALL_H
#define TESSERA_TEST_UNIT_ENDTOEND_COMPILEDCALL_H

#include "tessera/Oracle/Half.h"
#include "tessera/Oracle/Random.h"
#include "tessera/Oracle/Tensor.h"
#include "tessera/Target/Host/Jit.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace tessera::test {

/// A module of text, compiled for every CPU level and loaded.
std::unique_ptr<host::HostJit> compile(const std::string &text);

/// The CPU levels of this machine that code is compiled for, best first.
std::vector<int32_t> levelsHere();

tessera_dtype dtypeOf(oracle::Element element);

/// One tensor in memory: elements of a type, in a random layout that the
/// contract allows, off any alignment but the element's, poison around and
/// between them.
class Operand {
public:
  Operand(std::vector<int64_t> dims, tessera_dtype dtype,
          oracle::Random &layout);

  void write(const oracle::Tensor &tensor);
  oracle::Tensor read() const;
  tessera_tensor view();
  /// Nothing outside the tensor's elements has changed.
  bool surroundingsIntact() const;
  bool operator==(const Operand &other) const { return bytes == other.bytes; }

private:
  template <typename Visit>
  void forEachElement(Visit visit) const;
  size_t elementBytes() const {
    return dtype == TESSERA_F32 || dtype == TESSERA_I32 ? 4 : 2;
  }
  void store(size_t byte, uint32_t bits);
  uint32_t load(size_t byte) const;

  std::vector<int64_t> dims, strides; // in elements
  tessera_dtype dtype;
  std::vector<unsigned char> bytes;
};

/// One call of a compiled function, arguments in order.
class CompiledCall {
public:
  /// `layouts` draws the layout of each tensor.
  CompiledCall(host::HostJit &jit, const std::string &function,
               oracle::Random &layouts);

  void input(const oracle::Tensor &tensor, tessera_dtype dtype);
  void input(const oracle::Tensor &tensor, oracle::Element element) {
    input(tensor, dtypeOf(element));
  }
  /// Adds no argument for sizes that are absent.
  void input(const oracle::Sizes &sizes);
  void input(int32_t scalar);
  void input(float scalar);
  /// Full of poison until the call.
  void output(std::vector<int64_t> dims, tessera_dtype dtype);

  /// The message of the error, "" for success. Expects that nothing but the
  /// elements of outputs has changed.
  std::string run();
  oracle::Tensor result(size_t number) const { return outputs[number].read(); }

private:
  host::HostJit::PackedEntry entry;
  oracle::Random &layouts;
  // Deques: arguments point at the members.
  std::deque<Operand> inputs, outputs;
  std::deque<tessera_tensor> views;
  std::deque<int32_t> integers;
  std::deque<float> reals;
  std::vector<void *> arguments;
};

/// The lists in an index and a count tensor; entries past the count must still
/// be poison or ids, and are ignored.
oracle::Lists readLists(const oracle::Tensor &index,
                        const oracle::Tensor &count);

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_ENDTOEND_COMPILEDCALL_H
