// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Models.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace tessera::bench {

// Grids are what is left after the model's VAE and patches: 81 frames of
// 480x832 in Wan are 21x30x52. How much is kept is what the model's recipe for
// sparse attention says, else 10 %.
static constexpr Model kModels[] = {
    {"vsa-120m", 12, 64, 16, 32, 32, 0, 125,
     "arXiv 2505.13389, ablation: 32 of 256"},
    {"wan-1.3b-448p", 12, 128, 16, 28, 52, 0, 100,
     "Wan2.1-T2V-1.3B, 61x448x832, as arXiv 2505.13389 trains it"},
    {"wan-1.3b-480p", 12, 128, 21, 30, 52, 0, 200,
     "Wan2.1-T2V-1.3B, 81x480x832; FastWan keeps 20 %"},
    {"wan-1.3b-720p", 12, 128, 21, 45, 80, 0, 100,
     "heads of Wan2.1-T2V-1.3B on the 14B's grid; no released model"},
    {"wan-14b-480p", 40, 128, 21, 30, 52, 0, 200, "Wan2.1-T2V-14B, 81x480x832"},
    {"wan-14b-720p", 40, 128, 21, 45, 80, 0, 100,
     "Wan2.1-T2V-14B, 81x720x1280; FastWan-14B keeps 10 %"},
    {"wan-14b-768p", 40, 128, 20, 48, 80, 0, 100,
     "Wan2.1-T2V-14B, 77x768x1280, as arXiv 2505.13389 trains it"},
    {"wan2.2-5b-704p", 24, 128, 31, 22, 40, 0, 200,
     "Wan2.2-TI2V-5B, 121x704x1280; FastWan keeps 20 %"},
    {"hunyuan-540p", 24, 128, 33, 34, 60, 256, 100,
     "HunyuanVideo, 129x544x960"},
    {"hunyuan-720p", 24, 128, 33, 45, 80, 256, 100,
     "HunyuanVideo, 129x720x1280"},
    {"hunyuan-1.5-480p", 16, 128, 31, 30, 53, 0, 100,
     "HunyuanVideo-1.5, 121x480x848; its text left out"},
    {"cogvideox-2b", 30, 64, 13, 30, 45, 226, 100, "CogVideoX-2B, 49x480x720"},
    {"cogvideox-5b", 48, 64, 13, 30, 45, 226, 100, "CogVideoX-5B, 49x480x720"},
    {"fasth3-5s", 56, 128, 37, 24, 42, 714, 100,
     "MiniMax-H3, 124x768x1344; text and sound joined before the video"},
    {"ltx-2", 32, 128, 16, 32, 48, 0, 100, "LTX-2, 121x1024x1536"},
    {"mochi-480p", 24, 128, 28, 30, 53, 0, 100,
     "Mochi 1, 163x480x848; its text left out"},
};

ArrayRef<Model> models() { return kModels; }

/// The extent of cube `i` along a side of the grid.
static int64_t extent(int64_t side, int64_t cube, int64_t i) {
  return std::min(cube, side - i * cube);
}

std::vector<int32_t> cubeSizes(const Model &model, const int64_t (&cube)[3]) {
  std::vector<int32_t> sizes;
  int64_t block = cube[0] * cube[1] * cube[2];
  for (int64_t i : seq(divideCeil(model.text, block)))
    sizes.push_back(extent(model.text, block, i));
  for (int64_t t : seq(divideCeil(model.time, cube[0])))
    for (int64_t h : seq(divideCeil(model.height, cube[1])))
      for (int64_t w : seq(divideCeil(model.width, cube[2])))
        sizes.push_back(extent(model.time, cube[0], t) *
                        extent(model.height, cube[1], h) *
                        extent(model.width, cube[2], w));
  return sizes;
}

static int64_t keptBlocks(const Model &model, const int64_t (&cube)[3]) {
  int64_t blocks = divideCeil(model.time, cube[0]) *
                   divideCeil(model.height, cube[1]) *
                   divideCeil(model.width, cube[2]);
  return divideCeil(blocks * model.keptPermille, 1000);
}

Expected<Problem> problemOf(StringRef name, int64_t queryBlock,
                            int64_t keyBlock) {
  const auto *model =
      find_if(kModels, [&](const Model &m) { return m.name == name; });
  if (model == std::end(kModels))
    return createStringError(
        "--model: there is no '" + name + "'; there are " +
        join(map_range(kModels, [](const Model &m) { return m.name.str(); }),
             ", "));
  if (queryBlock != keyBlock || (queryBlock != 64 && queryBlock != 128))
    return createStringError(
        "--model: '" + name +
        "' has cubes of 64 (4x4x4) or 128 tokens (4x8x4); use --block 64 or "
        "--block 128");
  const int64_t cube[] = {4, queryBlock / 16, 4};
  Problem problem;
  problem.heads = problem.keyHeads = model->heads;
  problem.headDim = model->headDim;
  problem.queryBlock = problem.keyBlock = queryBlock;
  problem.model = name.str();
  std::vector<int32_t> sizes = cubeSizes(*model, cube);
  problem.queryLength = problem.keyLength = sizes.size() * queryBlock;
  problem.topk = keptBlocks(*model, cube);
  if (!all_of(sizes, [&](int32_t size) { return size == queryBlock; }))
    problem.querySizes = problem.keySizes = std::move(sizes);
  return problem;
}

std::string listModels() {
  std::string text = formatv("{0,-17} {1,9} {2,10} {3,6} {4,8} {5,7} {6,5}  "
                             "{7}\n",
                             "model", "heads x D", "grid", "text", "tokens",
                             "blocks", "top-k", "source");
  for (const Model &model : kModels) {
    Problem problem = cantFail(problemOf(model.name, 64, 64));
    std::string heads = formatv("{0}x{1}", model.heads, model.headDim);
    std::string grid =
        formatv("{0}x{1}x{2}", model.time, model.height, model.width);
    text += formatv("{0,-17} {1,9} {2,10} {3,6} {4,8} {5,7} {6,5}  {7}\n",
                    model.name, heads, grid, model.text,
                    model.text + model.time * model.height * model.width,
                    problem.queryBlocks(), problem.topk, model.source);
  }
  return text + "Blocks are cubes of 4x4x4 tokens, those at the edges partly "
                "filled, and text before them.\n";
}

} // namespace tessera::bench
