"""The log: one JSON object per line, with the request's id, and without anything that a patient or a user typed.

What an exception says of itself is left out, as it quotes values; its kind, what the database calls it, and where it
arose are enough to find it.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from core.origin import origin_now

# What a line may tell besides its message.
TOLD = ("method", "page", "status", "milliseconds", "user")
FRAMES = 20


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if request_id := origin_now().request_id:
            line["request_id"] = request_id
        line.update({name: record.__dict__[name] for name in TOLD if name in record.__dict__})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def message_of(record: logging.LogRecord) -> str:
    """Return a record's message without the request's paths, hosts and bytes that Django puts into it.

    A path may be a link that sets a password, and what is refused unread may be anything.
    """
    message = record.getMessage()
    if record.name == "django.request":
        return message.partition(":")[0]  # "Internal Server Error: /path"
    if record.name.startswith("django.security."):
        return "Refused: " + record.name.rpartition(".")[2]
    if record.name == "gunicorn.error":
        if message.startswith("Invalid request from "):
            return message.partition(":")[0].partition(" from ")[0]
        if message.startswith("Error handling request "):
            return "Error handling request"
    return message


def told(error: BaseException) -> dict[str, Any]:
    """Return the kind of an error and where it arose; of a database error its code and constraint."""
    cause: Any = error.__cause__ or error
    found = {
        "kind": type(error).__qualname__,
        "code": getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None),
        "constraint": getattr(getattr(cause, "diag", None), "constraint_name", None),
        "where": [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-FRAMES:]],
    }
    return {name: value for name, value in found.items() if value}
