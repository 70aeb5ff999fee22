// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Partition and unpartition as text; see ModuleText.h.
#include "FunctionText.h"
#include "ModuleText.h"

#include "tessera/Oracle/Random.h"

#include <ostream>

using namespace tessera::oracle;
using llvm::formatv;

namespace tessera::test {

namespace {

/// How both functions state a grid. `extents`, if there are any: B, H, tokens,
/// packed rows and blocks. `scalars`, if there are any: time, height, width,
/// text.
class GridWords {
public:
  GridWords(const PartitionConfig &config, std::vector<int64_t> extents,
            std::vector<int64_t> scalars, uint64_t seed)
      : config(config), extents(std::move(extents)),
        scalars(std::move(scalars)), random(seed) {}

  enum Extent { Batch, Heads, Tokens, Packed, Blocks };
  std::string rows(Extent count) {
    return formatv("tensor<{0}x{1}x{2}x{3}x{4}>", extent(Batch), extent(Heads),
                   extent(count), config.features, elementType(config.element));
  }
  std::string sizes() { return formatv("tensor<{0}xi32>", extent(Blocks)); }

  /// "%x by .. grid(..) text(..)", and the arguments in it.
  std::string clause(FunctionText &f, const std::string &type) {
    f.argument("x", type);
    std::string time = scalar(f, "time", 0), height = scalar(f, "height", 1),
                width = scalar(f, "width", 2);
    std::string text = formatv("%x by #bsa.cube<{0}x{1}x{2}> grid({3}, {4}, "
                               "{5})",
                               config.cube[0], config.cube[1], config.cube[2],
                               time, height, width);
    if (config.text == PartitionConfig::Text::Absent)
      return text;
    bool isPrefix = config.text == PartitionConfig::Text::Prefix;
    return text + " text(" + scalar(f, "text", 3) +
           (isPrefix ? " prefix)" : " suffix)");
  }

private:
  std::string extent(Extent which) {
    return !extents.empty() && random.oneIn(2) ? std::to_string(extents[which])
                                               : "?";
  }
  std::string scalar(FunctionText &f, const std::string &name, size_t which) {
    if (scalars.empty()) {
      std::string given = f.argument(name, "i32");
      return random.oneIn(2) ? computed(f, name, given) : given;
    }
    f.line(formatv("%{0} = arith.constant {1} : i32", name, scalars[which]));
    return "%" + name;
  }

  /// The same number, by arithmetic.
  std::string computed(FunctionText &f, const std::string &name,
                       const std::string &given) {
    f.line(formatv("%{0}_part = arith.constant {1} : i32", name,
                   random.integer(-9, 9)));
    f.line(formatv("%{0}_rest = arith.subi {1}, %{0}_part : i32", name, given));
    f.line(formatv("%{0}_sum = arith.addi %{0}_rest, %{0}_part : i32", name));
    return "%" + name + "_sum";
  }

  const PartitionConfig &config;
  std::vector<int64_t> extents, scalars;
  Random random;
};

} // namespace

static std::string partitionFunctions(GridWords words) {
  FunctionText there("there"), back("back");
  std::string raster = words.rows(GridWords::Tokens),
              packed = words.rows(GridWords::Packed), sizes = words.sizes();
  std::string clause = words.clause(there, raster);
  there.line(formatv("%y, %sizes = bsa.partition {0} : {1} -> {2}, {3}", clause,
                     raster, packed, sizes));
  std::string given = words.rows(GridWords::Packed),
              result = words.rows(GridWords::Tokens);
  clause = words.clause(back, given);
  back.line(
      formatv("%y = bsa.unpartition {0} : {1} -> {2}", clause, given, result));
  return there.finish({"%y", "%sizes"}, {packed, sizes}) +
         back.finish({"%y"}, {result});
}

std::string partitionModule(const PartitionConfig &config) {
  return partitionFunctions({config, {}, {}, 0});
}

std::string partitionModule(const PartitionConfig &config, const Grid &grid,
                            int64_t batch, int64_t heads, bool isConstant,
                            uint64_t seed) {
  int64_t blocks = blockCount(grid.text, grid.volume()) +
                   blockCount(grid.time, grid.cubeTime) *
                       blockCount(grid.height, grid.cubeHeight) *
                       blockCount(grid.width, grid.cubeWidth);
  std::vector<int64_t> scalars;
  if (isConstant)
    scalars = {grid.time, grid.height, grid.width, grid.text};
  return partitionFunctions(
      {config,
       {batch, heads, grid.tokens(), blocks * grid.volume(), blocks},
       scalars,
       seed});
}

void PrintTo(const PartitionConfig &config, std::ostream *out) {
  constexpr const char *kTexts[] = {"no", "prefix", "suffix"};
  *out << formatv("{0}, cube {1}x{2}x{3}, {4} text",
                  elementType(config.element), config.cube[0], config.cube[1],
                  config.cube[2], kTexts[int(config.text)])
              .str();
}

} // namespace tessera::test
