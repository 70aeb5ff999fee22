// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reading the report of `ptxas -v`:
//
//   ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored;
//   .. ptxas info    : Compiling entry function 'fwd' for 'sm_90a' ptxas info
//   : Function properties for fwd
//       16 bytes stack frame, 32 bytes spill stores, 36 bytes spill loads
//   ptxas info    : Used 168 registers, used 2 barriers, 16 bytes cumulative
//                   stack size, 1024 bytes smem
//   ptxas info    : Function properties for helper
//       0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
//
// (The last but one is one line.) Functions that a kernel calls follow it.
// Notes come before all kernels or between them.
#include "tessera/Target/NVPTX/Resources.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Regex.h"

#include <algorithm>
#include <optional>

using namespace llvm;

namespace tessera::nvptx {

/// The number before `unit` in `line`, as in "1024 bytes smem".
static std::optional<int32_t> numberBefore(StringRef line, StringRef unit) {
  SmallVector<StringRef, 2> match;
  int32_t number = 0;
  if (!Regex(("([0-9]+) " + unit).str()).match(line, &match) ||
      match[1].getAsInteger(10, number))
    return std::nullopt;
  return number;
}

/// What stands between quotes after `introduction`, or "".
static StringRef quotedAfter(StringRef line, StringRef introduction) {
  size_t start = line.find((introduction + " '").str());
  if (start == StringRef::npos)
    return "";
  line = line.substr(start + introduction.size() + 2);
  return line.take_front(line.find('\''));
}

/// Warnings, and remarks that have a number; "" for any other line.
static StringRef noteOf(StringRef line) {
  if (!line.starts_with("ptxas"))
    return "";
  StringRef text = line.substr(line.find(": ") + 1).trim();
  bool numbered = Regex("^\\(C[0-9]+\\)").match(text);
  return numbered || line.contains("warning") ? text : "";
}

/// Adds what a line below "Compiling entry function" says.
static void readLine(StringRef line, KernelResources &kernel) {
  if (auto stores = numberBefore(line, "bytes spill stores")) {
    kernel.spillStoreBytes += *stores;
    kernel.spillLoadBytes +=
        numberBefore(line, "bytes spill loads").value_or(0);
    kernel.stackBytes = std::max(
        kernel.stackBytes, numberBefore(line, "bytes stack frame").value_or(0));
  }
  if (auto registers = numberBefore(line, "registers")) {
    kernel.registersPerThread = *registers;
    kernel.namedBarriers = numberBefore(line, "barriers").value_or(0);
    kernel.staticSharedBytes = numberBefore(line, "bytes smem").value_or(0);
    kernel.stackBytes =
        std::max(kernel.stackBytes,
                 numberBefore(line, "bytes cumulative stack size").value_or(0));
  }
}

/// To the kernel that the note names, otherwise to all: the note may be about a
/// function that several of them call.
static void addNote(StringRef note, std::vector<KernelResources> &kernels) {
  StringRef name = quotedAfter(note, "function");
  auto named = llvm::find_if(kernels, [&](const KernelResources &kernel) {
    return kernel.kernel == name;
  });
  if (named != kernels.end())
    return named->notes.push_back(note.str());
  for (KernelResources &kernel : kernels)
    kernel.notes.push_back(note.str());
}

Expected<std::vector<KernelResources>> parseResources(StringRef report) {
  std::vector<KernelResources> kernels;
  SmallVector<StringRef> notes;
  for (StringRef line : llvm::split(report, '\n')) {
    StringRef name = quotedAfter(line, "Compiling entry function");
    if (StringRef note = noteOf(line); !note.empty()) {
      notes.push_back(note);
    } else if (!name.empty()) {
      kernels.emplace_back();
      kernels.back().kernel = name.str();
    } else if (!kernels.empty()) {
      readLine(line, kernels.back());
    }
  }
  for (StringRef note : notes)
    addNote(note, kernels);
  for (const KernelResources &kernel : kernels)
    if (kernel.registersPerThread == 0)
      return createStringError(
          inconvertibleErrorCode(),
          "the report of ptxas has no registers for kernel '" + kernel.kernel +
              "'; this version of ptxas is not understood, use another");
  return kernels;
}

bool KernelResources::hasHazard() const {
  return spillStoreBytes > 0 || spillLoadBytes > 0 ||
         llvm::any_of(notes,
                      [](StringRef note) { return note.starts_with("(C75"); });
}

std::string KernelResources::print() const {
  std::string text = kernel + ": " + std::to_string(registersPerThread) +
                     " registers, " + std::to_string(staticSharedBytes) +
                     " B shared, " + std::to_string(namedBarriers) +
                     " barriers, " + std::to_string(stackBytes) + " B stack, " +
                     std::to_string(spillStoreBytes) + "+" +
                     std::to_string(spillLoadBytes) + " B spilled";
  for (const std::string &note : notes)
    text += "; " + note;
  return text;
}

} // namespace tessera::nvptx
