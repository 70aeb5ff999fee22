// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From PTX to a cubin: NVIDIA's ptxas, run as a program of its own. The linker
// nvJitLink also assembles, but serialises wgmma and ignores setmaxnreg.
#ifndef TESSERA_TARGET_NVPTX_ASSEMBLER_H
#define TESSERA_TARGET_NVPTX_ASSEMBLER_H

#include "tessera/Target/NVPTX/Chips.h"
#include "tessera/Target/NVPTX/Resources.h"
#include "tessera/Target/StageTimes.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/VersionTuple.h"

#include <memory>
#include <string>
#include <vector>

namespace tessera::nvptx {

/// Where a ptxas may be, in the words of a person, and the files to try there.
struct AssemblerPlace {
  std::string name;
  std::vector<std::string> files;
};

/// Where to look, best first. A `file` the user named, or else the environment
/// variable TESSERA_PTXAS, is the only place there is. Otherwise: PATH,
/// $CUDA_HOME/bin, /usr/local/cuda/bin, and in each of `sitePackages` NVIDIA's
/// wheel nvidia-cuda-nvcc and Triton.
std::vector<AssemblerPlace>
assemblerPlaces(llvm::StringRef file, llvm::ArrayRef<std::string> sitePackages);

/// The folders of packages that belong to a Python interpreter, by its path: a
/// virtual environment's or an installation's. Python is not asked.
std::vector<std::string> sitePackagesOf(llvm::StringRef python);
/// Those of the Python on the path, and of the one that administrators install
/// for.
std::vector<std::string> sitePackagesHere();

/// A ptxas that answered.
struct Assembler {
  std::string path;
  std::string place; ///< AssemblerPlace::name
  llvm::VersionTuple version;

  /// "ptxas 13.0.88 (/usr/local/cuda/bin/ptxas, from PATH)"
  std::string describe() const;
};

/// The first ptxas that runs and is new enough for `chip`. The error says where
/// it was looked for, what was found instead, and what to install.
llvm::Expected<Assembler> findAssembler(llvm::ArrayRef<AssemblerPlace> places,
                                        const Chip &chip);

struct Cubin {
  std::unique_ptr<llvm::MemoryBuffer> elf;
  std::vector<KernelResources> kernels;
  Assembler assembler;
};

/// Adds the stage "cubin" to `times`. The error holds what ptxas said. With
/// lines, the code keeps what the PTX says of them (.loc).
llvm::Expected<Cubin> assemble(llvm::StringRef ptx, const Chip &chip,
                               const Assembler &assembler,
                               StageTimes *times = nullptr,
                               bool withLines = false);

} // namespace tessera::nvptx

#endif // TESSERA_TARGET_NVPTX_ASSEMBLER_H
