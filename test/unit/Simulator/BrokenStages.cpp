// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one role does to its stages and products.
#include "BrokenPrograms.h"
#include "Chain.h"

using tessera::sim::ReportKind;

namespace tessera::test {

const std::vector<Broken> &brokenStages() {
  static const std::vector<Broken> table = {
      {"WaitForgotten",
       "a ring is not waited for: the product of values reads the stage of the "
       "keys",
       kChain, // the product of values reads the keys' stage
       {{"      %vs = tile.wait %kv[%lane] : !kv\n", ""},
        {"%weights, %vs plus", "%weights, %ks plus"},
        {"      tile.release %vs : !full\n", ""}},
       {ReportKind::NotFull},
       "after its release"},
      {"NoteReadLate",
       "a note is read after the release",
       kChain,
       {{"      %id = tile.note %ks : !full\n", ""},
        {"tile.release %ks after(%id : i32) : !full\n",
         "tile.release %ks : !full\n %id = tile.note %ks : !full\n"}},
       {ReportKind::NotFull},
       "after its release"},
      {"NoteNotGiven",
       "a note is read that was not given",
       kChain,
       {{"tile.release %vs", "%x = tile.note %vs : !full\n tile.release %vs"}},
       {ReportKind::NoNote},
       "acquired with 0"},
      {"ReleasedUnderTheProduct",
       "keys are released before the product that reads them is waited for",
       kChain,
       {{"      tile.release %ks after(%id : i32) : !full\n", ""},
        {"      %scores = tile.mma_wait",
         "      tile.release %ks after(%id : i32) : !full\n      %scores = "
         "tile.mma_wait"}},
       {ReportKind::ReleasedEarly},
       "a product may still read"},
      {"ReleasedTwice",
       "a stage is released twice",
       kChain,
       {{"tile.release %vs : !full",
         "tile.release %vs : !full\n tile.release %vs : !full"}},
       {ReportKind::ReleasedTwice},
       "a second time"},
      {"ReleaseForgotten",
       "a stage is never released",
       kChain,
       {{"      tile.release %vs : !full\n", ""}},
       {ReportKind::Deadlock},
       "waits for ever: to fill stage"},
      {"LastReleaseForgotten",
       "the last stage is not released",
       kChain,
       {{"      tile.release %vs : !full\n",
         "      %next = arith.addi %i, %c1 : index\n"
         "      %goes_on = arith.cmpi slt, %next, %n : index\n"
         "      scf.if %goes_on {\n tile.release %vs : !full\n }\n"}},
       {ReportKind::Unreleased},
       "has not released stage 1 (filling 9) of lane"},
      {"FilledTwice",
       "a stage is filled twice",
       kChain,
       {{"tile.commit %entry : !tile.free<none>",
         "tile.commit %entry : !tile.free<none>\n"
         "tile.commit %entry : !tile.free<none>"}},
       {ReportKind::Overwrite},
       "filled 2 times"},
      {"FilledTwiceUnseen",
       "a stage is filled twice, handed through a branch",
       kChain, // a stage handed through a region
       {{"%entry = tile.acquire %ids[%c0] note(%id) : !ids",
         "%entry = scf.if %true -> !tile.free<none> {\n"
         "  %taken = tile.acquire %ids[%c0] note(%id) : !ids\n"
         "  scf.yield %taken : !tile.free<none>\n"
         "} else {\n"
         "  %taken = tile.acquire %ids[%c0] note(%id) : !ids\n"
         "  scf.yield %taken : !tile.free<none>\n"
         "}\n"
         "tile.commit %entry : !tile.free<none>"}},
       {ReportKind::Overwrite},
       "is handed on"},
      {"FilledWithoutAcquire",
       "one stage is filled in every round",
       kChain, // one stage for all the list
       {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
         "    %none = arith.constant 0 : i32\n"
         "    %entry = tile.acquire %ids[%c0] note(%none) : !ids\n"
         "    scf.for %i = %c0 to %n step %c1 {\n      %id"},
        {"      %entry = tile.acquire %ids[%c0] note(%id) : !ids\n", ""}},
       {ReportKind::Overwrite},
       "filled in another block"},
      {"NeverFilled",
       "a stage is acquired and not filled",
       kChain,
       {{"      tile.load %v[%c0, %lane, %token] into %vs : !map\n", ""}},
       {ReportKind::Deadlock, ReportKind::NoNote},
       "filled 0 times"},
      {"NeverFilledUnseen",
       "a stage is acquired in a branch and not filled",
       kChain,
       {{"    %zero = arith",
         "    %spare = scf.if %true -> !tile.free<64x64xbf16, swizzle = 128> "
         "{\n"
         "      %s = tile.acquire %spares[%lane] : !kv\n"
         "      scf.yield %s : !tile.free<64x64xbf16, swizzle = 128>\n"
         "    } else {\n"
         "      %s = tile.acquire %spares[%lane] : !kv\n"
         "      scf.yield %s : !tile.free<64x64xbf16, swizzle = 128>\n"
         "    }\n"
         "    %zero = arith"},
        {"%kv = tile.make_ring",
         "%spares = tile.make_ring : !kv\n  %kv = tile.make_ring"}},
       {ReportKind::Unfilled},
       "is handed on"},
      {"ProductDropped",
       "a product is never waited for",
       kChain,
       {{"      %sum_out = tile.mma_wait %sum_pending : !pending\n", ""},
        {"scf.yield %sum_out", "scf.yield %sum_in"},
        {"tile.release %vs : !full", ""}},
       {ReportKind::Deadlock},
       "not waited for once in this block"},
      {"ProductDroppedUnseen",
       "a product is waited for in all rounds but the last",
       kChain,
       {{"%sum_pending = tile.mma %weights",
         "%p = scf.if %true -> !pending {\n %sum_pending = tile.mma %weights"},
        {"      %sum_out = tile.mma_wait %sum_pending : !pending\n",
         "        scf.yield %sum_pending : !pending\n"
         "      } else {\n"
         "        %other = tile.mma %weights, %vs\n"
         "            : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, "
         "#acc>\n"
         "        scf.yield %other : !pending\n"
         "      }\n"},
        {"scf.yield %sum_out", "scf.yield %sum_in"},
        {"      tile.release %vs : !full\n",
         "      %last = arith.addi %i, %c1 : index\n"
         "      %goes_on = arith.cmpi slt, %last, %n : index\n"
         "      scf.if %goes_on {\n"
         "        %got = tile.mma_wait %p : !pending\n"
         "        tile.release %vs : !full\n"
         "      }\n"}},
       {ReportKind::DroppedWork},
       "not waited for once in this block"},
      {"StoreNotWaitedFor",
       "a role ends before its store is written",
       kChain,
       {{"    tile.store_wait\n", ""}},
       {ReportKind::DroppedWork},
       "tile.store_wait"},
      {"ReleasedUnderALaterProduct",
       "a stage is released when one of two products that read it has been "
       "waited for",
       kChain,
       {{"      %scores = tile.mma_wait %scores_pending : !pending\n",
         "      %again = tile.mma %query, %ks transposed\n"
         "          : tensor<64x64xbf16, #lhs>, !full -> tensor<64x64xf32, "
         "#acc>\n"
         "      %scores = tile.mma_wait %scores_pending : !pending\n"},
        {"      tile.release %ks after(%id : i32) : !full\n",
         "      tile.release %ks after(%id : i32) : !full\n"
         "      %twice = tile.mma_wait %again : !pending\n"}},
       {ReportKind::ReleasedEarly},
       "a product may still read"},
      {"ReleasedTheOtherRing",
       "a stage of another ring is released",
       kChain,
       {{"    tile.release %qs after(%query : tensor<64x64xbf16, #lhs>) : "
         "!full\n",
         ""},
        {"tile.release %vs : !full", "tile.release %qs : !full"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"QueryReadLate",
       "a stage is read into registers after its release",
       kChain,
       {{"    %query = tile.load_fragment %qs : !full -> tensor<64x64xbf16, "
         "#lhs>\n    tile.release %qs after(%query : tensor<64x64xbf16, "
         "#lhs>) : !full\n",
         "    tile.release %qs : !full\n    %query = tile.load_fragment %qs : "
         "!full -> tensor<64x64xbf16, #lhs>\n"}},
       {ReportKind::NotFull},
       "after its release"},
      {"FragmentReleasedEarly",
       "a stage is released while it is read into registers, which a product "
       "uses later",
       kChain,
       {{"%qs after(%query : tensor<64x64xbf16, #lhs>) :", "%qs :"}},
       {ReportKind::ReleasedEarly},
       "a load into registers may still read"},
      {"FragmentOfNoSteps",
       "the same, but for the first product, which an empty list does not have",
       kChain,
       {{"    tile.release %qs after(%query : tensor<64x64xbf16, #lhs>) : "
         "!full\n",
         ""},
        {"    %rounded = arith", "    tile.release %qs : !full\n"
                                 "    %rounded = arith"}},
       {},
       ""},
      {"NoteReleasedEarly",
       "a stage is released while its note is read",
       kChain,
       {{"      tile.release %ks after(%id : i32) :",
         "      tile.release %ks :"}},
       {ReportKind::ReleasedEarly},
       "a load into registers may still read"},
      {"ReleasedInShortLists",
       "a stage is not released in round 7, and the lists tried are shorter",
       kChain,
       {{"      tile.release %vs : !full\n",
         "      %c7 = arith.constant 7 : index\n"
         "      %gives = arith.cmpi ne, %i, %c7 : index\n"
         "      scf.if %gives {\n tile.release %vs : !full\n }\n"}},
       {},
       ""},
      {"ReleasedByLuck",
       "a stage is released if the data say so",
       kChain,
       {{"      tile.release %vs : !full\n",
         "      %most = tile.row_reduce max %scores : tensor<64x64xf32, #acc>\n"
         "      %none = arith.constant dense<0.0> : tensor<64xf32, "
         "#tile.layout<row>>\n"
         "      %positive = arith.cmpf ogt, %most, %none : tensor<64xf32, "
         "#tile.layout<row>>\n"
         "      %gives = tile.any %positive : tensor<64xi1, "
         "#tile.layout<row>>\n"
         "      scf.if %gives {\n tile.release %vs : !full\n }\n"}},
       {},
       ""},
  };
  return table;
}

} // namespace tessera::test
