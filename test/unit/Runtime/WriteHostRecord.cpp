// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Writes a record for the host as C, as an object has one: of
// scale(x [n], y [n], factor). Run when building.
#include "tessera/Program/Writer.h"

#include <cstdio>

using namespace tessera::program;

static Record makeRecord() {
  Writer w;
  w.head.function = w.text("scale");
  w.head.chip = w.text("host");
  w.head.leastWorkspace = w.head.bestWorkspace = w.constant(0);
  Index rows = w.addSymbol("n", "rows");
  for (const char *name : {"x", "y"}) {
    Param tensor{};
    tensor.name = w.text(name);
    tensor.kind = w.params.empty() ? ParamKind::Input : ParamKind::Output;
    tensor.dtype = TESSERA_F32;
    tensor.rank = 1;
    tensor.symbol = kNone;
    tensor.dims[0] = rows;
    w.params.push_back(tensor);
  }
  Param factor{};
  factor.name = w.text("factor");
  factor.kind = ParamKind::ScalarF32;
  factor.symbol = kNone;
  w.params.push_back(factor);
  Action call{};
  call.kind = ActionKind::Call;
  w.actions.push_back(call);
  Step step{};
  step.actions = {0, 1};
  step.choice = kNone;
  w.steps.push_back(step);
  return w.write();
}

int main() {
  std::printf("_Alignas(8) const unsigned char hostRecord[] = {");
  const Record record = makeRecord();
  for (std::byte byte : record.bytes())
    std::printf("%d,", std::to_integer<int>(byte));
  std::printf("};\nconst unsigned long hostRecordBytes = "
              "sizeof(hostRecord);\n");
}
