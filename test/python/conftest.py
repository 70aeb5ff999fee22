# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests here drive the tools as programs. CTest says where they are; run by
hand, they are looked for in build/bin."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS_DIR = pathlib.Path(os.environ.get("TESSERA_TOOLS_DIR", ROOT / "build" / "bin"))


def run_tool(name, *arguments, stdin="", timeout=120):
    """Runs bin/<name>; never fails by itself, so that tests can look at it."""
    return subprocess.run(
        [str(TOOLS_DIR / name), *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@pytest.fixture
def tool():
    """tool("tessera-opt", "--version").stdout"""
    return run_tool


def pytest_addoption(parser):
    parser.addoption("--seed", type=int, default=20260, help="of the random tests")


def pytest_report_header(config):
    return f"random tests: --seed={config.getoption('seed')}"


@pytest.fixture(scope="session")
def seed(request):
    """Replay a failure with pytest --seed=N."""
    return request.config.getoption("seed")
