// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "tessera/Kernels/Recipe.h"

#include "Attend/Attend.h"

using namespace tessera;
using namespace tessera::kernels;

static constexpr Recipe kRecipes[] = {
    {"attend", whyNotAttend, buildAttend},
};

llvm::ArrayRef<Recipe> kernels::recipes() { return kRecipes; }
