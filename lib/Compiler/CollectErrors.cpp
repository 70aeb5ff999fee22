// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "CollectErrors.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

/// `file:line:column: `, as compilers say where something is.
static void printPlace(llvm::raw_ostream &out, Location loc) {
  if (auto place = loc->findInstanceOf<FileLineColLoc>()) {
    out << place.getFilename().getValue() << ':';
    if (place.getLine() != 0) // the file as a whole has line 0
      out << place.getLine() << ':' << place.getColumn() << ':';
    out << ' ';
  }
}

llvm::Error tessera::collectErrors(MLIRContext *context,
                                   llvm::function_ref<LogicalResult()> work) {
  std::string messages;
  ScopedDiagnosticHandler handler(context, [&](Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return failure(); // notes and remarks go where they would
    llvm::raw_string_ostream out(messages);
    if (!messages.empty())
      out << '\n';
    printPlace(out, diagnostic.getLocation());
    out << diagnostic;
    return success();
  });
  if (succeeded(work()))
    return llvm::Error::success();
  return llvm::createStringError(llvm::inconvertibleErrorCode(), messages);
}
