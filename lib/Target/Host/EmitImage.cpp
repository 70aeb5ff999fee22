// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EmitImage.h"

#include "tessera/Program/HostImage.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace tessera::host {

/// `callee` becomes a function that calls entry `number` of the table at
/// `*table`.
static void callThroughTable(Function &callee, unsigned number,
                             GlobalVariable *table) {
  LLVMContext &context = callee.getContext();
  callee.setLinkage(GlobalValue::InternalLinkage);
  callee.setDSOLocal(true);
  IRBuilder<> builder(BasicBlock::Create(context, "entry", &callee));
  Type *pointer = builder.getPtrTy();
  Value *first = builder.CreateLoad(pointer, table);
  Value *target = builder.CreateLoad(
      pointer, builder.CreateConstInBoundsGEP1_64(pointer, first, number));
  SmallVector<Value *> args;
  for (Argument &arg : callee.args())
    args.push_back(&arg);
  CallInst *call = builder.CreateCall(callee.getFunctionType(), target, args);
  call->setTailCall();
  if (callee.getReturnType()->isVoidTy())
    builder.CreateRetVoid();
  else
    builder.CreateRet(call);
}

/// The elements of HostImage::functions.
static Constant *emitFunctions(Module &module,
                               ArrayRef<program::Record> records) {
  PointerType *pointer = PointerType::get(module.getContext(), 0);
  StructType *row = StructType::get(pointer, pointer, pointer);
  IRBuilder<> builder(module.getContext());
  SmallVector<Constant *> rows;
  for (const program::Record &record : records) {
    std::string name = record.program().function();
    auto find = [&](StringRef suffix) -> Constant * {
      if (Function *found = module.getFunction((name + suffix).str()))
        return found;
      return ConstantPointerNull::get(pointer);
    };
    Constant *text = builder.CreateGlobalString(name, name + "__name",
                                                /*AddressSpace=*/0, &module);
    rows.push_back(
        ConstantStruct::get(row, {text, find("__packed"), find("__compute")}));
  }
  auto *type = ArrayType::get(row, rows.size());
  return new GlobalVariable(module, type, /*isConstant=*/true,
                            GlobalValue::PrivateLinkage,
                            ConstantArray::get(type, rows));
}

void emitImageTable(Module &module, ArrayRef<program::Record> records) {
  for (GlobalObject &object : module.global_objects())
    if (!object.isDeclaration())
      object.setLinkage(GlobalValue::InternalLinkage);
  PointerType *pointer = PointerType::get(module.getContext(), 0);
  auto *callees = new GlobalVariable(
      module, pointer, /*isConstant=*/false, GlobalValue::InternalLinkage,
      ConstantPointerNull::get(pointer), "callees");
  for (auto [number, name] : enumerate(program::kHostCallees))
    if (Function *callee = module.getFunction(name))
      callThroughTable(*callee, unsigned(number), callees);
  IRBuilder<> builder(module.getContext());
  Constant *image = ConstantStruct::getAnon(
      {builder.getInt32(program::kHostImageVersion),
       builder.getInt32(std::size(program::kHostCallees)), callees,
       builder.getInt64(records.size()), emitFunctions(module, records)});
  new GlobalVariable(module, image->getType(), /*isConstant=*/true,
                     GlobalValue::ExternalLinkage, image,
                     program::kHostImageSymbol);
}

} // namespace tessera::host
