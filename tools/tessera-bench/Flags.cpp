// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Flags.h"

#include "Models.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace llvm;

namespace tessera::bench {

Flags::Flags()
    : listsModels("list-models",
                  cl::desc("Print the shapes of real models and stop")),
      ptxas("ptxas", cl::value_desc("file"),
            cl::desc("The assembler to use (default: the first found)")),
      out("out", cl::value_desc("file"), cl::desc("Write the rows as JSON")),
      ours("ours", cl::value_desc("file"),
           cl::desc("With --merge: take our rows from what --out wrote, and "
                    "run nothing")),
      merges("merge", cl::value_desc("file"),
             cl::desc("Print a table with the rows of others, a JSON list of "
                      "{shape, name, ms, tflops}. May be repeated")),
      gpu("gpu", cl::init(0), cl::desc("Which GPU (default 0)")),
      shapes("shape", cl::CommaSeparated, cl::value_desc("1x12x49152x128x76"),
             cl::desc("Batch, heads, tokens, features, key blocks of a list. "
                      "May be repeated")),
      modelNames("model", cl::CommaSeparated, cl::value_desc("name"),
                 cl::desc("The shape of a model, see --list-models. May be "
                          "repeated")),
      plans("plan", cl::value_desc("text"),
            cl::desc("How kernels are built; a row for each (default: as the "
                     "compiler chooses)")),
      lists("lists", cl::init("random"), cl::value_desc("kind"),
            cl::desc("random, local (half of a list is near the diagonal), "
                     "same (all lists are equal) or overlap:0.8 (what three "
                     "neighbours share) (default random)")),
      unsorted("unsorted", cl::desc("Lists in any order, not ascending")),
      ragged("ragged", cl::desc("Lists of all lengths, some empty; with "
                                "--sizes partly filled blocks, too")),
      checks("check", cl::desc("Compare with float64; exit with 1 if wrong")),
      rested("rested",
             cl::desc("Time after 1.5 s of rest, not in the steady state")),
      withoutTiming("no-timing", cl::desc("Do not time")),
      threadReleases("thread-releases",
                     cl::desc("Build slower kernels that compute-sanitizer's "
                              "racecheck can follow")),
      bitwise("bitwise", cl::init(0),
              cl::desc("Launch so often and compare all bits")),
      launches("launches", cl::init(100),
               cl::desc("Launches whose median time counts (default 100)")),
      group("gqa", cl::init(0),
            cl::desc("Query heads that share a key/value head (default 1)")),
      seed("seed", cl::init(0), cl::desc("Of what is random (default 0)")),
      queryScale("query-scale", cl::init(1), cl::value_desc("x"),
                 cl::desc("Factor of the query, whose variance is 1: large "
                          "ones make scores spread (default 1)")),
      layout(
          "layout", cl::init(Layout::BHSD),
          cl::desc("How tensors lie in memory (default bhsd)"),
          cl::values(clEnumValN(Layout::BHSD, "bhsd", "batch, head, token"),
                     clEnumValN(Layout::BSHD, "bshd", "batch, token, head"))) {}

/// Flags of an attention that a shape says already.
static Error checkSpecFlags() {
  for (StringRef flag : {"head-dim", "batch", "heads", "length"})
    if (SpecFlags::isGiven(flag))
      return createStringError("--" + flag +
                               ": the shape says it already; leave it out");
  return Error::success();
}

/// What the flags say beyond the shape.
Error Flags::adjust(Problem &problem, const Spec &spec) const {
  problem.queryBlock = spec.queryBlock;
  problem.keyBlock = spec.keyBlock;
  if (SpecFlags::isGiven("topk"))
    problem.topk = spec.capacity;
  if (group > 0)
    problem.keyHeads = std::max<int64_t>(1, problem.heads / group);
  if (group > 0 && problem.heads % group != 0)
    return createStringError("--gqa: " + Twine(problem.heads) +
                             " heads are not a multiple of " + Twine(group));
  if (spec.keyHeads > 0)
    problem.keyHeads = spec.keyHeads;
  if (spec.keyLength > 0) {
    if (!problem.keySizes.empty())
      return createStringError("--kv-length: model '" + problem.model +
                               "' says it already; leave it out");
    problem.keyLength = spec.keyLength;
  }
  if (spec.sizes && problem.querySizes.empty()) {
    problem.querySizes =
        makeSizes(problem.queryLength, problem.queryBlock, ragged, seed);
    problem.keySizes =
        makeSizes(problem.keyLength, problem.keyBlock, ragged, seed + 1);
  }
  return checkProblem(problem);
}

Expected<std::vector<Problem>> Flags::problems(Spec &spec) const {
  std::vector<Problem> found;
  for (StringRef text : shapes) {
    auto problem = parseShape(text);
    if (!problem)
      return problem.takeError();
    found.push_back(std::move(*problem));
  }
  for (StringRef name : modelNames) {
    auto problem = problemOf(name, spec.queryBlock, spec.keyBlock);
    if (!problem)
      return problem.takeError();
    found.push_back(std::move(*problem));
  }
  if (found.empty())
    return createStringError("nothing to time; give a --shape, as "
                             "1x12x49152x128x76, or a --model");
  for (Problem &problem : found)
    if (Error error = adjust(problem, spec))
      return error;
  return found;
}

static Error checkSpec(const Spec &spec) {
  if (SpecFlags::isGiven("op") && spec.op != SpecOp::Attend)
    return createStringError("--op: only attend has GPU kernels yet; leave it "
                             "out");
  if (spec.element == SpecElement::F32)
    return createStringError("--dtype: GPU kernels compute on bf16 and f16; "
                             "use one of them");
  return Error::success();
}

Expected<Plan> Flags::plan() const {
  if (spec.hasInput())
    return createStringError("takes no module; describe the attention by "
                             "flags");
  if (Error error = checkSpecFlags())
    return error;
  auto described = spec.spec();
  if (!described)
    return described.takeError();
  if (Error error = checkSpec(*described))
    return error;
  Plan plan;
  plan.spec = *described;
  plan.spec.op = SpecOp::Attend;
  auto found = problems(plan.spec);
  if (!found)
    return found.takeError();
  plan.problems = std::move(*found);
  auto kind = parseListKind(lists);
  if (!kind)
    return kind.takeError();
  if (launches < 1 || launches > 10000 || bitwise < 0)
    return createStringError("--launches is 1 to 10000, --bitwise 0 or more");
  if (!std::isfinite(queryScale))
    return createStringError("--query-scale: use a finite number");
  plan.plans.assign(plans.begin(), plans.end());
  if (plan.plans.empty())
    plan.plans.push_back("");
  plan.inputs.dtype =
      plan.spec.element == SpecElement::F16 ? TESSERA_F16 : TESSERA_BF16;
  plan.inputs.layout = layout;
  plan.inputs.lists = {*kind, !unsorted, ragged, static_cast<uint64_t>(seed)};
  plan.inputs.queryScale = queryScale;
  plan.inputs.seed = seed;
  plan.timing = {launches, rested};
  plan.withTiming = !withoutTiming;
  plan.withCheck = checks;
  plan.threadReleases = threadReleases;
  plan.bitwiseLaunches = bitwise;
  return plan;
}

} // namespace tessera::bench
