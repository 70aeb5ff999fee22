// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// C entries, and the tables of programs that they pass on to the runtime
// (tessera_object_function).
#include "EmitObject.h"

#include "tessera-c/Program.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/IR/Module.h"

using namespace llvm;

namespace tessera::host {

static_assert(sizeof(tessera_object_program) == 48 &&
                  sizeof(tessera_object_table) == 32 &&
                  sizeof(tessera_object_function) == 16,
              "the C interface has changed: change what is emitted");

namespace {

using program::Param;
using program::ParamKind;

/// Constants that go into a tessera_object_program.
struct Row {
  program::Program program;
  Constant *record;
  Constant *call, *compute; ///< null in the code: there is none
};

class ObjectEmitter {
public:
  ObjectEmitter(Module &module, const program::Bundle *gpu)
      : module(module), gpu(gpu), builder(module.getContext()),
        pointer(builder.getPtrTy()), size(builder.getInt64Ty()),
        none(ConstantPointerNull::get(pointer)) {}

  Error emit(ArrayRef<HostEntry> host);

private:
  Error gather(ArrayRef<HostEntry> host);
  Error emitFunction(ArrayRef<Row> rows);
  Constant *emitRow(const Row &row);
  Constant *emitImages(const program::Program &program, Constant *&bytes);
  Constant *imageOf(const program::Image &image);
  GlobalVariable *emitTable(ArrayRef<Row> rows);
  Error emitRun(const program::Program &program, Constant *function);
  Error emitWorkspace(const program::Program &program, Constant *function);
  SmallVector<Type *> argumentTypes(const program::Program &program);
  Value *pack(const program::Program &program, Function &entry, unsigned first);
  GlobalVariable *emitArray(ArrayRef<Constant *> elements, Type *type,
                            const Twine &name);
  Constant *number(uint64_t value) { return ConstantInt::get(size, value); }

  Module &module;
  const program::Bundle *gpu;
  IRBuilder<> builder;
  PointerType *pointer;
  IntegerType *size; ///< size_t and int64_t
  Constant *none;
  MapVector<StringRef, SmallVector<Row>> functions;
};

} // namespace

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

GlobalVariable *ObjectEmitter::emitArray(ArrayRef<Constant *> elements,
                                         Type *type, const Twine &name) {
  auto *array = ArrayType::get(type, elements.size());
  return defineGlobal(module, ConstantArray::get(array, elements), name);
}

/// Code that several records name is in the object once.
Constant *ObjectEmitter::imageOf(const program::Image &image) {
  std::string name =
      std::string("image__") + program::HashName(image.hash).digits;
  if (GlobalVariable *known = module.getNamedGlobal(name))
    return known;
  GlobalVariable *code = emitBytes(module, gpu->image(image.hash), name);
  code->setAlignment(Align(64)); // as a bundle has it
  return code;
}

Constant *ObjectEmitter::emitImages(const program::Program &program,
                                    Constant *&bytes) {
  bytes = none;
  if (program.images().empty())
    return none;
  SmallVector<Constant *> images, sizes;
  for (const program::Image &image : program.images()) {
    images.push_back(imageOf(image));
    sizes.push_back(number(image.bytes));
  }
  std::string name = std::string(program.function()) + "__" + program.chip();
  bytes = emitArray(sizes, size, name + "__image_bytes");
  return emitArray(images, pointer, name + "__images");
}

Constant *ObjectEmitter::emitRow(const Row &row) {
  Constant *bytes = none;
  Constant *images = emitImages(row.program, bytes);
  return ConstantStruct::getAnon({row.record,
                                  number(row.program.bytes().size()), images,
                                  bytes, row.call, row.compute});
}

GlobalVariable *ObjectEmitter::emitTable(ArrayRef<Row> rows) {
  SmallVector<Constant *> elements;
  for (const Row &row : rows)
    elements.push_back(emitRow(row));
  std::string name = rows.front().program.function();
  Constant *programs =
      emitArray(elements, elements.front()->getType(), name + "__programs");
  Constant *table = ConstantStruct::getAnon(
      {number(sizeof(tessera_object_table)),
       number(sizeof(tessera_object_program)), number(rows.size()), programs});
  Constant *function = ConstantStruct::getAnon(
      {defineGlobal(module, table, name + "__table"), none});
  return defineGlobal(module, function, name + "__function",
                      /*isConstant=*/false);
}

//===----------------------------------------------------------------------===//
// Entries
//===----------------------------------------------------------------------===//

static ArrayRef<Param> argumentsOf(const program::Program &program) {
  return {program.params().data(), program.argumentCount()};
}

SmallVector<Type *>
ObjectEmitter::argumentTypes(const program::Program &program) {
  SmallVector<Type *> types;
  for (const Param &param : argumentsOf(program))
    types.push_back(isTensor(param) ? pointer
                    : param.kind == ParamKind::ScalarI32
                        ? builder.getInt32Ty()
                        : builder.getFloatTy());
  return types;
}

/// The arguments from `first` on, scalars by address.
Value *ObjectEmitter::pack(const program::Program &program, Function &entry,
                           unsigned first) {
  auto *array = ArrayType::get(pointer, program.argumentCount());
  Value *args = builder.CreateAlloca(array);
  for (auto [i, param] : enumerate(argumentsOf(program))) {
    Value *argument = entry.getArg(first + unsigned(i));
    argument->setName(program.text(param.name));
    if (!isTensor(param)) {
      Value *scalar = builder.CreateAlloca(argument->getType());
      builder.CreateStore(argument, scalar);
      argument = scalar;
    }
    builder.CreateStore(argument,
                        builder.CreateConstInBoundsGEP2_64(array, args, 0, i));
  }
  return args;
}

/// f(context, stream, workspace, workspace_bytes, args..)
Error ObjectEmitter::emitRun(const program::Program &program,
                             Constant *function) {
  SmallVector<Type *> types = {pointer, pointer, pointer, size};
  types.append(argumentTypes(program));
  Expected<Function *> entry =
      startEntry(module, builder, program.function(), types);
  if (!entry)
    return entry.takeError();
  SmallVector<Value *> operands = {function};
  for (unsigned i = 0; i < 4; ++i)
    operands.push_back((*entry)->getArg(i));
  operands.push_back(pack(program, **entry, 4));
  FunctionCallee run =
      module.getOrInsertFunction("tessera_rt_run", pointer, pointer, pointer,
                                 pointer, pointer, size, pointer);
  builder.CreateRet(builder.CreateCall(run, operands));
  return Error::success();
}

/// f_workspace(context, args.., least, best)
Error ObjectEmitter::emitWorkspace(const program::Program &program,
                                   Constant *function) {
  SmallVector<Type *> types = {pointer};
  types.append(argumentTypes(program));
  types.append({pointer, pointer});
  Expected<Function *> entry = startEntry(
      module, builder, Twine(program.function()) + "_workspace", types);
  if (!entry)
    return entry.takeError();
  Value *args = pack(program, **entry, 1);
  auto last = unsigned(types.size());
  FunctionCallee workspace =
      module.getOrInsertFunction("tessera_rt_workspace", pointer, pointer,
                                 pointer, pointer, pointer, pointer);
  builder.CreateRet(builder.CreateCall(
      workspace, {function, (*entry)->getArg(0), args,
                  (*entry)->getArg(last - 2), (*entry)->getArg(last - 1)}));
  return Error::success();
}

Error ObjectEmitter::emitFunction(ArrayRef<Row> rows) {
  const program::Program &program = rows.front().program;
  for (const Row &row : rows)
    if (argumentTypes(row.program) != argumentTypes(program))
      return createStringError(inconvertibleErrorCode(),
                               Twine("internal: '") + program.function() +
                                   "' has other arguments on another target; "
                                   "please report this");
  GlobalVariable *function = emitTable(rows);
  if (Error error = emitRun(program, function))
    return error;
  return emitWorkspace(program, function);
}

/// GPUs first: their look-up has the longer way.
Error ObjectEmitter::gather(ArrayRef<HostEntry> host) {
  for (size_t i = 0; gpu && i < gpu->programCount(); ++i) {
    auto program = program::Program::open(gpu->record(i));
    if (!program)
      return createStringError(inconvertibleErrorCode(),
                               program.error().message());
    functions[program->function()].push_back(
        {*program, emitRecord(module, *program), none, none});
  }
  for (const HostEntry &entry : host)
    functions[entry.program.function()].push_back(
        {entry.program, entry.record, entry.packed, entry.compute});
  return Error::success();
}

Error ObjectEmitter::emit(ArrayRef<HostEntry> host) {
  if (Error error = gather(host))
    return error;
  for (const auto &[name, rows] : functions)
    if (Error error = emitFunction(rows))
      return error;
  return Error::success();
}

Error emitObjectEntries(Module &module, ArrayRef<HostEntry> host,
                        const program::Bundle *gpu) {
  return ObjectEmitter(module, gpu).emit(host);
}

} // namespace tessera::host
