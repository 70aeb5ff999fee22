// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How large buffers are, in arithmetic that stops at a bound instead of
// wrapping around: what no machine has is then asked for and refused.
#ifndef TESSERA_LIB_TARGET_HOST_BUFFERBYTES_H
#define TESSERA_LIB_TARGET_HOST_BUFFERBYTES_H

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace tessera::host {

/// Says how many threads a loop may use: `tessera_num_threads() : i32`.
inline constexpr llvm::StringLiteral kNumThreads = "tessera_num_threads";

/// Buffers begin at cache lines, which are also registers of AVX-512.
inline constexpr int64_t kCacheLineBytes = 64;

/// Sums and products end here. No x86-64 addresses more.
inline constexpr int64_t kMostBytes = int64_t(1) << 56;

/// All values are i64, at most kMostBytes and read as unsigned.
mlir::Value addBytes(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value x, mlir::Value y);
mlir::Value multiplyBytes(mlir::OpBuilder &builder, mlir::Location loc,
                          mlir::Value x, mlir::Value y);

/// The bytes of a buffer of `type`, rounded up to cache lines; `sizes` are its
/// dynamic extents, of type index.
mlir::Value bufferBytes(mlir::OpBuilder &builder, mlir::Location loc,
                        mlir::MemRefType type, mlir::ValueRange sizes);

} // namespace tessera::host

#endif // TESSERA_LIB_TARGET_HOST_BUFFERBYTES_H
