// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Signatures in words.
#include "DescribeSignature.h"

#include "tessera/Runtime/Dtype.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tessera::host {

namespace {

/// A number, or the symbol's name without what it counts.
std::string reference(const Signature &signature, tessera_rt_ref ref) {
  if (ref >= 0)
    return std::to_string(ref);
  return StringRef(signature.symbols[-(ref + 1)]).split(' ').first.str();
}

std::string shape(const Signature &signature, const SignatureParam &param) {
  SmallVector<std::string> dims;
  for (auto [d, ref] : enumerate(param.dims)) {
    std::string extent = reference(signature, ref);
    bool mayBeOne = param.broadcast >> d & 1;
    dims.push_back(mayBeOne ? extent + " or 1" : extent);
  }
  return "[" + join(dims, ", ") + "]";
}

/// One constraint, in the terms of the caller's arguments.
class ConstraintText {
public:
  ConstraintText(const Signature &signature,
                 const SignatureConstraint &constraint)
      : signature(signature), constraint(constraint) {}
  std::string text() const;

private:
  std::string ref(unsigned i) const {
    return reference(signature, constraint.operands[i]);
  }
  std::string param(unsigned i) const {
    return signature.params[constraint.operands[i]].name;
  }
  std::string sizes() const;
  std::string lists() const;
  std::string volume() const;
  std::string cubes() const;

  const Signature &signature;
  const SignatureConstraint &constraint;
};

std::string ConstraintText::sizes() const {
  std::string text = param(0) + " counts the valid rows of each block";
  if (constraint.value != INT32_MAX)
    text += formatv(": 0 .. {0}, and no more than exist", constraint.value);
  return text;
}

std::string ConstraintText::lists() const {
  bool ascending = constraint.flags & TESSERA_RT_ASCENDING;
  std::string which = "all";
  if (constraint.operands[1] >= 0)
    which = "the first " + param(1);
  return formatv("{0} holds lists of key blocks: {1} entries of a list are "
                 "distinct, 0 .. {2} - 1{3}",
                 param(0), which, ref(2), ascending ? ", ascending" : "");
}

std::string ConstraintText::volume() const {
  return formatv("{0} = {1} + {2} * {3} * {4}", ref(0), ref(1), ref(2), ref(3),
                 ref(4));
}

std::string ConstraintText::cubes() const {
  return formatv("{0} = ceil({1} / {2}) + ceil({3} / {4}) * ceil({5} / {6}) * "
                 "ceil({7} / {8})",
                 ref(0), ref(1), constraint.value, ref(2),
                 constraint.operands[5], ref(3), constraint.operands[6], ref(4),
                 constraint.operands[7]);
}

std::string ConstraintText::text() const {
  switch (constraint.kind) {
  case TESSERA_RT_CEIL_DIV:
    return formatv("{0} = ceil({1} / {2})", ref(0), ref(1), constraint.value);
  case TESSERA_RT_PRODUCT:
    return formatv("{0} = {1} * {2}", ref(0), ref(1), constraint.value);
  case TESSERA_RT_MULTIPLE:
    return formatv("{0} is a multiple of {1}", ref(0), ref(1));
  case TESSERA_RT_SIZES:
    return sizes();
  case TESSERA_RT_LISTS:
    return lists();
  case TESSERA_RT_VOLUME:
    return volume();
  case TESSERA_RT_CUBES:
    return cubes();
  case TESSERA_RT_BROADCAST:
    return formatv("{0} has 1 or {1} in dim {2}", param(0), ref(2),
                   constraint.operands[1]);
  default:
    llvm_unreachable("a kind of constraint without words");
  }
}

std::string integerRange(const Signature &signature,
                         const SignatureParam &param) {
  std::string text = "int32";
  if (!param.dims.empty() && param.dims[0] < 0)
    text += ", " + reference(signature, param.dims[0]);
  if (param.minimum > INT32_MIN && param.maximum < INT32_MAX)
    text += formatv(", {0} .. {1}", param.minimum, param.maximum);
  else if (param.minimum > INT32_MIN)
    text += formatv(", at least {0}", param.minimum);
  else if (param.maximum < INT32_MAX)
    text += formatv(", at most {0}", param.maximum);
  return text;
}

} // namespace

std::string describeParam(const Signature &signature,
                          const SignatureParam &param) {
  switch (param.kind) {
  case TESSERA_RT_SCALAR_I32:
    return integerRange(signature, param);
  case TESSERA_RT_SCALAR_F32:
    return "f32, finite and > 0";
  default:
    return formatv("{0}, {1} {2}",
                   param.kind == TESSERA_RT_OUTPUT ? "output" : "input",
                   rt::dtypeName(param.dtype), shape(signature, param));
  }
}

SmallVector<std::string> describeSymbols(const Signature &signature) {
  SmallVector<std::string> lines;
  for (StringRef symbol : signature.symbols) {
    auto [name, counts] = symbol.split(' ');
    if (!counts.empty())
      lines.push_back(formatv("{0}: {1}", name, counts));
  }
  return lines;
}

SmallVector<std::string> describeConstraints(const Signature &signature) {
  SmallVector<std::string> lines;
  for (const SignatureConstraint &constraint : signature.constraints)
    lines.push_back(ConstraintText(signature, constraint).text());
  return lines;
}

} // namespace tessera::host
