// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every operation of the `ptx` dialect builds on.

#ifndef PTX_OP_BASE_TD
#define PTX_OP_BASE_TD

include "Ptx/IR/PtxDialect.td"
include "Ptx/IR/PtxInterfaces.td"
include "mlir/Dialect/LLVMIR/LLVMOpBase.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Ptx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Ptx_Dialect, mnemonic, traits> {
  string promise;     ///< what the instruction does, and an example
  string section;     ///< of the PTX ISA
  let description = promise # "\n    PTX ISA: " # section # ".\n";
}

/// The values of an op, each by its name and its accessor.
class Ptx_Bindings<dag values> {
  string text = !foldl("", !range(!size(values)), before, index,
    before # "text.bind(\"" # !getdagname(values, index) # "\", get"
      # !toupper(!substr(!getdagname(values, index), 0, 1))
      # !substr(!getdagname(values, index), 1) # "());\n");
}

/// Text of assembly, as `ptx` has it: `$name` is a value, a list of values in
/// braces or an attribute, `$#name` the number of values in a list.
class Ptx_InstructionOp<string mnemonic, list<Trait> traits = [],
                        list<string> methods = []>
    : Ptx_Op<mnemonic, !listconcat(traits,
        [DeclareOpInterfaceMethods<Ptx_InstructionOpInterface, methods>])> {
  string ptx;
  let extraClassDefinition =
    "std::string $cppClass::getPtx() {\n"
    "::tessera::ptx::Text text(R\"(" # !subst("$", "$$", ptx) # ")\");\n"
    # Ptx_Bindings<results>.text # Ptx_Bindings<arguments>.text # "return text.str();\n}\n";
  let description = promise # "\n    Becomes\n    ```ptx\n    " # ptx
    # "\n    ```\n    PTX ISA: " # section # ".\n";
}

/// One that LLVM has as an intrinsic, which it can fold and schedule.
class Ptx_IntrinsicOp<string mnemonic, string intrinsic>
    : Ptx_Op<mnemonic, [Pure, SameOperandsAndResultType]> {
  let extraClassDeclaration =
    "static constexpr ::llvm::StringLiteral kIntrinsic = \"" # intrinsic # "\";";
}

def Ptx_SharedAddress : TypeAlias<I32, "address in shared memory, in bytes">;
def Ptx_Barrier : TypeAlias<I32, "address of an mbarrier in shared memory">;

class Ptx_Pointer<int space, string summary>
    : TypeAlias<LLVM_PointerInAddressSpace<space>, summary> {
  let builderCall =
    "::mlir::LLVM::LLVMPointerType::get($_builder.getContext(), " # space # ")";
}
def Ptx_TensorMap : Ptx_Pointer<0, "address of a tensor map">;
def Ptx_GlobalAddress : Ptx_Pointer<1, "address in global memory">;

def Ptx_Reads : MemoryEffects<[MemRead]>;
def Ptx_Writes : MemoryEffects<[MemWrite]>;
/// Other accesses stay before or behind it.
def Ptx_Orders : MemoryEffects<[MemRead, MemWrite]>;

#endif // PTX_OP_BASE_TD
