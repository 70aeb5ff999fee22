// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The command line of tessera-sim, but for what describes an attention.
#ifndef TESSERA_TOOLS_TESSERA_SIM_FLAGS_H
#define TESSERA_TOOLS_TESSERA_SIM_FLAGS_H

#include "../OptionParsers.h"
#include "Runs.h"

namespace tessera {

/// Some are for functions, some for kernels alone.
struct Flags {
  llvm::cl::list<std::string> inputs{
      "input", llvm::cl::value_desc("query=file.npy"),
      llvm::cl::desc(
          "Read a tensor, by the name of its parameter; a function's that "
          "are not read are random. May be repeated")};
  llvm::cl::list<std::string> scalars{
      "set", llvm::cl::value_desc("scale=0.125"),
      llvm::cl::desc("Value of a scalar. May be repeated")};
  llvm::cl::list<std::string> outputs{
      "output", llvm::cl::value_desc("output=file.npy"),
      llvm::cl::desc("Write a tensor after the last run. May be repeated")};
  Number seed{"seed", llvm::cl::init(0),
              llvm::cl::desc("Of the first order of events (default 0)")};
  Number interleavings{
      "interleavings", llvm::cl::init(1),
      llvm::cl::desc(
          "Orders to try, with this seed and those after it (default 1)")};
  Number resident{
      "resident", llvm::cl::init(0),
      llvm::cl::desc(
          "CTAs that run at a time, where they do not wait for one another "
          "(default: of a function --sms, of a kernel 1)")};
  llvm::cl::opt<std::string> trace{
      "trace", llvm::cl::value_desc("text|file|file.json"),
      llvm::cl::desc(
          "Write what happened in the last run, as text or for a trace "
          "viewer")};

  llvm::cl::OptionCategory ofFunctions{"Functions"};
  llvm::cl::opt<std::string> function{
      "function", llvm::cl::cat(ofFunctions), llvm::cl::value_desc("name"),
      llvm::cl::desc("Which function of the module, if it has several")};
  llvm::cl::list<std::string> dims{
      "dim", llvm::cl::cat(ofFunctions), llvm::cl::value_desc("Sq=256"),
      llvm::cl::desc(
          "Extent that no file gives, of B, H, Hkv, Sq, Skv or another "
          "dimension of the header. May be repeated")};
  llvm::cl::opt<std::string> plan{
      "plan", llvm::cl::cat(ofFunctions), llvm::cl::value_desc("text"),
      llvm::cl::desc(
          "How kernels are built (default: as the compiler chooses)")};
  Number multiprocessors{
      "sms", llvm::cl::cat(ofFunctions), llvm::cl::init(132),
      llvm::cl::desc(
          "Multiprocessors, each with room for one CTA (default 132)")};
  Number l2Bytes{"l2-bytes", llvm::cl::cat(ofFunctions),
                 llvm::cl::init(int64_t(50) << 20),
                 llvm::cl::desc("Bytes of the L2 (default 50 MiB)")};
  Number workspaceBytes{
      "workspace-bytes", llvm::cl::cat(ofFunctions), llvm::cl::init(-1),
      llvm::cl::desc("Bytes of workspace (default: the best there is)")};

  llvm::cl::OptionCategory ofKernels{"Kernels alone"};
  llvm::cl::opt<std::string> kernel{
      "kernel", llvm::cl::cat(ofKernels), llvm::cl::value_desc("name"),
      llvm::cl::desc(
          "Run a tile.kernel of the file, its arguments as flags say")};
  Number grid{"grid", llvm::cl::cat(ofKernels), llvm::cl::init(1),
              llvm::cl::desc("CTAs (default 1)")};
  llvm::cl::list<std::string> shapes{
      "shape", llvm::cl::cat(ofKernels), llvm::cl::value_desc("o=2x12x256x128"),
      llvm::cl::desc(
          "An array of that shape, NaN or -1 until the kernel writes it. "
          "May be repeated")};

  llvm::Error read(SimRequest &request) const;
  /// An error if a flag is given that is for what does not run.
  llvm::Error check(bool isKernel) const;
};

} // namespace tessera

#endif // TESSERA_TOOLS_TESSERA_SIM_FLAGS_H
