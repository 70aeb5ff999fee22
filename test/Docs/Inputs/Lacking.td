// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records that extract_examples.py must complain about, and one it must not.

def Toy_GoodOp : Toy_Op<"good", [Pure]> {
  let description = [{
    Example:
    ```mlir
    func.func private @good()
    ```
  }];
}

def Toy_BareOp : Toy_TensorOp<"bare",
    [Pure]> {
  let description = "Says nothing.";
}

def Toy_WrongOp : Toy_Op<"wrong"> {
  let description = [{
    Example:
    ```mlir
    func.func @wrong() {
      toy.wrong
      return
    }
    ```
  }];
}

def Toy_PointingOp : Toy_Op<"pointing"> {
  let description = "Example: see `toy.good`.";
}

def Toy_LostOp : Toy_Op<"lost"> {
  let description = "Example: see `toy.bare`.";
}

def Toy_PairType : TypeDef<Toy_Dialect, "Pair"> {
  let description = "Example: `!toy.pair<1>`";
}
