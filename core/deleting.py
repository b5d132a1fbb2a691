"""Deleting for good what nothing refers to, such as a row that was created by mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core.db import Work
from core.errors import Conflict, Text
from core.models import ExternalId, Remembering

Keys = dict[type[models.Model], set[int]]


def delete_unreferenced(
    work: Work,
    row: Remembering,
    *,
    instead: Text,
    before: Sequence[Remembering] = (),
    after: Sequence[Remembering] = (),
) -> None:
    """Delete `row` with its parts (rows that go with it, as phone numbers with a patient), each with its history.

    `before` and `after` are further rows that go before and after it, as the resource after a room. Raises Conflict,
    code `in_use`, that counts by kind whatever else refers to any of them and ends with `instead`, which says what
    can be done about it.
    """
    going = [part for one in (*before, row, *after) for part in (*_parts(one), one)]
    keys: Keys = {}
    for one in going:
        keys.setdefault(type(one), set()).add(one.pk)
    if found := _references(keys):
        told = ", ".join(str(clash["says"]) for clash in found)
        message = _("%(thing)s is still referred to by %(what)s. %(instead)s") % {
            "thing": capfirst(str(row)),
            "what": told,
            "instead": instead,
        }
        raise Conflict(message, code="in_use", clashes=found)
    for one in going:
        ExternalId.objects.filter(kind=one._meta.label_lower, object_id=one.pk).delete()
        work.delete(one)


def refuse_in_use(row: models.Model, *, besides: Collection[type[models.Model]]) -> None:
    """Raise Conflict, code `in_use`, that counts by kind what refers to `row`, except `besides`."""
    names = {model._meta.label_lower for model in besides}
    if found := [one for one in _references({type(row): {row.pk}}) if one["what"] not in names]:
        told = ", ".join(str(clash["says"]) for clash in found)
        message = _("%(thing)s is still referred to by %(what)s.") % {"thing": capfirst(str(row)), "what": told}
        raise Conflict(message, code="in_use", clashes=found)


def _parts(row: models.Model) -> Iterator[Remembering]:
    """The rows that go with `row`, those of a part before the part itself; what is derived goes without history."""
    for field in _pointing_at(type(row)):
        if field.on_delete is models.CASCADE and issubclass(field.related_model, Remembering):
            for part in field.related_model._base_manager.filter(**{field.field.name: row.pk}).order_by("pk"):
                yield from _parts(part)
                yield part


def _references(keys: Keys) -> list[dict[str, Any]]:
    """Yield what refers to the rows of `keys` from outside them: kind, count, and both in words."""
    counted: dict[type[models.Model], int] = {}
    for model, ids in keys.items():
        for field in _pointing_at(model):
            if field.on_delete is models.CASCADE:
                continue
            others = field.related_model._base_manager.filter(**{f"{field.field.name}__in": ids})
            others = others.exclude(pk__in=keys.get(field.related_model, set()))
            counted[field.related_model] = counted.get(field.related_model, 0) + others.count()
    return [
        {"what": model._meta.label_lower, "count": count, "says": f"{model._meta.verbose_name_plural} ({count})"}
        for model, count in counted.items()
        if count
    ]


def _pointing_at(model: type[models.Model]) -> list[Any]:
    """The foreign keys of other rows to `model`, those without a way back included."""
    fields: Any = model._meta.get_fields(include_hidden=True)
    return [one for one in fields if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)]
