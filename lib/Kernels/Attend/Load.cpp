// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loading role: one thread a lane walks the lists of its tiles and keeps
// the ring full. The list is read a block ahead, and the first block of the
// next tile some blocks before this one ends, so that no latency reaches the
// ring.

#include "AttendKernel.h"

using namespace mlir;
using namespace tessera;
using namespace tessera::kernels;

/// Blocks before the end of a list at which the next tile is chosen.
static constexpr double kClaimAhead = 8;

namespace {

/// A block of keys: its number, and how many of its rows count.
struct KeyBlock {
  Scalar id, size; // i32
  auto all() { return std::tie(id, size); }
};

/// A tile, the length of its list, and its first block.
struct Claim {
  Scalar tile, count; // index, i32
  KeyBlock first;
  auto all() { return std::tie(tile, count, first.id, first.size); }
};

/// Where a tile is, and whose keys it reads.
struct TilePlace {
  Scalar batch, head, block, keyHead;
};

class Loader {
public:
  Loader(AttendKernel &kernel, Scalar lane)
      : kernel(kernel), lane(lane),
        order(kernel.scope, kernel.plan.order, kernel.plan.tiles, lane) {}

  void run();

private:
  TilePlace placeOf(Scalar tile);
  Scalar batchOf(Scalar tile);
  KeyBlock blockAt(Scalar tile, Scalar batch, Scalar slot);
  Claim claim(Scalar tile);
  void announce(Scalar count, TilePlace place);
  void loadQuery(TilePlace place);
  KeyBlock loadBlocks(Scalar from, Scalar to, Claim tile, TilePlace place,
                      KeyBlock block);
  void loadBlock(KeyBlock block, TilePlace place);
  Claim loadTile(Claim tile);
  void loadAgain();

  AttendKernel &kernel;
  Scalar lane;
  TileOrder order;
};

} // namespace

TilePlace Loader::placeOf(Scalar tile) {
  Scalar blocks = kernel.queryBlocks();
  Scalar heads = kernel.heads();
  Scalar plane = tile / blocks;
  Scalar batch = named("batch", plane / heads);
  Scalar head = named("head", plane - batch * heads);
  Scalar block = named("block", tile - plane * blocks);
  return {batch, head, block, named("kv_head", head / kernel.group())};
}

Scalar Loader::batchOf(Scalar tile) {
  return tile / (kernel.queryBlocks() * kernel.heads());
}

KeyBlock Loader::blockAt(Scalar tile, Scalar batch, Scalar slot) {
  Scalar id = kernel.listEntry(tile, slot);
  return {id, kernel.keySize(batch, id)};
}

/// What is known of a tile before it begins; past the last one nothing.
Claim Loader::claim(Scalar tile) {
  Scalar zero = kernel.i32(0);
  Scalar exists = less(tile, kernel.tiles());
  Scalar count =
      ifElse<Only<Scalar>>(
          exists, [&] { return Only<Scalar>{kernel.listLength(tile)}; },
          [&] { return Only<Scalar>{zero}; })
          .value;
  KeyBlock first = ifElse<KeyBlock>(
      less(zero, count),
      [&] { return blockAt(tile, batchOf(tile), kernel.index(0)); },
      [&] { return KeyBlock{zero, zero}; });
  return {tile, count, first};
}

void Loader::announce(Scalar count, TilePlace place) {
  kernel.work.send(lane,
                   {count * double(kernel.stepsPerBlock()), place.block.i32(),
                    place.head.i32(), place.batch.i32()});
}

void Loader::loadQuery(TilePlace place) {
  Place at{place.batch, place.head,
           place.block * double(kernel.shape.queryBlock)};
  Ring ring = kernel.plan.query == QueryPlan::Ring ? kernel.keys : kernel.query;
  ring.load(lane, kernel.queryMap(), at);
}

void Loader::loadBlock(KeyBlock block, TilePlace place) {
  Scalar first = block.id.index() * double(kernel.shape.keyBlock);
  auto step = double(kernel.plan.step);
  for (int64_t part = 0; part < kernel.stepsPerBlock(); ++part) {
    Scalar token = first, size = block.size;
    if (kernel.stepsPerBlock() > 1) {
      token = min(first + double(part) * step, kernel.keyLength() - 1.0);
      size = max(min(block.size - double(part) * step, step), 0.0);
    }
    Place at{place.batch, place.keyHead, token};
    kernel.keys.load(lane, kernel.keyMap(), at, {size});
    kernel.keys.load(lane, kernel.valueMap(), at);
  }
}

/// `block` is that of slot `from`; gives that of slot `to`, if there is one.
KeyBlock Loader::loadBlocks(Scalar from, Scalar to, Claim tile, TilePlace place,
                            KeyBlock block) {
  Scalar last = tile.count.index() - 1.0;
  return loop(from, to, block, [&](Scalar slot, KeyBlock now) {
    KeyBlock next = blockAt(tile.tile, place.batch, min(slot + 1.0, last));
    loadBlock(now, place);
    return next;
  });
}

/// Loads a tile; gives what is claimed next.
Claim Loader::loadTile(Claim tile) {
  TilePlace place = placeOf(tile.tile);
  order.begin(tile.tile);
  announce(tile.count, place);
  loadQuery(place);
  Scalar count = tile.count.index();
  Scalar turn = max(count - kClaimAhead, 0.0);
  KeyBlock rest = loadBlocks(kernel.index(0), turn, tile, place, tile.first);
  Claim next = claim(order.next(tile.tile));
  loadBlocks(turn, count, tile, place, rest);
  order.end();
  return next;
}

/// Tiles that outgrew their reference, once all are computed.
void Loader::loadAgain() {
  KernelBuilder &b = kernel.b;
  for (int64_t part = 0; part < kernel.warpgroups(); ++part) {
    Stage stage = kernel.outgrown[part].wait(lane);
    Scalar head = stage.note();
    stage.release({head});
    Scalar marks = kernel.tiles() * double(part);
    loopWhile<Only<Scalar>, Only<Scalar>>(
        b, {head},
        [&](Only<Scalar> state) {
          return std::pair(less(kernel.i32(0), state.value), state);
        },
        [&](Only<Scalar> state) {
          Scalar number = state.value.index() - 1.0;
          Scalar next = kernel.marks().load(marks + number);
          Claim tile = claim(number);
          TilePlace place = placeOf(number);
          announce(tile.count, place);
          loadQuery(place);
          loadBlocks(kernel.index(0), tile.count.index(), tile, place,
                     tile.first);
          return Only<Scalar>{next};
        });
  }
}

void Loader::run() {
  Scalar none = kernel.i32(0), end = kernel.i32(-1);
  loopWhile<Claim, Claim>(
      kernel.b, claim(order.first()),
      [&](Claim tile) {
        return std::pair(less(tile.tile, kernel.tiles()), tile);
      },
      [&](Claim tile) { return loadTile(tile); });
  kernel.work.send(lane, {end, none, none, none});
  loadAgain();
  kernel.work.send(lane, {end, none, none, none});
}

void kernels::buildLoadRole(AttendKernel &kernel) {
  role(kernel.b, "load", kernel.plan.tiles, tile::AgentKind::Thread,
       kernel.plan.loadRegisters,
       [&](Scalar lane) { Loader(kernel, lane).run(); });
}
