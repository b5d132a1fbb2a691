"""An allow-list of what an address may ask of a list, a search box or a form.

Django lets every column of a model be looked up from the address of its list, passwords included, and lets values reach
the database that it cannot hold. Whatever is not declared here or there is answered with a 400.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpRequest

MOST_ID = 2**63 - 1


def read_id(text: str) -> int | None:
    """Return the id written in plain digits; None for anything else, such as "²", for which `isdigit()` is true."""
    if not text.isascii() or not text.isdecimal() or len(text) > 19:
        return None
    number = int(text)
    return number if 0 < number <= MOST_ID else None


def asked_id(asked: Mapping[str, str], name: str) -> int | None:
    """Return the id under this name in an address or a form; None if it is absent, 400 if it is not an id."""
    text = asked.get(name) or ""
    if not text:
        return None
    found = read_id(text)
    if found is None:
        raise BadRequest(f"{name} is no id")
    return found


class DeclaredLookups:
    """Gives a ModelAdmin an allow-list: its filters, and `linked`, the relations by which our own pages link to it."""

    linked: Sequence[str] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Whether the list may be asked about this column, with this value."""
        if "\x00" in str(value):
            return False
        if lookup in {f"{name}__id__exact" for name in self.linked}:
            return read_id(str(value)) is not None
        declared: set[str] = set()
        for its_filter in self.get_list_filter(request):  # type: ignore[attr-defined]
            one = its_filter[0] if isinstance(its_filter, tuple) else its_filter  # of a field and a class
            declared |= {f"{one}__exact", f"{one}__isnull"} if isinstance(one, str) else {one.parameter_name}
        return lookup in declared


def prefilled(fields: Mapping[str, forms.Field], asked: Mapping[str, str]) -> dict[str, str]:
    """Return what the address fills into an empty form: only fields that it shows, with possible values; else 400."""
    found: dict[str, str] = {}
    for name, field in fields.items():
        if name not in asked or field.widget.is_hidden:
            continue
        value = asked[name]
        if value and not _fits(field, value):
            raise BadRequest(f"{name} cannot be filled in")
        found[name] = value
    return found


def _fits(field: forms.Field, value: str) -> bool:
    if "\x00" in value:
        return False
    if isinstance(field, forms.ModelChoiceField):
        return read_id(value) is not None
    try:
        field.to_python(value)
    except (ValidationError, ValueError, OverflowError):
        return False
    return True
