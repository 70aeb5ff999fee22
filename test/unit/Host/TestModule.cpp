// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// See TestModule.h.
#include "TestModule.h"

#include "tessera/Compiler/Registration.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace tessera::host;

namespace tessera::test {

const char *const kSaxpy = R"mlir(
#row = strided<[?, 1], offset: ?>
func.func @saxpy(%x: memref<?x?xf32, #row>, %y: memref<?x?xf32, #row>,
                 %scale: f32, %out: memref<?x?xf32, #row>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c16 = arith.constant 16 : index
  %zero = arith.constant 0.0 : f32
  %m = memref.dim %x, %c0 : memref<?x?xf32, #row>
  %n = memref.dim %x, %c1 : memref<?x?xf32, #row>
  scf.parallel (%i, %j) = (%c0, %c0) to (%m, %n) step (%c1, %c16) {
    %u = vector.transfer_read %x[%i, %j], %zero
        : memref<?x?xf32, #row>, vector<16xf32>
    %v = vector.transfer_read %y[%i, %j], %zero
        : memref<?x?xf32, #row>, vector<16xf32>
    %s = vector.broadcast %scale : f32 to vector<16xf32>
    %r = math.fma %s, %u, %v : vector<16xf32>
    vector.transfer_write %r, %out[%i, %j]
        : vector<16xf32>, memref<?x?xf32, #row>
  }
  return
})mlir";

program::Writer hostWriter(const char *function, int32_t leastCpuLevel) {
  program::Writer writer;
  writer.head.function = writer.text(function);
  writer.head.chip = writer.text("host");
  writer.head.leastCpuLevel = leastCpuLevel;
  writer.head.leastWorkspace = writer.head.bestWorkspace = writer.constant(0);
  return writer;
}

program::Param &addParam(program::Writer &writer, const char *name,
                         program::ParamKind kind, int32_t dtype,
                         std::initializer_list<program::Index> dims) {
  program::Param &param = writer.params.emplace_back();
  param = {};
  param.name = writer.text(name);
  param.kind = kind;
  param.dtype = dtype;
  param.symbol = program::kNone;
  for (program::Index dim : dims)
    param.dims[param.rank++] = dim;
  return param;
}

program::Record saxpyRecord(llvm::ArrayRef<CpuLevel> levels) {
  using program::ParamKind;
  program::Writer writer = hostWriter("saxpy", levels.back().level);
  program::Index m = writer.addSymbol("M", "rows"),
                 n = writer.addSymbol("N", "columns");
  addParam(writer, "x", ParamKind::Input, TESSERA_F32, {m, n});
  addParam(writer, "y", ParamKind::Input, TESSERA_F32, {m, n}).broadcast = 1;
  addParam(writer, "scale", ParamKind::ScalarF32);
  addParam(writer, "out", ParamKind::Output, TESSERA_F32, {m, n});
  return writer.write();
}

mlir::MLIRContext &testContext() {
  static mlir::MLIRContext *context = [] {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return new mlir::MLIRContext(registry);
  }();
  return *context;
}

llvm::Expected<HostProgram> build(llvm::StringRef text,
                                  llvm::ArrayRef<program::Record> records,
                                  llvm::ArrayRef<CpuLevel> levels,
                                  std::optional<Linked> linked) {
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> owned;
  std::vector<LevelModule> modules;
  for (const CpuLevel &level : levels) {
    owned.push_back(
        mlir::parseSourceString<mlir::ModuleOp>(text, &testContext()));
    modules.push_back({&level, *owned.back()});
  }
  return buildProgram(modules, records, /*times=*/nullptr, linked);
}

std::unique_ptr<HostJit> load(HostProgram &program) {
  auto object = get(program.emitObject());
  return get(HostJit::create(*object));
}

tessera_tensor Matrix::view() {
  return {data.data(), TESSERA_F32, 2, {rows, columns}, {columns, 1}};
}

std::string message(tessera_error *error) {
  std::string text = tessera_error_message(error);
  tessera_error_destroy(error);
  return text;
}

} // namespace tessera::test
