# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Every .mlir file under test/ is a test. Parameters: `tools_dir` runs the suite
# on other builds of the tools; `verify_roundtrip` prints and parses each module
# again, as text and as bytecode, before the passes run.

import os

import lit.formats

config.name = "Tessera"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "consumer", "python", "unit"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.tessera_build_dir, "test")

tools_dir = lit_config.params.get("tools_dir", config.tessera_tools_dir)
path = [tools_dir, config.llvm_tools_dir, config.environment["PATH"]]
config.environment["PATH"] = os.pathsep.join(path)

for name in ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
if config.tessera_sanitizers:
    config.available_features.add("sanitizers")

verify_roundtrip = "verify_roundtrip" in lit_config.params
opt = os.path.join(tools_dir, "tessera-opt")
if verify_roundtrip:
    opt += " --verify-roundtrip"

# Written with \b so that `tessera-opt` inside a longer word stays as it is.
config.substitutions += [
    (r"\btessera-opt\b", opt),
    (r"%cc", config.host_cc),
    (r"%cxx", config.host_cxx),
    (r"%python", config.python),
    (r"%source_dir", config.tessera_source_dir),
    (r"%build_dir", config.tessera_build_dir),
    (r"%tools_dir", tools_dir),
]
