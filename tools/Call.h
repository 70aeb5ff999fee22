// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A call of a function that a user describes by flags, on any target.
#ifndef TESSERA_TOOLS_CALL_H
#define TESSERA_TOOLS_CALL_H

#include "Arguments.h"
#include "tessera/Program/Writer.h"

#include <string>

namespace tessera {

/// What the user says of it.
struct CallRequest {
  ArgumentChoices choices;
  llvm::StringMap<std::string> results; ///< tensor: .npy file to write
  std::string function;                 ///< empty: the only one there is
};

/// The function that a request is about, and what it is called with.
struct Call {
  program::Program program; ///< of the record chosen
  Arguments arguments;

  /// An error says what of the request does not fit the functions.
  static llvm::Expected<Call> choose(llvm::ArrayRef<program::Record> functions,
                                     const CallRequest &request);
  llvm::Error writeResults(const llvm::StringMap<std::string> &results) const;
};

} // namespace tessera

#endif // TESSERA_TOOLS_CALL_H
