// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Entries of compiled functions: check the arguments, choose a level, pass
// tensors the way lowered functions take memrefs.
#include "EmitEntry.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace tessera::host {

static_assert(sizeof(tessera_tensor) == 112,
              "the C interface has changed: change how tensors are read");

namespace {

/// Fields of tessera_tensor.
enum TensorField { kData = 0, kDims = 3, kStrides = 4 };

/// Emits the two entries of one function.
class EntryEmitter {
public:
  EntryEmitter(Module &module, const Signature &signature,
               ArrayRef<const CpuLevel *> levels)
      : module(module), signature(signature), levels(levels),
        context(module.getContext()), builder(context),
        pointer(builder.getPtrTy()) {}

  Error emit();

private:
  Expected<Function *> emitPacked();
  void emitNatural(Function *packed);
  Expected<Function *> startFunction(const Twine &name, ArrayRef<Type *> types);
  void returnIfError(Value *error);
  void dispatch(ArrayRef<Function *> variants, ArrayRef<Value *> values,
                Value *checked);
  Expected<SmallVector<Function *>> findVariants(ArrayRef<Value *> values);
  SmallVector<Value *> unpackArguments(Value *args);
  void unpackTensor(unsigned index, Value *tensor,
                    SmallVectorImpl<Value *> &values);
  bool mayRepeat(unsigned index, unsigned dim) const;
  Value *loadExtent(Value *tensor, TensorField field, unsigned dim);
  Type *scalarType(const SignatureParam &param);

  Module &module;
  const Signature &signature;
  ArrayRef<const CpuLevel *> levels;
  LLVMContext &context;
  IRBuilder<> builder;
  PointerType *pointer;
};

bool isTensor(const SignatureParam &param) {
  return param.kind == TESSERA_RT_INPUT || param.kind == TESSERA_RT_OUTPUT;
}

Type *EntryEmitter::scalarType(const SignatureParam &param) {
  if (param.kind == TESSERA_RT_SCALAR_I32)
    return builder.getInt32Ty();
  return builder.getFloatTy();
}

Expected<Function *> EntryEmitter::startFunction(const Twine &name,
                                                 ArrayRef<Type *> types) {
  if (GlobalValue *taken = module.getNamedValue(name.str()))
    return createStringError(inconvertibleErrorCode(),
                             "the symbol '" + taken->getName() +
                                 "' is an entry and something else as well; "
                                 "rename the function");
  auto *function =
      Function::Create(FunctionType::get(pointer, types, /*isVarArg=*/false),
                       GlobalValue::ExternalLinkage, name, module);
  function->addFnAttr(Attribute::NoUnwind);
  builder.SetInsertPoint(BasicBlock::Create(context, "entry", function));
  return function;
}

/// What follows is for the case that `error` is NULL.
void EntryEmitter::returnIfError(Value *error) {
  Function *function = builder.GetInsertBlock()->getParent();
  auto *refused = BasicBlock::Create(context, "refused", function);
  auto *accepted = BasicBlock::Create(context, "accepted", function);
  builder.CreateCondBr(builder.CreateIsNull(error), accepted, refused);
  builder.SetInsertPoint(refused);
  builder.CreateRet(error);
  builder.SetInsertPoint(accepted);
}

Value *EntryEmitter::loadExtent(Value *tensor, TensorField field,
                                unsigned dim) {
  Type *extents = ArrayType::get(builder.getInt64Ty(), TESSERA_MAX_RANK);
  auto *type =
      StructType::get(context, {pointer, builder.getInt32Ty(),
                                builder.getInt32Ty(), extents, extents});
  Value *address = builder.CreateInBoundsGEP(
      type, tensor,
      {builder.getInt32(0), builder.getInt32(field), builder.getInt32(dim)});
  return builder.CreateLoad(builder.getInt64Ty(), address);
}

/// Where this dimension of an argument is 1, more may be read of it.
bool EntryEmitter::mayRepeat(unsigned index, unsigned dim) const {
  return (signature.params[index].broadcast >> dim & 1) ||
         any_of(signature.constraints, [&](const SignatureConstraint &c) {
           return c.kind == TESSERA_RT_BROADCAST && c.operands[0] == index &&
                  c.operands[1] == dim;
         });
}

/// A lowered memref argument: allocated and aligned pointer, offset, sizes,
/// strides.
void EntryEmitter::unpackTensor(unsigned index, Value *tensor,
                                SmallVectorImpl<Value *> &values) {
  const SignatureParam &param = signature.params[index];
  Value *data = builder.CreateLoad(pointer, tensor, param.name);
  values.append({data, data, builder.getInt64(0)});
  SmallVector<Value *> sizes, strides;
  for (unsigned dim = 0; dim < param.dims.size(); ++dim) {
    Value *size = loadExtent(tensor, kDims, dim);
    Value *stride = loadExtent(tensor, kStrides, dim);
    // Every index reads the one element there is.
    if (mayRepeat(index, dim))
      stride =
          builder.CreateSelect(builder.CreateICmpEQ(size, builder.getInt64(1)),
                               builder.getInt64(0), stride);
    sizes.push_back(size);
    strides.push_back(stride);
  }
  values.append(sizes);
  values.append(strides);
}

SmallVector<Value *> EntryEmitter::unpackArguments(Value *args) {
  SmallVector<Value *> values;
  for (auto [i, param] : enumerate(signature.params)) {
    Value *slot = builder.CreateConstInBoundsGEP1_64(pointer, args, i);
    Value *argument = builder.CreateLoad(pointer, slot);
    if (isTensor(param))
      unpackTensor(i, argument, values);
    else
      values.push_back(builder.CreateLoad(scalarType(param), argument));
  }
  return values;
}

Expected<SmallVector<Function *>>
EntryEmitter::findVariants(ArrayRef<Value *> values) {
  auto types = map_range(values, [](Value *value) { return value->getType(); });
  auto *wanted =
      FunctionType::get(builder.getInt64Ty(), to_vector(types), false);
  SmallVector<Function *> variants;
  for (const CpuLevel *level : levels) {
    std::string name = signature.function + level->suffix();
    Function *variant = module.getFunction(name);
    if (!variant || variant->getFunctionType() != wanted)
      return createStringError(
          inconvertibleErrorCode(),
          Twine("internal: '") + name +
              (variant ? "' does not take what its signature says"
                       : "' was not compiled") +
              "; please report this");
    variants.push_back(variant);
  }
  return variants;
}

/// Calls the best variant this CPU can run; the check made sure of the last. A
/// variant returns the bytes it lacked, and has then done nothing.
void EntryEmitter::dispatch(ArrayRef<Function *> variants,
                            ArrayRef<Value *> values, Value *checked) {
  FunctionCallee memoryError = module.getOrInsertFunction(
      "tessera_rt_memory_error", pointer, pointer, builder.getInt64Ty());
  FunctionCallee cpuLevel =
      module.getOrInsertFunction("tessera_cpu_level", builder.getInt32Ty());
  Function *function = builder.GetInsertBlock()->getParent();
  Value *found = variants.size() > 1 ? builder.CreateCall(cpuLevel) : nullptr;
  for (auto [level, variant] : zip(levels, variants)) {
    BasicBlock *next = nullptr;
    if (variant != variants.back()) {
      auto *chosen = BasicBlock::Create(context, "run", function);
      next = BasicBlock::Create(context, "next", function);
      builder.CreateCondBr(
          builder.CreateICmpSGE(found, builder.getInt32(level->level)), chosen,
          next);
      builder.SetInsertPoint(chosen);
    }
    Value *missing = builder.CreateCall(variant, values);
    builder.CreateRet(builder.CreateCall(memoryError, {checked, missing}));
    if (next)
      builder.SetInsertPoint(next);
  }
}

Expected<Function *> EntryEmitter::emitPacked() {
  Expected<Function *> packed =
      startFunction(signature.function + "__packed", {pointer});
  if (!packed)
    return packed.takeError();
  Value *args = (*packed)->getArg(0);
  FunctionCallee check = module.getOrInsertFunction("tessera_rt_check_call",
                                                    pointer, pointer, pointer);
  GlobalVariable *checked =
      emitSignature(module, signature, levels.back()->level);
  returnIfError(builder.CreateCall(check, {checked, args}));
  SmallVector<Value *> values = unpackArguments(args);
  Expected<SmallVector<Function *>> variants = findVariants(values);
  if (!variants)
    return variants.takeError();
  dispatch(*variants, values, checked);
  return *packed;
}

Error EntryEmitter::emit() {
  Expected<Function *> packed = emitPacked();
  if (!packed)
    return packed.takeError();
  SmallVector<Type *> types;
  for (const SignatureParam &param : signature.params)
    types.push_back(isTensor(param) ? pointer : scalarType(param));
  Expected<Function *> natural = startFunction(signature.function, types);
  if (!natural)
    return natural.takeError();
  emitNatural(*packed);
  return Error::success();
}

/// Packs the arguments, scalars by address, and calls the packed entry.
void EntryEmitter::emitNatural(Function *packed) {
  Function *natural = builder.GetInsertBlock()->getParent();
  auto *array = ArrayType::get(pointer, signature.params.size());
  Value *args = builder.CreateAlloca(array);
  for (auto [i, param] : enumerate(signature.params)) {
    Value *argument = natural->getArg(i);
    argument->setName(param.name);
    if (!isTensor(param)) {
      Value *scalar = builder.CreateAlloca(argument->getType());
      builder.CreateStore(argument, scalar);
      argument = scalar;
    }
    builder.CreateStore(argument,
                        builder.CreateConstInBoundsGEP2_64(array, args, 0, i));
  }
  builder.CreateRet(builder.CreateCall(packed, {args}));
}

} // namespace

Error emitEntries(Module &module, const Signature &signature,
                  ArrayRef<const CpuLevel *> levels) {
  return EntryEmitter(module, signature, levels).emit();
}

} // namespace tessera::host
