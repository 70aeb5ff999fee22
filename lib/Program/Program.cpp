// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Opening a record: first that its tables lie within it, then what they hold.
#include "Verify.h"

#include <bit>
#include <cstring>

// Everything inline: what links this needs no library beside the C library.
#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace tessera;
using namespace tessera::program;
using rt::makeError;

uint64_t program::hashOf(std::span<const std::byte> record) {
  std::span<const std::byte> hashed = record.subspan(kHashedFrom);
  return XXH3_64bits(hashed.data(), hashed.size());
}

bool Program::isForHost() const { return std::strcmp(chip(), "host") == 0; }

size_t Program::argumentCount() const {
  size_t count = 0;
  for (const Param &param : params())
    count += !isComputed(param);
  return count;
}

static Error damaged(const char *what) {
  return makeError(TESSERA_DAMAGED,
                   "the record of a compiled function %s; compile it again, or "
                   "copy it whole",
                   what);
}

static Error checkHeader(std::span<const std::byte> bytes) {
  if (std::bit_cast<uintptr_t>(bytes.data()) % kRecordAlignment != 0)
    return makeError(TESSERA_INVALID_ARGUMENT,
                     "a record lies at address %p, no multiple of %zu; copy it "
                     "to one",
                     static_cast<const void *>(bytes.data()), kRecordAlignment);
  if (bytes.size() < sizeof(Header))
    return damaged("ends within its header");
  const auto &head = *reinterpret_cast<const Header *>(bytes.data());
  if (std::memcmp(head.magic, kMagic, sizeof(kMagic)) != 0)
    return damaged("does not begin as one");
  if (head.byteOrder != kByteOrder)
    return damaged("was written on a processor of another byte order");
  if (head.major != kMajorVersion || head.minor != kMinorVersion)
    return makeError(TESSERA_DAMAGED,
                     "the record of a compiled function has version %d.%d, "
                     "this runtime (%s) reads %d.%d; compile it again with the "
                     "compiler that belongs to the runtime",
                     head.major, head.minor, tessera_version(), kMajorVersion,
                     kMinorVersion);
  if (head.bytes < sizeof(Header) || head.bytes > bytes.size())
    return damaged("is shorter than it says");
  if (head.hash != hashOf(bytes.first(head.bytes)))
    return damaged("does not match its checksum");
  return Error();
}

Expected<Program> Program::open(std::span<const std::byte> bytes) {
  if (Error error = checkHeader(bytes))
    return error;
  Program program(reinterpret_cast<const Header *>(bytes.data()));
  if (const char *problem = findBadTable(program))
    return damaged(problem);
  if (Error error = verify(program))
    return error;
  return program;
}
