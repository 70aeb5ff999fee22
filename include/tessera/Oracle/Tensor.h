// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the oracle computes with: tensors of doubles, sizes of blocks, lists.
#ifndef TESSERA_ORACLE_TENSOR_H
#define TESSERA_ORACLE_TENSOR_H

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::oracle {

/// A tensor in C order.
struct Tensor {
  std::vector<int64_t> dims;
  std::vector<double> data;

  Tensor() = default;
  explicit Tensor(std::vector<int64_t> shape, double fill = 0)
      : dims(std::move(shape)) {
    int64_t elements = 1;
    for (int64_t dim : dims)
      elements *= dim;
    data.assign(size_t(elements), fill);
  }

  template <typename... Indices>
  double &operator()(Indices... indices) {
    return data[offset({int64_t(indices)...})];
  }
  template <typename... Indices>
  double operator()(Indices... indices) const {
    return data[offset({int64_t(indices)...})];
  }

private:
  size_t offset(std::initializer_list<int64_t> position) const {
    assert(position.size() == dims.size());
    int64_t result = 0;
    size_t d = 0;
    for (int64_t index : position) {
      assert(index >= 0 && index < dims[d]);
      result = result * dims[d++] + index;
    }
    return size_t(result);
  }
};

/// The valid tokens of each block: [N] for all batches, or [B, N]. Without
/// dims: every block is as full as the sequence allows.
struct Sizes {
  std::vector<int64_t> dims;
  std::vector<int32_t> values;

  bool present() const { return !dims.empty(); }
  int32_t at(int64_t batch, int64_t block) const {
    int64_t row = dims.size() == 2 ? batch : 0;
    return values[size_t(row * dims.back() + block)];
  }
  bool isEmpty(int64_t batch, int64_t block) const {
    return present() && at(batch, block) == 0;
  }
};

/// How many blocks `rows` tokens make; the last may be short.
inline int64_t blockCount(int64_t rows, int64_t block) {
  return (rows + block - 1) / block;
}

/// The valid tokens of block `i` of a sequence of `rows`.
inline int64_t validRows(const Sizes &sizes, int64_t batch, int64_t i,
                         int64_t block, int64_t rows) {
  int64_t exist = rows - i * block < block ? rows - i * block : block;
  return sizes.present() ? sizes.at(batch, i) : exist;
}

/// For each batch, query head and query block, ids of key blocks.
struct Lists {
  int64_t batches = 0, heads = 0, blocks = 0;
  std::vector<std::vector<int32_t>> rows;

  Lists() = default;
  Lists(int64_t batches, int64_t heads, int64_t blocks)
      : batches(batches), heads(heads), blocks(blocks),
        rows(size_t(batches * heads * blocks)) {}

  std::vector<int32_t> &at(int64_t b, int64_t h, int64_t i) {
    return rows[size_t((b * heads + h) * blocks + i)];
  }
  const std::vector<int32_t> &at(int64_t b, int64_t h, int64_t i) const {
    return rows[size_t((b * heads + h) * blocks + i)];
  }
};

/// The tensors of lists: index [B, H, Nq, capacity] with `poison` past each
/// count, count [B, H, Nq].
struct ListTensors {
  std::vector<int32_t> index, count;
};
ListTensors toTensors(const Lists &lists, int64_t capacity, int32_t poison);
Lists fromTensors(const ListTensors &tensors, int64_t batches, int64_t heads,
                  int64_t blocks, int64_t capacity);

} // namespace tessera::oracle

#endif // TESSERA_ORACLE_TENSOR_H
