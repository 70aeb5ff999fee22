// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A folder for files on their way.
#ifndef TESSERA_TARGET_PRIVATEFOLDER_H
#define TESSERA_TARGET_PRIVATEFOLDER_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>

namespace tessera {

/// Only this user may look in; gone, with all files, when it is destroyed.
class PrivateFolder {
public:
  static llvm::Expected<PrivateFolder> create() {
    llvm::SmallString<128> path;
    llvm::sys::path::system_temp_directory(/*ErasedOnReboot=*/true, path);
    llvm::sys::path::append(path, "tessera-XXXXXX");
    std::string folder = path.str().str();
    // LLVM's createUniqueDirectory() lets the group in.
    if (!mkdtemp(folder.data())) {
      std::error_code wrong(errno, std::generic_category());
      return llvm::createStringError(
          wrong, "cannot make a folder for temporary files in '" +
                     llvm::sys::path::parent_path(folder) +
                     "': " + wrong.message() +
                     "; name one that can be written in TMPDIR");
    }
    return PrivateFolder(std::move(folder));
  }
  PrivateFolder(PrivateFolder &&other) noexcept
      : folder(std::exchange(other.folder, "")) {}
  PrivateFolder &operator=(PrivateFolder &&) = delete;
  ~PrivateFolder() {
    if (!folder.empty()) [[maybe_unused]]
      std::error_code nobodyToTell = llvm::sys::fs::remove_directories(folder);
  }

  llvm::StringRef path() const { return folder; }
  std::string file(llvm::StringRef name) const {
    llvm::SmallString<128> path(folder);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

private:
  explicit PrivateFolder(std::string folder) : folder(std::move(folder)) {}

  std::string folder; ///< empty once moved from
};

} // namespace tessera

#endif // TESSERA_TARGET_PRIVATEFOLDER_H
