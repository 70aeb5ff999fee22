# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tests here drive the tools as programs."""

import pytest

from built import run_tool


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
