// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// `arith` and `math`, on scalars and, element by element, on tensors.
#include "Rules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace tessera;
using namespace tessera::sim;

//===----------------------------------------------------------------------===//
// Functions of elements
//===----------------------------------------------------------------------===//

/// `bits` is the width of the operands. Who calls rounds the result.
using Function = Number (*)(const Number *x, unsigned bits);

/// A number as double, as signed or as unsigned integer.
template <typename T>
static T take(Number number, unsigned bits) {
  if constexpr (std::is_same_v<T, double>)
    return number.real;
  else if constexpr (std::is_same_v<T, uint64_t>)
    return number.integer & llvm::maskTrailingOnes<uint64_t>(bits);
  else
    return number.integer;
}

template <typename T>
static Number give(T value) {
  if constexpr (std::is_same_v<T, double>)
    return realNumber(value);
  else
    return integerNumber(static_cast<int64_t>(value));
}

// A lambda without captures is its type, from which it is made again.
template <typename T, typename Lambda>
static constexpr Function unary(Lambda) {
  return [](const Number *x, unsigned bits) {
    return give(Lambda{}(take<T>(x[0], bits)));
  };
}

template <typename T, typename Lambda>
static constexpr Function binary(Lambda) {
  return [](const Number *x, unsigned bits) {
    return give(Lambda{}(take<T>(x[0], bits), take<T>(x[1], bits)));
  };
}

template <typename Lambda>
static constexpr Function real(Lambda lambda) {
  if constexpr (std::is_invocable_v<Lambda, double, double>)
    return binary<double>(lambda);
  else
    return unary<double>(lambda);
}
template <typename Lambda>
static constexpr Function integer(Lambda lambda) {
  if constexpr (std::is_invocable_v<Lambda, int64_t, int64_t>)
    return binary<int64_t>(lambda);
  else
    return unary<int64_t>(lambda);
}
template <typename Lambda>
static constexpr Function natural(Lambda lambda) {
  if constexpr (std::is_invocable_v<Lambda, uint64_t, uint64_t>)
    return binary<uint64_t>(lambda);
  else
    return unary<uint64_t>(lambda);
}

using Real = double;
using Int = int64_t;
using Nat = uint64_t; // sums, differences and products wrap, as those of i32 do

static bool isUnordered(Real a, Real b) {
  return std::isnan(a) || std::isnan(b);
}
/// A shift by the width or more is poison in `arith`; here it is 0.
static Nat shiftLeft(Nat a, Nat b) { return b < 64 ? a << b : 0; }
static Nat shiftRight(Nat a, Nat b) { return b < 64 ? a >> b : 0; }
/// The one quotient that overflows is the dividend again.
static Int divide(Int a, Int b) { return b == -1 ? Int(-Nat(a)) : a / b; }
static Int modulo(Int a, Int b) { return b == -1 ? 0 : a % b; }
/// Towards 0; the nearest there is for numbers too large, and 0 for NaN.
static Int truncated(Real a) {
  if (std::isnan(a))
    return 0;
  return a >= 0x1p63    ? std::numeric_limits<Int>::max()
         : a <= -0x1p63 ? std::numeric_limits<Int>::min()
                        : static_cast<Int>(a);
}

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

static const llvm::StringMap<Function> &functions() {
  static const llvm::StringMap<Function> table = {
      {"arith.addf", real([](Real a, Real b) { return a + b; })},
      {"arith.subf", real([](Real a, Real b) { return a - b; })},
      {"arith.mulf", real([](Real a, Real b) { return a * b; })},
      {"arith.divf", real([](Real a, Real b) { return a / b; })},
      {"arith.negf", real([](Real a) { return -a; })},
      {"arith.maxnumf", real([](Real a, Real b) { return std::fmax(a, b); })},
      {"arith.minnumf", real([](Real a, Real b) { return std::fmin(a, b); })},
      {"arith.maximumf", real([](Real a, Real b) {
         return isUnordered(a, b) ? std::nan("") : std::fmax(a, b);
       })},
      {"arith.minimumf", real([](Real a, Real b) {
         return isUnordered(a, b) ? std::nan("") : std::fmin(a, b);
       })},
      {"math.absf", real([](Real a) { return std::fabs(a); })},
      {"math.exp", real([](Real a) { return std::exp(a); })},
      {"math.exp2", real([](Real a) { return std::exp2(a); })},
      {"math.log", real([](Real a) { return std::log(a); })},
      {"math.log2", real([](Real a) { return std::log2(a); })},
      {"math.sqrt", real([](Real a) { return std::sqrt(a); })},
      {"math.rsqrt", real([](Real a) { return 1 / std::sqrt(a); })},
      {"math.fma",
       [](const Number *x, unsigned) {
         return realNumber(std::fma(x[0].real, x[1].real, x[2].real));
       }},

      {"arith.addi", natural([](Nat a, Nat b) { return a + b; })},
      {"arith.subi", natural([](Nat a, Nat b) { return a - b; })},
      {"arith.muli", natural([](Nat a, Nat b) { return a * b; })},
      {"arith.divui", natural([](Nat a, Nat b) { return a / b; })},
      {"arith.remui", natural([](Nat a, Nat b) { return a % b; })},
      {"arith.ceildivui",
       natural([](Nat a, Nat b) { return (a + b - 1) / b; })},
      {"arith.divsi", integer([](Int a, Int b) { return divide(a, b); })},
      {"arith.remsi", integer([](Int a, Int b) { return modulo(a, b); })},
      {"arith.maxsi", integer([](Int a, Int b) { return std::max(a, b); })},
      {"arith.minsi", integer([](Int a, Int b) { return std::min(a, b); })},
      {"arith.maxui", natural([](Nat a, Nat b) { return std::max(a, b); })},
      {"arith.minui", natural([](Nat a, Nat b) { return std::min(a, b); })},
      {"arith.andi", natural([](Nat a, Nat b) { return a & b; })},
      {"arith.ori", natural([](Nat a, Nat b) { return a | b; })},
      {"arith.xori", natural([](Nat a, Nat b) { return a ^ b; })},
      {"arith.shli", natural([](Nat a, Nat b) { return shiftLeft(a, b); })},
      {"arith.shrui", natural([](Nat a, Nat b) { return shiftRight(a, b); })},
      {"arith.shrsi", integer([](Int a, Int b) { return a >> (b & 63); })},

      {"arith.cmpi.eq", integer([](Int a, Int b) { return a == b; })},
      {"arith.cmpi.ne", integer([](Int a, Int b) { return a != b; })},
      {"arith.cmpi.slt", integer([](Int a, Int b) { return a < b; })},
      {"arith.cmpi.sle", integer([](Int a, Int b) { return a <= b; })},
      {"arith.cmpi.sgt", integer([](Int a, Int b) { return a > b; })},
      {"arith.cmpi.sge", integer([](Int a, Int b) { return a >= b; })},
      {"arith.cmpi.ult", natural([](Nat a, Nat b) { return a < b; })},
      {"arith.cmpi.ule", natural([](Nat a, Nat b) { return a <= b; })},
      {"arith.cmpi.ugt", natural([](Nat a, Nat b) { return a > b; })},
      {"arith.cmpi.uge", natural([](Nat a, Nat b) { return a >= b; })},
      // With NaN each is false but the unordered ones.
      {"arith.cmpf.oeq", real([](Real a, Real b) { return a == b; })},
      {"arith.cmpf.olt", real([](Real a, Real b) { return a < b; })},
      {"arith.cmpf.ole", real([](Real a, Real b) { return a <= b; })},
      {"arith.cmpf.ogt", real([](Real a, Real b) { return a > b; })},
      {"arith.cmpf.oge", real([](Real a, Real b) { return a >= b; })},
      {"arith.cmpf.one", real([](Real a, Real b) { return a < b || a > b; })},
      {"arith.cmpf.ord",
       real([](Real a, Real b) { return !isUnordered(a, b); })},
      {"arith.cmpf.ueq",
       real([](Real a, Real b) { return isUnordered(a, b) || a == b; })},
      {"arith.cmpf.ult", real([](Real a, Real b) { return !(a >= b); })},
      {"arith.cmpf.ule", real([](Real a, Real b) { return !(a > b); })},
      {"arith.cmpf.ugt", real([](Real a, Real b) { return !(a <= b); })},
      {"arith.cmpf.uge", real([](Real a, Real b) { return !(a < b); })},
      {"arith.cmpf.une", real([](Real a, Real b) { return a != b; })},
      {"arith.cmpf.uno",
       real([](Real a, Real b) { return isUnordered(a, b); })},
      {"arith.select",
       [](const Number *x, unsigned) { return x[0].integer ? x[1] : x[2]; }},

      // Rounding to the result's type does the rest.
      {"arith.extf", real([](Real a) { return a; })},
      {"arith.truncf", real([](Real a) { return a; })},
      {"arith.extsi", integer([](Int a) { return a; })},
      {"arith.trunci", integer([](Int a) { return a; })},
      {"arith.index_cast", integer([](Int a) { return a; })},
      {"arith.extui", natural([](Nat a) { return a; })},
      {"arith.index_castui", natural([](Nat a) { return a; })},
      {"arith.sitofp", integer([](Int a) { return static_cast<Real>(a); })},
      {"arith.uitofp", natural([](Nat a) { return static_cast<Real>(a); })},
      {"arith.fptosi", real([](Real a) { return truncated(a); })},
  };
  return table;
}

//===----------------------------------------------------------------------===//
// The rule
//===----------------------------------------------------------------------===//

/// Comparisons have one function for each predicate.
static std::string keyOf(Operation *op) {
  std::string key = op->getName().getStringRef().str();
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    return key + "." + stringifyEnum(compare.getPredicate()).str();
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    return key + "." + stringifyEnum(compare.getPredicate()).str();
  return key;
}

static bool dividesIntegers(Operation *op) {
  return isa<arith::DivUIOp, arith::DivSIOp, arith::RemUIOp, arith::RemSIOp,
             arith::CeilDivUIOp>(op);
}

namespace {
/// An operand, element by element; a scalar is the same everywhere.
struct Operand {
  explicit Operand(const Cell &cell) {
    if (auto *matrix = std::get_if<MatrixRef>(&cell))
      elements = (*matrix)->elements;
    else
      elements = std::get<Number>(cell);
  }
  Number operator[](size_t i) const {
    return elements[elements.size() == 1 ? 0 : i];
  }
  ArrayRef<Number> elements;
};
} // namespace

static Outcome computeElements(Agent &agent, Operation *op) {
  auto function = functions().find(keyOf(op));
  if (function == functions().end())
    return agent.fail(ReportKind::Unsupported, op,
                      "cannot simulate '" + keyOf(op) + "'");
  SmallVector<Operand, 3> operands;
  for (Value value : op->getOperands())
    operands.emplace_back(agent.get(value));
  Type type = op->getResult(0).getType();
  unsigned bits = Format::of(op->getOperand(0).getType())->bits;
  Format format = *Format::of(type);

  bool isTensor = isa<RankedTensorType>(type);
  auto matrix = isTensor
                    ? std::make_shared<Matrix>(cast<RankedTensorType>(type))
                    : std::make_shared<Matrix>(1, 1);
  for (size_t i = 0; i < matrix->elements.size(); ++i) {
    Number x[3];
    for (auto [number, operand] : llvm::zip(x, operands))
      number = operand[i];
    if (dividesIntegers(op) && x[1].integer == 0)
      return agent.fail(ReportKind::Undefined, op, "divides by 0");
    matrix->elements[i] = format.round(function->second(x, bits));
  }
  if (isTensor)
    agent.set(op->getResult(0), MatrixRef(matrix));
  else
    agent.set(op->getResult(0), matrix->elements.front());
  return Outcome::Done;
}

static Outcome constant(Agent &agent, arith::ConstantOp op) {
  agent.set(op.getResult(), constantCell(op.getValue()));
  return Outcome::Done;
}

/// The bits as they would lie in memory.
static Outcome bitcast(Agent &agent, arith::BitcastOp op) {
  Format from = *Format::of(op.getIn().getType());
  Format to = *Format::of(op.getType());
  auto convert = [&](Number number) {
    int64_t bits = 0;
    from.store(&bits, number);
    return to.load(&bits);
  };
  const Cell &in = agent.get(op.getIn());
  if (auto *matrix = std::get_if<MatrixRef>(&in)) {
    auto out = std::make_shared<Matrix>(**matrix);
    llvm::transform(out->elements, out->elements.begin(), convert);
    agent.set(op.getResult(), MatrixRef(out));
  } else {
    agent.set(op.getResult(), convert(std::get<Number>(in)));
  }
  return Outcome::Done;
}

void sim::addElementwiseRules(Rules &rules) {
  for (const auto &entry : functions()) {
    // "arith.cmpi.slt" is the function of arith.cmpi by one predicate.
    auto [dialect, name] = entry.getKey().split('.');
    rules.add((dialect + "." + name.split('.').first).str(),
              {computeElements, /*isShared=*/false});
  }
  rules.add<constant>();
  rules.add<bitcast>();
}
