// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The record of a compiled function: what a call must hold, what it takes of
// memory, and the steps that carry it out, on the host or on a GPU. Plain data
// that holds offsets and indices alone, so that it may lie anywhere: in an
// object, in a bundle, in a cache. docs/program.md describes it; this is its
// layout, little-endian, each table aligned to 8 bytes.
#ifndef TESSERA_PROGRAM_RECORD_H
#define TESSERA_PROGRAM_RECORD_H

#include "tessera-c/Runtime.h"

#include <cstddef>
#include <cstdint>

namespace tessera::program {

/// Both change together until 1.0: a reader takes its own version alone.
inline constexpr uint16_t kMajorVersion = 0, kMinorVersion = 1;
inline constexpr char kMagic[8] = {'t', 'e', 's', 's', 'e', 'r', 'a', '\0'};
/// As the writer's processor has it in memory.
inline constexpr uint32_t kByteOrder = 0x01020304;

/// Index of an expression, parameter, .. ; kNone: there is none.
using Index = int32_t;
inline constexpr Index kNone = -1;

/// Offset of a string that ends with 0, in the table of strings; 0: "".
using Text = uint32_t;

/// `count` elements from `offset` on, in bytes from the record's first.
struct Table {
  uint32_t offset, count;
};
/// `count` elements of a table.
struct Range {
  uint32_t first, count;
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

/// Integers of 64 bits, computed from a call and a device. An overflow or a
/// division by 0 is an error of the call that needs the value. Operands come
/// before the expressions that have them.
enum class ExpressionKind : int32_t {
  Constant, ///< value
  Symbol,   ///< symbol a
  Stride,   ///< of parameter a in dimension b, in elements; 0 where all read
            ///< the one element there is
  Device,   ///< DeviceNumber a; of kernel b, where that says so
  Add,      ///< a + b
  Multiply, ///< a * b
  CeilDiv,  ///< a / b, rounded up
  FloorDiv, ///< a / b, rounded down
  Minimum,  ///< of a and b
  Maximum,
  Less,   ///< 1 if a < b, else 0
  Select, ///< b if a is not 0, else c
  Within  ///< a, which must be of NumberRange b
};

struct Expression {
  ExpressionKind kind;
  Index a, b, c;
  int64_t value;
};

/// What a device has, or a context of it.
enum class DeviceNumber : int32_t {
  Multiprocessors, ///< that the context may use
  L2Bytes,
  CpuLevel, ///< as tessera_cpu_level()
  Threads,  ///< as tessera_num_threads()
  /// CTAs of kernel b that the context holds at a time.
  ResidentCtas,
  WorkspaceBytes ///< that the caller grants
};
inline constexpr int32_t kDeviceNumbers = 6;

/// Where arithmetic of a smaller type would leave the integers.
enum class NumberRange : int32_t {
  Signed32,  ///< -2^31 .. 2^31 - 1
  Natural32, ///< 0 .. 2^31 - 1
  Natural64  ///< 0 .. 2^63 - 1
};
inline constexpr int32_t kNumberRanges = 3;

//===----------------------------------------------------------------------===//
// The signature
//===----------------------------------------------------------------------===//

/// A number that a call determines: "Skv", and what it counts, "rows", or "".
struct Symbol {
  Text name, noun;
};

enum class ParamKind : int32_t {
  Input,     ///< a tensor that is read
  Output,    ///< a tensor that is written
  ScalarI32, ///< minimum <= value <= maximum
  ScalarF32,
  /// Computed from the arguments by the function itself before anything else:
  /// no arguments of a call, and behind all that are.
  ComputedI32,
  ComputedF32
};

/// Bits of Param::flags.
enum ParamFlags : int32_t {
  /// A tensor [N] is taken as [1, N].
  kMayLackFirstDim = 1,
  /// An f32 is finite and above 0.
  kPositive = 2
};

struct Param {
  Text name;
  Text hint; ///< what to do if it is refused; "": what errors end with
  ParamKind kind;
  int32_t dtype; ///< of tensors
  int32_t rank;  ///< of tensors
  int32_t flags;
  int32_t broadcast; ///< bit d: dimension d may also be 1
  /// Tensors: an expression for each dimension, a constant or a symbol.
  Index dims[TESSERA_MAX_RANK];
  Index symbol;             ///< that takes an i32 scalar's value, or none
  int64_t minimum, maximum; ///< of i32 scalars
};

enum class ConstraintKind : int32_t {
  Equal,     ///< target == value
  Multiple,  ///< target is a multiple of value
  Within,    ///< minimum <= target <= maximum
  Broadcast, ///< dimension `dim` of tensor `param` is 1 or value
  /// Tensor `param`, int32 [B, N], holds the valid rows of each block, for
  /// `value` rows in blocks of `maximum`. What is not known is INT64_MAX, and
  /// INT32_MAX for a block.
  Sizes,
  /// Tensor `param` is an index int32 [B, H, Nq, capacity]; its counts are
  /// `other`, a tensor int32 [B, H, Nq], or else `target`, for all lists; of
  /// none of them, all entries count. Ids are 0 .. value - 1 and distinct;
  /// kUnknownBlocks: how many blocks there are is not known.
  Lists,
  Dense, ///< tensor `param` has no gaps, and fewer than 2^31 elements
  Copied ///< address and strides of tensor `param` are multiples of 16 bytes
};
inline constexpr int32_t kConstraintKinds = 8;

/// Bits of Constraint::flags.
enum ConstraintFlags : int32_t {
  kDefines = 1,   ///< an Equal whose target, a symbol, may be known by it alone
  kReads = 2,     ///< needs what a tensor holds
  kAscending = 4, ///< Lists: ids rise
};

inline constexpr int64_t kUnknownBlocks = INT32_MAX;

/// Checked in order, after all parameters.
struct Constraint {
  ConstraintKind kind;
  int32_t flags;
  Index param, other, dim;
  Index target, value;
  /// What is said of an Equal or Within that does not hold, behind the name of
  /// the function. {t} and {v} are target and value, {7} expression 7, and {7d}
  /// what it counts and where it is from.
  Text message;
  int64_t minimum, maximum;
};

//===----------------------------------------------------------------------===//
// Memory and steps
//===----------------------------------------------------------------------===//

/// A part of the workspace, from the first step that uses it to the last.
struct Buffer {
  Text name;
  Index bytes, offset;
  Index firstStep, lastStep;
};

/// What is at an address: a tensor of the call, a buffer, or the word in which
/// a device keeps the first offence that it finds.
enum class MemoryKind : int32_t { Param, Buffer, ErrorWord };
struct Memory {
  MemoryKind kind;
  Index index;
};

inline constexpr int32_t kMaxMapRank = 5;

/// A tensor map, the innermost dimension first. A dimension without elements
/// counts as one: nothing is read through it.
struct Map {
  Text name;
  Memory memory;
  int32_t dtype, rank;
  int32_t swizzleBytes;   ///< 0, 32, 64 or 128
  int32_t promotionBytes; ///< that L2 fetches: 0, 64, 128 or 256
  Index dims[kMaxMapRank];
  Index strides[kMaxMapRank - 1]; ///< of dimensions 1 .., in elements
  int32_t box[kMaxMapRank];
};

enum class OperandKind : int32_t {
  Map,        ///< index
  Address,    ///< of memory
  I32,        ///< value
  F32,        ///< of parameter `index`, a scalar
  ConstantF32 ///< whose bits are `bits`
};

struct Operand {
  Text name;
  OperandKind kind;
  Memory memory;
  Index index;
  Index value;
  uint32_t bits;
};

enum class ActionKind : int32_t {
  Nothing,
  Launch, ///< of kernel `kernel`, with these operands
  Zero,   ///< fills `to`
  Copy,   ///< of `from` to `to`, tensors of one shape
  Call    ///< of the function for the host
};

/// Bits of Action::flags.
enum ActionFlags : int32_t {
  kCooperative = 1, ///< its CTAs wait for one another
  kEarlyStart = 2   ///< may begin before the steps it may overlap have ended
};

/// One way to carry out a step.
struct Action {
  ActionKind kind;
  int32_t flags;
  Index kernel;
  Range operands;
  Index grid[3];
  Index threads, sharedBytes;
  Index cluster; ///< CTAs, or none
  Memory from, to;
};

/// That a step waits for another, or, where it mayOverlap, for its first part.
struct Edge {
  Index step;
  int32_t mayOverlap;
};

struct Step {
  Text name;
  Range actions;
  Index choice;   ///< which of them; none: the first
  Range after;    ///< edges
  int32_t stream; ///< 0: the caller's; others beside it
};

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

enum class ImageKind : int32_t { Cubin, Ptx, Host };

/// Code that lies beside the record: whoever holds it resolves its number.
struct Image {
  ImageKind kind;
  int32_t leastDriver; ///< 12080 for 12.8; 0 on the host
  uint64_t bytes;
  uint64_t hash[2]; ///< XXH3, 128 bits
};

struct Kernel {
  Text name; ///< its symbol
  Text plan;
  Index cubin, ptx; ///< images
  Range facts;      ///< registers, spills, assembler, ..
};

/// A word or a number by name.
struct Fact {
  Text name, text; ///< text "": a number
  int64_t number;
};

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

struct Header {
  char magic[8];
  uint32_t byteOrder;
  uint16_t major, minor;
  uint64_t bytes; ///< of the whole record
  uint64_t hash;  ///< of all that follows, XXH3

  Text function;
  Text chip; ///< "sm_90a"; "host"
  int32_t leastCpuLevel;
  Index leastWorkspace, bestWorkspace; ///< bytes, expressions
  /// What a program is found by: operation, element type, head dimension, ..
  Range key;
  Range evidence; ///< how it was made, what was seen
  Range refusals; ///< of kernels that were not taken: name and reason
  uint32_t reserved;

  Table strings; ///< bytes
  Table expressions, symbols, params, constraints;
  Table buffers, maps, operands, actions, edges, steps;
  Table kernels, images, facts;
};

/// Where that begins.
inline constexpr size_t kHashedFrom = offsetof(Header, function);

// The layout is an interface.
static_assert(sizeof(Expression) == 24);
static_assert(sizeof(Symbol) == 8);
static_assert(sizeof(Param) == 72);
static_assert(sizeof(Constraint) == 48);
static_assert(sizeof(Buffer) == 20);
static_assert(sizeof(Map) == 84);
static_assert(sizeof(Operand) == 28);
static_assert(sizeof(Action) == 60);
static_assert(sizeof(Edge) == 8);
static_assert(sizeof(Step) == 28);
static_assert(sizeof(Image) == 32);
static_assert(sizeof(Kernel) == 24);
static_assert(sizeof(Fact) == 16);
static_assert(sizeof(Header) == 192);

} // namespace tessera::program

#endif // TESSERA_PROGRAM_RECORD_H
