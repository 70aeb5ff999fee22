// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The words in which recipes are written: scalars and fragments that add and
// compare, rings and their stages, loops that carry a struct. Each is a handle
// to an SSA value and the builder that makes the next.
#ifndef TESSERA_LIB_KERNELS_BUILDER_KERNELBUILDER_H
#define TESSERA_LIB_KERNELS_BUILDER_KERNELBUILDER_H

#include "Tile/IR/Tile.h"
#include "tessera/Kernels/Extent.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

#include <tuple>

namespace tessera::kernels {

/// A value, and where what is computed from it goes.
class Handle {
public:
  Handle() = default;
  Handle(KernelBuilder &b, mlir::Value value) : b(&b), value(value) {}

  mlir::Value get() const { return value; }
  KernelBuilder &builder() const { return *b; }
  mlir::Type type() const { return value.getType(); }

protected:
  KernelBuilder *b = nullptr;
  mlir::Value value;
};

/// An index, an i32, an f32 or an i1 that all threads of an agent agree on.
class Scalar : public Handle {
public:
  using Handle::Handle;
  /// As i32, as index.
  Scalar i32() const;
  Scalar index() const;
};

/// A tensor in the registers of a warpgroup.
class Fragment : public Handle {
public:
  using Handle::Handle;
  mlir::RankedTensorType tensorType() const {
    return mlir::cast<mlir::RankedTensorType>(value.getType());
  }
};

template <typename T>
concept Operand = std::derived_from<T, Handle>;

/// The same, called so where the kernel is printed.
void setName(mlir::Value value, llvm::StringRef name);
template <Operand T>
T named(llvm::StringRef name, T x) {
  setName(x.get(), name);
  return x;
}

mlir::Value add(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value subtract(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value multiply(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value divide(KernelBuilder &b, mlir::Value x,
                   mlir::Value y); ///< unsigned
mlir::Value remainder(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value smaller(KernelBuilder &b, mlir::Value x, mlir::Value y); ///< signed
mlir::Value larger(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value isLess(KernelBuilder &b, mlir::Value x, mlir::Value y);
mlir::Value isEqual(KernelBuilder &b, mlir::Value x, mlir::Value y);

/// x of the type of `like`, whose elements all are `number`.
mlir::Value constant(KernelBuilder &b, mlir::Type like, double number);

// Operators on two of a kind, and with a number on the right.
#define TESSERA_OPERATOR(name, function)                                       \
  template <Operand T>                                                         \
  T name(T x, T y) {                                                           \
    return T(x.builder(), function(x.builder(), x.get(), y.get()));            \
  }                                                                            \
  template <Operand T>                                                         \
  T name(T x, double y) {                                                      \
    mlir::Value number = constant(x.builder(), x.get().getType(), y);          \
    return T(x.builder(), function(x.builder(), x.get(), number));             \
  }
TESSERA_OPERATOR(operator+, add)
TESSERA_OPERATOR(operator-, subtract)
TESSERA_OPERATOR(operator*, multiply)
TESSERA_OPERATOR(operator/, divide)
TESSERA_OPERATOR(operator%, remainder)
TESSERA_OPERATOR(min, smaller)
TESSERA_OPERATOR(max, larger)
TESSERA_OPERATOR(less, isLess)
TESSERA_OPERATOR(equal, isEqual)
#undef TESSERA_OPERATOR

template <Operand T>
T select(T condition, T yes, T no) {
  return T(yes.builder(),
           mlir::arith::SelectOp::create(yes.builder(), condition.get(),
                                         yes.get(), no.get()));
}
template <Operand T>
T both(T x, T y) {
  return T(x.builder(),
           mlir::arith::AndIOp::create(x.builder(), x.get(), y.get()));
}

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

Fragment exp2(Fragment x);
Fragment log2(Fragment x);
Fragment negate(Fragment x);
/// x * y + z, rounded once.
Fragment fma(Fragment x, Fragment y, Fragment z);
/// Of a type `like`, whose elements are all that scalar.
Fragment splat(Scalar value, mlir::RankedTensorType like);
/// One value or flag a row in every column of a tensor shaped `like`.
Fragment expandRows(Fragment rows, mlir::RankedTensorType like);
Fragment rowReduce(tile::Reduction kind, Fragment x);
Fragment foldAdd(Fragment x);
/// Rounded to 16 bits, as an accumulator or as a left operand.
Fragment round(Fragment x, mlir::FloatType element);
Fragment asOperand(Fragment x);
Scalar any(Fragment flags);
/// Not less than, or not a number.
Fragment notBelow(Fragment x, double limit);
/// Not equal, or not a number.
Fragment differs(Fragment x, double number);

/// Types of tensors [64, columns] and [64].
mlir::RankedTensorType accumulatorType(mlir::Type element, int64_t columns);
mlir::RankedTensorType rowType(mlir::Type element);

//===----------------------------------------------------------------------===//
// Rings
//===----------------------------------------------------------------------===//

/// A stage that has been waited for.
class Stage : public Handle {
public:
  using Handle::Handle;
  Scalar note(int64_t number = 0) const;
  /// 64 rows from `row` on, or the first.
  Fragment fragment(Scalar row = {}) const;
  /// Gives it back, once `read`, which was read from it, is there; what a
  /// product or a branch has used before is.
  void release(llvm::ArrayRef<Handle> read = {}) const;
};

class TensorMap : public Handle {
public:
  using Handle::Handle;
};

/// A dense array in global memory.
class Memory : public Handle {
public:
  using Handle::Handle;
  Scalar load(Scalar index) const;
  void store(Scalar value, Scalar index) const;
};

/// Which rows of a tensor: batch, head, first token.
struct Place {
  Scalar batch, head, token;
};

class Ring : public Handle {
public:
  using Handle::Handle;
  Stage wait(Scalar lane) const;
  /// Takes a stage, with its notes, and fills it.
  void load(Scalar lane, TensorMap map, Place place,
            llvm::ArrayRef<Scalar> notes = {}) const;
  /// Takes a stage for the sake of its notes.
  void send(Scalar lane, llvm::ArrayRef<Scalar> notes) const;
};

/// Starts left times right, a stage, plus accumulator where there is one. A
/// left stage may begin at `row`.
Handle startProduct(Handle left, Stage right, bool isTransposed,
                    mlir::RankedTensorType type, Fragment accumulator = {},
                    Scalar row = {});
Fragment finish(Handle pending);

//===----------------------------------------------------------------------===//
// Control
//===----------------------------------------------------------------------===//

/// A state is a struct of handles that says which: `auto all() { return
/// std::tie(sums, result); }`.
template <typename State>
llvm::SmallVector<mlir::Value> pack(State state) {
  llvm::SmallVector<mlir::Value> values;
  std::apply([&](auto &...handles) { (values.push_back(handles.get()), ...); },
             state.all());
  return values;
}
template <typename State>
State unpack(KernelBuilder &b, mlir::ValueRange values) {
  State state;
  size_t next = 0;
  std::apply(
      [&](auto &...handles) {
        ((handles =
              std::remove_reference_t<decltype(handles)>(b, values[next++])),
         ...);
      },
      state.all());
  return state;
}

/// for i in lower .. upper
template <typename State, typename Body>
State loop(Scalar lower, Scalar upper, State initial, Body body) {
  KernelBuilder &b = lower.builder();
  mlir::Value one = constant(b, lower.type(), 1);
  auto op = mlir::scf::ForOp::create(
      b, lower.get(), upper.get(), one, pack(initial),
      [&](mlir::OpBuilder &nested, mlir::Location loc, mlir::Value i,
          mlir::ValueRange values) {
        mlir::OpBuilder::InsertionGuard guard(b);
        b.setInsertionPoint(nested.getInsertionBlock(),
                            nested.getInsertionPoint());
        State after = body(Scalar(b, i), unpack<State>(b, values));
        mlir::scf::YieldOp::create(b, loc, pack(after));
      });
  return unpack<State>(b, op.getResults());
}

/// `test` gives the condition and what goes on to `body` or, at the end, out.
template <typename State, typename Carried, typename Test, typename Body>
Carried loopWhile(KernelBuilder &b, State initial, Test test, Body body) {
  llvm::SmallVector<mlir::Value> inits = pack(initial);
  llvm::SmallVector<mlir::Type> types;
  auto op = mlir::scf::WhileOp::create(b, types, inits);
  mlir::OpBuilder::InsertionGuard guard(b);
  auto addBlock = [&](mlir::Region &region, mlir::TypeRange argumentTypes) {
    llvm::SmallVector<mlir::Location> locs(argumentTypes.size(), b.getLoc());
    return b.createBlock(&region, {}, argumentTypes, locs);
  };
  mlir::Block *before =
      addBlock(op.getBefore(), mlir::ValueRange(inits).getTypes());
  auto [condition, carried] = test(unpack<State>(b, before->getArguments()));
  llvm::SmallVector<mlir::Value> passed = pack(carried);
  mlir::scf::ConditionOp::create(b, condition.get(), passed);
  mlir::Block *after =
      addBlock(op.getAfter(), mlir::ValueRange(passed).getTypes());
  State next = body(unpack<Carried>(b, after->getArguments()));
  mlir::scf::YieldOp::create(b, pack(next));
  // The results are known only now.
  b.setInsertionPoint(op);
  auto typed =
      mlir::scf::WhileOp::create(b, mlir::ValueRange(passed).getTypes(), inits);
  typed.getBefore().takeBody(op.getBefore());
  typed.getAfter().takeBody(op.getAfter());
  op.erase();
  return unpack<Carried>(b, typed.getResults());
}

template <typename State, typename Then, typename Else>
State ifElse(Scalar condition, Then then, Else otherwise) {
  KernelBuilder &b = condition.builder();
  auto fill = [&](auto body) {
    return [&b, body](mlir::OpBuilder &nested, mlir::Location loc) {
      mlir::OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(nested.getInsertionBlock(),
                          nested.getInsertionPoint());
      State state = body();
      mlir::scf::YieldOp::create(b, loc, pack(state));
    };
  };
  auto op =
      mlir::scf::IfOp::create(b, condition.get(), fill(then), fill(otherwise));
  return unpack<State>(b, op.getResults());
}

void ifThen(Scalar condition, llvm::function_ref<void()> body);

/// One handle as a state.
template <typename T>
struct Only {
  T value;
  auto all() { return std::tie(value); }
};

/// A role of the kernel; `body` gets the agent's number.
void role(KernelBuilder &b, llvm::StringRef name, int64_t agents,
          tile::AgentKind each, int64_t registers,
          llvm::function_ref<void(Scalar agent)> body);

} // namespace tessera::kernels

#endif // TESSERA_LIB_KERNELS_BUILDER_KERNELBUILDER_H
