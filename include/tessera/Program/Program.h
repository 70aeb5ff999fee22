// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A record that has been looked at: its tables as spans, without a copy.
#ifndef TESSERA_PROGRAM_PROGRAM_H
#define TESSERA_PROGRAM_PROGRAM_H

#include "tessera/Program/Record.h"
#include "tessera/Runtime/Expected.h"

#include <cstddef>
#include <span>

namespace tessera::program {

using rt::Error;
using rt::Expected;

/// Most elements of a table that a reader accepts, so that no record makes it
/// work for long.
inline constexpr uint32_t kMostElements = 4096;
inline constexpr uint32_t kMostStringBytes = 1 << 20;
inline constexpr size_t kRecordAlignment = 8; // bytes

/// Does not own the record, which must outlive it.
class Program {
public:
  /// The record at the beginning of `bytes`, every field of which is checked;
  /// what has been opened can be used without a look. An error says what is
  /// wrong with it.
  static Expected<Program> open(std::span<const std::byte> bytes);
  /// One that the compiler has put into this very process.
  static Program trust(const void *record) {
    return Program(static_cast<const Header *>(record));
  }

  const Header &header() const { return *head; }
  const char *function() const { return text(head->function); }
  const char *chip() const { return text(head->chip); }
  bool isForHost() const;
  /// Ends with 0.
  const char *text(Text offset) const {
    return table<char>(head->strings).data() + offset;
  }

  std::span<const Expression> expressions() const {
    return table<Expression>(head->expressions);
  }
  std::span<const Symbol> symbols() const {
    return table<Symbol>(head->symbols);
  }
  std::span<const Param> params() const { return table<Param>(head->params); }
  std::span<const Constraint> constraints() const {
    return table<Constraint>(head->constraints);
  }
  std::span<const Buffer> buffers() const {
    return table<Buffer>(head->buffers);
  }
  std::span<const Map> maps() const { return table<Map>(head->maps); }
  std::span<const Operand> operands() const {
    return table<Operand>(head->operands);
  }
  std::span<const Action> actions() const {
    return table<Action>(head->actions);
  }
  std::span<const Edge> edges() const { return table<Edge>(head->edges); }
  std::span<const Step> steps() const { return table<Step>(head->steps); }
  std::span<const Kernel> kernels() const {
    return table<Kernel>(head->kernels);
  }
  std::span<const Image> images() const { return table<Image>(head->images); }
  std::span<const Fact> facts() const { return table<Fact>(head->facts); }

  std::span<const Operand> operands(const Action &action) const {
    return part(operands(), action.operands);
  }
  std::span<const Action> actions(const Step &step) const {
    return part(actions(), step.actions);
  }
  std::span<const Edge> after(const Step &step) const {
    return part(edges(), step.after);
  }
  std::span<const Fact> facts(Range range) const {
    return part(facts(), range);
  }

  /// Parameters that a caller passes: all that are not computed.
  size_t argumentCount() const;

  std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte *>(head), head->bytes};
  }

private:
  explicit Program(const Header *head) : head(head) {}

  template <typename T>
  std::span<const T> table(Table where) const {
    const auto *first = reinterpret_cast<const std::byte *>(head);
    return {reinterpret_cast<const T *>(first + where.offset), where.count};
  }
  template <typename T>
  static std::span<const T> part(std::span<const T> all, Range range) {
    return all.subspan(range.first, range.count);
  }

  const Header *head;
};

inline bool isTensor(const Param &param) {
  return param.kind == ParamKind::Input || param.kind == ParamKind::Output;
}
inline bool isComputed(const Param &param) {
  return param.kind == ParamKind::ComputedI32 ||
         param.kind == ParamKind::ComputedF32;
}

/// Of a whole record, as Header::hash has it.
uint64_t hashOf(std::span<const std::byte> record);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_PROGRAM_H
