// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Packed entries of compiled functions: check the arguments, choose a level,
// pass tensors the way lowered functions take memrefs.
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

using program::Param;
using program::ParamKind;

/// Emits the packed entry of one function.
class EntryEmitter {
public:
  EntryEmitter(Module &module, const program::Program &program,
               ArrayRef<const CpuLevel *> levels)
      : module(module), program(program), levels(levels),
        context(module.getContext()), builder(context),
        pointer(builder.getPtrTy()),
        tensorType(StructType::get(
            context,
            {pointer, builder.getInt32Ty(), builder.getInt32Ty(),
             ArrayType::get(builder.getInt64Ty(), TESSERA_MAX_RANK),
             ArrayType::get(builder.getInt64Ty(), TESSERA_MAX_RANK)})) {}

  Expected<HostEntry> emit();

private:
  Expected<Constant *> emitCompute();
  void returnIfError(Value *error);
  void dispatch(ArrayRef<Function *> variants, ArrayRef<Value *> values,
                Value *checked);
  Expected<SmallVector<Function *>> findVariants(ArrayRef<Value *> values);
  SmallVector<Value *> unpackArguments(Value *args, Value *tensors);
  void unpackTensor(const Param &param, Value *tensor,
                    SmallVectorImpl<Value *> &values);
  Value *loadExtent(Value *tensor, TensorField field, unsigned dim);
  Type *scalarType(const Param &param);
  std::string function() const { return program.function(); }
  ArrayRef<Param> arguments() const {
    return {program.params().data(), program.argumentCount()};
  }

  Module &module;
  const program::Program &program;
  ArrayRef<const CpuLevel *> levels;
  LLVMContext &context;
  IRBuilder<> builder;
  PointerType *pointer;
  StructType *tensorType; ///< tessera_tensor
};

Type *EntryEmitter::scalarType(const Param &param) {
  if (param.kind == ParamKind::ScalarI32)
    return builder.getInt32Ty();
  return builder.getFloatTy();
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
  Value *address = builder.CreateInBoundsGEP(
      tensorType, tensor,
      {builder.getInt32(0), builder.getInt32(field), builder.getInt32(dim)});
  return builder.CreateLoad(builder.getInt64Ty(), address);
}

/// A lowered memref argument: allocated and aligned pointer, offset, sizes,
/// strides.
void EntryEmitter::unpackTensor(const Param &param, Value *tensor,
                                SmallVectorImpl<Value *> &values) {
  Value *data = builder.CreateLoad(pointer, tensor, program.text(param.name));
  values.append({data, data, builder.getInt64(0)});
  for (TensorField field : {kDims, kStrides})
    for (int32_t dim = 0; dim < param.rank; ++dim)
      values.push_back(loadExtent(tensor, field, unsigned(dim)));
}

/// Tensors as the check has left them, scalars as they are passed.
SmallVector<Value *> EntryEmitter::unpackArguments(Value *args,
                                                   Value *tensors) {
  SmallVector<Value *> values;
  for (auto [i, param] : enumerate(arguments())) {
    if (isTensor(param)) {
      unpackTensor(param,
                   builder.CreateConstInBoundsGEP1_64(tensorType, tensors, i),
                   values);
      continue;
    }
    Value *slot = builder.CreateConstInBoundsGEP1_64(pointer, args, i);
    Value *argument = builder.CreateLoad(pointer, slot);
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
    std::string name = function() + level->suffix();
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

/// A function of the type tessera_rt_compute; null if nothing is computed.
Expected<Constant *> EntryEmitter::emitCompute() {
  if (program.argumentCount() == program.params().size())
    return ConstantPointerNull::get(pointer);
  // The lowest level runs wherever the function does.
  std::string name = function() + "__scalars" + levels.back()->suffix();
  Function *scalars = module.getFunction(name);
  if (!scalars)
    return createStringError(inconvertibleErrorCode(),
                             "internal: '" + name +
                                 "' was not compiled; please report this");
  auto *compute = Function::Create(
      FunctionType::get(builder.getVoidTy(), {pointer, pointer, pointer},
                        /*isVarArg=*/false),
      GlobalValue::PrivateLinkage, function() + "__compute", module);
  builder.SetInsertPoint(BasicBlock::Create(context, "entry", compute));
  Value *computed = builder.CreateCall(
      scalars, unpackArguments(compute->getArg(0), compute->getArg(1)));
  bool isOne = program.params().size() - program.argumentCount() == 1;
  for (size_t i = program.argumentCount(); i < program.params().size(); ++i) {
    auto number = unsigned(i - program.argumentCount());
    Value *place = builder.CreateConstInBoundsGEP1_64(
        builder.getInt32Ty(), compute->getArg(2), number);
    builder.CreateStore(
        isOne ? computed : builder.CreateExtractValue(computed, number), place);
  }
  builder.CreateRetVoid();
  return compute;
}

Expected<HostEntry> EntryEmitter::emit() {
  Expected<Constant *> compute = emitCompute();
  if (!compute)
    return compute.takeError();
  Expected<Function *> packed =
      startEntry(module, builder, function() + "__packed", {pointer});
  if (!packed)
    return packed.takeError();
  Value *args = (*packed)->getArg(0);
  FunctionCallee check = module.getOrInsertFunction(
      "tessera_rt_check_call", pointer, pointer, pointer, pointer, pointer);
  Constant *record = emitRecord(module, program);
  Value *tensors =
      builder.CreateAlloca(ArrayType::get(tensorType, program.params().size()));
  returnIfError(builder.CreateCall(check, {record, args, *compute, tensors}));
  SmallVector<Value *> values = unpackArguments(args, tensors);
  Expected<SmallVector<Function *>> variants = findVariants(values);
  if (!variants)
    return variants.takeError();
  dispatch(*variants, values, record);
  return HostEntry{program, record, *packed, *compute};
}

} // namespace

Expected<Function *> startEntry(Module &module, IRBuilder<> &builder,
                                const Twine &name, ArrayRef<Type *> types) {
  if (GlobalValue *taken = module.getNamedValue(name.str()))
    return createStringError(inconvertibleErrorCode(),
                             "the symbol '" + taken->getName() +
                                 "' is an entry and something else as well; "
                                 "rename the function");
  auto *function = Function::Create(
      FunctionType::get(builder.getPtrTy(), types, /*isVarArg=*/false),
      GlobalValue::ExternalLinkage, name, module);
  function->addFnAttr(Attribute::NoUnwind);
  builder.SetInsertPoint(
      BasicBlock::Create(module.getContext(), "entry", function));
  return function;
}

GlobalVariable *defineGlobal(Module &module, Constant *value, const Twine &name,
                             bool isConstant) {
  auto *global = cast<GlobalVariable>(
      module.getOrInsertGlobal(name.str(), value->getType()));
  global->setInitializer(value);
  global->setLinkage(GlobalValue::InternalLinkage);
  global->setConstant(isConstant);
  return global;
}

GlobalVariable *emitBytes(Module &module, std::span<const std::byte> bytes,
                          const Twine &name) {
  Constant *data = ConstantDataArray::getRaw(
      StringRef(reinterpret_cast<const char *>(bytes.data()), bytes.size()),
      bytes.size(), Type::getInt8Ty(module.getContext()));
  return defineGlobal(module, data, name);
}

Constant *emitRecord(Module &module, const program::Program &program) {
  GlobalVariable *record =
      emitBytes(module, program.bytes(),
                Twine(program.function()) + "__" + program.chip() + "__record");
  record->setAlignment(Align(program::kRecordAlignment));
  return record;
}

Expected<HostEntry> emitPackedEntry(Module &module,
                                    const program::Program &program,
                                    ArrayRef<const CpuLevel *> levels) {
  return EntryEmitter(module, program, levels).emit();
}

} // namespace tessera::host
