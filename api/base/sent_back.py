"""Whether what comes back is what was given, however the client's library spells it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.{0,20}", re.ASCII)


def says_the_same(sent: Any, given: Any) -> bool:
    """Whether a value is the one that was given: a date-time is the same moment in whatever offset, at any depth."""
    if isinstance(given, str):
        return isinstance(sent, str) and (sent == given or _is_the_moment(sent, given))
    if isinstance(given, dict):
        alike = isinstance(sent, dict) and sent.keys() == given.keys()
        return alike and all(says_the_same(sent[name], value) for name, value in given.items())
    if isinstance(given, list):
        alike = isinstance(sent, list) and len(sent) == len(given)
        return alike and all(says_the_same(one, other) for one, other in zip(sent, given, strict=True))
    return bool(sent == given)


def _is_the_moment(sent: str, given: str) -> bool:
    if not (MOMENT.fullmatch(given) and MOMENT.fullmatch(sent)):
        return False
    try:
        there, here = datetime.fromisoformat(sent), datetime.fromisoformat(given)
    except ValueError:
        return False
    return there.tzinfo is not None and here.tzinfo is not None and there == here
