/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * The test as a plugin: whoever loads it sees nothing of libtessera_rt.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int count, char **arguments) {
  void *plugin = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (!plugin) {
    fprintf(stderr, "usage: jit-plugin-test <plugin> ..: %s\n", dlerror());
    return 2;
  }
  if (dlsym(RTLD_DEFAULT, "tessera_version")) {
    fprintf(stderr, "libtessera_rt is seen by everybody; this tests nothing\n");
    return 1;
  }
  int (*run)(int, char **);
  *(void **)&run = dlsym(plugin, "runTest");
  return run ? run(count - 1, arguments + 1) : 2;
}
