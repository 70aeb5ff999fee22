// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tessera-run: compiles a module or a described attention in process, calls it
// on .npy files or on generated input, and says how long it took.
#include "../Assignments.h"
#include "../SpecFlags.h"
#include "Arguments.h"
#include "tessera/Compiler/CommandLine.h"
#include "tessera/Compiler/Compiler.h"
#include "tessera/Compiler/Registration.h"

#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"

#include <algorithm>
#include <chrono>
#include <sys/resource.h>

using namespace mlir;
namespace cl = llvm::cl;
using Clock = std::chrono::steady_clock;

static constexpr llvm::StringLiteral kTool = "tessera-run";

static int fail(const llvm::Twine &message) {
  llvm::errs() << kTool << ": " << message << '\n';
  return EXIT_FAILURE;
}

static llvm::Expected<const tessera::host::Signature *>
pickFunction(llvm::ArrayRef<tessera::host::Signature> functions,
             StringRef wanted) {
  std::string names;
  for (const tessera::host::Signature &function : functions) {
    if (function.function == wanted ||
        (wanted.empty() && functions.size() == 1))
      return &function;
    names += (names.empty() ? "" : ", ") + function.function;
  }
  return llvm::createStringError("--function: " +
                                 (wanted.empty()
                                      ? std::string("name one of several")
                                      : "there is no '" + wanted.str() + "'") +
                                 ": " + names);
}

/// Every result to write is a tensor of the function.
static llvm::Error checkResults(const tessera::host::Signature &signature,
                                const llvm::StringMap<std::string> &results) {
  std::vector<std::string> names;
  for (const tessera::host::SignatureParam &param : signature.params)
    if (param.kind == TESSERA_RT_OUTPUT)
      names.push_back(param.name);
  for (const auto &entry : results) {
    bool known = llvm::any_of(signature.params, [&](const auto &param) {
      return param.name == entry.getKey() && tessera::isTensor(param);
    });
    if (!known)
      return tessera::unknownName("result", entry.getKey(), names);
  }
  return llvm::Error::success();
}

/// A call was refused; mostly for arguments that the user chose.
static int refuse(tessera_error *error) {
  bool usage = tessera_error_code(error) == TESSERA_INVALID_ARGUMENT;
  int code = fail(tessera_error_message(error));
  tessera_error_destroy(error);
  return usage ? tessera::kExitUsage : code;
}

/// A line that is drawn anew, when somebody watches and it takes long.
static void showProgress(unsigned done, unsigned all, Clock::time_point start) {
  bool watched = llvm::sys::Process::StandardErrIsDisplayed();
  if (!watched || Clock::now() - start < std::chrono::seconds(1))
    return;
  unsigned filled = all ? 30 * done / all : 30;
  llvm::errs() << "\r[" << std::string(filled, '#')
               << std::string(30 - filled, ' ') << "] " << done << " of " << all
               << (done == all ? "\n" : "");
}

static void printTimes(std::vector<double> seconds) {
  llvm::sort(seconds);
  llvm::outs() << llvm::format("time     %.3f ms median of %zu, %.3f ms best\n",
                               seconds[seconds.size() / 2] * 1e3,
                               seconds.size(), seconds.front() * 1e3);
}

static void printMemory() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  llvm::outs() << llvm::format("memory   %.1f MiB at the peak\n",
                               usage.ru_maxrss / 1024.0);
}

/// Calls the function and prints what that took.
static int timeCalls(tessera::host::HostJit::PackedEntry entry,
                     tessera::Arguments &arguments, int64_t repeat) {
  std::vector<void *> args = arguments.pack();
  std::vector<double> seconds;
  Clock::time_point start = Clock::now();
  for (int64_t call = 0; call < repeat; ++call) {
    Clock::time_point begin = Clock::now();
    if (tessera_error *error = entry(args.data()))
      return refuse(error);
    seconds.push_back(
        std::chrono::duration<double>(Clock::now() - begin).count());
    showProgress(call + 1, repeat, start);
  }
  printTimes(std::move(seconds));
  if (std::optional<double> density = arguments.density())
    llvm::outs() << llvm::format("density  %.1f %%\n", *density * 100);
  printMemory();
  return EXIT_SUCCESS;
}

static int writeResults(const tessera::host::Signature &signature,
                        const tessera::Arguments &arguments,
                        const llvm::StringMap<std::string> &results) {
  for (auto [index, param] : llvm::enumerate(signature.params)) {
    auto path = results.find(param.name);
    if (path == results.end())
      continue;
    if (tessera::rt::Error error = tessera::npy::write(
            path->getValue(), arguments.array(index).view()))
      return tessera::usageError(kTool, error.message());
  }
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  tessera::hideLibraryOptions();
  tessera::SpecFlags flags;
  cl::list<std::string> inputs(
      "input", cl::value_desc("name=file.npy"),
      cl::desc("Read an argument; tensors that are not read are random. May be "
               "repeated"));
  cl::list<std::string> outputs(
      "output", cl::value_desc("name=file.npy"),
      cl::desc("Write a result, or an argument. May be repeated"));
  cl::list<std::string> dims(
      "dim", cl::value_desc("Sq=4096"),
      cl::desc("Extent that no file gives, of B, H, Hkv, Sq, Skv or another "
               "dimension of the header. May be repeated"));
  cl::list<std::string> scalars(
      "set", cl::value_desc("topk=8"),
      cl::desc("Value of a scalar argument (default: the largest topk, a scale "
               "of 0.125). May be repeated"));
  cl::opt<std::string> function(
      "function", cl::value_desc("name"),
      cl::desc("Which function of the module, if it has several"));
  tessera::Number seed("seed", cl::init(0),
                       cl::desc("Of what is random (default 0)"));
  tessera::Number repeat("repeat", cl::init(1),
                         cl::desc("Calls to time (default 1)"));
  tessera::Number threads("num-threads", cl::init(0),
                          cl::desc("Threads (default 0: one for each core)"));
  if (!tessera::parseCommandLine(
          argc, argv, kTool,
          "Compiles a module, or an attention that flags describe, and runs "
          "it.\n\n"
          "  tessera-run --head-dim 128 --dtype f32 --dim Sq=8192 --dim "
          "Skv=8192 --set topk=13 --repeat 5\n"
          "  tessera-run attention.mlir --input query=q.npy --output "
          "output=o.npy\n"))
    return tessera::kExitUsage;

  tessera::ArgumentChoices choices;
  choices.seed = seed;
  llvm::StringMap<std::string> results;
  if (llvm::Error error = llvm::joinErrors(
          llvm::joinErrors(tessera::parseTexts("input", inputs, choices.files),
                           tessera::parseTexts("output", outputs, results)),
          llvm::joinErrors(
              tessera::parseNumbers("dim", dims, choices.dims),
              tessera::parseNumbers("set", scalars, choices.scalars))))
    return tessera::usageError(kTool, toString(std::move(error)));
  if (repeat < 1)
    return tessera::usageError(kTool, "--repeat: " + llvm::Twine(repeat) +
                                          " calls cannot be timed; write 1 or "
                                          "more");
  int64_t count = std::clamp<int64_t>(threads, INT32_MIN, INT32_MAX);
  if (tessera_error *error = tessera_set_num_threads(count))
    return tessera::usageError(kTool, tessera_error_message(error));

  DialectRegistry registry;
  tessera::registerAllDialects(registry);
  MLIRContext context(registry);
  llvm::Expected<OwningOpRef<ModuleOp>> module = flags.load(context);
  if (!module)
    return tessera::usageError(kTool, toString(module.takeError()));
  if (!*module)
    return EXIT_FAILURE;
  auto levels = tessera::parseCpuLevels("host");
  if (!levels)
    return fail(toString(levels.takeError()));
  tessera::CompileOptions options;
  options.levels = *levels;
  tessera::StageTimes times;
  auto compile = [&](auto step) {
    return tessera::measureStage(&times, "compile", step);
  };
  tessera::HostCompiler compiler(options);
  if (llvm::Error error = compile([&] { return compiler.prepare(**module); }))
    return fail(toString(std::move(error)));
  auto signature = pickFunction(compiler.signatures(), function);
  if (!signature)
    return tessera::usageError(kTool, toString(signature.takeError()));
  // Wrong arguments are found before machine code is made.
  if (llvm::Error error = checkResults(**signature, results))
    return tessera::usageError(kTool, toString(std::move(error)));
  auto arguments = tessera::Arguments::create(**signature, choices);
  if (!arguments)
    return tessera::usageError(kTool, toString(arguments.takeError()));
  auto object = compile([&] { return compiler.buildObject(**module); });
  if (!object)
    return fail(toString(object.takeError()));
  auto jit = compile([&] { return tessera::host::HostJit::create(**object); });
  if (!jit)
    return fail(toString(jit.takeError()));
  auto entry = (*jit)->lookupPacked((*signature)->function);
  if (!entry)
    return fail(toString(entry.takeError()));

  llvm::outs() << llvm::format("compile  %.1f ms\n",
                               times.rows().front().seconds * 1e3);
  if (int code = timeCalls(*entry, *arguments, repeat))
    return code;
  return writeResults(**signature, *arguments, results);
}
