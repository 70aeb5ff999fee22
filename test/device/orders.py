# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Runs compiled attentions through the runtime, in each order of tiles and in the one
that a call chooses, and compares every row with float64.

    orders.py TESSERA_RUN TESSERA_COMPILE
    orders.py TESSERA_RUN FOLDER      of bundles, which `orders.py compile` makes:
    orders.py compile TESSERA_COMPILE FOLDER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import cold
import numpy as np

ORDERS = ["", "static", "ticket", "wave"]  # "": the call chooses
SHAPES = [(64, "64"), (96, "64"), (128, "64"), (192, "64"), (256, "64"), (128, "128")]
ROWS = [(*shape, dtype) for shape in SHAPES for dtype in ("bf16", "f16")]


def kernel_of(head_dim, block, dtype, order):
    return cold.Kernel(head_dim, block, dtype, f"order={order}" if order else "")


def name_of(head_dim, block, dtype, order):
    return f"{head_dim}-{block}-{dtype}-{order or 'call'}.tsb"


def launched(explanation):
    """The kernel that the last step launched."""
    return re.findall(r"^      kernel: (\S+)$", explanation, re.MULTILINE)[-1]


def run(tessera_run, bundle, kernel, inputs, wanted, folder):
    """What is wrong, or "", and the kernel that ran. Three calls share a workspace."""
    out = [folder / "output.npy", folder / "lse.npy"]
    done = subprocess.run(
        [tessera_run, "--target", "sm_90a", "--bundle", bundle, "--explain", "--repeat", "3",
         *cold.save(inputs, folder), "--output", f"output={out[0]}", "--output", f"lse={out[1]}"],
        capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        return done.stderr.strip()[-300:], ""
    rows = cold.wrong_rows(kernel, wanted, *(np.load(path) for path in out))
    return f"{len(rows)} rows are wrong, first {rows[0]}" if len(rows) else "", launched(done.stdout)


def check_row(tessera_run, compiled, head_dim, block, dtype):
    """A line for each order that fails, and the kernels that ran, by order."""
    inputs = cold.make_inputs(kernel_of(head_dim, block, dtype, ""))
    wanted = cold.reference(kernel_of(head_dim, block, dtype, ""), inputs)
    failures, ran = [], {}
    for order in ORDERS:
        kernel, name = kernel_of(head_dim, block, dtype, order), name_of(head_dim, block, dtype, order)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            bundle = pathlib.Path(compiled) / name
            if not pathlib.Path(compiled).is_dir():
                bundle = folder / name
                kernel.compile(compiled, bundle)
            wrong, ran[order] = run(tessera_run, bundle, kernel, inputs, wanted, folder)
        if not wrong and order and not ran[order].endswith(f"_{order}"):
            wrong = f"{ran[order]} ran"
        if wrong:
            failures.append(f"{name}: {wrong}")
    return failures, ran


def main(arguments):
    if arguments[0] == "compile":
        for head_dim, block, dtype in ROWS:
            for order in ORDERS:
                bundle = pathlib.Path(arguments[2]) / name_of(head_dim, block, dtype, order)
                kernel_of(head_dim, block, dtype, order).compile(arguments[1], bundle)
        return 0
    count = 0
    for row in ROWS:
        failures, ran = check_row(*arguments[:2], *row)
        print(*row, "failed" if failures else f"right, the call chose {ran['']}", flush=True)
        for failure in failures:
            print("  ", failure, flush=True)
        count += len(failures)
    print(f"{len(ROWS) * len(ORDERS)} runs, {count} failed")
    return count > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
