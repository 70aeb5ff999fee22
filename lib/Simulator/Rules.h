// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How each operation is carried out: a table from its name to a rule.
#ifndef TESSERA_LIB_SIMULATOR_RULES_H
#define TESSERA_LIB_SIMULATOR_RULES_H

#include "Machine.h"

#include "llvm/ADT/StringMap.h"

namespace tessera::sim {

struct Rule {
  Outcome (*run)(Agent &agent, mlir::Operation *op);
  /// Others can see it, so it matters who comes first.
  bool isShared;
};

class Rules {
public:
  /// All that there are.
  static const Rules &get();

  const Rule *find(mlir::Operation *op) const {
    auto found = rules.find(op->getName().getStringRef());
    return found == rules.end() ? nullptr : &found->second;
  }

  /// For the second parameter of `function`, an operation.
  template <auto function>
  void add(bool isShared = false) {
    addFor<function>(function, isShared);
  }
  void add(llvm::StringRef name, Rule rule) { rules.insert({name, rule}); }

private:
  template <auto function, typename Op>
  void addFor(Outcome (*)(Agent &, Op), bool isShared) {
    auto run = [](Agent &agent, mlir::Operation *op) {
      return function(agent, mlir::cast<Op>(op));
    };
    rules.insert({Op::getOperationName(), {run, isShared}});
  }

  llvm::StringMap<Rule> rules;
};

// One for each file of rules.
void addControlRules(Rules &rules);
void addElementwiseRules(Rules &rules);
void addMemoryRules(Rules &rules);
void addProductRules(Rules &rules);
void addRegisterRules(Rules &rules);
void addRingRules(Rules &rules);

} // namespace tessera::sim

#endif // TESSERA_LIB_SIMULATOR_RULES_H
