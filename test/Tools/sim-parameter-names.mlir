// A parameter is called what it is called in the text.
// RUN: not tessera-sim %s 2>&1 | FileCheck %s
// RUN: not tessera-sim %s --set first=1 2>&1 | FileCheck %s --check-prefix=NEXT
// RUN: not tessera-sim %s --set third=1 2>&1 | FileCheck %s --check-prefix=NONE

// CHECK: 'first' has no value; add --set first=NUMBER
// NEXT: 'second' has no value; add --set second=NUMBER
// NONE: there is no parameter 'third'; there are first, second
tile.kernel @f(%first: index, %second: index) {
  tile.role @nothing agents(1) each thread (%agent) {
  }
}
