// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Records in words.
#ifndef TESSERA_PROGRAM_PRINT_H
#define TESSERA_PROGRAM_PRINT_H

#include "tessera/Program/Program.h"

namespace tessera::program {

/// Where text goes, a piece after the other. Not virtual: tables of virtual
/// functions need the C++ library.
class Output {
public:
  void write(const char *text, size_t length) { writer(*this, text, length); }
  __attribute__((format(printf, 2, 3))) void print(const char *format, ...);

protected:
  using Writer = void(Output &self, const char *text, size_t length);
  explicit Output(Writer *writer) : writer(writer) {}
  ~Output() = default; // owned by nobody who knows it as this

private:
  Writer *writer;
};

/// "ceil(Sq / 64)". What would become longer than a page ends in "..".
void printExpression(const Program &program, Index expression, Output &out);
/// "input, bf16 [B or 1, 12, Sq, 128]", "int32, 0 .. 32".
void printParam(const Program &program, const Param &param, Output &out);
/// "Nq = ceil(Sq / 64)".
void printConstraint(const Program &program, const Constraint &constraint,
                     Output &out);
/// The whole record, a line for each element.
void printProgram(const Program &program, Output &out);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_PRINT_H
