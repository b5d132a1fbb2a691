"""The product behind gunicorn with several workers, on the test's own database; and callers that speak HTTP to it.

Loopback only, a free port, a nonce in every reply. A process is signalled only while it is one of ours: the server
leads a process group of its own, and every worker of that group has left its pid in a folder of this run.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

from django.conf import settings
from django.db import connection

from tests.patience import LIMIT

WORKERS, THREADS = 3, 4
# A connection for each request, and as many at a worker as it works at and has next. On a busy machine the worker that
# runs accepts whoever comes: connections that stay open, or wait inside it, would leave all the work to that one.
BALANCED = ["--keep-alive", "0", "--worker-connections", str(2 * THREADS)]


class Lost(Exception):
    """The connection broke before a whole reply came: what was asked may have happened, or not."""


class Reply:
    """A reply: status, headers, text, and the JSON in it."""

    def __init__(self, response):
        self.status, self.headers, self.text = response.status, response.headers, response.read().decode()

    def json(self):
        return json.loads(self.text)


class Server:
    """One run of gunicorn, with `more` settings; `without` `locks` or `transactions`, for a control."""

    def __init__(
        self, folder: Path, *, static: Path | None = None, without: str = "", more: dict[str, str] | None = None
    ):
        self.nonce, self.pooled = uuid.uuid4().hex, bool(more)
        self.pids = folder / f"workers-{self.nonce}"
        self.pids.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "gunicorn", f"tests.races.{'unguarded' if without else 'wsgi'}:application"]
        command += ["--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS), "--threads", str(THREADS)]
        command += ["--timeout", str(LIMIT), "--graceful-timeout", "3", *BALANCED]
        command += ["--worker-tmp-dir", str(folder), "--no-control-socket"]
        command += ["--preload", "--config", "python:tests.races.workers"]  # Django is loaded once, not by each
        self.log = folder / f"log-{self.nonce}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env={
                    **os.environ,
                    "DATABASE_URL": database_url(),
                    "DEBUG": "0",
                    "RATE_SERVICES": "100000/min",
                    "RATE_AVAILABILITY": "100000/min",
                    "RATE_ALFADOCS": "100000/min",
                    "RATE_FLEXTELL": "100000/min",
                    "RATE_BOOK": "100000/min",
                    "STATIC_ROOT": str(static or folder),
                    "HARNESS_NONCE": self.nonce,
                    "HARNESS_WORKERS": str(self.pids),
                    "HARNESS_WITHOUT": without,
                    **(more or {}),
                },
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def __enter__(self):
        deadline = time.monotonic() + LIMIT
        while True:
            with contextlib.suppress(OSError, Lost):
                self.caller()("GET", "/v1/services")
                return self
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"it does not serve: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def __exit__(self, *error):
        self.stop()

    def stop(self):
        """End the whole group, and wait until the database knows it too."""
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(8)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # a group that this run made
        self.process.wait(LIMIT)
        if not self.pooled:  # a pooler keeps its connections
            wait_until_alone()

    def kill_whole(self):
        """Kill -9 all of it at once, as when its machine goes down."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)  # a group that this run made
        self.process.wait(LIMIT)

    def workers(self) -> list[int]:
        """The workers that live."""
        found = []
        for name in os.listdir(self.pids):
            with contextlib.suppress(ProcessLookupError):
                if os.getpgid(int(name)) == self.process.pid:
                    found.append(int(name))
        return sorted(found)

    def kill(self, pid: int) -> bool:
        """Kill -9 a worker of ours; False where it is none any longer."""
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == self.process.pid and pid != self.process.pid:
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def errors(self) -> str:
        """The end of the server's log."""
        return self.log.read_text()[-4000:]

    def caller(self, **headers) -> "Caller":
        return Caller(self, headers)


class Caller:
    """One who calls, over a connection for each request."""

    def __init__(self, server: Server, headers: dict[str, str]):
        self.server, self.headers = server, headers
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=LIMIT)

    def __call__(self, method: str, path: str, data=None, *, form=None, headers=None) -> Reply:
        sent = {**self.headers, **(headers or {})}
        body = None
        if form is not None:
            body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        elif data is not None:
            body, sent["Content-Type"] = json.dumps(data), "application/json"
        try:
            self.connection.request(method, path, body, sent)
            reply = Reply(self.connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.connection.close()
            raise Lost(repr(error)) from error
        assert reply.headers["X-Harness"].split()[0] == self.server.nonce, "another server answers on our port"
        return reply


def database_url() -> str:
    """Where the test's own database is."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"


def wait_until_alone() -> None:
    """Until PostgreSQL has noticed that whoever was killed is gone, and undone what they had begun."""
    if connection.vendor != "postgresql":
        return
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(others)
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.05)
    raise AssertionError("somebody is still connected to the test's database")
