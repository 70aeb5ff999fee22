// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tools write: whole or not at all.
#ifndef TESSERA_TOOLS_OUTPUTFILE_H
#define TESSERA_TOOLS_OUTPUTFILE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>
#include <string>

namespace tessera {

/// A file that is written beside its place and moves there when it is kept:
/// until then, and if it never is, what was there stays, the input of the same
/// command even.
class OutputFile {
public:
  /// "-" is standard output. A device or a pipe is written to as it is.
  static llvm::Expected<OutputFile> open(llvm::StringRef path);
  OutputFile(OutputFile &&) = default;
  OutputFile &operator=(OutputFile &&) = default;
  ~OutputFile();

  llvm::raw_ostream &os() { return *stream; }
  /// Whether it is, or is going to be, a file that one can read again.
  bool isRegular() const { return draft != nullptr; }

  /// All of them appear, the first one last; none if one could not be written.
  static llvm::Error keep(llvm::MutableArrayRef<OutputFile> files);

private:
  explicit OutputFile(llvm::StringRef path) : path(path) {}
  llvm::Error openDraft(bool isThere, llvm::sys::fs::perms permissions);
  llvm::Error openDirectly();
  llvm::Error complete();
  llvm::Error appear();
  llvm::Error failure(std::error_code wrong) const;

  std::string path;
  std::string place;                              ///< behind symbolic links
  std::unique_ptr<llvm::sys::fs::TempFile> draft; ///< null: written directly
  std::unique_ptr<llvm::raw_fd_ostream> owned;
  llvm::raw_fd_ostream *stream = nullptr; ///< `owned`, or standard output
};

/// All of it: opens, writes, keeps.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef content);

} // namespace tessera

#endif // TESSERA_TOOLS_OUTPUTFILE_H
