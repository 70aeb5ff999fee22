// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "MapCache.h"

// Everything inline: what links this needs no library beside the C library.
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace tessera::rt;

// So many calls with tensors elsewhere are remembered, and some forgotten.
static constexpr size_t kPlacesPerMap = 32;

bool MapCache::make(size_t mapsOfProgram) {
  return places.make(mapsOfProgram * kPlacesPerMap);
}

MapCache::Place &MapCache::place(const MapKey &key) {
  static_assert(std::has_unique_object_representations_v<MapKey>);
  return places[XXH3_64bits(&key, sizeof(key)) % places.size()];
}

bool MapCache::find(const MapKey &key, driver::TensorMap &map) {
  Lock lock(mutex);
  const Place &found = place(key);
  if (found.key != key)
    return false;
  map = found.map;
  return true;
}

void MapCache::keep(const MapKey &key, const driver::TensorMap &map) {
  Lock lock(mutex);
  place(key) = {key, map};
}
