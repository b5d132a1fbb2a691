"""How many rows an answer shows: two answers of which one shows fewer are not the same work."""

from __future__ import annotations

import re
from typing import Any

import orjson

ROWS = re.compile(rb"<(?:tr|li|option|article)\b")


def rows_in(response: Any) -> int:
    """The rows of a list, or of all tables and lists of a page; of JSON the objects in its lists, one without any."""
    context = getattr(response, "context_data", None)
    if context and "cl" in context:
        return len(context["cl"].result_list)
    if response.streaming:
        return 0
    if "json" in response.headers.get("Content-Type", ""):
        return objects_in(orjson.loads(response.content)) or int(b"[" not in response.content)
    return len(ROWS.findall(response.content))


def objects_in(value: Any) -> int:
    """The objects of the lists in here, those inside of others too."""
    if isinstance(value, dict):
        return sum(map(objects_in, value.values()))
    if isinstance(value, list):
        return sum((not isinstance(one, list)) + objects_in(one) for one in value)
    return 0
