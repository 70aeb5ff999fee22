// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules of `bsa` for a static configuration, as text.
#ifndef TESSERA_TEST_UNIT_ENDTOEND_MODULETEXT_H
#define TESSERA_TEST_UNIT_ENDTOEND_MODULETEXT_H

#include "tessera/Oracle/Oracle.h"
#include "tessera/Oracle/RandomGeometry.h"

#include <iosfwd>
#include <string>

namespace tessera::oracle {
/// How GoogleTest shows a configuration.
void PrintTo(const StaticConfig &config, std::ostream *out);
} // namespace tessera::oracle

namespace tessera::test {

/// @attention(query, key, value, [query sizes, key sizes,] [fine gate,]
///            [coarse gate,] k, [scale])
///   -> output, lse, [coarse,] index, count
/// @scores(query, key, [query sizes, key sizes,] [scale])
///   -> the scores @attention selects by
std::string attentionModule(const oracle::StaticConfig &config);
/// The same for the calls of one geometry alone: a k or scale that is constant
/// is no argument, for one that is computed argumentOf() is.
std::string attentionModule(const oracle::Geometry &geometry,
                            const oracle::Wording &wording);

/// What to pass so that the function computes `number`.
inline int32_t argumentOf(int64_t number) { return int32_t(number + 3); }
inline float argumentOf(float number) { return 2 * number; }

/// One op as a function of its name:
/// @pool(input, [sizes]) -> means, by the query's block
/// @coarse(query, key, value, [key sizes,] [scale]) -> scores, output
/// @select(scores, k, [key sizes]) -> index, count
/// @attend(query, key, value, [query sizes, key sizes,] index, count, [scale])
///   -> output, lse
/// @combine(fine, [coarse,] [fine gate,] [coarse gate,] [query sizes]) ->
/// output Pooled tensors, scores, `fine`, `coarse` and lse are f32, the others
/// of the configuration's type.
std::string pieceModule(const oracle::StaticConfig &config,
                        const std::string &op);
std::string pieceModule(const oracle::Geometry &geometry,
                        const oracle::Wording &wording, const std::string &op);

struct PartitionConfig {
  int64_t cube[3];
  enum class Text { Absent, Prefix, Suffix } text;
  oracle::Element element;
  int64_t features = 32;
};
void PrintTo(const PartitionConfig &config, std::ostream *out);

/// @there(raster, time, height, width, [text]) -> blocks, sizes
/// @back(blocks, time, height, width, [text]) -> raster
std::string partitionModule(const PartitionConfig &config);
/// The same for the calls of one grid alone. Extents are static here and there,
/// and where `isConstant` no scalar is an argument.
std::string partitionModule(const PartitionConfig &config,
                            const oracle::Grid &grid, int64_t batch,
                            int64_t heads, bool isConstant, uint64_t seed);

} // namespace tessera::test

#endif // TESSERA_TEST_UNIT_ENDTOEND_MODULETEXT_H
