// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Any bytes as a record and as a bundle: an error or something that can be used
// whole, never a crash. A checksum keeps most changes from being looked at, so
// it is set right first.
#include "tessera/Program/Bundle.h"
#include "tessera/Program/Evaluate.h"
#include "tessera/Program/Print.h"

#include <cstdlib>
#include <cstring>
#include <vector>

using namespace tessera::program;

namespace {

/// Reads what is printed to its last character.
class Reader : public Output {
public:
  Reader() : Output(read) {}

private:
  static void read(Output &, const char *text, size_t length) {
    if (memchr(text, '\0', length))
      std::abort();
  }
};

void useText(const Program &program, Text text) {
  if (std::strlen(program.text(text)) > kMostStringBytes)
    std::abort();
}

void usePrinted(const Program &program) {
  Reader out;
  for (size_t i = 0; i < program.expressions().size(); ++i)
    printExpression(program, Index(i), out);
  for (const Param &param : program.params())
    printParam(program, param, out);
  for (const Constraint &constraint : program.constraints())
    printConstraint(program, constraint, out);
}

void useSteps(const Program &program) {
  for (const Step &step : program.steps()) {
    useText(program, step.name);
    (void)program.after(step).size();
    for (const Action &action : program.actions(step)) {
      if (action.kind != ActionKind::Launch)
        continue;
      useText(program, program.kernels()[size_t(action.kernel)].name);
      for (const Operand &operand : program.operands(action))
        useText(program, operand.name);
    }
  }
}

void use(const Program &program) {
  std::vector<SymbolValue> symbols(program.symbols().size());
  for (SymbolValue &symbol : symbols)
    symbol.value = {INT64_MAX / 3, Value::Known};
  std::vector<tessera_tensor> tensors(program.params().size());
  std::vector<Value> values(program.expressions().size());
  DeviceValues device{};
  evaluate(program, {symbols, tensors.data(), &device}, values);
  usePrinted(program);
  useSteps(program);
  const Header &head = program.header();
  for (Range range : {head.key, head.evidence, head.refusals})
    for (const Fact &fact : program.facts(range))
      useText(program, fact.text);
}

void openRecord(std::span<std::byte> bytes) {
  if (bytes.size() >= sizeof(Header)) {
    Header head;
    std::memcpy(&head, bytes.data(), sizeof(head));
    if (head.bytes >= sizeof(Header) && head.bytes <= bytes.size()) {
      head.hash = hashOf(bytes.first(head.bytes));
      std::memcpy(bytes.data(), &head, sizeof(head));
    }
  }
  if (auto program = Program::open(bytes))
    use(*program);
}

/// Records of a bundle where they lie, but a checksum is theirs to write.
void openBundle(std::span<const std::byte> bytes) {
  auto bundle = Bundle::open(bytes);
  if (!bundle)
    return;
  for (size_t i = 0; i < bundle->programCount(); ++i) {
    std::span<const std::byte> record = bundle->record(i);
    std::vector<uint64_t> copy(record.size() / sizeof(uint64_t) + 1);
    if (!record.empty())
      std::memcpy(copy.data(), record.data(), record.size());
    openRecord(std::as_writable_bytes(std::span(copy)).first(record.size()));
    auto program = Program::open(record);
    if (!program)
      continue;
    for (const Image &image : program->images())
      (void)checkImage(image, bundle->image(image.hash), program->function());
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  // Exactly as long as the input, so that a byte too far is seen.
  auto *copy = static_cast<std::byte *>(std::malloc(size));
  if (size > 0)
    std::memcpy(copy, data, size);
  openBundle({copy, size});
  openRecord({copy, size});
  std::free(copy);
  return 0;
}
