// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A Signature as constant data in the layout of tessera-c/Runtime.h.
#include "EmitEntry.h"

#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace tessera::host {

// The structures below are written field by field; these are their sizes.
static_assert(sizeof(tessera_rt_param) == 96 &&
                  sizeof(tessera_rt_constraint) == 80 &&
                  sizeof(tessera_rt_signature) == 48,
              "a structure of the C interface has changed: change its emitter");

namespace {

class SignatureEmitter {
public:
  SignatureEmitter(Module &module, const Signature &signature)
      : module(module), signature(signature), builder(module.getContext()) {}

  GlobalVariable *emit(int32_t minCpuLevel);

private:
  Constant *string(StringRef text);
  Constant *integers(ArrayRef<int64_t> values, size_t size);
  Constant *param(const SignatureParam &param);
  Constant *constraint(const SignatureConstraint &constraint);
  Constant *table(ArrayRef<Constant *> rows, StringRef what);
  GlobalVariable *global(Constant *value, StringRef what);

  Constant *i32(int64_t value) { return builder.getInt32(int32_t(value)); }
  Constant *null() { return ConstantPointerNull::get(builder.getPtrTy()); }

  Module &module;
  const Signature &signature;
  IRBuilder<> builder;
};

GlobalVariable *SignatureEmitter::global(Constant *value, StringRef what) {
  return new GlobalVariable(module, value->getType(), /*isConstant=*/true,
                            GlobalValue::PrivateLinkage, value,
                            signature.function + what);
}

/// NULL for an empty string: all fields that may be empty are optional.
Constant *SignatureEmitter::string(StringRef text) {
  if (text.empty())
    return null();
  GlobalVariable *bytes =
      global(ConstantDataArray::getString(module.getContext(), text), "__text");
  bytes->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
  return bytes;
}

Constant *SignatureEmitter::integers(ArrayRef<int64_t> values, size_t size) {
  SmallVector<uint64_t, 8> padded(values.begin(), values.end());
  padded.resize(size);
  return ConstantDataArray::get(module.getContext(), padded);
}

Constant *SignatureEmitter::param(const SignatureParam &param) {
  bool tensor =
      param.kind == TESSERA_RT_INPUT || param.kind == TESSERA_RT_OUTPUT;
  return ConstantStruct::getAnon(
      {string(param.name), string(param.hint),
       integers(param.dims, TESSERA_MAX_RANK), builder.getInt64(param.minimum),
       builder.getInt64(param.maximum), i32(param.kind), i32(param.dtype),
       i32(tensor ? param.dims.size() : 0), i32(param.broadcast)});
}

Constant *SignatureEmitter::constraint(const SignatureConstraint &constraint) {
  return ConstantStruct::getAnon(
      {i32(constraint.kind), i32(constraint.flags),
       builder.getInt64(constraint.value),
       integers(constraint.operands, TESSERA_RT_MAX_OPERANDS)});
}

Constant *SignatureEmitter::table(ArrayRef<Constant *> rows, StringRef what) {
  if (rows.empty())
    return null();
  auto *type = ArrayType::get(rows.front()->getType(), rows.size());
  return global(ConstantArray::get(type, rows), what);
}

GlobalVariable *SignatureEmitter::emit(int32_t minCpuLevel) {
  SmallVector<Constant *> params, constraints, symbols;
  for (const SignatureParam &row : signature.params)
    params.push_back(param(row));
  for (const SignatureConstraint &row : signature.constraints)
    constraints.push_back(constraint(row));
  for (StringRef name : signature.symbols)
    symbols.push_back(string(name));
  return global(
      ConstantStruct::getAnon(
          {string(signature.function), table(params, "__params"),
           table(constraints, "__constraints"), table(symbols, "__symbols"),
           i32(params.size()), i32(constraints.size()), i32(symbols.size()),
           i32(minCpuLevel)}),
      "__signature");
}

} // namespace

GlobalVariable *emitSignature(Module &module, const Signature &signature,
                              int32_t minCpuLevel) {
  return SignatureEmitter(module, signature).emit(minCpuLevel);
}

} // namespace tessera::host
