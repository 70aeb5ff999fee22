// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules in text, with their signatures, compiled and loaded.
#ifndef TESSERA_TEST_HOST_TESTMODULE_H
#define TESSERA_TEST_HOST_TESTMODULE_H

#include "tessera/Target/Host/Jit.h"
#include "tessera/Target/Host/Program.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/ErrorHandling.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace tessera::test {

/// out = scale * x + y over [M, N], one row and 16 columns to an iteration. `y`
/// may be broadcast in its first dimension.
extern const char *const kSaxpy;
/// Its record, compiled for these levels.
program::Record
saxpyRecord(llvm::ArrayRef<host::CpuLevel> levels = host::kCpuLevels);

/// What records of functions for the host have in common.
program::Writer hostWriter(const char *function, int32_t leastCpuLevel = 0);
/// Adds a parameter, a tensor of these extents or a scalar.
program::Param &addParam(program::Writer &writer, const char *name,
                         program::ParamKind kind, int32_t dtype = TESSERA_F32,
                         std::initializer_list<program::Index> dims = {});

mlir::MLIRContext &testContext();

/// The value; prints the error and ends the program if there is none.
/// llvm::cantFail looks at errors only in builds with assertions.
template <typename T>
T get(llvm::Expected<T> value) {
  if (!value)
    llvm::report_fatal_error(value.takeError());
  return std::move(*value);
}

llvm::Expected<host::HostProgram>
build(llvm::StringRef text, llvm::ArrayRef<program::Record> records,
      llvm::ArrayRef<host::CpuLevel> levels = host::kCpuLevels,
      std::optional<host::Linked> linked = std::nullopt);
std::unique_ptr<host::HostJit> load(host::HostProgram &program);

/// Calls run as on a machine of at most that level while this lives.
struct LevelLimit {
  explicit LevelLimit(int32_t level) { tessera_limit_cpu_level(level); }
  ~LevelLimit() { tessera_limit_cpu_level(INT32_MAX); }
};

/// A dense tensor of f32, row-major.
struct Matrix {
  Matrix(int64_t rows, int64_t columns, float value = 0)
      : rows(rows), columns(columns), data(rows * columns, value) {}
  tessera_tensor view();
  float &at(int64_t i, int64_t j) { return data[i * columns + j]; }

  int64_t rows, columns;
  std::vector<float> data;
};

/// Message of the error, which it frees; "" for success.
std::string message(tessera_error *error);

} // namespace tessera::test

#endif // TESSERA_TEST_HOST_TESTMODULE_H
