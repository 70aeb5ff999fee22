# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiling just in time, and the cache on the disk: processes that share it, are
killed, find it damaged, full or in foreign hands."""

import os
import random
import re
import resource
import shutil
import signal
import stat
import subprocess

import pytest

from built import BUILD_DIR, TOOLS_DIR

PROGRAM = TOOLS_DIR / "jit-archive-test"
COMPILER = BUILD_DIR / "lib" / "libtessera_compiler.so"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "cache"
    assert has_compiled(run(folder))
    return folder


@pytest.fixture
def warm(made_once, cache):
    """A cache with one entry; its path."""
    shutil.copytree(made_once, cache)
    (entry,) = cache.iterdir()
    return entry


def environment(cache, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TESSERA_")}
    return kept | {
        "TESSERA_COMPILER": str(COMPILER),
        "TESSERA_CACHE_DIR": str(cache),
        "TESSERA_LOG": "1",
    } | more  # fmt: skip


def start(cache, **more):
    return subprocess.Popen(
        [PROGRAM], env=environment(cache, **more), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(process):
    """What it said, in all."""
    out, log = process.communicate(timeout=120)
    assert process.returncode == 0, out + log
    return log


def run(cache, **more):
    return finish(start(cache, **more))


def has_compiled(log):
    return "compiled for host" in log


def names(cache):
    return sorted(path.name for path in cache.iterdir())


def test_compiles_once(made_once):
    log = run(made_once)
    assert not has_compiled(log) and "from the cache" in log
    assert stat.S_IMODE(made_once.stat().st_mode) == 0o700
    (entry,) = names(made_once)
    assert re.fullmatch(r"[0-9a-f]{32}\.tsb", entry)


def test_of_eight_processes_one_compiles(cache):
    logs = [finish(process) for process in [start(cache) for _ in range(8)]]
    assert sum(map(has_compiled, logs)) == 1
    assert len(names(cache)) == 1


def test_nothing_is_lost_when_killed(cache, seed):
    """One of two is killed, in the middle of whatever it does."""
    chosen = random.Random(seed)
    for _ in range(6):
        for path in cache.iterdir() if cache.exists() else ():
            path.unlink()
        killed, other = start(cache), start(cache)
        try:
            killed.wait(timeout=chosen.uniform(0, 1.5))
        except subprocess.TimeoutExpired:
            killed.send_signal(signal.SIGKILL)
        killed.communicate()
        finish(other)
        assert not has_compiled(run(cache))
        assert len(names(cache)) == 1


def test_a_killed_process_leaves_nothing_for_ever(cache, warm):
    warm.unlink()
    (cache / ("0" * 32 + ".part")).write_bytes(b"half of an entry")
    (cache / "README").write_text("not ours")
    assert has_compiled(run(cache))
    assert names(cache) == sorted([warm.name, "README"])


def flip(place):
    def change(contents):
        contents[place] ^= 0x10
        return contents

    return change


@pytest.mark.parametrize(
    "damage",
    [lambda contents: b"", lambda contents: contents[:-1], flip(60), flip(-1)],
)  # fmt: skip
def test_damaged_entries_are_compiled_again(cache, warm, damage):
    whole = warm.read_bytes()
    warm.write_bytes(damage(bytearray(whole)))
    log = run(cache)
    assert has_compiled(log) and f"{warm.name} is not used: " in log
    assert warm.read_bytes() == whole


def test_what_was_used_longest_ago_goes_first(cache, warm):
    size = warm.stat().st_size
    warm.unlink()
    for age in range(4):
        other = cache / f"{age:032x}.tsb"
        other.write_bytes(b"x" * size)
        os.utime(other, (1e9 - age, 1e9 - age))
    run(cache, TESSERA_CACHE_BYTES=str(3 * size))
    assert names(cache) == sorted([warm.name, f"{0:032x}.tsb", f"{1:032x}.tsb"])
    # One that is larger than the bound is not kept.
    warm.unlink()
    run(cache, TESSERA_CACHE_BYTES=str(size - 1))
    assert names(cache) == []


def test_use_counts(cache, warm):
    os.utime(warm, (1e9, 1e9))
    assert "is no number of bytes" in run(cache, TESSERA_CACHE_BYTES="much")
    assert warm.stat().st_mtime > 1.5e9


@pytest.mark.parametrize("mode", [0o770, 0o702])
@pytest.mark.usefixtures("warm")
def test_a_folder_that_others_write_is_not_used(cache, mode):
    cache.chmod(mode)
    log = run(cache)
    assert has_compiled(log) and "other users can write there" in log


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.usefixtures("warm")
def test_a_folder_of_somebody_else_is_not_used(cache):
    os.chown(cache, 65534, -1)
    log = run(cache)
    assert has_compiled(log) and "belongs to another user" in log


def test_a_folder_that_cannot_be_made(cache):
    cache.write_text("a file")
    log = run(cache / "below")
    assert has_compiled(log) and "no cache" in log


def test_a_full_disk(cache, warm):
    """As good as full: files may not grow as large as an entry is."""
    size = warm.stat().st_size
    warm.unlink()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, size - 1))

    done = subprocess.run(
        [PROGRAM], env=environment(cache), text=True, capture_output=True, preexec_fn=limit
    )
    assert done.returncode == 0, done.stderr
    assert "not cached: File too large" in done.stderr
    assert names(cache) == []


def test_places(tmp_path):
    plain = environment(tmp_path)
    del plain["TESSERA_CACHE_DIR"]
    homes = {"HOME": str(tmp_path / "home")}
    for more, folder in [
        (homes | {"XDG_CACHE_HOME": ""}, "home/.cache/tessera"),
        (homes | {"XDG_CACHE_HOME": str(tmp_path / "xdg")}, "xdg/tessera"),
    ]:
        subprocess.run([PROGRAM], env=plain | more, check=True, capture_output=True)
        assert len(names(tmp_path / folder)) == 1


def test_without_a_cache(cache):
    assert has_compiled(run(cache, TESSERA_CACHE="0"))
    assert not cache.exists()


def test_without_a_compiler(cache):
    def message(**more):
        process = start(cache, **more)
        _, log = process.communicate()
        assert process.returncode == 1
        return log.splitlines()[-1]

    assert message(TESSERA_COMPILER="/none") == (
        "error 8: TESSERA_COMPILER names '/none', which cannot be read; name libtessera_compiler.so.0.1"
    )
    assert "install tessera-compiler, name the file in TESSERA_COMPILER, or open a bundle" in message(
        TESSERA_COMPILER=""
    )
    assert "is no compiler of Tessera" in message(
        TESSERA_COMPILER=str(BUILD_DIR / "lib" / "libtessera_rt.so")
    )
