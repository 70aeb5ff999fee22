// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler behind its C interface.
#include "../Compiler/CollectErrors.h"
#include "../Compiler/Facts.h"
#include "tessera-c/Compiler.h"
#include "tessera/Compiler/GpuBundle.h"
#include "tessera/Compiler/HostBundle.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

#include <cstdlib>
#include <cstring>

using namespace llvm;
using namespace tessera;

namespace {
/// What a compilation gives, before it is C.
struct Made {
  std::vector<std::byte> bundle;
  std::string message;
  std::vector<std::string> files;
};
} // namespace

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

static Expected<mlir::OwningOpRef<mlir::ModuleOp>>
parse(const tessera_compiler_job &job, mlir::MLIRContext &context) {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  if (Error error = collectErrors(&context, [&] {
        module = mlir::parseSourceString<mlir::ModuleOp>(
            StringRef(job.source, job.source_bytes),
            mlir::ParserConfig(&context), "source");
        return success(bool(module));
      }))
    return error;
  return module;
}

static Error compileForHost(mlir::ModuleOp module,
                            const tessera_compiler_job &job, Made &made) {
  auto levels = parseCpuLevels(job.cpu ? job.cpu : "all");
  if (!levels)
    return levels.takeError();
  CompileOptions options;
  options.levels = *levels;
  auto bundle = compileToBundle(module, options);
  if (!bundle)
    return bundle.takeError();
  made.bundle = std::move(*bundle);
  return Error::success();
}

/// Without an assembler the bundle has PTX alone, which a driver can do with.
static Error compileForGpu(mlir::ModuleOp module,
                           const tessera_compiler_job &job, Made &made) {
  GpuOptions options;
  options.chip = job.target;
  options.plan = job.plan ? job.plan : "";
  auto chip = nvptx::findChip(options.chip);
  if (!chip)
    return chip.takeError();
  std::vector<std::string> packages = nvptx::sitePackagesHere();
  std::vector<nvptx::AssemblerPlace> places =
      nvptx::assemblerPlaces("", packages);
  for (const nvptx::AssemblerPlace &place : places)
    append_range(made.files, place.files);
  // Where a wheel brings a folder of its own.
  for (const std::string &folder : packages)
    made.files.push_back(folder + "/nvidia");
  std::optional<nvptx::Assembler> assembler;
  if (auto found = nvptx::findAssembler(places, *chip)) {
    assembler = std::move(*found);
    made.message = "assembled by " + assembler->describe();
  } else {
    made.message =
        "PTX alone, which the driver assembles: " + toString(found.takeError());
  }
  auto bundle = compileToBundle(module, options, assembler);
  if (!bundle)
    return bundle.takeError();
  made.bundle = std::move(*bundle);
  return Error::success();
}

static Error compile(const tessera_compiler_job &job, Made &made) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  // The threads of a program are its own.
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = parse(job, context);
  if (!module)
    return module.takeError();
  return StringRef(job.target) == "host" ? compileForHost(**module, job, made)
                                         : compileForGpu(**module, job, made);
}

//===----------------------------------------------------------------------===//
// The C interface
//===----------------------------------------------------------------------===//

static void *copyBytes(const void *from, size_t bytes) {
  void *to = std::malloc(bytes);
  if (to)
    std::memcpy(to, from, bytes);
  return to;
}

/// One line, however many errors there are.
static std::string oneLine(StringRef text) {
  SmallVector<StringRef> lines;
  text.split(lines, '\n', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  return join(lines, "; ");
}

/// TESSERA_OK, or that there is no memory.
static int32_t handOver(const Made &made, tessera_compiler_result &result) {
  std::string files;
  for (const std::string &file : made.files)
    if (!file.empty())
      files += file + '\0';
  std::string message = oneLine(made.message);
  result.message =
      static_cast<char *>(copyBytes(message.c_str(), message.size() + 1));
  result.files =
      static_cast<char *>(copyBytes(files.c_str(), files.size() + 1));
  if (!made.bundle.empty())
    result.bundle = copyBytes(made.bundle.data(), made.bundle.size());
  result.bundle_bytes = made.bundle.size();
  bool isComplete =
      result.message && result.files && (result.bundle || made.bundle.empty());
  return isComplete ? TESSERA_OK : TESSERA_OUT_OF_MEMORY;
}

int32_t tessera_compiler_run(const tessera_compiler_job *job,
                             tessera_compiler_result *result) {
  result->bundle = nullptr;
  result->message = result->files = nullptr;
  result->bundle_bytes = 0;
  Made made;
  int32_t code = TESSERA_OK;
  if (job->struct_size < sizeof(*job) ||
      result->struct_size < sizeof(*result)) {
    code = TESSERA_INVALID_ARGUMENT;
    made.message = "libtessera_compiler is newer than libtessera_rt; install "
                   "both of one version";
  } else if (Error error = compile(*job, made)) {
    code = TESSERA_INVALID_ARGUMENT;
    made.message = toString(std::move(error));
  }
  int32_t handed = handOver(made, *result);
  return handed == TESSERA_OK ? code : handed;
}

void tessera_compiler_release(tessera_compiler_result *result) {
  std::free(result->bundle);
  std::free(result->message);
  std::free(result->files);
  result->bundle = nullptr;
  result->message = result->files = nullptr;
}

const char *tessera_compiler_version(void) { return kCompilerName.data(); }
