"""The translation of database errors into domain errors, by the driver's code and the constraint's name."""

from __future__ import annotations

import re
import sqlite3
from functools import cache
from typing import Any

from django.apps import apps
from django.db import DataError, models
from django.db import Error as DatabaseError
from django.utils.translation import gettext as _

from core.errors import Conflict, DomainError, InvalidInput, Missing, Text, Unavailable


class Retry(Unavailable):
    """Raised for a serialization failure or a deadlock: the same work may succeed at once."""


def translate(error: Exception) -> DomainError | Unavailable:
    """Return the domain error for a database error.

    overlap 23P01 / trigger -> Conflict; duplicate 23505 -> Conflict; in use 23503 -> Conflict; check 23514 and
    value 22xxx -> InvalidInput; lock and statement limits, a busy or absent database -> Unavailable.
    Re-raises what is a programming error.
    """
    if isinstance(error, models.ProtectedError):
        names = sorted({str(obj._meta.verbose_name_plural) for obj in error.protected_objects})
        return Conflict(_("It is in use by %(what)s; archive it instead.") % {"what": ", ".join(names)}, code="in_use")
    cause = error.__cause__
    if isinstance(error, DatabaseError) and cause is None and "did not affect any rows" in str(error):
        return Missing()  # Django's own, for an UPDATE of a row that someone deleted meanwhile
    if isinstance(cause, sqlite3.Error):
        return _from_sqlite(cause, error)
    return _from_postgresql(cause, error)


def _from_postgresql(cause: Any, error: Exception) -> DomainError | Unavailable:
    state = getattr(cause, "sqlstate", None)
    name = getattr(getattr(cause, "diag", None), "constraint_name", None) or ""
    match state:
        case "23505":
            return _duplicate(name)
        case "23503":
            return Conflict(_("It is in use; archive it instead."), code="in_use")
        case "23P01":
            return _overlap(name)
        case "23514":
            return _broken(name)
        case "40001" | "40P01":
            return Retry()
        case "25P03" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "53300" | None:
            if isinstance(error, DatabaseError) and _is_ours(error, state):
                return Unavailable()
    # A text with a NUL is refused by the driver, which gives no state.
    if isinstance(error, DataError) or (state and state.startswith("22")):
        return InvalidInput({"": _("A value is out of range or malformed.")})
    raise error


def _from_sqlite(cause: sqlite3.Error, error: Exception) -> DomainError | Unavailable:
    name, text = getattr(cause, "sqlite_errorname", ""), str(cause)
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return _duplicate(_unique_name(text))
    if name == "SQLITE_CONSTRAINT_CHECK":
        return _broken(text.rpartition(": ")[2])
    if name == "SQLITE_CONSTRAINT_TRIGGER":
        kind = _constraints().get(text)
        if type(kind).__name__ == "AppendOnly":
            return _broken(text)
        return _overlap(text)
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return Conflict(_("It is in use; archive it instead."), code="in_use")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Unavailable()
    raise error


# The columns that say within what something is unique.
SCOPE = frozenset({"organization", "practice"})


def _is_ours(error: Exception, state: str | None) -> bool:
    """Whether it is a time limit of ours, or a lost connection (OperationalError without a state)."""
    return state is not None or type(error).__name__ in ("OperationalError", "InterfaceError")


def _overlap(name: str) -> Conflict:
    conflict = Conflict(_message(name, _("It overlaps another.")), code="overlap")
    conflict.unforeseen = True
    return conflict


def _duplicate(name: str) -> Conflict:
    same = ", ".join(str(words) for words in _unique_words().get(name, ()))
    told = (
        _("There is already one with the same %(fields)s.") % {"fields": same}
        if same
        else _("There is already one like it.")
    )
    conflict = Conflict(_message(name, told), code="duplicate")
    conflict.columns = tuple(getattr(_constraints().get(name), "fields", ()))
    return conflict


def _broken(name: str) -> InvalidInput:
    message = _message(name, _("It breaks the rule “%(rule)s”.") % {"rule": name})
    return InvalidInput({"": message}, message)


def _message(name: str, default: str) -> str:
    constraint = _constraints().get(name)
    if constraint is None or constraint.violation_error_message == constraint.default_violation_error_message:
        return default
    return str(constraint.violation_error_message)


@cache
def _constraints() -> dict[str, models.BaseConstraint]:
    return {constraint.name: constraint for model in apps.get_models() for constraint in model._meta.constraints}


@cache
def _unique_columns() -> dict[tuple[str, ...], str]:
    """The constraint by columns, because SQLite names the columns of a broken unique constraint instead of its name."""
    found: dict[tuple[str, ...], str] = {}
    for model in apps.get_models():
        table = model._meta.db_table
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.fields:
                fields = [field for field in model._meta.concrete_fields if field.name in constraint.fields]
                columns = [field.column for field in fields]
                found[tuple(sorted(f"{table}.{column}" for column in columns))] = constraint.name
    return found


@cache
def _unique_words() -> dict[str, tuple[Text, ...]]:
    """What must be unique together by each constraint, as people call it, but for where it must be."""
    found: dict[str, tuple[Text, ...]] = {}
    for model in apps.get_models():
        words: dict[str, Text] = {field.name: field.verbose_name for field in model._meta.concrete_fields}
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint):
                found[constraint.name] = tuple(words[name] for name in constraint.fields if name not in SCOPE)
    return found


def _unique_name(text: str) -> str:
    columns = text.rpartition("failed: ")[2]
    if index := re.match(r"index '(.+)'", columns):
        return index[1]
    return _unique_columns().get(tuple(sorted(columns.split(", "))), "")
