// A parameter is called what the recipe calls it, else what it is called here.
// RUN: not tessera-sim %s 2>&1 | FileCheck %s
// RUN: not tessera-sim %s --set tiles=1 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not tessera-sim %s --set first=1 2>&1 | FileCheck %s --check-prefix=HIDDEN

// CHECK: 'tiles' has no value; add --set tiles=NUMBER
// TEXT: 'second' has no value; add --set second=NUMBER
// HIDDEN: there is no parameter 'first'; there are tiles, second
tile.kernel @f(%first: index {tile.name = "tiles"}, %second: index) {
  tile.role @nothing agents(1) each thread (%agent) {
  }
}
