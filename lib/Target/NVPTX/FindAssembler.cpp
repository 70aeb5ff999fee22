// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where a ptxas may be, and which of them to use.
#include "ChildProcess.h"
#include "tessera/Target/NVPTX/Assembler.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace llvm;

namespace tessera::nvptx {

static std::string inFolder(StringRef folder, const Twine &rest) {
  SmallString<128> path = folder;
  sys::path::append(path, rest);
  return path.str().str();
}

/// The entries of `folder` by name, whose order does not depend on the disk.
static std::vector<std::string> entriesOf(StringRef folder) {
  std::vector<std::string> entries;
  std::error_code error;
  for (sys::fs::directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error))
    entries.push_back(entry->path());
  llvm::sort(entries);
  return entries;
}

std::vector<std::string> sitePackagesOf(StringRef python) {
  std::vector<std::string> folders;
  StringRef prefix = sys::path::parent_path(sys::path::parent_path(python));
  if (prefix.empty())
    return folders;
  for (const std::string &folder : entriesOf(inFolder(prefix, "lib"))) {
    if (!sys::path::filename(folder).starts_with("python3"))
      continue;
    for (StringRef packages : {"site-packages", "dist-packages"})
      if (sys::fs::is_directory(inFolder(folder, packages)))
        folders.push_back(inFolder(folder, packages));
  }
  return folders;
}

std::vector<std::string> sitePackagesHere() {
  std::vector<std::string> folders;
  if (ErrorOr<std::string> python = sys::findProgramByName("python3"))
    folders = sitePackagesOf(*python);
  for (const std::string &folder : sitePackagesOf("/usr/local/bin/python3"))
    if (!is_contained(folders, folder))
      folders.push_back(folder);
  return folders;
}

static AssemblerPlace placeOnPath() {
  AssemblerPlace place{"PATH", {}};
  SmallVector<StringRef> folders;
  std::string path = sys::Process::GetEnv("PATH").value_or("");
  StringRef(path).split(folders, ':', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
  for (StringRef folder : folders)
    place.files.push_back(inFolder(folder, "ptxas"));
  return place;
}

static void addPackages(StringRef packages,
                        std::vector<AssemblerPlace> &places) {
  // The folder is cu13 in wheels of CUDA 13, cuda_nvcc in those of CUDA 12.
  AssemblerPlace wheel{"NVIDIA's wheel in " + packages.str(), {}};
  for (const std::string &folder : entriesOf(inFolder(packages, "nvidia")))
    wheel.files.push_back(inFolder(folder, "bin/ptxas"));
  places.push_back(std::move(wheel));
  places.push_back({"Triton in " + packages.str(),
                    {inFolder(packages, "triton/backends/nvidia/bin/ptxas")}});
}

std::vector<AssemblerPlace>
assemblerPlaces(StringRef file, ArrayRef<std::string> sitePackages) {
  if (!file.empty())
    return {{"the file named", {file.str()}}};
  if (auto named = sys::Process::GetEnv("TESSERA_PTXAS"))
    return {{"TESSERA_PTXAS", {*named}}};
  std::vector<AssemblerPlace> places = {placeOnPath()};
  if (auto cuda = sys::Process::GetEnv("CUDA_HOME"))
    places.push_back({"CUDA_HOME", {inFolder(*cuda, "bin/ptxas")}});
  places.push_back({"/usr/local/cuda/bin", {"/usr/local/cuda/bin/ptxas"}});
  for (const std::string &packages : sitePackages)
    addPackages(packages, places);
  return places;
}

std::string Assembler::describe() const {
  return "ptxas " + version.getAsString() + " (" + path + ", from " + place +
         ")";
}

/// `ptxas --version` ends in `Cuda compilation tools, release 13.0, V13.0.88`.
static VersionTuple parseVersion(StringRef text) {
  VersionTuple version;
  StringRef number = text.split(", V").second;
  version.tryParse(
      number.take_while([](char c) { return isDigit(c) || c == '.'; }));
  return version;
}

/// The version of the ptxas at `path`, or why it cannot assemble for `chip`.
static Expected<VersionTuple> probe(const std::string &path, const Chip &chip,
                                    const PrivateFolder &folder) {
  auto refuse = [&](const Twine &reason) {
    return createStringError(inconvertibleErrorCode(), path + reason);
  };
  Expected<ProgramAnswer> answer = runProgram(path, {"--version"}, folder);
  if (!answer)
    return answer.takeError();
  VersionTuple version = parseVersion(answer->text);
  if (answer->exitCode != 0 || version.empty())
    return refuse(" does not say its version as ptxas does");
  if (version < chip.oldestPtxas)
    return refuse(" is version " + version.getAsString() + ", and " +
                  chip.name + " needs " + chip.oldestPtxas.getAsString());
  return version;
}

static Error nothingFound(ArrayRef<AssemblerPlace> places, StringRef rejected,
                          const Chip &chip) {
  std::string names = llvm::join(
      llvm::map_range(places, [](auto &place) { return place.name; }), ", ");
  return createStringError(
      inconvertibleErrorCode(),
      "no ptxas to make a cubin with; looked at " + names + rejected +
          "; install NVIDIA's wheel (pip install nvidia-cuda-nvcc) or the CUDA "
          "toolkit, " +
          chip.oldestPtxas.getAsString() +
          " or newer, or name the file in TESSERA_PTXAS; PTX needs none");
}

Expected<Assembler> findAssembler(ArrayRef<AssemblerPlace> places,
                                  const Chip &chip) {
  Expected<PrivateFolder> folder = PrivateFolder::create();
  if (!folder)
    return folder.takeError();
  std::string rejected;
  for (const AssemblerPlace &place : places) {
    for (const std::string &path : place.files) {
      if (!sys::fs::can_execute(path))
        continue;
      Expected<VersionTuple> version = probe(path, chip, *folder);
      if (version)
        return Assembler{path, place.name, *version};
      rejected += "; " + toString(version.takeError());
    }
  }
  return nothingFound(places, rejected, chip);
}

} // namespace tessera::nvptx
