// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Assignments.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace tessera {

/// Calls `take` with the halves of each "name=value". A name has one value.
static Error
forEachAssignment(StringRef flag, ArrayRef<std::string> texts,
                  function_ref<Error(StringRef name, StringRef value)> take) {
  StringSet<> given;
  for (StringRef text : texts) {
    auto [name, value] = text.split('=');
    if (name.empty() || value.empty())
      return createStringError("--" + flag + ": '" + text +
                               "' is no assignment; write name=value");
    if (!given.insert(name).second)
      return createStringError("--" + flag + ": '" + name +
                               "' is given twice; drop one");
    if (Error error = take(name, value))
      return error;
  }
  return Error::success();
}

static Error noNumber(StringRef flag, StringRef name, StringRef value) {
  return createStringError("--" + flag + ": '" + value +
                           "' is no number that '" + name + "' could be");
}

Error parseTexts(StringRef flag, ArrayRef<std::string> texts,
                 StringMap<std::string> &values) {
  return forEachAssignment(flag, texts, [&](StringRef name, StringRef value) {
    values[name] = value.str();
    return Error::success();
  });
}

Error parseOutputs(StringRef flag, ArrayRef<std::string> texts,
                   StringMap<std::string> &files) {
  StringMap<std::string> owners;
  auto take = [&](StringRef name, StringRef file) -> Error {
    auto [owner, isNew] = owners.insert({file, name.str()});
    if (!isNew)
      return createStringError("--" + flag + ": '" + owner->second + "' and '" +
                               name + "' both go to '" + file +
                               "'; give each a file of its own");
    files[name] = file.str();
    return Error::success();
  };
  return forEachAssignment(flag, texts, take);
}

Error parseNumbers(StringRef flag, ArrayRef<std::string> texts,
                   StringMap<int64_t> &numbers) {
  return forEachAssignment(flag, texts, [&](StringRef name, StringRef value) {
    int64_t &number = numbers[name];
    bool isWrong =
        value.getAsInteger(10, number) || number < 0 || number > INT32_MAX;
    return isWrong ? noNumber(flag, name, value) : Error::success();
  });
}

Error parseNumbers(StringRef flag, ArrayRef<std::string> texts,
                   StringMap<double> &numbers) {
  return forEachAssignment(flag, texts, [&](StringRef name, StringRef value) {
    return value.getAsDouble(numbers[name]) ? noNumber(flag, name, value)
                                            : Error::success();
  });
}

Error unknownName(StringRef what, StringRef name, ArrayRef<std::string> known) {
  return createStringError("there is no " + what + " '" + name + "'; there " +
                           (known.size() == 1 ? "is " : "are ") +
                           join(known, ", "));
}

} // namespace tessera
