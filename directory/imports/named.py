"""The import of an organization's small lists: colors, brands, sources and whatever else `configure` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from core.db import Work
from core.errors import Text
from core.imports import Column, ImportKind, Refers, Scope, one_by_one
from directory.imports.people import ARCHIVED, organization_of
from directory.imports.setup import set_away
from directory.models import Color
from directory.named import Configuration
from directory.services import configure, delete_configured

C = TypeVar("C", bound=Configuration)

COLOR = Refers(model=Color, keys=("name",))
NAME = Column(name="name", help=_("Unique among the organization's live ones."), required=True)


def configured_kind(
    name: str,
    model: type[C],
    help: Text,  # noqa: A002 the kind's
    columns: Sequence[Column] = (NAME, ARCHIVED),
) -> ImportKind:
    """Return the import kind of a list that clinic admins keep: `configure` saves each row, undo deletes it."""
    stored = [column.name for column in columns if column.name != ARCHIVED.name]
    rows: Any = model._default_manager

    def save(work: Work, obj: C | None, values: dict[str, Any], scope: Scope) -> C:
        row = obj or model(organization_id=scope.organization_id)
        for column in stored:
            if column in values:
                setattr(row, column, values[column])
        away: C = set_away(work, configure(row, by=work.by, at=work.at), values)
        return away

    return ImportKind(
        name=name,
        help=help,
        verb=f"{model._meta.app_label}.import_{name.replace('-', '_')}",
        may="directory.configure",
        model=model,
        columns=tuple(columns),
        place=organization_of,
        save=one_by_one(model, save),
        undo=lambda pk, *, by, at: delete_configured(rows.one(pk=pk), by=by, at=at),
        rows=lambda organization_id: rows.filter(organization_id=organization_id),
    )


COLORS = configured_kind(
    "colors",
    Color,
    _("Colors of the calendar."),
    (
        Column(name="name", help=""),
        Column(name="background_color", help=_("As 1a2b3c."), required=True),
        Column(name="text_color", help=_("As ffffff."), required=True),
    ),
)
