// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which shapes have kernels, and which plans suit them.

#include "tessera/Kernels/AttendPlan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ScopedPrinter.h"

using namespace llvm;

namespace tessera {

static Error checkOneOf(const Twine &what, int64_t number,
                        ArrayRef<int64_t> covered) {
  if (is_contained(covered, number))
    return Error::success();
  auto names = map_range(covered, [](int64_t n) { return std::to_string(n); });
  return createStringError("has no " + what + " " + Twine(number) +
                           "; it has " + join(names, ", "));
}

Error checkShape(const AttendShape &shape) {
  if (!shape.element.isBF16() && !shape.element.isF16())
    return createStringError("takes no query, key and value of " +
                             to_string(shape.element) +
                             "; it takes bf16 and f16, round them");
  if (Error error = checkOneOf("head dimension of", shape.headDim,
                               {64, 96, 128, 192, 256}))
    return error;
  if (Error error = checkOneOf("query blocks of", shape.queryBlock, {64, 128}))
    return error;
  return checkOneOf("key blocks of", shape.keyBlock, {64, 128});
}

static Error checkPositive(StringRef name, int64_t number) {
  if (number > 0)
    return Error::success();
  return createStringError("plan: '" + name + "' is " + Twine(number) +
                           "; expected 1 or more");
}

Error checkPlan(const AttendShape &shape, const AttendPlan &plan) {
  int64_t panel = shape.headDim % 64 == 0 ? 64 : 32;
  if (Error error = joinErrors(checkPositive("tiles", plan.tiles),
                               checkPositive("stages", plan.stages)))
    return error;
  if (plan.order == WorkOrder::Sweep)
    return createStringError(
        "plan: 'order=sweep', lists that begin where other tiles "
        "are, is named and not built: its loader spills, and the "
        "orders that repeat their bits are faster; use static, "
        "ticket or wave");
  if (plan.step != 64 && plan.step != 128)
    return createStringError("plan: 'step' is " + Twine(plan.step) +
                             "; expected 64 or 128");
  if (shape.keyBlock % plan.step != 0)
    return createStringError("plan: a key block of " + Twine(shape.keyBlock) +
                             " has no steps of " + Twine(plan.step));
  if (plan.store < panel || plan.store % panel != 0 ||
      shape.headDim % plan.store != 0)
    return createStringError("plan: 'store' is " + Twine(plan.store) +
                             "; expected a multiple of " + Twine(panel) +
                             " that divides " + Twine(shape.headDim));
  if (plan.query != QueryPlan::Shared && !plan.overlap &&
      plan.step == shape.headDim)
    return createStringError(
        "plan: a query in registers as wide as a step of " + Twine(plan.step) +
        " without overlap is miscompiled by ptxas 13.0, which "
        "gives both left operands the same registers; use "
        "query=shared or overlap=yes");
  if (plan.query == QueryPlan::Ring && plan.step != shape.queryBlock)
    return createStringError(
        "plan: a query block of " + Twine(shape.queryBlock) +
        " does not fit a ring of keys with a step of " + Twine(plan.step) +
        "; use query=own or query=shared");
  return Error::success();
}

} // namespace tessera
