// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How roles go together, and what is wrong with a program besides.
#include "BrokenPrograms.h"
#include "Chain.h"
#include "Redo.h"

using tessera::sim::ReportKind;

namespace tessera::test {

const std::vector<Broken> &brokenRoles() {
  static const std::vector<Broken> table = {
      {"LaneReadByAnother",
       "an agent waits for the lane of another",
       kChain,
       {{"%vs = tile.wait %kv[%lane]", "%vs = tile.wait %kv[%c0]"}},
       {ReportKind::Divergence, ReportKind::NoNote},
       ""},
      {"LaneFilledByAnother",
       "two agents fill a lane",
       kChain,
       {{"%vs = tile.acquire %kv[%lane]", "%vs = tile.acquire %kv[%c0]"}},
       {ReportKind::Divergence, ReportKind::NoNote, ReportKind::Deadlock},
       ""},
      {"LaneThatIsNone",
       "an agent waits for a lane that does not exist",
       kChain,
       {{"%vs = tile.wait %kv[%lane]", "%vs = tile.wait %kv[%c2]"}},
       {ReportKind::OutOfBounds},
       "takes lane 2 of a ring that has 2"},
      {"OneReaderTooMany",
       "another role reads a lane once",
       kChain,
       {{"    %zero = arith", "    %entry = tile.wait %ids[%c0] : !ids\n"
                              "    tile.release %entry : !tile.full<none>\n"
                              "    %zero = arith"}},
       {ReportKind::Divergence},
       "2 readers to a lane"},
      {"ConsumerSkipsABlock",
       "a consumer goes round once less than its loader",
       kChain,
       {{"%sum = scf.for %i = %c0 to", "%sum = scf.for %i = %c1 to"}},
       {ReportKind::Unread},
       "not every reader has met stage 0 (filling 8)"},
      {"ConsumerSkipsAStage",
       "a consumer skips a stage, and takes keys for values",
       kChain, // keys are then taken for values
       {{"      %vs = tile.wait %kv[%lane] : !kv\n",
         "      %first = arith.cmpi eq, %i, %c0 : index\n"
         "      scf.if %first {\n"
         "        %skipped = tile.wait %kv[%lane] : !kv\n"
         "        tile.release %skipped : !full\n"
         "      }\n"
         "      %vs = tile.wait %kv[%lane] : !kv\n"}},
       {ReportKind::NoNote},
       "acquired with 0"},
      {"ProducerOneShort",
       "a producer goes round once less than its readers",
       kChain,
       {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
         "    scf.for %i = %c1 to %n step %c1 {\n      %id"}},
       {ReportKind::Deadlock},
       "waits for ever: for stage 0 (filling 4)"},
      {"ProducerOneLong",
       "a producer goes round once more than its readers",
       kChain,
       {{"    scf.for %i = %c0 to %n step %c1 {\n      %entry",
         "    %more = arith.addi %n, %c1 : index\n"
         "    scf.for %i = %c0 to %more step %c1 {\n      %entry"}},
       {ReportKind::Deadlock},
       "5 have been acquired"},
      {"ListReadBeyondItsEnd",
       "a list is read past its end",
       kChain,
       {{"    scf.for %i = %c0 to %n step %c1 {\n      %id",
         "    scf.for %i = %c1 to %n step %c1 {\n      %i1 = arith.addi %i, "
         "%c1 "
         ": index\n      %id"},
        {"memref.load %list[%i]", "memref.load %list[%i1]"}},
       {ReportKind::OutOfBounds},
       "index 0 is 5, outside 0 .. 4"},
      {"StoredToNoHead",
       "a tile is stored where there is no tensor",
       kChain,
       {{"to %o[%c0, %lane, %c0]", "to %o[%c0, %c2, %c0]"}},
       {ReportKind::OutOfBounds},
       "stores to where nothing exists: index 1 is 2, outside 0 .. 1"},
      {"StoredThroughNoLane",
       "a tile is stored through a lane that does not exist",
       kChain,
       {{"through %staging[%lane]", "through %staging[%c2]"}},
       {ReportKind::OutOfBounds},
       "takes lane 2 of a staging that has 2"},
      {"DividesByZero",
       "a division by zero",
       kChain,
       {{"%token = arith.muli %j, %c64", "%token = arith.divui %c64, %j"}},
       {ReportKind::Undefined},
       "divides by 0"},
      {"StepsByZero",
       "a loop steps by zero",
       kChain,
       {{"%sum = scf.for %i = %c0 to %n step %c1",
         "%sum = scf.for %i = %c0 to %n step %c0"}},
       {ReportKind::Undefined},
       "steps by 0"},
      {"UnknownOperation",
       "an operation that the simulator does not know",
       kChain,
       {{"    %zero = arith", "    %x = arith.constant 1.0 : f32\n"
                              "    %y = math.cbrt %x : f32\n"
                              "    %zero = arith"}},
       {ReportKind::Unsupported},
       "cannot simulate 'math.cbrt'"},
      {"Endless",
       "a loop that never ends",
       kChain,
       {{"    %zero = arith", "    scf.while : () -> () {\n"
                              "      scf.condition(%true)\n"
                              "    } do {\n"
                              "      scf.yield\n"
                              "    }\n"
                              "    %zero = arith"}},
       {ReportKind::Endless},
       "has not ended after 100000 operations"},
      {"OneLoaderSkips",
       "one of two readers skips the first entry of a list and is early for "
       "all others",
       kChain,
       {{"    scf.for %i = %c0 to %n step %c1 {\n      %entry = tile.wait",
         "    scf.for %i = %lane to %n step %c1 {\n      %entry = tile.wait"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"ReadersMiscounted",
       "the ring's type says one reader where there are two",
       kChain,
       {{"!tile.ring<2 x none, readers = 2>", "!tile.ring<2 x none>"}},
       {ReportKind::Divergence},
       "1 readers to a lane"},
      {"HeldTooLong",
       "a consumer holds the only stage while it waits for the next",
       kChain,
       {{"!tile.ring<2 x 64x64xbf16", "!tile.ring<1 x 64x64xbf16"},
        {"      tile.release %ks after(%id : i32) : !full\n", ""},
        {"tile.release %vs : !full", "tile.release %ks after(%id : i32) : "
                                     "!full\n tile.release %vs : !full"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"RingsCrossed",
       "a producer fills two rings in the other order than they are waited for",
       kChain,
       {{"    %qs = tile.acquire %queries[%lane] : !qs\n"
         "    tile.load %q[%c0, %lane, %c0] into %qs : !map\n",
         ""},
        {"      tile.load %v[%c0, %lane, %token] into %vs : !map\n    }\n",
         "      tile.load %v[%c0, %lane, %token] into %vs : !map\n    }\n"
         "    %qs = tile.acquire %queries[%lane] : !qs\n"
         "    tile.load %q[%c0, %lane, %c0] into %qs : !map\n"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"TooManyAcquired",
       "a producer acquires more stages than there are before it fills one",
       kChain,
       {{"      tile.load %k[%c0, %lane, %token] into %ks : !map\n", ""},
        {"      tile.load %v[%c0, %lane, %token] into %vs : !map\n",
         "      %ws = tile.acquire %kv[%lane] : !kv\n"
         "      tile.load %k[%c0, %lane, %token] into %ks : !map\n"
         "      tile.load %v[%c0, %lane, %token] into %vs : !map\n"
         "      tile.load %v[%c0, %lane, %token] into %ws : !map\n"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"RedoBeforeAllIsWritten",
       "a second pass reads marks before the first has written them",
       kRedo,
       {{"    %end = tile.wait %done[%c0] : !done\n"
         "    %any = tile.note %end : !tile.full<none>\n"
         "    tile.release %end after(%any : i32) : !tile.full<none>\n",
         "    %any = arith.constant 1 : i32\n"},
        {"    %end = tile.acquire %done[%c0] note(%any) : !done\n"
         "    tile.commit %end : !tile.free<none>\n",
         ""},
        {"  %done = tile.make_ring : !done\n", ""}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"RedoUntold",
       "a second pass goes over what only one side was told of",
       kRedo,
       {{"note(%any)", "note(%none)"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"RedoCountedOtherwise",
       "a second pass takes other marks than the first has made",
       kRedo,
       {{"arith.cmpi ne, %mark, %none", "arith.cmpi eq, %mark, %one"}},
       {ReportKind::Deadlock},
       "waits for ever"},
      {"RedoMarkTakenBack",
       "a mark is taken back before the loader has read it",
       kRedo,
       {{"          memref.store %none, %marks[%tile] : memref<?xi32>\n", ""},
        {"          %ks = tile.wait",
         "          memref.store %none, %marks[%tile] : memref<?xi32>\n"
         "          %ks = tile.wait"}},
       {ReportKind::Deadlock},
       "waits for ever"},
  };
  return table;
}

} // namespace tessera::test
