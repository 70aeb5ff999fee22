// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Flags.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

using namespace llvm;

namespace tessera {

CompileFlags::CompileFlags()
    : output("o", cl::init("-"), cl::value_desc("file"),
             cl::desc("Where to write (default: standard output); x.o gets its "
                      "header x.h beside it")),
      inspected("inspect", cl::value_desc("file"),
                cl::desc("Print what a bundle or an object holds, and compile "
                         "nothing")),
      timing("timing", cl::desc("Print to standard error what each stage took, "
                                "all CPU levels together")),
      targets("target", cl::CommaSeparated,
              cl::desc("What to compile for, several with commas between them "
                       "(default host)"),
              cl::values(
                  clEnumValN(Target::Host, "host", "x86-64"),
                  clEnumValN(Target::Sm90a, "sm_90a", "NVIDIA H100 and H200"))),
      what(
          "emit", cl::init(Emit::Default),
          cl::desc("What to write (default object, or cubin for a GPU)"),
          cl::values(clEnumValN(Emit::Tile, "tile", "the program of one CTA"),
                     clEnumValN(Emit::MLIR, "mlir",
                                "loops and vectors, or one thread's program"),
                     clEnumValN(Emit::LLVM, "llvm", "LLVM IR"),
                     clEnumValN(Emit::PTX, "ptx", "NVIDIA's assembly text"),
                     clEnumValN(Emit::Cubin, "cubin", "NVIDIA's machine code"),
                     clEnumValN(Emit::Bundle, "bundle",
                                "records and code for libtessera_rt"),
                     clEnumValN(Emit::Object, "object",
                                "an ELF object to link with libtessera_rt"),
                     clEnumValN(Emit::Header, "header", "its C header alone"))),
      cpu("cpu", cl::init("all"), cl::value_desc("level"),
          cl::desc("x86-64-v3 (AVX2), x86-64-v4 (AVX-512), host (the best of "
                   "this machine), or all, chosen when run (default all)")),
      plan("plan", cl::value_desc("tiles=3,stages=4,.."),
           cl::desc("How to build GPU kernels; what it leaves out is chosen")),
      noFuse("no-fuse", cl::desc("Make every op a kernel of its own; slower, "
                                 "and the same bits")),
      lineInfo("line-info",
               cl::desc("Have GPU code say which line of the tile program each "
                        "instruction comes from, for Nsight; x.o gets that "
                        "program beside it, x.tile.mlir")) {}

/// Says where tile programs go, beside the output.
Error CompileFlags::placeLines(Job &job) const {
  if (job.chips.empty())
    return createStringError("--line-info: is for GPU code; add --target "
                             "sm_90a");
  if (output == "-")
    return createStringError("--line-info: the lines are those of a file "
                             "beside the output; name the output with -o");
  SmallString<128> stem(output);
  sys::fs::make_absolute(stem);
  sys::path::replace_extension(stem, "");
  job.tileStem = stem.str().str();
  return Error::success();
}

Error CompileFlags::checkOutput(Emit what) const {
  if (what != Emit::Object && what != Emit::Cubin && what != Emit::Bundle)
    return Error::success();
  if (output == "-" && sys::Process::StandardOutIsDisplayed())
    return createStringError("machine code is not for reading; name a file "
                             "with -o, or choose something else to --emit");
  if (sys::path::extension(output) == ".h")
    return createStringError("-o: '" + output +
                             "' is where the object's header goes; name the "
                             "object .o, or write a header alone with --emit "
                             "header");
  return Error::success();
}

Expected<Job> CompileFlags::job(StageTimes &times) const {
  Job job;
  auto levels = parseCpuLevels(cpu);
  if (!levels)
    return createStringError("--cpu: " + toString(levels.takeError()));
  job.host.levels = *levels;
  job.host.fuse = !noFuse;
  job.gpu.plan = plan;
  job.host.times = job.gpu.times = &times;
  job.forHost = targets.empty() || is_contained(targets, Target::Host);
  if (is_contained(targets, Target::Sm90a))
    job.chips.push_back("sm_90a");
  auto chosen = chooseOutput(what, job);
  if (!chosen)
    return chosen.takeError();
  job.what = *chosen;
  if (lineInfo)
    if (Error error = placeLines(job))
      return error;
  if (Error error = checkOutput(job.what))
    return error;
  return job;
}

} // namespace tessera
