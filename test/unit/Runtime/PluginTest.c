/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
 *
 * Loads, runs and unloads the plugin that is named, some times. Its workers
 * wait for more work all along: their code must stay.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <threads.h>

static int fail(const char *what) {
  fprintf(stderr, "%s\n", what);
  return 1;
}

int main(int count, char **arguments) {
  if (count != 2)
    return fail("usage: runtime-plugin-test <plugin>");
  for (int round = 0; round < 3; ++round) {
    void *plugin = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin)
      return fail(dlerror());
    int (*run)(void);
    *(void **)&run = dlsym(plugin, "run_plugin");
    if (!run || run() != 0)
      return fail("the plugin did not run");
    if (dlclose(plugin) != 0)
      return fail(dlerror());
    thrd_sleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    void *still = dlopen(arguments[1], RTLD_LAZY | RTLD_NOLOAD);
    if (!still)
      return fail("the plugin is gone, and its workers are not");
    dlclose(still);
  }
  return 0;
}
