// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See CompiledCall.h.
#include "CompiledCall.h"

#include "TestModule.h"
#include "tessera/Compiler/Compiler.h"

#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <bit>
#include <cstring>

using namespace tessera;
using namespace tessera::oracle;

namespace tessera::test {

std::unique_ptr<host::HostJit> compile(const std::string &text) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &testContext());
  if (!module)
    llvm::report_fatal_error("this module does not parse:\n" +
                             llvm::Twine(text));
  return get(compileAndLoad(*module));
}

std::vector<int32_t> levelsHere() {
  std::vector<int32_t> levels;
  for (const host::CpuLevel &level : host::kCpuLevels)
    if (level.level <= tessera_cpu_level())
      levels.push_back(level.level);
  return levels;
}

tessera_dtype dtypeOf(Element element) {
  switch (element) {
  case Element::F32:
    return TESSERA_F32;
  case Element::BF16:
    return TESSERA_BF16;
  case Element::F16:
    return TESSERA_F16;
  }
  llvm_unreachable("an Element without a type");
}

//===----------------------------------------------------------------------===//
// Elements as bits
//===----------------------------------------------------------------------===//

static uint32_t encode(tessera_dtype dtype, double value) {
  switch (dtype) {
  case TESSERA_F32:
    return std::bit_cast<uint32_t>(float(value));
  case TESSERA_BF16:
    return toBF16(value);
  case TESSERA_F16:
    return toF16(value);
  case TESSERA_I32:
    return uint32_t(int32_t(value));
  }
  llvm_unreachable("an unknown element type");
}

static double decode(tessera_dtype dtype, uint32_t bits) {
  switch (dtype) {
  case TESSERA_F32:
    return std::bit_cast<float>(bits);
  case TESSERA_BF16:
    return fromBF16(uint16_t(bits));
  case TESSERA_F16:
    return fromF16(uint16_t(bits));
  case TESSERA_I32:
    return int32_t(bits);
  }
  llvm_unreachable("an unknown element type");
}

/// A NaN that no computation gives, or an id that no list holds.
static uint32_t poisonOf(tessera_dtype dtype) {
  switch (dtype) {
  case TESSERA_F32:
    return 0x7fd5a5a5;
  case TESSERA_BF16:
    return 0x7fd5;
  case TESSERA_F16:
    return 0x7ed5;
  case TESSERA_I32:
    return uint32_t(-7);
  }
  llvm_unreachable("an unknown element type");
}

//===----------------------------------------------------------------------===//
// Operand
//===----------------------------------------------------------------------===//

// Odd, so that vectors are seldom aligned; longer than a vector of AVX-512.
static constexpr int64_t kGuardElements = 37;

Operand::Operand(std::vector<int64_t> shape, tessera_dtype dtype,
                 Random &layout)
    : dims(std::move(shape)), strides(dims.size()), dtype(dtype) {
  std::vector<size_t> order; // outermost dimension first
  for (size_t d = 0; d < dims.size(); ++d)
    order.push_back(d);
  // Heads inside tokens, [B, S, H, D], or heads outermost.
  if (dims.size() == 4 && layout.oneIn(2))
    std::swap(order[1], order[2]);
  if (dims.size() == 4 && layout.oneIn(5))
    std::swap(order[0], order[1]);
  int64_t elements = 1;
  for (size_t i = order.size(); i-- > 0;) {
    strides[order[i]] = elements;
    elements *= dims[order[i]];
    if (layout.oneIn(4)) // a gap behind each row, or head, ..
      elements += layout.integer(1, 9);
  }
  bytes.resize(size_t(elements + 2 * kGuardElements) * elementBytes());
  for (size_t byte = 0; byte < bytes.size(); byte += elementBytes())
    store(byte, poisonOf(dtype));
}

void Operand::store(size_t byte, uint32_t bits) {
  std::memcpy(&bytes[byte], &bits, elementBytes()); // little-endian
}

uint32_t Operand::load(size_t byte) const {
  uint32_t bits = 0;
  std::memcpy(&bits, &bytes[byte], elementBytes());
  return bits;
}

/// Calls visit(number in C order, offset in bytes).
template <typename Visit>
void Operand::forEachElement(Visit visit) const {
  size_t elements = Tensor(dims).data.size();
  for (size_t number = 0; number < elements; ++number) {
    auto rest = int64_t(number);
    int64_t offset = kGuardElements;
    for (size_t d = dims.size(); d-- > 0;) {
      offset += rest % dims[d] * strides[d];
      rest /= dims[d];
    }
    visit(number, size_t(offset) * elementBytes());
  }
}

void Operand::write(const Tensor &tensor) {
  forEachElement([&](size_t number, size_t byte) {
    store(byte, encode(dtype, tensor.data[number]));
  });
}

Tensor Operand::read() const {
  Tensor tensor(dims);
  forEachElement([&](size_t number, size_t byte) {
    tensor.data[number] = decode(dtype, load(byte));
  });
  return tensor;
}

bool Operand::surroundingsIntact() const {
  Operand blank = *this;
  forEachElement(
      [&](size_t, size_t byte) { blank.store(byte, poisonOf(dtype)); });
  for (size_t byte = 0; byte < bytes.size(); byte += elementBytes())
    if (blank.load(byte) != poisonOf(dtype))
      return false;
  return true;
}

tessera_tensor Operand::view() {
  tessera_tensor view = {};
  view.data = &bytes[size_t(kGuardElements) * elementBytes()];
  view.dtype = dtype;
  view.rank = int32_t(dims.size());
  std::copy(dims.begin(), dims.end(), view.dims);
  std::copy(strides.begin(), strides.end(), view.strides);
  return view;
}

//===----------------------------------------------------------------------===//
// CompiledCall
//===----------------------------------------------------------------------===//

CompiledCall::CompiledCall(host::HostJit &jit, const std::string &function,
                           Random &layouts)
    : entry(get(jit.lookupPacked(function))), layouts(layouts) {}

void CompiledCall::input(const Tensor &tensor, tessera_dtype dtype) {
  inputs.emplace_back(tensor.dims, dtype, layouts).write(tensor);
  arguments.push_back(&views.emplace_back(inputs.back().view()));
}

void CompiledCall::input(const Sizes &sizes) {
  if (!sizes.present())
    return;
  Tensor tensor(sizes.dims);
  std::copy(sizes.values.begin(), sizes.values.end(), tensor.data.begin());
  input(tensor, TESSERA_I32);
}

void CompiledCall::input(int32_t scalar) {
  arguments.push_back(&integers.emplace_back(scalar));
}

void CompiledCall::input(float scalar) {
  arguments.push_back(&reals.emplace_back(scalar));
}

void CompiledCall::output(std::vector<int64_t> dims, tessera_dtype dtype) {
  outputs.emplace_back(std::move(dims), dtype, layouts);
  arguments.push_back(&views.emplace_back(outputs.back().view()));
}

std::string CompiledCall::run() {
  std::deque<Operand> before = inputs;
  std::string text = message(entry(arguments.data()));
  EXPECT_TRUE(inputs == before) << "an input has changed";
  for (size_t i = 0; i < outputs.size(); ++i)
    EXPECT_TRUE(outputs[i].surroundingsIntact())
        << "memory beside output " << i << " has changed";
  return text;
}

Lists readLists(const Tensor &index, const Tensor &count) {
  ListTensors tensors;
  tensors.index.assign(index.data.begin(), index.data.end());
  tensors.count.assign(count.data.begin(), count.data.end());
  const std::vector<int64_t> &dims = index.dims;
  for (int32_t entries : tensors.count)
    if (entries < 0 || entries > dims[3]) {
      ADD_FAILURE() << "a list of " << entries << " entries";
      return Lists(dims[0], dims[1], dims[2]);
    }
  return fromTensors(tensors, dims[0], dims[1], dims[2], dims[3]);
}

} // namespace tessera::test
