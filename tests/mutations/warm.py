"""A process in which everything is loaded: each run under a mistake is a fork of it, which saves most of a short run.

A mistake inside a function is put into the loaded function. One that changes what a module does while it is loaded (a
table, a constraint, a default) cannot be: it is answered with COLD, and tried in a process of its own.

    {"file": "orders/services.py", "old": ..., "new": ..., "args": [...], "timeout": 600}  ->  {"returncode": 1}
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

COLD, HANGS = 99, 98
BODY_OF_A_FUNCTION = 0x1  # the flag that bodies of modules and classes lack


def serve() -> None:
    """Load everything, then answer each line of the standard input with one of the standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    template = _load()
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        answers.write(json.dumps({"returncode": _run(json.loads(line), template)}) + "\n")
        answers.flush()


def _load() -> Path:
    """Import the project as a run would; returns a database with all tables, which each run copies."""
    from tests.plugins.engine import prepare
    from tests.plugins.overrides import pytest_configure

    prepare("sqlite")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
    import django
    import hypothesis.strategies
    import pytest  # noqa: F401

    django.setup()
    pytest_configure()
    from django.urls import get_resolver

    import tests.factories
    import tests.stage  # noqa: F401

    assert get_resolver().url_patterns
    assert hypothesis.strategies
    template = Path(os.environ["CLINIC_TEST_SQLITE"])
    _run(
        {"file": "", "args": ["--create-db", "tests/core/test_record_invariants.py"], "timeout": 600},
        template,
        own=False,
    )
    return template


def _run(wanted: dict[str, Any], template: Path, *, own: bool = True) -> int:
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        returncode = 97
        try:
            returncode = _child(wanted, template, own=own)
        finally:
            os._exit(returncode)
    deadline = time.monotonic() + wanted["timeout"]
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return HANGS


def _child(wanted: dict[str, Any], template: Path, *, own: bool) -> int:
    import pytest
    from django.conf import settings
    from django.db.backends.base.creation import BaseDatabaseCreation

    if wanted["file"] and not put_in(Path.cwd() / wanted["file"], wanted["old"], wanted["new"]):
        return COLD
    os.environ["CLINIC_FAILURES"], os.environ["CLINIC_FIRST"] = (
        wanted.get("failures", os.devnull),
        wanted.get("first", ""),
    )
    folder = Path(tempfile.mkdtemp(prefix="clinic-mutation-"))
    try:
        database = template
        if own:
            database = folder / "test.sqlite3"
            shutil.copy(template, database)
        settings.MEDIA_ROOT = str(folder)
        settings.DATABASES["default"]["TEST"]["NAME"] = str(database)
        if own:
            BaseDatabaseCreation.create_test_db = _take_as_it_is
        return int(pytest.main(["-q", "-p", "no:cacheprovider", "--reuse-db", *wanted["args"]]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take_as_it_is(creation: Any, *_args: Any, **_more: Any) -> str:
    """Take the copied database as it is: Django would look through every table of it."""
    name: str = creation._get_test_db_name()
    creation.connection.close()
    creation.connection.settings_dict["NAME"] = name
    return name


def put_in(path: Path, old: str, new: str) -> bool:
    """Give the loaded functions of a file the bodies that they have in `new`; False where that does not do it all."""
    try:
        changed = list(_changed(compile(old, str(path), "exec"), compile(new, str(path), "exec")))
    except _LoadsOtherwise:
        return False
    live = [one for one in gc.get_objects() if isinstance(one, FunctionType) and one.__code__.co_filename == str(path)]
    for before, after in changed:
        named = (before.co_qualname, before.co_firstlineno)
        found = [one for one in live if (one.__code__.co_qualname, one.__code__.co_firstlineno) == named]
        if not found or any(len(one.__code__.co_freevars) != len(after.co_freevars) for one in found):
            return False
        for one in found:
            one.__code__ = after
    return bool(changed)


class _LoadsOtherwise(Exception):
    pass


def _changed(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The functions whose bodies differ; _LoadsOtherwise where the body of the module or of a class does."""
    if old.co_flags & BODY_OF_A_FUNCTION:
        if _essence(old) != _essence(new):
            yield old, new
        return
    if _essence(old, deep=False) != _essence(new, deep=False):
        raise _LoadsOtherwise
    for before, after in zip(_inside(old), _inside(new), strict=True):
        yield from _changed(before, after)


def _inside(code: CodeType) -> list[CodeType]:
    return [one for one in code.co_consts if isinstance(one, CodeType)]


def _essence(code: CodeType, *, deep: bool = True) -> tuple[Any, ...]:
    """What a body does, whatever its lines: of those inside it the names alone, unless `deep`."""
    consts = tuple(
        (_essence(one) if deep else one.co_name) if isinstance(one, CodeType) else (type(one), one)
        for one in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, consts, names, code.co_argcount, code.co_kwonlyargcount, code.co_flags)


if __name__ == "__main__":
    serve()
