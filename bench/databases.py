"""The databases of a run: an empty one of each engine, filled copies of it, and copies that are thrown away."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# As in production, a commit waits for the disk; room for a clinic to be filled without stopping for checkpoints.
POSTGRESQL_CONF = """
max_connections = 200
shared_buffers = 512MB
max_wal_size = 4GB
"""

UNFILLED = "_unfilled"


@dataclass
class Databases:
    """Those of one engine, in `folder`."""

    engine: str
    folder: Path
    sizes: list[int]
    server: str = ""
    version: str = ""
    urls: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def start(self) -> None:
        """Start the server, where there is one; in the main thread, as it is stopped at the end of the process."""
        if self.engine == "sqlite":
            self.version = sqlite3.sqlite_version
            return
        from tests.plugins.engine import server_version, start_postgresql

        place = start_postgresql(self.folder, POSTGRESQL_CONF)
        self.server = f"postgresql://postgres@/{place}"
        self.version = server_version(f"postgresql://postgres@/postgres?host={place}")

    def fill(self) -> None:
        """Migrate an empty database, and fill a copy of it for each size, if none was kept."""
        self._made("bench_empty")
        for size in self.sizes:
            name = f"bench{size}"
            url = self._made(name, copied=True)
            told = _output([sys.executable, "-m", "bench.fill", str(size)], url)
            self._is_filled(name)
            self.urls.append(self._url(name))
            self.told.append(f"{size:,} {told}")

    def empty(self) -> str:
        """The address of a new copy of the empty database, in the place of the last one."""
        return self._copy("bench_try")

    def _made(self, name: str, *, copied: bool = False) -> str:
        """The address of the database of this name, with all migrations."""
        there = self._is_there(name)
        if copied and not there:
            return self._copy(f"{name}{UNFILLED}")
        if not there and self.server:
            self._ask(f"CREATE DATABASE {name}")
        _output([sys.executable, "manage.py", "migrate", "-v0"], self._url(name))
        return self._url(name)

    def _is_filled(self, name: str) -> None:
        """Give it its name, if it was filled now: what was stopped on the way is not taken for a clinic."""
        if self._is_there(name):
            return
        if self.server:
            self._ask(f"ALTER DATABASE {name}{UNFILLED} RENAME TO {name}")
        else:
            self._file(f"{name}{UNFILLED}").rename(self._file(name))

    def _url(self, name: str) -> str:
        return f"{self.server}/{name}" if self.server else f"sqlite:///{self._file(name)}"

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"

    def _is_there(self, name: str) -> bool:
        if not self.server:
            return self._file(name).exists()
        return bool(self._ask(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def _copy(self, name: str) -> str:
        self._drop(name)
        if self.server:
            self._ask(f"CREATE DATABASE {name} TEMPLATE bench_empty")
        else:
            shutil.copyfile(self._file("bench_empty"), self._file(name))
        return self._url(name)

    def _drop(self, name: str) -> None:
        if self.server:
            self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        else:
            for one in self.folder.glob(f"{name}.sqlite3*"):
                one.unlink()

    def _ask(self, statement: str) -> list[tuple[object, ...]]:
        import psycopg

        place = self.server.partition("@/")[2]
        with psycopg.connect(f"host={place} user=postgres dbname=postgres", autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def manage(url: str, *args: str) -> None:
    """Run a command on this database."""
    _output([sys.executable, "manage.py", *args, "-v0"], url)


def _output(command: list[str], url: str) -> str:
    """The last line that a command says which works on this database."""
    env = {**os.environ, "DATABASE_URL": url}
    told = subprocess.run(command, cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return told.stdout.strip().rpartition("\n")[2]
