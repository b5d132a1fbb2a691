"""A Redis for the tests that count in one: that of `TEST_REDIS_URL`, else one of our own where it is installed."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from tests.patience import LIMIT


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where it listens: on this machine alone."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield url
        return
    with redis_of_our_own(tmp_path_factory.mktemp("redis")) as (url, _process):
        yield url


@contextlib.contextmanager
def redis_of_our_own(folder: os.PathLike[str]) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """One that keeps nothing on disk, for the time of the block."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no Redis: TEST_REDIS_URL names none, and neither redis-server nor valkey-server is installed")
    import redis  # most runs start none

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen([*command, "--dir", str(folder)], stdout=subprocess.DEVNULL)
    try:
        answers = redis.Redis(port=port)
        deadline = time.monotonic() + LIMIT
        while True:
            with contextlib.suppress(redis.ConnectionError):
                answers.ping()
                break
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/1", process
    finally:
        process.kill()
        process.wait(LIMIT)
