// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds signatures and arguments for tessera_rt_check_call, and looks at the
// message that comes back.
#ifndef TESSERA_TEST_UNIT_RUNTIME_CALLFIXTURE_H
#define TESSERA_TEST_UNIT_RUNTIME_CALLFIXTURE_H

#include "tessera/Runtime/Error.h"

#include <deque>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace tessera::rt {

/// A call of a function named "f" whose parts a test changes one by one.
class Call {
public:
  /// The reference of a symbol, by its text; the same text is the same symbol.
  int64_t symbol(const char *text) {
    for (size_t i = 0; i < symbols.size(); ++i)
      if (std::string(symbols[i]) == text)
        return -int64_t(i) - 1;
    symbols.push_back(text);
    return -int64_t(symbols.size());
  }

  /// Adds a contiguous tensor argument with memory of its own.
  tessera_tensor &add(const char *name, int32_t kind, tessera_dtype dtype,
                      std::vector<int64_t> refs, std::vector<int64_t> dims) {
    tessera_rt_param param = {};
    param.name = name;
    param.kind = kind;
    param.dtype = dtype;
    param.rank = int32_t(refs.size());
    std::copy(refs.begin(), refs.end(), param.dims);
    params.push_back(param);
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
    memory.emplace_back(elements + 1, 0);
    tensor.data = memory.back().data();
    args.push_back(&tensor);
    return tensor;
  }

  tessera_tensor &input(const char *name, std::vector<int64_t> refs,
                        std::vector<int64_t> dims) {
    return add(name, TESSERA_RT_INPUT, TESSERA_F32, refs, dims);
  }
  tessera_tensor &output(const char *name, std::vector<int64_t> refs,
                         std::vector<int64_t> dims) {
    return add(name, TESSERA_RT_OUTPUT, TESSERA_F32, refs, dims);
  }
  /// An int32 input; returns its elements.
  std::vector<int32_t> &ints(const char *name, std::vector<int64_t> refs,
                             std::vector<int64_t> dims,
                             std::vector<int32_t> values) {
    add(name, TESSERA_RT_INPUT, TESSERA_I32, refs, dims);
    std::copy(values.begin(), values.end(), memory.back().begin());
    return memory.back();
  }
  int32_t &scalar(const char *name, int32_t value, int64_t minimum,
                  int64_t maximum, int64_t ref = 0) {
    tessera_rt_param param = {};
    param.name = name;
    param.kind = TESSERA_RT_SCALAR_I32;
    param.minimum = minimum;
    param.maximum = maximum;
    param.dims[0] = ref;
    params.push_back(param);
    scalars.push_back(value);
    args.push_back(&scalars.back());
    return scalars.back();
  }

  void constrain(int32_t kind, std::vector<int64_t> operands, int64_t value = 0,
                 int32_t flags = 0) {
    tessera_rt_constraint constraint = {};
    constraint.kind = kind;
    constraint.flags = flags;
    constraint.value = value;
    std::copy(operands.begin(), operands.end(), constraint.operands);
    constraints.push_back(constraint);
  }

  /// The message of the check, "" for success.
  std::string check() { return run().message(); }

  Error run() {
    tessera_rt_signature signature = {};
    signature.function = "f";
    signature.params = params.data();
    signature.constraints = constraints.data();
    signature.symbols = symbols.data();
    signature.num_params = int32_t(params.size());
    signature.num_constraints = int32_t(constraints.size());
    signature.num_symbols = int32_t(symbols.size());
    signature.min_cpu_level = cpuLevel;
    return Error(tessera_rt_check_call(&signature, args.data()));
  }

  int32_t cpuLevel = 0;
  std::vector<tessera_rt_param> params;
  std::vector<tessera_rt_constraint> constraints;
  std::vector<const char *> symbols;
  std::vector<void *> args;
  std::deque<tessera_tensor> tensors; // a deque: references stay valid
  std::deque<int32_t> scalars;
  std::deque<std::vector<int32_t>> memory;
};

} // namespace tessera::rt

#endif // TESSERA_TEST_UNIT_RUNTIME_CALLFIXTURE_H
