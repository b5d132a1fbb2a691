"""The errors with which a verb refuses: four kinds of domain error, and one for a database that is busy or away.

They know nothing of HTTP; each contract and the back office map the kinds, never single classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class DomainError(Exception):
    """A refusal: a message for the person, and a stable `code` for the program."""

    code = "error"
    # The columns of the constraint, if the database refused.
    columns: tuple[str, ...] = ()

    def __init__(self, message: Text, *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code

    def __str__(self) -> str:
        return str(self.message)


class InvalidInput(DomainError):
    """The input itself is wrong; `fields` maps each field's name to the reason ("" = the whole)."""

    code = "validation_error"

    def __init__(self, fields: Mapping[str, Text], message: Text = _("Validation failed")) -> None:
        super().__init__(message)
        self.fields = dict(fields)

    def __str__(self) -> str:
        return " ".join(f"{name}: {why}" if name else str(why) for name, why in self.fields.items())


class Conflict(DomainError):
    """The input is well-formed, but the present data do not allow it; `clashes` names what is in the way."""

    code = "conflict"

    # Whether only the database's constraint noticed the conflict, after the verb had seen none.
    unforeseen = False

    def __init__(self, message: Text, *, code: str = "", clashes: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message, code=code)
        self.clashes = clashes or []


class Forbidden(DomainError):
    """The actor may see the object, but not do this to it."""

    code = "forbidden"

    def __init__(self, message: Text = _("You are not allowed to do this.")) -> None:
        super().__init__(message)


class Missing(DomainError):
    """The object does not exist, or this actor may not see it: both look the same."""

    code = "not_found"

    def __init__(self, kind: Text = "", *, code: str = "") -> None:
        super().__init__(_("%(kind)s not found") % {"kind": kind} if kind else _("Not found"), code=code)


class Unavailable(Exception):
    """The database is busy or away: the same request may succeed after `retry_after` seconds."""

    retry_after = 1

    def __str__(self) -> str:
        return str(_("The database is busy. Please try again."))
