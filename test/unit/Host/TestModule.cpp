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

Signature saxpySignature() {
  auto tensor = [](const char *name, int32_t kind) {
    SignatureParam param;
    param.name = name;
    param.kind = kind;
    param.dims = {-1, -2};
    return param;
  };
  Signature signature;
  signature.function = "saxpy";
  signature.symbols = {"M rows", "N columns"};
  signature.params = {tensor("x", TESSERA_RT_INPUT),
                      tensor("y", TESSERA_RT_INPUT), SignatureParam(),
                      tensor("out", TESSERA_RT_OUTPUT)};
  signature.params[1].broadcast = 1;
  signature.params[2].name = "scale";
  signature.params[2].kind = TESSERA_RT_SCALAR_F32;
  return signature;
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
                                  llvm::ArrayRef<Signature> signatures,
                                  llvm::ArrayRef<CpuLevel> levels) {
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> owned;
  std::vector<LevelModule> modules;
  for (const CpuLevel &level : levels) {
    owned.push_back(
        mlir::parseSourceString<mlir::ModuleOp>(text, &testContext()));
    modules.push_back({&level, *owned.back()});
  }
  return buildProgram(modules, signatures);
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
