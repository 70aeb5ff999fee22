// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensor maps by what they say, so that a call like an earlier one encodes
// none.
#ifndef TESSERA_LIB_RUNTIME_PROGRAMS_MAPCACHE_H
#define TESSERA_LIB_RUNTIME_PROGRAMS_MAPCACHE_H

#include "Memory.h"

#include "tessera/Driver/TensorMap.h"

namespace tessera::rt {

/// What distinguishes two maps of one program.
struct MapKey {
  uint64_t address = 0;
  int64_t dims[driver::kMaxTensorMapRank] = {};
  int64_t strideBytes[driver::kMaxTensorMapRank - 1] = {};
  int64_t number = -1; ///< of the map in the record
  bool operator==(const MapKey &) const = default;
};

/// Each map has one place, by its hash; a newer one takes it. Thread-safe.
class MapCache {
public:
  [[nodiscard]] bool make(size_t mapsOfProgram);
  bool find(const MapKey &key, driver::TensorMap &map);
  void keep(const MapKey &key, const driver::TensorMap &map);

private:
  struct Place {
    MapKey key;
    driver::TensorMap map;
  };
  Place &place(const MapKey &key);

  Mutex mutex;
  Array<Place> places;
};

} // namespace tessera::rt

#endif // TESSERA_LIB_RUNTIME_PROGRAMS_MAPCACHE_H
