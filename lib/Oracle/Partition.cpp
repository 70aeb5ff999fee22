// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Raster order and block order.
#include "tessera/Oracle/Oracle.h"

#include <algorithm>

using namespace tessera::oracle;

using Blocks = std::vector<std::vector<int64_t>>;

/// The raster tokens of one cube, those inside the grid.
static std::vector<int64_t> cubeTokens(const Grid &grid, int64_t firstTime,
                                       int64_t firstHeight, int64_t firstWidth,
                                       int64_t firstVideo) {
  std::vector<int64_t> tokens;
  for (int64_t t = firstTime; t < firstTime + grid.cubeTime; ++t)
    for (int64_t h = firstHeight; h < firstHeight + grid.cubeHeight; ++h)
      for (int64_t w = firstWidth; w < firstWidth + grid.cubeWidth; ++w)
        if (t < grid.time && h < grid.height && w < grid.width)
          tokens.push_back(firstVideo + (t * grid.height + h) * grid.width + w);
  return tokens;
}

static void addVideo(Blocks &blocks, const Grid &grid) {
  int64_t firstVideo = grid.textFirst ? grid.text : 0;
  for (int64_t t = 0; t < grid.time; t += grid.cubeTime)
    for (int64_t h = 0; h < grid.height; h += grid.cubeHeight)
      for (int64_t w = 0; w < grid.width; w += grid.cubeWidth)
        blocks.push_back(cubeTokens(grid, t, h, w, firstVideo));
}

static void addText(Blocks &blocks, const Grid &grid) {
  int64_t firstText = grid.textFirst ? 0 : grid.tokens() - grid.text;
  for (int64_t begin = 0; begin < grid.text; begin += grid.volume()) {
    int64_t end = std::min(begin + grid.volume(), grid.text);
    std::vector<int64_t> tokens;
    for (int64_t t = begin; t < end; ++t)
      tokens.push_back(firstText + t);
    blocks.push_back(tokens);
  }
}

/// For each block the raster tokens it holds, in order.
static Blocks blockTokens(const Grid &grid) {
  Blocks blocks;
  if (grid.textFirst)
    addText(blocks, grid);
  addVideo(blocks, grid);
  if (!grid.textFirst)
    addText(blocks, grid);
  return blocks;
}

PartitionResult tessera::oracle::partition(const Tensor &input,
                                           const Grid &grid) {
  Blocks blocks = blockTokens(grid);
  int64_t count = int64_t(blocks.size());
  PartitionResult result{Tensor({input.dims[0], input.dims[1],
                                 count * grid.volume(), input.dims[3]}),
                         {{count}, {}}};
  for (int64_t i = 0; i < count; ++i) {
    const std::vector<int64_t> &tokens = blocks[size_t(i)];
    result.sizes.values.push_back(int32_t(tokens.size()));
    for (int64_t b = 0; b < input.dims[0]; ++b)
      for (int64_t h = 0; h < input.dims[1]; ++h)
        for (size_t n = 0; n < tokens.size(); ++n)
          for (int64_t d = 0; d < input.dims[3]; ++d)
            result.output(b, h, i * grid.volume() + int64_t(n), d) =
                input(b, h, tokens[n], d);
  }
  return result;
}

Tensor tessera::oracle::unpartition(const Tensor &input, const Grid &grid) {
  Blocks blocks = blockTokens(grid);
  Tensor result({input.dims[0], input.dims[1], grid.tokens(), input.dims[3]});
  for (size_t i = 0; i < blocks.size(); ++i)
    for (int64_t b = 0; b < input.dims[0]; ++b)
      for (int64_t h = 0; h < input.dims[1]; ++h)
        for (size_t n = 0; n < blocks[i].size(); ++n)
          for (int64_t d = 0; d < input.dims[3]; ++d)
            result(b, h, blocks[i][n], d) =
                input(b, h, int64_t(i) * grid.volume() + int64_t(n), d);
  return result;
}
