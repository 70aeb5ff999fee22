// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// glibc got arc4random in 2.36 and Debian's archive of LLVM calls it. A tool
// linked with this asks the kernel itself and runs on older systems too.
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

uint32_t arc4random(void);

uint32_t arc4random(void) {
  uint32_t value;
  // Up to 256 bytes are never cut short; a signal may come before the first.
  while (getrandom(&value, sizeof value, 0) != (ssize_t)sizeof value)
    if (errno != EINTR)
      abort();
  return value;
}
