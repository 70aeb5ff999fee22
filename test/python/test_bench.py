# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""tessera-bench without a GPU: models, wrong usage, tables of others' rows."""

import json
import os

import pytest

SHAPE = ["--shape", "1x12x49152x128x76"]


def test_models_are_listed_with_their_blocks(tool):
    done = tool("tessera-bench", "--list-models")
    assert done.returncode == 0
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert rows["wan-14b-720p"][1:7] == ["40x128", "21x45x80", "0", "75600", "1440", "144"]
    assert rows["cogvideox-5b"][3:6] == ["226", "17776", "388"]
    assert {"wan-1.3b-480p", "wan-14b-480p", "hunyuan-720p", "cogvideox-2b", "vsa-120m"} <= set(rows)


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ([], "give a --shape"),
        (["--shape", "1x12x49152x128"], "'1x12x49152x128' is no shape"),
        (["--shape", "1x12x1024x128x76"], "1024 tokens make 16 blocks of 64"),
        (["--shape", "1x12x49152x129x76"], "the head dimension is 129"),
        (["--model", "wan"], "there is no 'wan'; there are "),
        (["--model", "wan-14b-720p", "--block", "64x128"], "use --block 64 or --block 128"),
        (["--model", "wan-14b-720p", "--kv-length", "640"], "says it already"),
        ([*SHAPE, "--lists", "some"], "--lists: 'some' is none of random"),
        ([*SHAPE, "--lists", "overlap:2"], "a share from 0 to 1"),
        ([*SHAPE, "--heads", "4"], "--heads: the shape says it already"),
        ([*SHAPE, "--op", "attention"], "only attend has GPU kernels"),
        ([*SHAPE, "--dtype", "f32"], "bf16 and f16"),
        ([*SHAPE, "--layout", "hbsd"], "'hbsd' is none of bhsd, bshd"),
        ([*SHAPE, "--gqa", "5"], "12 heads are not a multiple of 5"),
        ([*SHAPE, "--kv-heads", "5"], "use a number that divides 12"),
        ([*SHAPE, "--block", "big"], "--block: 'big' is no block"),
        ([*SHAPE, "--launches", "0"], "--launches is 1 to 10000"),
        ([*SHAPE, "--bitwise", "-1"], "--bitwise 0 or more"),
        ([*SHAPE, "--sink", "1"], "sink blocks belong to attention"),
        ([*SHAPE, "--merge", "/no/such.json"], "--merge: cannot read '/no/such.json'"),
        (["module.mlir", *SHAPE], "takes no module"),
    ],
)
def test_wrong_usage_is_one_line_and_2(tool, arguments, expected):
    done = tool("tessera-bench", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and expected in done.stderr


@pytest.mark.skipif(os.path.exists("/dev/nvidiactl"), reason="this machine has a GPU")
def test_without_a_gpu_the_error_names_the_driver(tool):
    done = tool("tessera-bench", *SHAPE)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "no CUDA driver: libcuda.so.1" in done.stderr
    assert "install the NVIDIA driver" in done.stderr


def write(path, text):
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return str(path)


OURS = [
    {"shape": "1x12x49152x128x76/b64", "name": "tessera", "plan": "a", "ms": 2.75, "tflops": 531.3},
    {"shape": "1x12x49152x128x76/b64", "name": "tessera", "plan": "b", "ms": 2.5, "tflops": 584.4},
    {"shape": "1x12x49152x128x38/b128", "name": "tessera", "plan": "c", "ms": 2.25, "tflops": 649.4},
    {"shape": "1x2x64x64x1/b64", "name": "tessera", "plan": "d", "ms": None, "tflops": None},
]
PEERS = [
    {"shape": "1x12x49152x128x76/b64", "name": "cudnn BSA fwd", "ms": 2.857, "tflops": 511.4},
    {"shape": "1x12x49152x128x76/b64", "name": "cudnn BSA bwd", "ms": 9, "tflops": 400},
    {"shape": "1x12x49152x128x76/b128", "name": "fa4 block-sparse fwd", "ms": 2.376, "tflops": 615.0},
    {"shape": "1x12x16384x128x76/b64", "name": "cudnn BSA fwd", "ms": 0.9, "tflops": 515.0},
    {"shape": "overhead", "name": "cudnn BSA fwd", "us": 240.0},
]


def test_merges_rows_of_others(tool, tmp_path):
    ours, peers = write(tmp_path / "ours.json", OURS), write(tmp_path / "peers.json", PEERS)
    done = tool("tessera-bench", "--ours", ours, "--merge", peers)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["shape", "name", "ms", "TFLOP/s", "ours", "/", "this"]
    assert lines[1].split() == ["1x12x49152x128x76/b64", "tessera", "a", "2.750", "531.3"]
    assert lines[2].split() == ["1x12x49152x128x76/b64", "tessera", "b", "2.500", "584.4"]
    # The best of ours over theirs; rows of 128-token blocks meet although theirs
    # count blocks of 64.
    assert lines[3].split()[-1] == f"{584.4 / 511.4:.3f}"
    assert lines[5].split()[0] == "1x12x49152x128x38/b128"
    assert lines[5].split()[-1] == f"{649.4 / 615.0:.3f}"
    assert lines[6] == "Rows of theirs with shapes that ours do not have: 1"
    assert "bwd" not in done.stdout
    assert len({len(line) for line in lines[:6]}) == 1, "columns are aligned"


def test_merges_several_files_and_what_python_writes(tool, tmp_path):
    ours = write(tmp_path / "ours.json", OURS[:1])
    first = write(tmp_path / "1.json", PEERS[:1])
    odd = '[{"shape": "1x12x49152x128x76/b64", "name": "flex fwd", "ms": 5.0, "tflops": 292.2, "err": NaN}]'
    second = write(tmp_path / "2.json", odd)
    done = tool("tessera-bench", "--ours", ours, "--merge", first, "--merge", second)
    assert done.returncode == 0, done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()[1:]] == ["tessera", "cudnn", "flex"]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{}", "holds no list"),
        ("[1, 2", "is no JSON"),
        ("[]", "has no row with shape, name, ms and tflops"),
        ([{"shape": "1x1x64x64x1/b64"}], "has no row"),
    ],
)
def test_files_that_are_no_rows(tool, tmp_path, text, expected):
    path = write(tmp_path / "bad.json", text)
    for arguments in (["--ours", path], ["--merge", path, *SHAPE]):
        done = tool("tessera-bench", *arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert path in done.stderr and expected in done.stderr
