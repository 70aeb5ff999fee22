/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The part of a profiler that NVTX 3 loads: it prints the ranges of a program.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef void (*AnyFunction)(void);

static int push(const char *name) {
  printf("push %s\n", name);
  return 0;
}

static int pop(void) {
  puts("pop");
  return 0;
}

struct Callbacks {
  size_t bytes;
  int (*getModule)(int module, AnyFunction ***table, unsigned *size);
};
struct VersionInfo {
  size_t bytes;
  uint32_t version, reserved;
  void (*setVersion)(uint32_t version);
};

/* The name is the protocol's. */
/* NOLINTBEGIN(readability-identifier-naming) */
__attribute__((visibility("default"))) int
InitializeInjectionNvtx2(const void *(*getTable)(uint32_t));

int InitializeInjectionNvtx2(const void *(*getTable)(uint32_t)) {
  const struct Callbacks *callbacks = getTable(1);
  const struct VersionInfo *version = getTable(3);
  AnyFunction **table = NULL;
  unsigned size = 0;
  if (!callbacks || callbacks->bytes < sizeof *callbacks || !version ||
      version->version != 3 || getTable(99))
    return 0;
  version->setVersion(3);
  /* Every function of every module has a place. */
  for (int module = 6; module >= 1; --module) {
    if (!callbacks->getModule(module, &table, &size))
      return 0;
    for (unsigned i = 1; i < size; ++i)
      if (!table[i])
        return 0;
  }
  if (size != 16 || callbacks->getModule(7, &table, &size))
    return 0;
  *table[9] = (AnyFunction)push;
  *table[11] = (AnyFunction)pop;
  return 1;
}
/* NOLINTEND(readability-identifier-naming) */
